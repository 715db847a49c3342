"""`sheet`: a picture of held-out objects, not chosen by looks: input, floor, prior and truth from three sides.

One object a row: the picture given; then from the picture's own view, from 90° and from 180°: balloon, prior, truth.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from ..geometry.cameras import canonical_cameras, projections
from ..geometry.floors import balloon
from ..geometry.surface_nets import surface_nets
from ..objects.mesh import Mesh, turn_y
from ..objects.packs import Objects
from ..pictures.instances import FRAMED, picture_and_solidify, soft_look
from ..pictures.png import write_png
from ..pictures.protocol import Trial, premultiplied, trial
from ..pictures.render import SIZE
from .evaluate import FIT, load_networks, photo_camera

PAPER = 235


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="prior")
    parser.add_argument("--pose-run", default="pose")
    parser.add_argument("--models", type=Path, help="folder of exported networks, shown instead of a run's")
    parser.add_argument("--set", default="validation", choices=("validation", "left-out"))
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--out", type=Path, default=Path("docs/prior-sheet.png"))


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(2)
    objects = Objects(options.work / "objects.npz")
    network, pose = load_networks(options)
    rows = objects.rows(options.set)
    lines = []
    for i in range(options.count):
        t = trial(objects, rows[i * len(rows) // options.count])
        lines.append(_row(t, network, pose))
        print(f"{i + 1}. {t.entry.source}/{t.entry.name}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_png(options.out, np.concatenate(lines))
    print(options.out)


def _row(t: Trial, network, pose) -> np.ndarray:
    picture, camera = premultiplied(t.photo), photo_camera(t, pose)
    with torch.no_grad():
        field, paint = network(picture[None, None], projections(camera, SIZE)[None, None])
    guess = colored_mesh(field[0].numpy(), paint[0].clamp(0, 1))
    floor = colored_mesh(balloon(picture[3], SIZE / FRAMED * FIT), None)
    truth = t.mesh.transformed(turn_y(-t.azimuth)).normalised(FIT)
    elevation = float(camera[1])
    columns = [_on_paper(t.photo)]
    for azimuth in (0.0, 90.0, 180.0):
        columns += [_view(m, azimuth, elevation) for m in (floor, guess, truth)]
    return np.concatenate(columns, 1)


def colored_mesh(field: np.ndarray, paint: torch.Tensor | None) -> Mesh:
    """The field's surface; each face has the colour of the cell that it lies in, or grey."""
    vertices, faces = surface_nets(field)
    if paint is None or len(faces) == 0:
        return Mesh(vertices, faces, np.full((len(faces), 3), 170, np.uint8))
    n = paint.shape[-1]
    x, y, z = (((vertices[faces].mean(1) + 0.5) * n).clip(0, n - 1).astype(int)).T
    return Mesh(vertices, faces, (paint[:, z, y, x].T.numpy() * 255).astype(np.uint8))


def _view(mesh: Mesh, azimuth: float, elevation: float) -> np.ndarray:
    if len(mesh.faces) == 0:
        return np.full((SIZE, SIZE, 3), PAPER, np.uint8)
    camera = canonical_cameras(SIZE)[0]
    camera[0], camera[1] = azimuth, elevation
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    centred = Mesh(mesh.vertices - (low + high) / 2, mesh.faces, mesh.colors)
    made = picture_and_solidify([centred], camera[None, None], soft_look(1, 1), torch.device("cpu"))
    return _on_paper(made["pictures"][0, 0])


def _on_paper(picture: torch.Tensor) -> np.ndarray:
    rgba = picture.numpy().astype(np.float32)
    alpha = rgba[..., 3:] / 255
    return (rgba[..., :3] * alpha + PAPER * (1 - alpha)).astype(np.uint8)
