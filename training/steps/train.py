"""`train`: shape network from the pool (CPU) or rendered as it goes (CUDA); resumes from its checkpoint at any moment.

Stops after --minutes; the last fifth of each run (--cooldown) lowers the learning rate. Evaluated and exported weights are the
running mean (EMA) of the trained ones. The curve goes to runs/<name>/curve.csv.
"""

import argparse
import copy
import csv
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..geometry.cameras import LABELS, canonical_cameras, projections
from ..networks.prior import Form, Prior, build
from ..objects.packs import Objects
from ..pictures.augment import Damage, Samples, draw_view_count, misposed, recentre, samples, shifted
from ..pictures.instances import PROCEDURAL, Maker, Recipe
from ..pictures.pool import DevicePool, DiskPool
from ..pictures.protocol import CASES, Trial, premultiplied, trial
from ..pictures.render import SIZE
from .checkpoints import load_checkpoint, save_checkpoint

CURVE = ("minutes", "cpu_minutes", "samples", "loss", "cover", "overlap", "color", "rate", "set", "S1", "M2", "M2rough", "M6")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="prior", help="name of the run, a folder in --work/runs")
    parser.add_argument("--minutes", type=float, required=True, help="stop cleanly after this long")
    parser.add_argument("--samples", type=float, default=1e12, help="stop after this many samples at the latest")
    parser.add_argument("--cpu-minutes", type=float, default=1e9, help="stop after this much processor time at the latest")
    parser.add_argument("--pool", default="pool", help="pool on disk (CPU)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    # Two threads finish a step no sooner than one on two hyperthreads of a core, and cost twice the processor time.
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, help="samples a step; by default 16 on a CPU, 128 on a GPU")
    parser.add_argument("--cooldown", type=float, default=0.2, help="last share of the run in which the rate falls")
    parser.add_argument("--rate", type=float, help="peak learning rate; by default 8e-4 at 16 samples, growing with √batch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate-every", type=float, default=10, help="minutes between points of the curve")
    parser.add_argument("--form", default=Form.kind, choices=("lift2d", "lift3d", "hull2d"))
    parser.add_argument("--widths", type=int, nargs=4, default=list(Form.widths))
    parser.add_argument("--blocks", type=int, nargs=4, default=list(Form.blocks))
    parser.add_argument("--features", type=int, default=Form.features)
    parser.add_argument("--encoder", type=int, default=Form.encoder)
    parser.add_argument("--packs-only", action="store_true", help="ablation: nothing procedural from the pool")
    parser.add_argument("--no-merge", action="store_true", help="ablation: features of the base picture alone")
    parser.add_argument("--no-colors", action="store_true", help="ablation: no colour augmentation")
    parser.add_argument("--no-damage", action="store_true", help="ablation: perfect poses and mattes")
    parser.add_argument("--warm-start", type=Path, help="start from this run's weights instead of from nothing")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 2), help="processes that draft shapes for a GPU")
    parser.add_argument("--instances", type=int, default=20000, help="instances kept in a GPU's memory, 1 MB each")
    parser.add_argument("--render-share", type=float, default=0.35, help="share of a GPU's time spent rendering")


