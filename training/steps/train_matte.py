"""`train-matte`: the matte network, on composites of the pool's pictures."""

import argparse
import csv
import multiprocessing
import time
from queue import Full

import numpy as np
import torch
import torch.nn.functional as F

from ..networks.matte import MatteNetwork
from ..pictures.composites import FAMILIES, composites
from ..pictures.pool import DiskPool
from .checkpoints import load_checkpoint, save_checkpoint

CURVE = ("minutes", "samples", "loss", *FAMILIES)
# Slots at the pool's front that training leaves alone, to measure on; the pool may grow behind them meanwhile.
HELD_OUT = 48


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="matte", help="name of the run, a folder in --work/runs")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--pool", default="pool")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--width", type=int, default=24)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw composites ahead of the training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate-every", type=float, default=4)


def run(options: argparse.Namespace) -> None:
    begun = time.monotonic()
    torch.set_num_threads(options.threads)
    folder = options.work / "runs" / options.run
    folder.mkdir(parents=True, exist_ok=True)
    state = load_checkpoint(folder)
    network = MatteNetwork(state["form"]["width"] if state else options.width).to(memory_format=torch.channels_last)
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
    pool = DiskPool(options.work / options.pool)
    drawn = _Drawn(options, options.seed + 7919 * done["steps"])
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
            drawn.close()
            break
        step = done["steps"]
        for group in optimizer.param_groups:
            warm, cool = min(1.0, (step - first + 1) / 50), min(1.0, max(0.02, (1 - through) / 0.35))
            group["lr"] = options.rate * warm * cool
        pictures, coverage = drawn.next()
        # In half precision and channels last one core passes 128 pictures a second at width 16 instead of 61.
        with torch.autocast("cpu", torch.bfloat16):
            out = network(pictures.contiguous(memory_format=torch.channels_last))
        loss = matte_loss(out.float(), coverage)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        recent.append(float(loss.detach()))
        done["steps"], done["samples"] = step + 1, done["samples"] + options.batch
        decay = min(0.998, 1 - 1 / (step + 1) ** 0.8)
        with torch.no_grad():
            for mean, new in zip(average.parameters(), network.parameters()):
                mean.lerp_(new, 1 - decay)


class _Drawn:
    """Batches of composites, drawn by processes of their own: a core draws some 90 a second, no more than it trains on."""

    def __init__(self, options: argparse.Namespace, seed: int):
        context = multiprocessing.get_context("spawn")
        self._queue = context.Queue(8)
        arguments = (self._queue, options.work / options.pool, options.batch)
        self._workers = [
            context.Process(target=_draw, args=(*arguments, seed + 104_729 * k), daemon=True)
            for k in range(options.workers)
        ]
        for worker in self._workers:
            worker.start()

    def next(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (b, 3, 128, 128) and coverage (b, 1, 128, 128), 0–1."""
        pictures, coverage = self._queue.get(timeout=600)
        return torch.from_numpy(pictures).float() / 255, torch.from_numpy(coverage).float() / 255

    def close(self) -> None:
        for worker in self._workers:
            worker.terminate()


def _draw(queue, folder, batch: int, seed: int) -> None:
    torch.set_num_threads(1)
    rng, pool = np.random.default_rng(seed), DiskPool(folder)
    while True:
        slots = rng.integers(min(HELD_OUT, pool.count - 1), pool.count, batch)
        drawn = composites(pool, slots, rng, torch.device("cpu"))[:2]
        batch_drawn = tuple((255 * plane).round().to(torch.uint8).numpy() for plane in drawn)
        while True:
            try:
                queue.put(batch_drawn, timeout=5)
                break
            except Full:
                # The training was killed: nobody will ask again.
                if not multiprocessing.parent_process().is_alive():
                    return


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
    slots = np.arange(min(HELD_OUT, pool.count))
    result = {}
    for k, family in enumerate(FAMILIES):
        pictures, coverage, _ = composites(pool, slots, np.random.default_rng(k), torch.device("cpu"), family)
        with torch.no_grad():
            seen = network(pictures) > 0
        truth = coverage > 0.5
        both, either = (seen & truth).sum((1, 2, 3)), (seen | truth).sum((1, 2, 3))
        result[family] = float((both / either.clamp(min=1)).mean())
    return result
