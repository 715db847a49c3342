"""`compare`: runs side by side on the objects of the curve, with the protocol's pictures and with worse ones.

Mean IoU at 64³ of the raw field in the known frame, as in the curve, and the mean error of the colours (sRGB 0–1) that two
sides give to cells of the surface; validation split / packs left out. For ablations, and for what imperfect pictures cost.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from ..geometry.cameras import projections
from ..networks.exported import ExportedPrior
from ..networks.prior import Form, build
from ..objects.packs import Objects
from ..pictures.augment import recolored
from ..pictures.protocol import CASES, Trial, trial
from ..pictures.render import SIZE, STYLES
from .evaluate import badly_cut, load_prior, own_random
from .train import case_inputs, evenly, quick_scores, quick_trials

SPLITS = ("validation", "left-out")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", nargs="*", default=["prior"], help="runs of the shape network")
    parser.add_argument("--models", type=Path, help="folder of exported networks, compared too")
    parser.add_argument("--pictures", default="clean,badly cut,other colours,drawn", help="which pictures they get")
    parser.add_argument("--objects", type=int, default=40, help="objects of each set, every n-th")
    parser.add_argument("--threads", type=int, default=1)


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    objects = Objects(options.work / "objects.npz")
    # Untrained, the network is the hull; for a single picture the silhouette's cone.
    networks = {"hull": build(Form()).eval()}
    networks |= {name: load_prior(options.work / "runs" / name) for name in options.runs}
    if options.models:
        networks["exported"] = ExportedPrior(options.models, options.threads)
    print("| run | pictures | S1 | M2 | M2rough | M6 | colours |")
    print("| --- " * 7 + "|")
    for kind in options.pictures.split(","):
        trials = _trials(kind, objects, options)
        for name, network in networks.items():
            scores = {s: _scores(network, trials[s]) for s in SPLITS}
            cells = [" / ".join(f"{scores[s][c]:.3f}" for s in SPLITS) for c in scores[SPLITS[0]]]
            print(f"| {name} | {kind} | {' | '.join(cells)} |", flush=True)


def _scores(network, trials: list[Trial]) -> dict[str, float]:
    with torch.no_grad():
        errors = [_color_error(network, t) for t in trials]
    return {**quick_scores(network, trials, torch.device("cpu")), "colours": sum(errors) / len(errors)}


def _color_error(network, t: Trial) -> float:
    pictures, cameras, _ = case_inputs(t, CASES["M2"], False)
    _, paint = network(pictures[None], projections(cameras, SIZE)[None])
    truth = t.colors.movedim(-1, 0).float() / 255
    error = (paint[0].clamp(0, 1) - truth[:3]).abs().mean(0)
    return float((error * truth[3]).sum() / truth[3].sum().clamp_min(1e-6))


def _trials(kind: str, objects: Objects, options: argparse.Namespace) -> dict[str, list[Trial]]:
    if kind == "drawn":
        # Flat, toon, outline and sketch in turn.
        style = lambda i: 1 + i % (len(STYLES) - 1)
        rows = {s: evenly(objects.rows(s), options.objects) for s in SPLITS}
        return {s: [trial(objects, row, style=style(i)) for i, row in enumerate(rows[s])] for s in SPLITS}
    change = {"clean": lambda t: t, "badly cut": badly_cut, "other colours": _recolored}.get(kind)
    if change is None:
        raise SystemExit(f"--pictures: there are clean, badly cut, other colours and drawn, not {kind}")
    trials = quick_trials(objects, options.work, torch.device("cpu"), options.objects)
    return {s: [change(t) for t in trials[s]] for s in SPLITS}


def _recolored(t: Trial) -> Trial:
    """Pictures and truth in other colours, pictures in other light, as training changes them; the same every time."""
    rng = own_random(t)
    pictures = torch.cat((t.labelled, t.photo[None])).movedim(-1, 1)[None].float() / 255
    colors = t.colors.movedim(-1, 0)[None].float() / 255
    pictures, colors = recolored(pictures, colors, rng, 1.0)
    bytes_of = lambda real, axis: (real[0].movedim(axis, -1) * 255).round().to(torch.uint8)
    made = bytes_of(pictures, 1)
    return replace(t, labelled=made[:6], photo=made[6], colors=bytes_of(colors, 0))
