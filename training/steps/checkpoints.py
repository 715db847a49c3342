"""Checkpoints in shards small enough to travel (15 MB), written so that a kill at any moment leaves a whole one."""

import io
import os
import shutil
from pathlib import Path

import torch

SHARD = 15_000_000


def save_checkpoint(folder: Path, network, average, optimizer, form, done: dict, slim: bool = False) -> None:
    """Writes folder/checkpoint/*.part; `slim` keeps the averaged weights alone, in half precision."""
    state = {"form": vars(form), "done": done}
    if slim:
        half = {k: v.half().cpu() for k, v in average.state_dict().items()}
        state |= {"network": half, "average": half}
    else:
        state |= {"network": network.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()}
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    draft, final, old = (folder / name for name in ("checkpoint.new", "checkpoint", "checkpoint.old"))
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for i in range(0, len(data), SHARD):
        (draft / f"{i // SHARD:03}.part").write_bytes(data[i : i + SHARD])
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        os.replace(final, old)
    os.replace(draft, final)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(folder: Path) -> dict | None:
    """The state last saved in a run's folder, on the CPU; None where there is none."""
    for name in ("checkpoint", "checkpoint.old"):
        parts = sorted((folder / name).glob("*.part"))
        if parts:
            data = b"".join(p.read_bytes() for p in parts)
            options = {"weights_only": False} if "weights_only" in torch.load.__code__.co_varnames else {}
            return torch.load(io.BytesIO(data), map_location="cpu", **options)
    return None
