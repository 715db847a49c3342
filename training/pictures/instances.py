"""Training instances: one shape variation of one object with its pictures and its volumes.

An instance has ten pictures of 128²: the six labelled orthographic ones (they show exactly the cube's faces), three
perspective ones from the front of its frame (azimuth 0), and one perspective one from anywhere. Its frame is the
object's own turned about +Y by `yaw`, so that the pictures at azimuth 0 show the object from azimuth -yaw… any side.
"""

import itertools
import json
import multiprocessing
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from ..geometry.cameras import LABELS, canonical_cameras
from ..geometry.sample_surface import sample_surface
from ..geometry.solidify import solidify, surface_colors
from ..objects.mesh import Mesh, components, merge, turn_x, turn_y, turn_z
from ..objects.packs import Entry, Objects
from ..objects.procedural import procedural_object, random_color
from .render import SIZE, SPACING, STYLES, Look, render

VIEWS = 10
PERSPECTIVE_VIEWS = range(len(LABELS), VIEWS)
OCCUPANCY_CELLS = 64
COLOR_CELLS = 32
# The silhouette's longer side fills this much of a perspective picture, centred.
FRAMED = 112

FIELDS = {
    "pictures": ((VIEWS, SIZE, SIZE, 4), np.uint8),
    "occupancy": ((OCCUPANCY_CELLS,) * 3, np.uint8),
    "colors": ((COLOR_CELLS,) * 3 + (4,), np.uint8),
    "cameras": ((VIEWS, 7), np.float32),
    # yaw, fit, source of the shape (0 pack, 1 recombined, PROCEDURAL), whether the front is meaningful
    "facts": ((4,), np.float32),
    # for each perspective picture: silhouette's longer side over the picture's, in a photograph that is not cropped
    "fills": ((VIEWS,), np.float32),
}


PROCEDURAL = 2


@dataclass(frozen=True)
class Recipe:
    """Shares of what instances are made of."""

    procedural: float = 0.2
    recombined: float = 0.08
    geometric: bool = True  # stretch, taper, bend, tilt
    styles: bool = True  # lights and drawing styles; otherwise one soft light
    # Kinds that users ask for most and the packs have least of are drawn more often.
    weights: str = json.dumps({"character": 3.0, "animal": 2.0, "vehicle": 2.0})


@dataclass(frozen=True)
class Draft:
    """A shape that has been chosen and varied, before it is pictured."""

    mesh: Mesh
    cameras: np.ndarray  # (4, 7), of the perspective pictures
    fills: np.ndarray  # (4,)
    facts: tuple[float, float, float, float]


class Drafter:
    """Chooses and varies training shapes; numpy only, so that many can run beside a GPU."""

    def __init__(self, objects: Objects, seed: int, recipe: Recipe = Recipe()):
        self.objects, self.recipe = objects, recipe
        self.rng = np.random.default_rng(seed)
        rows = objects.rows("training")
        by_kind = json.loads(recipe.weights)
        weight = np.array([by_kind.get(objects.entries[r].kind, 1.0) for r in rows])
        self.rows, self.chances = np.array(rows), weight / weight.sum()

    def draft(self) -> Draft:
        rng, recipe = self.rng, self.recipe
        kind = rng.random()
        oriented = 1.0
        if kind < recipe.procedural:
            mesh, origin, closed = procedural_object(rng).normalised(), PROCEDURAL, True
        elif kind < recipe.procedural + recipe.recombined:
            mesh, origin, closed = self._recombine(), 1, False
        else:
            mesh, entry = self._from_pack()
            oriented = float(entry.kind in ("character", "animal", "vehicle", "furniture", "building"))
            origin, closed = 0, entry.open == 0
        if recipe.geometric:
            mesh = deform(mesh, rng, closed)
        yaw = 0.0
        if rng.random() < 0.5:
            yaw = float(rng.choice((90, 180, 270))) if rng.random() < 0.25 else float(rng.uniform(0, 360))
        fit = 1.0 if rng.random() < 0.15 else float(rng.uniform(0.72, 1.0))
        mesh = mesh.transformed(turn_y(yaw)).normalised(fit)
        return Draft(mesh, *perspective_cameras(mesh, rng), (yaw, fit, origin, oriented))

    def _from_pack(self) -> tuple[Mesh, Entry]:
        row = int(self.rng.choice(self.rows, p=self.chances))
        mesh, entry = self.objects.mesh(row), self.objects.entries[row]
        if entry.untextured:
            mesh = paint_parts(mesh, self.rng)
        return mesh, entry

    def _recombine(self) -> Mesh:
        """Two objects grown into one: the second, smaller, sits on the surface of the first."""
        rng = self.rng
        first, second = self._from_pack()[0], self._from_pack()[0]
        at = first.vertices[first.faces[rng.integers(len(first.faces))]].mean(0)
        size = rng.uniform(0.25, 0.8)
        turn = turn_y(rng.choice((0, 90, 180, 270)))
        shift = at + rng.uniform(-0.3, 0.3, 3) * size
        return merge([first, second.transformed(turn * size, shift)]).normalised()


