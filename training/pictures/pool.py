"""A pool of ready instances that training draws from: memory-mapped files on a CPU, plain tensors on a GPU.

About 1 MB an instance. Writers take slots in order and start over at the front when the pool is full, so a pool that
goes on being rendered never runs dry of new shapes; `count` in pool.json says how many slots are valid.
"""

import json
import os
from pathlib import Path

import numpy as np
import torch

from .instances import FIELDS


class DiskPool:
    """Instances in `folder`, at most `capacity` of them; `fields` are the shape and kind of what each has."""

    def __init__(self, folder: Path, capacity: int | None = None, fields: dict = FIELDS):
        self.folder = folder
        self._state = folder / "pool.json"
        if capacity is not None and not self._state.exists():
            folder.mkdir(parents=True, exist_ok=True)
            for name, (shape, kind) in fields.items():
                np.lib.format.open_memmap(folder / f"{name}.npy", "w+", kind, (capacity, *shape)).flush()
            self._save(0, 0, capacity)
        if not self._state.exists():
            raise FileNotFoundError(f"{self._state} is missing: run `python3 -m training render` first")
        self._arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r+") for name in fields}

    @property
    def written(self) -> int:
        """Instances ever written."""
        return self._load()["written"]

    @property
    def count(self) -> int:
        """Valid slots."""
        return self._load()["count"]

    @property
    def capacity(self) -> int:
        return self._load()["capacity"]

    def put(self, instances: dict[str, torch.Tensor]) -> None:
        state = self._load()
        for k in range(len(instances["facts"])):
            slot = state["written"] % state["capacity"]
            for name, array in self._arrays.items():
                array[slot] = instances[name][k].cpu().numpy()
            state["written"] += 1
        self._save(state["written"], min(state["written"], state["capacity"]), state["capacity"])

    def take(self, slots: np.ndarray, names: tuple | None = None) -> dict[str, torch.Tensor]:
        names = self._arrays if names is None else names
        return {name: torch.from_numpy(np.stack([self._arrays[name][s] for s in slots])) for name in names}

    def _load(self) -> dict:
        return json.loads(self._state.read_text())

    def _save(self, written: int, count: int, capacity: int) -> None:
        draft = self._state.with_suffix(".tmp")
        draft.write_text(json.dumps({"written": written, "count": count, "capacity": capacity}))
        os.replace(draft, self._state)


class DevicePool:
    """The same in a GPU's memory."""

    def __init__(self, capacity: int, device: torch.device):
        self.capacity, self.written = capacity, 0
        torch_kind = {np.uint8: torch.uint8, np.float32: torch.float32}
        self._arrays = {
            name: torch.zeros((capacity, *shape), dtype=torch_kind[kind], device=device)
            for name, (shape, kind) in FIELDS.items()
        }

    @property
    def count(self) -> int:
        return min(self.written, self.capacity)

    def put(self, instances: dict[str, torch.Tensor]) -> None:
        count = len(instances["facts"])
        slots = torch.arange(self.written, self.written + count) % self.capacity
        for name, array in self._arrays.items():
            array[slots.to(array.device)] = instances[name].to(array.device)
        self.written += count

    def take(self, slots: np.ndarray, names=tuple(FIELDS)) -> dict[str, torch.Tensor]:
        rows = torch.from_numpy(slots)
        return {name: self._arrays[name][rows.to(self._arrays[name].device)] for name in names}
