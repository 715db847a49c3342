"""The protocol's inputs (quality.md) for one object: unit-sized, in its own frame, under one soft light.

- labelled: the six orthographic pictures of the cube's faces, poses known;
- photo: one perspective picture, 40° field of view, azimuth and elevation from the object's name, in the upright
  frame turned so that its camera is at azimuth 0.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch

from ..geometry.cameras import canonical_cameras
from ..objects.mesh import Mesh, turn_y
from ..objects.packs import Entry, Objects
from .instances import framed_camera, paint_parts, picture_and_solidify, soft_look
from .render import SIZE

FIELD_OF_VIEW = 40.0
# The bounding sphere of the unit cube just fits the picture, whatever the object.
DISTANCE = 0.5 * 3**0.5 / np.sin(np.deg2rad(FIELD_OF_VIEW / 2))

CASES = {
    "S1": None,
    "M2": ("front", "right"),
    "M3": ("front", "right", "back"),
    "M4": ("front", "right", "back", "left"),
    "M6": ("front", "right", "back", "left", "top", "bottom"),
}


@dataclass
class Trial:
    """One object as the protocol shows it."""

    entry: Entry
    mesh: Mesh  # longest side 1, own frame
    azimuth: float  # of the photo
    elevation: float
    fill: float  # silhouette's longer side over the photo's side
    labelled: torch.Tensor  # (6, 128, 128, 4) uint8
    occupancy: torch.Tensor  # (64, 64, 64) uint8, own frame
    colors: torch.Tensor  # (32, 32, 32, 4) uint8, own frame
    photo: torch.Tensor  # (128, 128, 4) uint8
    photo_camera: torch.Tensor  # (7,), the true camera in the photo's frame
    photo_occupancy: torch.Tensor  # (64, 64, 64) uint8, photo's frame


def trial(objects: Objects, row: int, device=torch.device("cpu"), style: int = 0) -> Trial:
    """`style` is an index into STYLES (render.py); the protocol's is 0, lit."""
    entry = objects.entries[row]
    digest = hashlib.md5(f"{entry.source}/{entry.name}/photo".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    mesh = objects.mesh(row)
    if entry.untextured:
        mesh = paint_parts(mesh, rng)
    azimuth, elevation = float(rng.uniform(0, 360)), float(rng.uniform(0, 30))
    turned = mesh.transformed(turn_y(-azimuth))
    camera, side = framed_camera(turned.vertices, 0.0, elevation, 1 / DISTANCE)
    photo_camera = torch.tensor(camera, dtype=torch.float32)
    look = lambda views: replace(soft_look(1, views), style=torch.tensor([style]))
    own = picture_and_solidify([mesh], canonical_cameras(SIZE)[None], look(6), device)
    seen = picture_and_solidify([turned], photo_camera[None, None], look(1), device)
    return Trial(
        entry=entry,
        mesh=mesh,
        azimuth=azimuth,
        elevation=elevation,
        fill=side / DISTANCE / (2 * np.tan(np.deg2rad(FIELD_OF_VIEW / 2))),
        labelled=own["pictures"][0].cpu(),
        occupancy=own["occupancy"][0].cpu(),
        colors=own["colors"][0].cpu(),
        photo=seen["pictures"][0, 0].cpu(),
        photo_camera=photo_camera,
        photo_occupancy=seen["occupancy"][0].cpu(),
    )


def premultiplied(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 (…, h, w, 4), straight alpha -> the networks' (…, 4, h, w) float."""
    real = pictures.float() / 255
    real = torch.cat((real[..., :3] * real[..., 3:], real[..., 3:]), -1)
    return real.movedim(-1, -3)