def run(options: argparse.Namespace) -> None:
    begun, begun_cpu = time.monotonic(), time.process_time()
    device = torch.device(options.device)
    torch.set_num_threads(options.threads)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = True
    folder = options.work / "runs" / options.run
    folder.mkdir(parents=True, exist_ok=True)
    batch = options.batch or (16 if device.type == "cpu" else 128)
    peak = options.rate or 8e-4 * (batch / 16) ** 0.5

    state = load_checkpoint(folder) or (load_checkpoint(options.warm_start) if options.warm_start else None)
    form = Form(**state["form"]) if state else _form(options)
    network = build(form).to(device)
    if form.kind != "lift3d":
        network = network.to(memory_format=torch.channels_last)
    average = copy.deepcopy(network).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.02)
    done = {"samples": 0, "minutes": 0.0, "cpu_minutes": 0.0, "steps": 0}
    if state:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        if state.get("optimizer"):
            optimizer.load_state_dict(state["optimizer"])
        if load_checkpoint(folder):
            done = dict(state["done"])
    rng = np.random.default_rng(options.seed + 7919 * done["steps"])
    torch.manual_seed(options.seed + done["steps"])
    objects = Objects(options.work / "objects.npz")
    pool, maker = _pool(options, objects, device, done["steps"])
    damage = Damage(0.0, 0.0, 0.0 if options.no_colors else 1.0) if options.no_damage else Damage(colors=0.0 if options.no_colors else 1.0)
    trials = quick_trials(objects, options.work, device)
    curve = folder / "curve.csv"
    if not curve.exists():
        curve.write_text(",".join(CURVE) + "\n")
    print(f"{form}, {sum(p.numel() for p in network.parameters()) / 1e6:.1f} M parameters, on {device}", flush=True)

    step = first_step = done["steps"]
    first_samples = done["samples"]
    recent: list[torch.Tensor] = []
    elapsed = lambda: (time.monotonic() - begun) / 60
    next_point, last_saved = options.evaluate_every, time.monotonic()
    rendering = 0.0
    while True:
        through = max(
            elapsed() / options.minutes,
            (time.process_time() - begun_cpu) / 60 / options.cpu_minutes,
            (done["samples"] - first_samples) / options.samples,
        )
        stop = through >= 1
        if stop or elapsed() >= next_point:
            next_point += options.evaluate_every
            row = _point(done, begun, begun_cpu, recent, optimizer)
            recent = []
            for split, chosen in trials.items():
                scores = quick_scores(average, chosen, device)
                _append(curve, {**row, "set": split, **scores})
        if stop or time.monotonic() - last_saved > 300:
            last_saved = time.monotonic()
            save_checkpoint(folder, network, average, optimizer, form, _totals(done, begun, begun_cpu))
        if stop:
            break
        if maker is not None:
            # Renders for its share of the time: new shapes for ever, none of them waited for.
            while rendering < options.render_share * (time.monotonic() - begun) and pool.written < 1e9:
                since = time.monotonic()
                pool.put(maker.make(48))
                torch.cuda.synchronize()
                rendering += time.monotonic() - since
        warm = min(1.0, (step - first_step + 1) / 200)
        cool = min(1.0, max(0.02, (1 - through) / options.cooldown)) if options.cooldown else 1.0
        for group in optimizer.param_groups:
            group["lr"] = peak * warm * cool
        slots = draw_slots(pool, batch, rng, options.packs_only)
        batch_samples = samples(pool, slots, draw_view_count(rng), rng, device, damage)
        losses = train_step(network, optimizer, batch_samples)
        recent.append(losses.detach())
        step += 1
        done["steps"], done["samples"] = step, done["samples"] + batch
        decay = min(0.9995, 1 - 1 / (step + 1) ** 0.8)
        with torch.no_grad():
            for mean, new in zip(average.parameters(), network.parameters()):
                mean.lerp_(new, 1 - decay)
    print(f"{folder}: {done['samples']:,} samples", flush=True)


def _form(options) -> Form:
    return Form(
        options.form, options.features, options.encoder, tuple(options.widths), tuple(options.blocks), not options.no_merge
    )


def _pool(options, objects, device, steps):
    if device.type == "cpu":
        pool = DiskPool(options.work / options.pool)
        if pool.count == 0:
            raise SystemExit(f"{pool.folder} is empty: run `python3 -m training render` first")
        return pool, None
    pool = DevicePool(options.instances, device)
    maker = Maker(objects, device, options.seed + 104729 * (steps + 1), Recipe(), options.workers)
    while pool.count < 500:
        pool.put(maker.make(48))
    return pool, maker


def draw_slots(pool, count: int, rng: np.random.Generator, packs_only: bool) -> np.ndarray:
    """Slots of a batch; with `packs_only` procedural ones are drawn again."""
    slots = rng.integers(0, pool.count, count)
    procedural = lambda: pool.take(slots, ("facts",))["facts"][:, 2].cpu().numpy() == PROCEDURAL
    while packs_only and (again := procedural()).any():
        slots[again] = rng.integers(0, pool.count, again.sum())
    return slots


def losses_of(network: Prior, batch: Samples) -> torch.Tensor:
    """(total, cross-entropy, soft Jaccard distance, colour error)."""
    with torch.autocast(batch.pictures.device.type, torch.bfloat16):
        field, paint = network(batch.pictures, batch.cameras)
    cover = F.binary_cross_entropy_with_logits(field, batch.occupancy)
    chance = field.sigmoid()
    both = (chance * batch.occupancy).sum((1, 2, 3))
    overlap = (1 - (both + 1) / (chance.sum((1, 2, 3)) + batch.occupancy.sum((1, 2, 3)) - both + 1)).mean()
    known = batch.colors[:, 3:]
    color = ((paint - batch.colors[:, :3]).abs() * known).sum() / (3 * known.sum() + 1)
    # Cross-entropy alone leaves out thin parts that it is unsure of; overlap alone is blind to confidence.
    total = 4 * cover + overlap + color
    return torch.stack((total, cover, overlap, color))


