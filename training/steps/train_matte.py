"""`train-matte`: the matte network, on composites of the pool's pictures."""

import argparse
import csv
import time

import numpy as np
import torch
import torch.nn.functional as F

from ..networks.matte import MatteNetwork
from ..pictures.composites import FAMILIES, composites
from ..pictures.pool import DiskPool
from .checkpoints import load_checkpoint, save_checkpoint

CURVE = ("minutes", "samples", "loss", *FAMILIES)
# Slots at the pool's end that training leaves alone, to measure on.
HELD_OUT = 48


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="matte", help="name of the run, a folder in --work/runs")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--pool", default="pool")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate-every", type=float, default=4)


def run(options: argparse.Namespace) -> None:
    begun = time.monotonic()
    device = torch.device("cpu")
    torch.set_num_threads(options.threads)
    folder = options.work / "runs" / options.run
    folder.mkdir(parents=True, exist_ok=True)
    state = load_checkpoint(folder)
    network = MatteNetwork(state["form"]["width"] if state else options.width)
    average = MatteNetwork(network.width).requires_grad_(False)
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=0.02)
    done = {"samples": 0, "minutes": 0.0, "steps": 0}
    if state:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        done = dict(state["done"])
    before, first = done["minutes"], done["steps"]
    rng = np.random.default_rng(options.seed + 7919 * done["steps"])
    pool = DiskPool(options.work / options.pool)
    train_count = max(1, pool.count - HELD_OUT)
    curve = folder / "curve.csv"
    if not curve.exists():
        curve.write_text(",".join(CURVE) + "\n")
    recent: list[float] = []
    next_point = options.evaluate_every
    while True:
        minutes = (time.monotonic() - begun) / 60
        through = minutes / options.minutes
        done["minutes"] = before + minutes
        if through >= 1 or minutes >= next_point:
            next_point += options.evaluate_every
            row = {**done, "loss": float(np.mean(recent)) if recent else float("nan"), **scores(average, pool)}
            recent = []
            shown = {k: f"{row[k]:.5g}" for k in CURVE}
            with curve.open("a", newline="") as file:
                csv.DictWriter(file, CURVE).writerow(shown)
            print(shown, flush=True)
            save_checkpoint(folder, network, average, optimizer, _Form(network.width), done)
        if through >= 1:
            break
        step = done["steps"]
        for group in optimizer.param_groups:
            warm, cool = min(1.0, (step - first + 1) / 50), min(1.0, max(0.02, (1 - through) / 0.35))
            group["lr"] = options.rate * warm * cool
        pictures, coverage, _ = composites(pool, rng.integers(0, train_count, options.batch), rng, device)
        loss = matte_loss(network(pictures), coverage)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        recent.append(float(loss.detach()))
        done["steps"], done["samples"] = step + 1, done["samples"] + options.batch
        decay = min(0.995, 1 - 1 / (step + 1) ** 0.8)
        with torch.no_grad():
            for mean, new in zip(average.parameters(), network.parameters()):
                mean.lerp_(new, 1 - decay)


class _Form:
    def __init__(self, width: int):
        self.width = width


def matte_loss(out: torch.Tensor, coverage: torch.Tensor) -> torch.Tensor:
    """Cross entropy, and one minus the intersection over union: large and small objects count alike."""
    seen = out.sigmoid()
    both = (seen * coverage).sum((1, 2, 3))
    either = (seen + coverage - seen * coverage).sum((1, 2, 3))
    return F.binary_cross_entropy_with_logits(out, coverage) + (1 - both / either.clamp(min=1)).mean()


def scores(network: MatteNetwork, pool: DiskPool) -> dict[str, float]:
    """Mean intersection over union on held-out slots, by family; the same pictures every time."""
    slots = np.arange(max(0, pool.count - HELD_OUT), pool.count)
    result = {}
    for k, family in enumerate(FAMILIES):
        pictures, coverage, _ = composites(pool, slots, np.random.default_rng(k), torch.device("cpu"), family)
        with torch.no_grad():
            seen = network(pictures) > 0
        truth = coverage > 0.5
        both, either = (seen & truth).sum((1, 2, 3)), (seen | truth).sum((1, 2, 3))
        result[family] = float((both / either.clamp(min=1)).mean())
    return result
