"""`render`: fills a pool of training instances on disk, ahead of or beside a training on the CPU.

A GPU needs no pool on disk: `train` renders on the device there.
"""

import argparse
import time

import torch

from ..objects.packs import Objects
from ..pictures.instances import Maker, Recipe
from ..pictures.pool import DiskPool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pool", default="pool", help="name of the pool, a folder in --work")
    parser.add_argument("--capacity", type=int, default=16000, help="slots of a new pool, about 1 MB each")
    parser.add_argument("--count", type=int, help="instances to add; by default until the pool is full")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--procedural", type=float, default=Recipe.procedural, help="share of procedural objects")
    parser.add_argument("--no-styles", action="store_true", help="ablation: one soft light, no drawing styles")
    parser.add_argument("--no-geometric", action="store_true", help="ablation: no stretching, bending, tilting")


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    pool = DiskPool(options.work / options.pool, options.capacity)
    start = pool.written
    target = start + options.count if options.count else max(pool.capacity, start)
    recipe = Recipe(
        procedural=options.procedural, styles=not options.no_styles, geometric=not options.no_geometric
    )
    # Another start, another stretch of the random sequence: a resumed pool never repeats itself.
    objects = Objects(options.work / "objects.npz")
    maker = Maker(objects, torch.device("cpu"), options.seed * 1_000_003 + start, recipe)
    begun = time.monotonic()
    while pool.written < target and time.monotonic() - begun < options.minutes * 60:
        pool.put(maker.make(1))
        if pool.written % 500 == 0:
            rate = (pool.written - start) / (time.monotonic() - begun)
            print(f"{pool.written} instances, {rate:.1f} a second", flush=True)
    print(f"{pool.folder}: {pool.count} of {pool.capacity} slots filled")
