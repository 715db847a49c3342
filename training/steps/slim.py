"""`slim`: replaces a run's checkpoint by its averaged weights in half precision, a twelfth of its size.

Training can go on from it; the optimizer starts afresh.
"""

import argparse

from ..networks.prior import Form
from .checkpoints import load_checkpoint, save_checkpoint
from .evaluate import load_prior


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", required=True)


def run(options: argparse.Namespace) -> None:
    folder = options.work / "runs" / options.run
    network = load_prior(folder)
    done = load_checkpoint(folder)["done"]
    save_checkpoint(folder, network, network, None, Form(**network.settings()), done, slim=True)
    parts = sorted((folder / "checkpoint").glob("*.part"))
    print(f"{folder}: {len(parts)} shards, {sum(p.stat().st_size for p in parts) / 1e6:.1f} MB")
