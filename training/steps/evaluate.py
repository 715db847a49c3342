"""`evaluate`: the protocol's shape cases (quality.md) on held-out objects, the floors beside the network.

S1 is aligned (best of 36 yaws, then ICP with scale) for every method alike; multi-view cases are not.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ..geometry.cameras import LABELS, PERSPECTIVE, SCALE, canonical_cameras, projections
from ..geometry.compare import NOTHING, SAMPLES, align, distances, resampled, sample_mesh, volume_iou
from ..geometry.floors import balloon, extrusion, hull
from ..geometry.surface_nets import surface_nets
from ..networks.exported import ExportedPose, ExportedPrior
from ..networks.pose import PoseNetwork
from ..networks.prior import Form, Prior, build
from ..objects.packs import Objects
from ..pictures.augment import recut
from ..pictures.instances import FRAMED
from ..pictures.protocol import CASES, Trial, premultiplied, trial
from ..pictures.render import SIZE
from .checkpoints import load_checkpoint
from .train import roughened

FIGURES = ("iou", "cd", "f005", "f010", "f020")
# The object's longest side in the cube when its scale is the engine's to choose.
FIT = 0.9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="prior", help="run of the shape network")
    parser.add_argument("--pose-run", default="pose", help="run of the pose network, used for S1")
    parser.add_argument("--models", type=Path, help="folder of exported networks, evaluated instead of a run's")
    parser.add_argument("--cases", default="S1,M2,M3,M4,M6,M2rough,M4rough,M6rough")
    parser.add_argument("--sets", default="validation,left-out")
    parser.add_argument("--limit", type=int, default=60, help="objects of each set, evenly chosen; 0 takes all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bad-mattes", action="store_true", help="cut the pictures out as badly as training does; floors alike")
    parser.add_argument("--true-pose", action="store_true", help="S1 with the true camera instead of the pose network's")


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    objects = Objects(options.work / "objects.npz")
    network, pose = load_networks(options, needs_pose=not options.true_pose)
    mean = mean_shape(objects, options.work)
    results = []
    for name in options.sets.split(","):
        rows = objects.rows(name)
        count = min(options.limit or len(rows), len(rows))
        for i in range(count):
            t = trial(objects, rows[i * len(rows) // count])
            if options.bad_mattes:
                t = badly_cut(t)
            for case in options.cases.split(","):
                for method, field in fields_of(t, case, network, pose, mean).items():
                    figures = score(t, case, field)
                    results.append({"set": name, "case": case, "method": method, "source": t.entry.source,
                                    "name": t.entry.name, "kind": t.entry.kind, **figures})
            if (i + 1) % 20 == 0:
                print(f"{name}: {i + 1} of {count}", flush=True)
    folder = options.work / "runs" / (options.models.resolve().name if options.models else options.run)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("evaluation-bad-mattes.json" if options.bad_mattes else "evaluation.json")
    path.write_text(json.dumps({"table": table(results), "objects": results}))
    print(markdown(table(results)))
    print(path)


def badly_cut(t: Trial) -> Trial:
    """The same pictures, cut out badly, the same way every time."""
    rng = own_random(t)

    def cut(pictures: torch.Tensor) -> torch.Tensor:
        real = pictures.float().movedim(-1, -3)[None] / 255
        return (recut(real, rng, 1 / 0.55)[0].movedim(-3, -1) * 255).round().to(torch.uint8)

    return replace(t, labelled=cut(t.labelled), photo=cut(t.photo[None])[0])


def own_random(t: Trial) -> np.random.Generator:
    """Chance that is the same for an object every time; PyTorch's starts there too."""
    seed = int(t.azimuth * 1e6)
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


def load_networks(options: argparse.Namespace, needs_pose: bool = True):
    """Shape and pose network that --models or --run and --pose-run name; no pose network where none is needed."""
    if options.models:
        return ExportedPrior(options.models), ExportedPose(options.models) if needs_pose else None
    runs = options.work / "runs"
    return load_prior(runs / options.run), load_pose(runs / options.pose_run) if needs_pose else None


def load_prior(folder) -> Prior:
    state = load_checkpoint(folder)
    if state is None:
        raise SystemExit(f"{folder} has no checkpoint: run `python3 -m training train` first")
    network = build(Form(**state["form"]))
    network.load_state_dict({k: v.float() for k, v in state["average"].items()})
    return network.eval()


def load_pose(folder) -> PoseNetwork:
    state = load_checkpoint(folder)
    if state is None:
        raise SystemExit(f"{folder} has no checkpoint: run `python3 -m training train-pose` first, or give --true-pose")
    network = PoseNetwork(state["form"]["width"])
    network.load_state_dict({k: v.float() for k, v in state["average"].items()})
    return network.eval()