class Maker:
    """Makes instances from the training objects, on the device that trains.

    `workers` processes draft shapes ahead: one core drafts some 400 a second, a GPU pictures more.
    """

    def __init__(self, objects: Objects, device: torch.device, seed: int, recipe: Recipe = Recipe(), workers: int = 0):
        self.device, self.recipe = device, recipe
        self.rng = np.random.default_rng(seed)
        if workers:
            self._drafts = _drafts_of_workers(objects, seed, recipe, workers)
        else:
            drafter = Drafter(objects, seed + 1, recipe)
            self._drafts = (drafter.draft() for _ in itertools.count())

    def make(self, count: int) -> dict[str, torch.Tensor]:
        """A batch of instances: every field of FIELDS with a leading axis of `count`."""
        drafts = list(itertools.islice(self._drafts, count))
        perspective = torch.from_numpy(np.stack([d.cameras for d in drafts]))
        cameras = torch.cat((canonical_cameras(SIZE).expand(count, -1, -1), perspective), 1)
        fills = np.concatenate((np.zeros((count, len(LABELS))), np.stack([d.fills for d in drafts])), 1)
        made = picture_and_solidify([d.mesh for d in drafts], cameras, self._look(count), self.device)
        made["facts"] = torch.tensor([d.facts for d in drafts], dtype=torch.float32)
        made["fills"] = torch.tensor(fills, dtype=torch.float32)
        return made

    def _look(self, count: int) -> Look:
        if not self.recipe.styles:
            return soft_look(count, VIEWS)
        return random_look(self.rng, count, [0, 270, 180, 90] + [0] * (VIEWS - 4), self.device)


def _drafts_of_workers(objects: Objects, seed: int, recipe: Recipe, workers: int) -> Iterator[Draft]:
    """Drafts from worker processes, a few batches of them ahead, for ever."""
    # Spawned, not forked: a fork of a process that uses a GPU may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (objects, seed, recipe)) as pool:
        waiting = deque(pool.submit(_draft_some, k) for k in range(4 * workers))
        for k in itertools.count(len(waiting)):
            yield from waiting.popleft().result()
            waiting.append(pool.submit(_draft_some, k))


def _start_worker(objects: Objects, seed: int, recipe: Recipe) -> None:
    global _worker
    _worker = (objects, seed, recipe)


def _draft_some(number: int) -> list[Draft]:
    objects, seed, recipe = _worker
    drafter = Drafter(objects, seed * 1_000_003 + number, recipe)
    return [drafter.draft() for _ in range(16)]


def soft_look(count: int, views: int, device="cpu") -> Look:
    """One soft light from the upper left front: the protocol's."""
    light = torch.nn.functional.normalize(torch.tensor((-0.4, 0.7, 0.6)), dim=0).expand(count, views, 3)
    full = lambda v: torch.full((count, views), v, device=device)
    return Look(torch.zeros(count, dtype=torch.int64, device=device), light.to(device), full(0.6), full(0.45))


def random_look(rng: np.random.Generator, count: int, azimuths: list[float], device="cpu") -> Look:
    """Lights and drawing styles at random, for `count` objects seen from `azimuths`."""
    style = rng.choice(len(STYLES), count, p=(0.62, 0.14, 0.08, 0.1, 0.06))
    views = len(azimuths)
    # The light stays with the object in half of the sets and with the camera in the others.
    azimuth = rng.uniform(-70, 70, (count, 1)) + rng.normal(0, 15, (count, views))
    by_camera = rng.random((count, 1)) < 0.5
    azimuth = np.deg2rad(azimuth + by_camera * np.array(azimuths))
    height = np.deg2rad(rng.uniform(10, 80, (count, 1)) + rng.normal(0, 8, (count, views)))
    light = np.stack((np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)), -1)
    ambient = rng.uniform(0.35, 0.8, (count, 1)) + rng.normal(0, 0.03, (count, views))
    diffuse = rng.uniform(0.2, 0.75, (count, 1)) + rng.normal(0, 0.03, (count, views))
    real = lambda a: torch.tensor(a, dtype=torch.float32, device=device)
    return Look(torch.tensor(style, device=device), real(light), real(ambient), real(diffuse))


