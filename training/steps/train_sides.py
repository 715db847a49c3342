"""`train-sides`: the sides network, on the pictures of `render-sides`."""

import argparse
import csv
import itertools
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from ..networks.sides import SECTORS, SidesNetwork
from ..pictures.augment import recolored
from ..pictures.pool import DiskPool
from ..pictures.sides import SIDE_FIELDS, SIDE_SIZE, SIDES, VIEWS
from .checkpoints import load_checkpoint, save_checkpoint

CURVE = ("minutes", "samples", "naming", "direction", "set", "named", "ring", "fronted", "within30", "elevation")
# Photographs of each object in a step, and what the azimuth of one counts whose front is its author's habit.
PHOTOS = 4
HABIT = 0.15
# Deviation of the azimuths that a picture is told to have, degrees.
SPREAD = 10.0
# Shares of sets with all four sides, and with two or three of them; the others have top and bottom besides.
WHOLE, PART = 0.6, 0.25
# Namings that a set with tops and bottoms is compared with, of 359.
WRONG = 23
ALL = list(itertools.permutations(range(4)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="sides", help="name of the run, a folder in --work/runs")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=24, help="objects a step")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--width", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate-every", type=float, default=4)


def run(options: argparse.Namespace) -> None:
    begun = time.monotonic()
    torch.set_num_threads(options.threads)
    folder = options.work / "runs" / options.run
    folder.mkdir(parents=True, exist_ok=True)
    state = load_checkpoint(folder)
    network = SidesNetwork(state["form"]["width"] if state else options.width).to(memory_format=torch.channels_last)
    average = SidesNetwork(network.width).requires_grad_(False)
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=0.05)
    done = {"samples": 0, "minutes": 0.0, "steps": 0}
    if state:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        done = dict(state["done"])
    before, first = done["minutes"], done["steps"]
    rng = np.random.default_rng(options.seed + 7919 * done["steps"])
    pool = DiskPool(options.work / "sides", fields=SIDE_FIELDS)
    held = {name: DiskPool(options.work / f"sides-{name}", fields=SIDE_FIELDS) for name in ("validation", "left-out")}
    curve = folder / "curve.csv"
    if not curve.exists():
        curve.write_text(",".join(CURVE) + "\n")
    recent: list[tuple[float, float]] = []
    next_point = options.evaluate_every
    while True:
        minutes = (time.monotonic() - begun) / 60
        through = minutes / options.minutes
        done["minutes"] = before + minutes
        if through >= 1 or minutes >= next_point:
            next_point += options.evaluate_every
            naming, direction = np.mean(recent, 0).tolist() if recent else (float("nan"),) * 2
            recent = []
            for name, chosen in held.items():
                row = {**done, "naming": naming, "direction": direction, "set": name, **scores(average, chosen)}
                shown = {k: f"{row[k]:.5g}" if isinstance(row[k], float) else row[k] for k in CURVE}
                with curve.open("a", newline="") as file:
                    csv.DictWriter(file, CURVE).writerow(shown)
                print(shown, flush=True)
            save_checkpoint(folder, network, average, optimizer, _Form(network.width), done)
        if through >= 1:
            break
        step = done["steps"]
        for group in optimizer.param_groups:
            warm, cool = min(1.0, (step - first + 1) / 100), min(1.0, max(0.02, (1 - through) / 0.4))
            group["lr"] = options.rate * warm * cool
        sets = [side_set(pool, slot, rng) for slot in rng.integers(0, pool.count, options.batch)]
        naming, direction = losses(network, sets)
        loss = naming + direction
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        recent.append((float(naming.detach()), float(direction.detach())))
        done["steps"], done["samples"] = step + 1, done["samples"] + options.batch
        decay = min(0.998, 1 - 1 / (step + 1) ** 0.8)
        with torch.no_grad():
            for mean, new in zip(average.parameters(), network.parameters()):
                mean.lerp_(new, 1 - decay)


class _Form:
    def __init__(self, width: int):
        self.width = width


@dataclass(frozen=True)
class SideSet:
    """One object: n pictures of its sides and then PHOTOS photographs."""

    pictures: torch.Tensor  # (n + PHOTOS, 4, 64, 64)
    namings: torch.Tensor  # (k, 4) of the first n; the first naming is right, n stands for no picture
    directions: torch.Tensor  # (n + PHOTOS, 2) azimuth and elevation, degrees
    front: float  # what its azimuths count