def fields_of(t: Trial, case: str, network, pose, mean: np.ndarray) -> dict[str, np.ndarray]:
    """Method -> field (64, 64, 64), inside > 0."""
    rough = case.endswith("rough")
    labels = CASES[case.removesuffix("rough")]
    if labels is None:
        picture = premultiplied(t.photo)
        camera = photo_camera(t, pose)
        field = infer(network, picture[None], camera[None])
        span = SIZE / FRAMED * FIT
        return {
            "prior": field,
            "balloon": balloon(picture[3], span),
            "extrusion": extrusion(picture[3], span),
            "mean shape": mean,
        }
    rows = [LABELS.index(name) for name in labels]
    cameras = canonical_cameras(SIZE)[rows]
    if rough:
        cameras = roughened(cameras, t)
    pictures = premultiplied(t.labelled[rows])
    return {
        "prior": infer(network, pictures, cameras),
        "hull": hull(pictures[:, 3], projections(cameras, SIZE)),
        "mean shape": mean,
    }


def photo_camera(t: Trial, pose) -> torch.Tensor:
    """The camera that the engine assumes for a single picture: (7,)."""
    side = FIT
    if pose is None:
        elevation, angle = float(t.photo_camera[1]), float(t.photo_camera[PERSPECTIVE] * FRAMED / t.photo_camera[SCALE])
    else:
        with torch.no_grad():
            out = pose(premultiplied(t.photo)[None], torch.tensor([t.fill]).float())[0]
        elevation, angle, side = float(out[0]), float(out[1].clamp(0, 1.2)), float(out[2].exp().clamp(0.3, 1.5)) * FIT
    return torch.tensor([0.0, elevation, 0.0, angle / side, FRAMED / side, SIZE / 2, SIZE / 2])


def infer(network, pictures: torch.Tensor, cameras: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        field, _ = network(pictures[None], projections(cameras, SIZE)[None])
    return field[0].float().numpy()


def score(t: Trial, case: str, field: np.ndarray) -> dict[str, float]:
    rng = np.random.default_rng(0)
    vertices, faces = surface_nets(field)
    if len(faces) == 0:
        return dict(NOTHING)
    points = sample_mesh(vertices, faces, SAMPLES, rng)
    truth = sample_mesh(t.mesh.vertices, t.mesh.faces, SAMPLES, rng)
    solid = t.occupancy.numpy() > 127
    if CASES[case.removesuffix("rough")] is None:
        matrix, offset = align(points, truth, rng)
        field = resampled(np.clip(field, -1, 1), matrix, offset)
        points = points @ matrix.T + offset
    return {"iou": volume_iou(field > 0, solid), **distances(points, truth)}


def mean_shape(objects: Objects, work, count: int = 300) -> np.ndarray:
    """Mean occupancy of training objects less the level that keeps their mean volume; cached."""
    path = work / f"mean-shape-{count}.npy"
    if not path.exists():
        rows = objects.rows("training")
        count = min(count, len(rows))
        total = np.zeros((64, 64, 64), np.float32)
        for i in range(count):
            total += trial(objects, rows[i * len(rows) // count]).occupancy.numpy() / np.float32(255 * count)
        level = np.quantile(total, 1 - total.mean())
        np.save(path, total - level)
    return np.load(path)


def table(results: list[dict]) -> list[dict]:
    """Means, medians and the worst tenth by set, case and method."""
    out = []
    groups = sorted({(r["set"], r["case"], r["method"]) for r in results}, key=str)
    for name, case, method in groups:
        chosen = [r for r in results if (r["set"], r["case"], r["method"]) == (name, case, method)]
        row = {"set": name, "case": case, "method": method, "objects": len(chosen)}
        for figure in FIGURES:
            values = np.array([r[figure] for r in chosen])
            worst = 90 if figure == "cd" else 10
            row[figure] = round(float(values.mean()), 4)
            row[f"{figure}_median"] = round(float(np.median(values)), 4)
            row[f"{figure}_worst_tenth"] = round(float(np.percentile(values, worst)), 4)
        out.append(row)
    return out


def markdown(rows: list[dict]) -> str:
    lines = ["| set | case | method | IoU (median) | CD (median) | F@0.05 | F@0.1 | F@0.2 |", "| --- " * 8 + "|"]
    for r in rows:
        lines.append(
            f"| {r['set']} | {r['case']} | {r['method']} | {r['iou']:.3f} ({r['iou_median']:.3f}) "
            f"| {r['cd']:.3f} ({r['cd_median']:.3f}) | {r['f005']:.3f} | {r['f010']:.3f} | {r['f020']:.3f} |"
        )
    return "\n".join(lines)
