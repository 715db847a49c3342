"""`train-pose`: the pose network, from the same pool as the shape network."""

import argparse
import csv
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from ..geometry.cameras import AZIMUTH, ELEVATION, LABEL_AZIMUTHS, LABELS, PERSPECTIVE, SCALE
from ..networks.pose import PoseNetwork
from ..objects.mesh import turn_y
from ..objects.packs import Objects
from ..pictures.augment import recolored, recut
from ..pictures.instances import FRAMED, Maker
from ..pictures.pool import DevicePool, DiskPool
from ..pictures.protocol import Trial, premultiplied
from ..pictures.render import SIZE
from .checkpoints import load_checkpoint, save_checkpoint
from .train import quick_trials

CURVE = ("minutes", "samples", "loss", "set", "elevation", "angle", "extent", "azimuth", "label")
FREE = len(LABELS)
EXACT_LABELS = 5.0  # degrees within which a side view still deserves its label
PHOTOGRAPHS = 0.55  # share of the batch; the rest are drawings of the cube's faces
# Props have fronts more often than not, but nobody promised it.
WEIGHT_OF_PROPS = 0.3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="pose", help="name of the run, a folder in --work/runs")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--pool", default="pool")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--width", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate-every", type=float, default=5)
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 2))
    parser.add_argument("--instances", type=int, default=4000, help="instances rendered on a GPU")