def side_set(pool: DiskPool, slot: int, rng: np.random.Generator) -> SideSet:
    taken = pool.take(np.array([slot]))
    pictures = taken["pictures"][0].permute(0, 3, 1, 2).float() / 255
    directions = taken["directions"][0].clone()
    fronted = bool(taken["facts"][0, 1] > 0)
    if fronted and rng.random() < 0.5:
        order = [0, 3, 2, 1, *range(4, VIEWS)]
        pictures, directions = pictures.flip(-1)[order], directions[order]
        directions[:, 0] = -directions[:, 0]
    kind = rng.random()
    sides = list(range(SIDES if kind > WHOLE + PART else 4))
    if WHOLE < kind <= WHOLE + PART:
        sides = sorted(rng.choice(4, int(rng.integers(2, 4)), replace=False).tolist())
    n = len(sides)
    right = tuple(sides.index(k) if k in sides else n for k in range(4))
    if n == SIDES:
        wrong = [tuple(rng.choice(SIDES, 4, replace=False).tolist()) for _ in range(WRONG)]
    else:
        wrong = sorted(set(itertools.permutations(right)))
    namings = [right, *(naming for naming in wrong if naming != right)]
    photos = rng.choice(range(SIDES, VIEWS), PHOTOS, replace=False).tolist()
    chosen = sides + photos
    return SideSet(_varied(pictures[chosen], rng), torch.tensor(namings), directions[chosen], 1.0 if fronted else HABIT)


def _varied(pictures: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Other colours for the object, a little other light for each picture, and another frame: a pixel or two."""
    alpha = pictures[:, 3:]
    straight = torch.cat((pictures[:, :3] / alpha.clamp(min=1e-3), alpha), 1)
    rgb, _ = recolored(straight[None], straight.new_zeros(1, 4, 1, 1, 1), rng, 0.8, SIDE_SIZE)
    pictures = torch.cat((rgb[0, :, :3] * alpha, alpha), 1)
    n = len(pictures)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = torch.from_numpy(np.exp(rng.normal(0, 0.03, n))).float()
    theta[:, :, 2] = torch.from_numpy(rng.normal(0, 0.02, (n, 2))).float()
    return F.grid_sample(pictures, F.affine_grid(theta, list(pictures.shape), align_corners=False), align_corners=False)


def losses(network: SidesNetwork, sets: list[SideSet]) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross entropy of the right namings among the others, and of the directions; each on average."""
    counts = [len(s.pictures) for s in sets]
    with torch.autocast("cpu", torch.bfloat16):
        pictures = torch.cat([s.pictures for s in sets]).contiguous(memory_format=torch.channels_last)
        features = network.read(pictures)
    features = features.float()
    numbers, start = [], 0
    for s, count in zip(sets, counts):
        n = count - PHOTOS
        numbers.append(torch.where(s.namings == n, len(features), s.namings + start))
        start += count
    told = network.judged(features, torch.cat(numbers)).split([len(s.namings) for s in sets])
    naming = torch.stack([-scores.log_softmax(0)[0] for scores in told]).mean()
    azimuth, elevation = torch.cat([s.directions for s in sets]).unbind(1)
    front = torch.cat([torch.full((c,), s.front) for s, c in zip(sets, counts)])
    level = elevation.abs() < 80
    out = network.directed(features)
    centres = torch.arange(SECTORS) * (360 / SECTORS)
    away = (azimuth[:, None] - centres + 180) % 360 - 180
    wanted = (-0.5 * (away / SPREAD) ** 2).softmax(1)
    turn = -(wanted * out[:, 1:].log_softmax(1)).sum(1) * front * level
    height = F.smooth_l1_loss(out[:, 0] / 10, elevation / 10, reduction="none", beta=0.3) * level
    return naming, turn.sum() / (front * level).sum() + height.sum() / level.sum()


def scores(network: SidesNetwork, pool: DiskPool) -> dict[str, float]:
    """On objects as they are. Of four sides: share named rightly, in turn but for a quarter turn, and named among those with
    a front. Of photographs: those of objects with a front whose azimuth is told to 30°, and the median error of elevations."""
    namings = torch.tensor(ALL)
    turns = [tuple((k + t) % 4 for k in range(4)) for t in range(4)]
    named, ring, fronted, within, height = [], [], [], [], []
    for slot in range(pool.count):
        taken = pool.take(np.array([slot]))
        pictures = taken["pictures"][0].permute(0, 3, 1, 2).float() / 255
        with torch.no_grad():
            features = network.read(pictures)
            best = ALL[int(network.judged(features[:4], namings).argmax())]
            out = network.directed(features[SIDES:])
        named.append(sum(a == k for k, a in enumerate(best)) / 4)
        ring.append(float(best in turns))
        azimuth, elevation = taken["directions"][0, SIDES:].unbind(1)
        height += (out[:, 0] - elevation).abs().tolist()
        if taken["facts"][0, 1] > 0:
            fronted.append(named[-1])
            told = out[:, 1:].argmax(1) * (360 / SECTORS)
            within += (((told - azimuth + 180) % 360 - 180).abs() <= 30).float().tolist()
    mean = lambda values: float(np.mean(values)) if values else float("nan")
    return {
        "named": mean(named), "ring": mean(ring), "fronted": mean(fronted), "within30": mean(within),
        "elevation": float(np.median(height)) if height else float("nan"),
    }
