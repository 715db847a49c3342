"""`prepare`: the model packs -> one file of objects with their split, small enough to travel to a GPU machine."""

import argparse
import json
from pathlib import Path

import numpy as np

from ..objects.packs import LEFT_OUT, PACKS, read_index, split_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the model packs")
    parser.add_argument("--left-out", nargs="*", default=list(LEFT_OUT), help="packs that training never sees")


def run(options: argparse.Namespace) -> None:
    blocks, entries, lengths = [], [], []
    sources = set()
    for pack in PACKS:
        data = (options.data / f"{pack}.bin").read_bytes()
        for row in read_index(options.data, pack):
            sources.add(row["source"])
            blocks.append(data[row["off"] : row["off"] + row["len"]])
            lengths.append(row["len"])
            entries.append(
                {
                    "source": row["source"],
                    "name": row["name"],
                    "kind": row["kind"],
                    "split": split_of(row["source"], row["name"], options.left_out),
                    "untextured": bool(row.get("untextured")),
                    "open": row["open"],
                }
            )
    unknown = set(options.left_out) - sources
    if unknown:
        raise SystemExit(f"--left-out names packs that do not exist: {sorted(unknown)}; there are {sorted(sources)}")
    options.work.mkdir(parents=True, exist_ok=True)
    path = options.work / "objects.npz"
    np.savez(
        path,
        blocks=np.frombuffer(b"".join(blocks), np.uint8),
        offsets=np.cumsum([0, *lengths]),
        entries=np.frombuffer(json.dumps(entries).encode(), np.uint8),
    )
    counts = {s: sum(e["split"] == s for e in entries) for s in ("training", "validation", "left-out")}
    print(f"{path}: {len(entries)} objects {counts}, {path.stat().st_size / 1e6:.1f} MB")