def picture_and_solidify(
    meshes: list[Mesh], cameras: torch.Tensor, look: Look, device: torch.device
) -> dict[str, torch.Tensor]:
    """Pictures (count, v, 128, 128, 4), occupancy and colour volumes, uint8, and the cameras."""
    item = np.repeat(np.arange(len(meshes)), [len(m.faces) for m in meshes])
    triangles = torch.from_numpy(np.concatenate([m.vertices[m.faces] for m in meshes])).to(device)
    colors = torch.from_numpy(np.concatenate([m.colors for m in meshes])).to(device).float() / 255
    points = sample_surface(triangles, torch.from_numpy(item).to(device), SPACING)
    a, b, c = triangles.unbind(1)
    normals = torch.nn.functional.normalize(torch.linalg.cross(b - a, c - a), dim=1)
    solid, outside = solidify(points, len(meshes))
    volume = surface_colors(points, colors, outside, COLOR_CELLS)
    look = Look(look.style.to(device), look.light.to(device), look.ambient.to(device), look.diffuse.to(device))
    return {
        "pictures": render(points, normals, colors, cameras.to(device), look),
        "occupancy": (solid * 255).round().to(torch.uint8),
        "colors": (volume * 255).round().to(torch.uint8),
        "cameras": cameras,
    }


def perspective_cameras(mesh: Mesh, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random cameras for the perspective pictures, framed by the silhouette's box: (4, 7) and the fills (4,)."""
    rows, fills = [], []
    radius = float(np.linalg.norm(mesh.vertices, axis=1).max())
    for view in PERSPECTIVE_VIEWS:
        azimuth = 0.0 if view < VIEWS - 1 else float(rng.uniform(0, 360))
        elevation = float(rng.uniform(-5, 35))
        fov = np.deg2rad(40.0 if rng.random() < 0.4 else rng.uniform(20, 55))
        distance = max(radius / np.sin(fov / 2) * rng.uniform(0.8, 1.35), 1.2 * radius)
        row, side = framed_camera(mesh.vertices, azimuth, elevation, 1 / distance)
        rows.append(row)
        fills.append(side / distance / (2 * np.tan(fov / 2)))
    return np.array(rows, np.float32), np.array(fills)


def framed_camera(vertices: np.ndarray, azimuth: float, elevation: float, perspective: float):
    """The camera whose picture has the silhouette's box centred, its longer side FRAMED pixels; and that side."""
    a, e = np.deg2rad((azimuth, elevation))
    right = np.array((np.cos(a), 0, -np.sin(a)))
    up = np.array((-np.sin(a) * np.sin(e), np.cos(e), -np.cos(a) * np.sin(e)))
    towards = np.array((np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)))
    w = 1 - perspective * (vertices @ towards)
    u, v = vertices @ right / w, vertices @ up / w
    side = max(np.ptp(u), np.ptp(v), 1e-6)
    scale = FRAMED / side
    cx = SIZE / 2 - scale * (u.min() + u.max()) / 2
    cy = SIZE / 2 + scale * (v.min() + v.max()) / 2
    return (azimuth, elevation, 0.0, perspective, scale, cx, cy), side


def deform(mesh: Mesh, rng: np.random.Generator, closed: bool) -> Mesh:
    """Stretches, tapers, bends and tilts a unit-sized mesh, each now and then.

    Only closed meshes are tilted: the floor plate that makes open-bottomed ones solid needs them upright.
    """
    v = mesh.vertices.astype(np.float64)
    if rng.random() < 0.75:
        v = v * np.exp(rng.normal(0, 0.18, 3))
    if rng.random() < 0.2:
        axis, along = rng.choice(3, 2, replace=False)
        v[:, axis] *= 1 + rng.uniform(-0.7, 0.7) * v[:, along]
    if rng.random() < 0.15:
        axis, along = rng.choice(3, 2, replace=False)
        v[:, axis] += rng.uniform(-0.6, 0.6) * v[:, along] ** 2
    if closed and rng.random() < 0.15:
        v = v @ (turn_x(rng.normal(0, 6)) @ turn_z(rng.normal(0, 6))).T
    if closed and rng.random() < 0.03:
        v = v @ (turn_x(rng.choice((90, 270))) if rng.random() < 0.5 else turn_z(90)).T
    return Mesh(v.astype(np.float32), mesh.faces, mesh.colors)


def paint_parts(mesh: Mesh, rng: np.random.Generator) -> Mesh:
    """Colours for models that have none: by connected part, at times by height as well."""
    part = components(mesh.faces, len(mesh.vertices))
    few = np.array([random_color(rng) for _ in range(int(rng.integers(1, 5)))])
    colors = few[rng.integers(0, len(few), part.max() + 1)][part]
    if rng.random() < 0.3:
        middle = mesh.vertices[mesh.faces].mean(1)[:, rng.choice((1, 1, 0, 2))]
        colors[middle > rng.uniform(-0.3, 0.4)] = random_color(rng)
    return Mesh(mesh.vertices, mesh.faces, colors.astype(np.uint8))