def run(options: argparse.Namespace) -> None:
    begun = time.monotonic()
    device = torch.device(options.device)
    torch.set_num_threads(options.threads)
    folder = options.work / "runs" / options.run
    folder.mkdir(parents=True, exist_ok=True)
    state = load_checkpoint(folder)
    network = PoseNetwork(state["form"]["width"] if state else options.width).to(device, memory_format=torch.channels_last)
    average = PoseNetwork(network.width).to(device).requires_grad_(False)
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=0.02)
    done = {"samples": 0, "minutes": 0.0, "steps": 0}
    if state:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        if state.get("optimizer"):
            optimizer.load_state_dict(state["optimizer"])
        done = dict(state["done"])
    before = done["minutes"]
    rng = np.random.default_rng(options.seed + 7919 * done["steps"])
    objects = Objects(options.work / "objects.npz")
    if device.type == "cpu":
        pool = DiskPool(options.work / options.pool)
    else:
        pool, maker = DevicePool(options.instances, device), Maker(objects, device, options.seed + done["steps"], workers=options.workers)
        while pool.count < options.instances:
            pool.put(maker.make(48))
    trials = quick_trials(objects, options.work, device)
    curve = folder / "curve.csv"
    if not curve.exists():
        curve.write_text(",".join(CURVE) + "\n")
    recent, first = [], done["steps"]
    next_point = options.evaluate_every
    while True:
        minutes = (time.monotonic() - begun) / 60
        through = minutes / options.minutes
        done["minutes"] = before + minutes
        if through >= 1 or minutes >= next_point:
            next_point += options.evaluate_every
            loss = float(np.mean(recent)) if recent else float("nan")
            recent = []
            for name, chosen in trials.items():
                row = {**done, "loss": loss, "set": name, **pose_scores(average, chosen, device)}
                with curve.open("a", newline="") as file:
                    shown = {k: f"{row[k]:.5g}" if isinstance(row[k], float) else row[k] for k in CURVE}
                    csv.DictWriter(file, CURVE).writerow(shown)
                print(shown, flush=True)
            save_checkpoint(folder, network, average, optimizer, _Width(network.width), done)
        if through >= 1:
            break
        step = done["steps"]
        for group in optimizer.param_groups:
            warm, cool = min(1.0, (step - first + 1) / 200), min(1.0, max(0.02, (1 - through) / 0.25))
            group["lr"] = options.rate * warm * cool
        batch = pose_batch(pool, rng.integers(0, pool.count, options.batch), rng, device)
        with torch.autocast(device.type, torch.bfloat16):
            out = network(batch["pictures"], batch["fills"])
        loss = pose_loss(out.float(), batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        recent.append(float(loss.detach()))
        done["steps"], done["samples"] = step + 1, done["samples"] + options.batch
        decay = min(0.999, 1 - 1 / (step + 1) ** 0.8)
        with torch.no_grad():
            for mean, new in zip(average.parameters(), network.parameters()):
                mean.lerp_(new, 1 - decay)


class _Width:
    def __init__(self, width: int):
        self.width = width


def pose_batch(pool, slots: np.ndarray, rng: np.random.Generator, device) -> dict[str, torch.Tensor]:
    """Pictures framed by their silhouettes, with what the network should say of each."""
    taken = pool.take(slots, ("pictures", "cameras", "facts", "fills"))
    n = len(slots)
    views = np.where(rng.random(n) < PHOTOGRAPHS, rng.integers(6, 10, n), rng.integers(0, 6, n))
    rows, chosen = torch.arange(n), torch.from_numpy(views)
    pictures = taken["pictures"][rows, chosen].to(device).permute(0, 3, 1, 2).float() / 255
    cameras, facts = taken["cameras"].cpu()[rows, chosen], taken["facts"].cpu()
    labelled = chosen < FREE
    mirror = torch.from_numpy(rng.random(n) < 0.5)
    pictures = torch.where(mirror[:, None, None, None].to(device), pictures.flip(-1), pictures)
    pictures, side = framed(pictures)

    azimuth = cameras[:, AZIMUTH] - facts[:, 0]
    azimuth = torch.where(mirror, -azimuth, azimuth) % 360
    elevation = cameras[:, ELEVATION]
    side = torch.where(labelled, side.cpu() / SIZE, FRAMED / cameras[:, SCALE])
    angle = cameras[:, PERSPECTIVE] * side
    label = torch.full((n,), FREE)
    for k, at in enumerate(LABEL_AZIMUTHS[:4]):
        off = ((azimuth - at + 180) % 360 - 180).abs()
        label = torch.where(labelled & (elevation.abs() < 1) & (off < EXACT_LABELS), k, label)
    label = torch.where(elevation > 80, LABELS.index("top"), label)
    label = torch.where(elevation < -80, LABELS.index("bottom"), label)
    # Made-up shapes and two objects grown into one have no front: their sides teach nothing but noise.
    fronted = (facts[:, 2] == 0).float() * torch.where(facts[:, 3] > 0, 1.0, WEIGHT_OF_PROPS)
    named = torch.where(labelled & (elevation.abs() < 1), fronted, torch.ones(n))

    # A third of the photographs are crops, whose fill says nothing; drawings are cropped anyhow.
    fills = taken["fills"].cpu()[rows, chosen]
    crop = torch.from_numpy(rng.random(n) < 0.35) | labelled
    fills = torch.where(crop, torch.from_numpy(rng.uniform(0.4, 1.0, n)).float(), fills)
    rgb, _ = recolored(pictures[:, None], pictures.new_zeros(n, 4, 1, 1, 1), rng, 1.0)
    pictures = recut(rgb, rng, 0.7)[:, 0]
    return {
        "pictures": torch.cat((pictures[:, :3] * pictures[:, 3:], pictures[:, 3:]), 1),
        "fills": fills.to(device),
        "elevation": elevation.to(device),
        "angle": angle.to(device),
        "extent": (side / facts[:, 1]).log().to(device),
        "azimuth": azimuth.to(device),
        "fronted": fronted.to(device),
        "label": label.to(device),
        "named": named.to(device),
        "side_view": (elevation.abs() < 80).to(device),
    }


def framed(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Crops (b, 4, h, w) to their silhouettes, longer side FRAMED pixels, centred; and that side in old pixels."""
    solid = pictures[:, 3] > 0.5
    size = pictures.shape[-1]
    u = torch.arange(size, device=pictures.device).float() + 0.5
    low, high = [], []
    for axis in (1, 2):
        seen = solid.any(axis)
        low.append(torch.where(seen, u, 1e9).amin(1) - 0.5)
        high.append(torch.where(seen, u, -1e9).amax(1) + 0.5)
    low, high = torch.stack(low, 1), torch.stack(high, 1)
    none = high[:, 0] < low[:, 0]
    low[none], high[none] = 0.0, float(size)
    side = (high - low).amax(1)
    centre = (low + high) / size - 1
    zoom = side * (SIZE / FRAMED) / size
    theta = torch.zeros(len(pictures), 2, 3, device=pictures.device)
    theta[:, 0, 0] = theta[:, 1, 1] = zoom
    theta[:, :, 2] = centre
    grid = F.affine_grid(theta, [len(pictures), 4, SIZE, SIZE], align_corners=False)
    return F.grid_sample(pictures, grid, align_corners=False), side


def pose_loss(out: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    upright = batch["side_view"].float()
    elevation = F.smooth_l1_loss(out[:, 0] / 10, batch["elevation"] / 10, reduction="none", beta=0.3)
    angle = (out[:, 1] - batch["angle"]).abs() / 0.2
    extent = (out[:, 2] - batch["extent"]).abs() / 0.2
    turn = torch.deg2rad(batch["azimuth"])
    facing = torch.stack((turn.sin(), turn.cos()), 1)
    azimuth = (out[:, 3:5] - facing).square().sum(1) * batch["fronted"]
    label = F.cross_entropy(out[:, 5:], batch["label"], reduction="none") * batch["named"]
    return ((elevation + angle + extent + azimuth) * upright + label).mean()


def trial_batch(trials: list[Trial]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.stack([premultiplied(t.photo) for t in trials]), torch.tensor([t.fill for t in trials]).float()


def pose_scores(network: PoseNetwork, trials: list[Trial], device) -> dict[str, float]:
    """Median absolute errors for the protocol's photos, and the share of labelled pictures named rightly."""
    pictures, fills = trial_batch(trials)
    with torch.no_grad():
        out = network(pictures.to(device), fills.to(device)).cpu()
        named = torch.cat([premultiplied(t.labelled) for t in trials])
        names = network(framed(named)[0].to(device), torch.full((len(named),), 0.8, device=device)).cpu()
    cameras = torch.stack([t.photo_camera for t in trials])
    side = FRAMED / cameras[:, SCALE]
    # The turned object's longest side is not 1: a long box seen from its corner.
    box = torch.tensor([_longest_side(t) for t in trials])
    turn = torch.rad2deg(torch.atan2(out[:, 3], out[:, 4]))
    away = ((turn - torch.tensor([t.azimuth for t in trials]) + 180) % 360 - 180).abs()
    label = torch.arange(len(LABELS)).repeat(len(trials))
    return {
        "elevation": float((out[:, 0] - cameras[:, ELEVATION]).abs().median()),
        "angle": float((out[:, 1] - cameras[:, PERSPECTIVE] * side).abs().median()),
        "extent": float((out[:, 2] - (side / box).log()).abs().median()),
        "azimuth": float(away.median()),
        "label": float((names[:, 5:11].argmax(1) == label).float().mean()),
    }


def _longest_side(t: Trial) -> float:
    turned = t.mesh.vertices @ turn_y(-t.azimuth).T
    return float(np.ptp(turned, axis=0).max())
