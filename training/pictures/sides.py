"""Objects seen from their six sides and from anywhere, for the sides network: pictures of 64², as people draw, render or
photograph them."""

import numpy as np
import torch
import torch.nn.functional as F

from ..geometry.cameras import LABEL_AZIMUTHS, LABEL_ELEVATIONS, LABELS
from ..geometry.sample_surface import sample_surface
from ..objects.mesh import Mesh
from ..objects.packs import Objects
from .instances import deform, framed_camera, paint_parts, random_look, soft_look
from .render import SIZE, SPACING, render

SIDE_SIZE = 64
# Pictures of each object: its sides, and photographs from anywhere around it.
SIDES = len(LABELS)
VIEWS = SIDES + 6
# Kinds whose front means something: their mirror images are as good as they are, with left and right exchanged. For the
# others the front is their author's habit, which a mirror would not keep.
FRONTED = ("character", "animal", "vehicle", "furniture", "building")
SIDE_FIELDS = {
    "pictures": ((VIEWS, SIDE_SIZE, SIDE_SIZE, 4), np.uint8),
    # azimuth and elevation of each picture, degrees
    "directions": ((VIEWS, 2), np.float32),
    # row in the prepared objects, whether the front is meaningful
    "facts": ((2,), np.float32),
}


def picture_sides(objects: Objects, row: int, rng: np.random.Generator | None) -> dict[str, torch.Tensor]:
    """One object from all sides; deformed, lit and turned a little at random, or as it is where there is no `rng`."""
    mesh, entry = objects.mesh(row), objects.entries[row]
    if rng is not None:
        if entry.untextured:
            mesh = paint_parts(mesh, rng)
        mesh = deform(mesh, rng, closed=False).normalised()
    fixed = np.random.default_rng(row)
    rows = [_side_camera(mesh, k, rng) for k in range(SIDES)]
    rows += [_photo_camera(mesh, rng or fixed) for _ in range(SIDES, VIEWS)]
    cameras = torch.tensor(np.array(rows, np.float32))[None]
    look = soft_look(1, VIEWS) if rng is None else random_look(rng, 1, [r[0] * (abs(r[1]) < 80) for r in rows])
    triangles = torch.from_numpy(mesh.vertices[mesh.faces])
    points = sample_surface(triangles, torch.zeros(len(triangles), dtype=torch.int64), SPACING)
    a, b, c = triangles.unbind(1)
    normals = F.normalize(torch.linalg.cross(b - a, c - a), dim=1)
    seen = render(points, normals, torch.from_numpy(mesh.colors).float() / 255, cameras, look)[0].float() / 255
    premultiplied = torch.cat((seen[..., :3] * seen[..., 3:], seen[..., 3:]), -1).permute(0, 3, 1, 2)
    small = F.avg_pool2d(premultiplied, SIZE // SIDE_SIZE).permute(0, 2, 3, 1)
    return {
        "pictures": (255 * small).round().to(torch.uint8)[None],
        "directions": cameras[:, :, :2],
        "facts": torch.tensor([[row, float(entry.kind in FRONTED)]]),
    }


def _side_camera(mesh: Mesh, side: int, rng: np.random.Generator | None) -> tuple:
    azimuth, elevation, perspective = LABEL_AZIMUTHS[side], LABEL_ELEVATIONS[side], 0.0
    if rng is not None:
        azimuth += rng.normal(0, 3)
        elevation += rng.uniform(0, 10) * (rng.random() < 0.4) if side < 4 else 0
        perspective = rng.uniform(0, 0.35) * (rng.random() < 0.5)
    return framed_camera(mesh.vertices, azimuth, elevation, perspective)[0]


def _photo_camera(mesh: Mesh, rng: np.random.Generator) -> tuple:
    radius = float(np.linalg.norm(mesh.vertices, axis=1).max())
    fov = np.deg2rad(rng.uniform(10, 55))
    distance = max(radius / np.sin(fov / 2) * rng.uniform(0.8, 1.35), 1.2 * radius)
    return framed_camera(mesh.vertices, rng.uniform(0, 360), rng.uniform(-5, 35), 1 / distance)[0]