def train_step(network: Prior, optimizer, batch: Samples) -> torch.Tensor:
    losses = losses_of(network, batch)
    optimizer.zero_grad(set_to_none=True)
    losses[0].backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return losses


# --- points of the curve ------------------------------------------------------------------------------------------


def quick_trials(objects: Objects, work: Path, device: torch.device, count: int = 40) -> dict[str, list[Trial]]:
    """Evenly chosen objects of the validation split and of the packs left out, kept in a file."""
    path = work / f"trials-{count}.pt"
    if path.exists():
        return {k: [Trial(**t) for t in v] for k, v in torch.load(path, **_PICKLED).items()}
    chosen = {}
    for split in ("validation", "left-out"):
        chosen[split] = [trial(objects, row, device) for row in evenly(objects.rows(split), count)]
    draft = path.with_suffix(f".{os.getpid()}")
    torch.save({k: [vars(t) for t in v] for k, v in chosen.items()}, draft)
    os.replace(draft, path)
    return chosen


def evenly(rows: list[int], count: int) -> list[int]:
    """At most so many of the rows, every n-th."""
    count = min(count, len(rows))
    return [rows[i * len(rows) // count] for i in range(count)]


# Newer versions of PyTorch refuse whole objects unless told to trust the file, which is our own.
_PICKLED = {"weights_only": False} if "weights_only" in torch.load.__code__.co_varnames else {}


def quick_scores(network, trials: list[Trial], device: torch.device) -> dict[str, float]:
    """Mean IoU at 64³ of the raw field in the known frame (S1: true camera, origin by the silhouette)."""
    out = {}
    for case, labels in (("S1", None), ("M2", CASES["M2"]), ("M2rough", CASES["M2"]), ("M6", CASES["M6"])):
        inputs = [case_inputs(t, labels, case.endswith("rough")) for t in trials]
        scores = []
        for low in range(0, len(inputs), 8):
            pictures, cameras, truth = (torch.stack(column) for column in zip(*inputs[low : low + 8]))
            with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
                field, _ = network(pictures.to(device), projections(cameras, SIZE).to(device))
            scores += [iou(a, b) for a, b in zip(field.float().cpu() > 0, truth)]
        out[case] = float(np.mean(scores))
    return out


def case_inputs(t: Trial, labels, rough: bool):
    """Pictures (v, 4, 128, 128), cameras (v, 7) and truth (64, 64, 64) bool of one trial."""
    if labels is None:
        camera = t.photo_camera[None].clone()
        cells = recentre(camera)
        return premultiplied(t.photo[None]), camera, shifted(t.photo_occupancy, [2 * c for c in cells]) > 127
    rows = [LABELS.index(name) for name in labels]
    cameras = canonical_cameras(SIZE)[rows]
    if rough:
        cameras = roughened(cameras, t)
    return premultiplied(t.labelled[rows]), cameras, t.occupancy > 127


def roughened(cameras: torch.Tensor, t: Trial) -> torch.Tensor:
    """Silhouettes shifted by up to 2 % and scaled by up to 6 %, the same for each object every time."""
    rng = np.random.default_rng(int(t.azimuth * 1e6))
    out = cameras.clone()
    out[:, 4] *= torch.from_numpy(1 + rng.uniform(-0.06, 0.06, len(cameras))).float()
    out[:, 5:7] += torch.from_numpy(rng.uniform(-0.02, 0.02, (len(cameras), 2))).float() * SIZE
    return out


def iou(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a & b).sum() / (a | b).sum().clamp_min(1))


def _totals(done: dict, begun: float, begun_cpu: float) -> dict:
    return {
        **done,
        "minutes": done["minutes"] + (time.monotonic() - begun) / 60,
        "cpu_minutes": done["cpu_minutes"] + (time.process_time() - begun_cpu) / 60,
    }


def _point(done, begun, begun_cpu, recent, optimizer) -> dict:
    totals = _totals(done, begun, begun_cpu)
    means = torch.stack(recent).mean(0).tolist() if recent else [float("nan")] * 4
    keys = ("loss", "cover", "overlap", "color")
    rate = optimizer.param_groups[0]["lr"]
    return {**totals, **dict(zip(keys, means)), "rate": rate}


def _append(curve: Path, row: dict) -> None:
    shown = {k: row.get(k, "") for k in CURVE}
    text = {k: f"{v:.5g}" if isinstance(v, float) else v for k, v in shown.items()}
    with curve.open("a", newline="") as file:
        csv.DictWriter(file, CURVE).writerow(text)
    print(" ".join(f"{k}={v}" for k, v in text.items()), flush=True)
