"""`render-sides`: pictures of the packs' objects from everywhere for `train-sides`, and of those that it never sees."""

import argparse

import numpy as np
import torch

from ..objects.packs import Objects
from ..pictures.pool import DiskPool
from ..pictures.sides import FRONTED, SIDE_FIELDS, picture_sides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--looks", type=int, default=3, help="variations of each training object that has a front; the others have one. 0.2 MB and 0.1 s each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    objects = Objects(options.work / "objects.npz")
    for split in ("validation", "left-out"):
        rows = objects.rows(split)
        held = DiskPool(options.work / f"sides-{split}", len(rows), SIDE_FIELDS)
        for row in rows[held.written :]:
            held.put(picture_sides(objects, row, None))
    rows = np.array(objects.rows("training"))
    fronted = np.array([r for r in rows if objects.entries[r].kind in FRONTED])
    # What has no front teaches little but its author's habits. Stopped and started again, the order is the same.
    rng = np.random.default_rng(options.seed)
    order = np.concatenate([rng.permutation(rows), *(rng.permutation(fronted) for _ in range(options.looks - 1))])
    pool = DiskPool(options.work / "sides", len(order), SIDE_FIELDS)
    for k in range(pool.written, len(order)):
        pool.put(picture_sides(objects, int(order[k]), np.random.default_rng((options.seed, k))))
        if pool.written % 500 == 0:
            print(f"{pool.written} of {len(order)}", flush=True)
    print(f"{pool.folder}: {pool.count} variations")
