"""Endless procedural objects, in the manner of LRM-Zero (arXiv 2406.09371).

Random assemblies of primitives, lathes, extrusions, height fields and booleans, plus crude recipes of what users
ask for (creatures, houses, vehicles, furniture, plants, tools), so that typical layouts are met in endless variety.
"""

from collections.abc import Callable

import numpy as np

from ..geometry.surface_nets import surface_nets
from .mesh import Mesh, merge, turn_x, turn_y, turn_z

Random = np.random.Generator
Part = tuple[np.ndarray, np.ndarray]  # vertices, faces


def procedural_object(rng: Random) -> Mesh:
    """A new object: upright, front +Z, any size; normalise before use."""
    recipes, weights = zip(*RECIPES)
    weights = np.array(weights) / sum(weights)
    return recipes[rng.choice(len(recipes), p=weights)](rng)


# --- primitives: unit size, centred -------------------------------------------------------------------------------


def box() -> Part:
    v = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return v, _triangles(quads)


def lathe(radii, heights, sides: int) -> Part:
    """A profile (radius, height) turned about +Y; ends are closed by fans."""
    radii, heights = np.asarray(radii, float), np.asarray(heights, float)
    a = np.arange(sides) * 2 * np.pi / sides
    ring = np.stack((np.cos(a), np.zeros(sides), np.sin(a)), 1)
    v = np.concatenate([ring * (r, 1, r) + (0, h, 0) for r, h in zip(radii, heights)])
    v = np.concatenate((v, [(0, heights[0], 0), (0, heights[-1], 0)]))
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    rings = len(radii)
    faces = []
    for k in range(rings - 1):
        a0, a1 = k * sides, (k + 1) * sides
        faces += [np.stack((a0 + i, a1 + i, a1 + j), 1), np.stack((a0 + i, a1 + j, a0 + j), 1)]
    bottom, top = rings * sides, rings * sides + 1
    faces += [np.stack((np.full(sides, bottom), i, j), 1)]
    last = (rings - 1) * sides
    faces += [np.stack((np.full(sides, top), last + j, last + i), 1)]
    return v, np.concatenate(faces)


def cylinder(sides=16, top=1.0) -> Part:
    return lathe((0.5, 0.5 * top), (-0.5, 0.5), sides)


def cone(sides=16) -> Part:
    return lathe((0.5, 0.01), (-0.5, 0.5), sides)


def sphere(sides=16, power=1.0) -> Part:
    t = np.linspace(-np.pi / 2, np.pi / 2, 9)
    shape = lambda u: np.sign(u) * np.abs(u) ** power
    return lathe(0.5 * np.maximum(shape(np.cos(t)), 0.01), 0.5 * shape(np.sin(t)), sides)


def capsule(sides=12) -> Part:
    t = np.linspace(0, np.pi / 2, 4)
    r = np.concatenate((np.sin(t), np.cos(t)))
    h = np.concatenate((-0.25 - 0.25 * np.cos(t), 0.25 + 0.25 * np.sin(t)))
    return lathe(0.5 * np.maximum(r, 0.02), h, sides)


def torus(inner: float, sides=18) -> Part:
    t = np.linspace(0, 2 * np.pi, 9)
    middle, thick = (0.5 + inner) / 2, (0.5 - inner) / 2
    return lathe(middle + thick * np.cos(t), thick * np.sin(t), sides)


def prism(outline: np.ndarray) -> Part:
    """A star-shaped outline (n, 2) in x, y, extruded along z by 1."""
    n = len(outline)
    front = np.concatenate((outline, np.full((n, 1), 0.5)), 1)
    back = np.concatenate((outline, np.full((n, 1), -0.5)), 1)
    centre = outline.mean(0)
    v = np.concatenate((front, back, [(*centre, 0.5), (*centre, -0.5)]))
    i, j = np.arange(n), (np.arange(n) + 1) % n
    faces = [
        np.stack((i, i + n, j + n), 1),
        np.stack((i, j + n, j), 1),
        np.stack((np.full(n, 2 * n), i, j), 1),
        np.stack((np.full(n, 2 * n + 1), j + n, i + n), 1),
    ]
    return v, np.concatenate(faces)


def wedge() -> Part:
    return prism(np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5)]))


def roof() -> Part:
    return prism(np.array([(-0.5, -0.5), (0.5, -0.5), (0.0, 0.5)]))


def any_primitive(rng: Random) -> Part:
    sides = int(rng.choice((4, 6, 8, 12, 20)))
    made: list[Callable[[], Part]] = [
        box,
        box,
        lambda: cylinder(sides, rng.uniform(0.3, 1.3)),
        lambda: sphere(max(sides, 8), rng.choice((0.5, 1.0, 1.0))),
        lambda: cone(sides),
        lambda: torus(rng.uniform(0.15, 0.4)),
        lambda: capsule(max(sides, 6)),
        wedge,
        roof,
        lambda: prism(star_outline(rng)),
        lambda: lathe(*random_profile(rng), max(sides, 8)),
    ]
    return made[rng.integers(len(made))]()


def star_outline(rng: Random) -> np.ndarray:
    n = int(rng.integers(3, 14))
    a = np.sort(rng.uniform(0, 2 * np.pi, n)) if rng.random() < 0.3 else np.arange(n) * 2 * np.pi / n
    r = rng.uniform(0.25, 0.5, n) if rng.random() < 0.5 else np.where(np.arange(n) % 2, rng.uniform(0.2, 0.5), 0.5)
    return np.stack((r * np.sin(a), r * np.cos(a)), 1)[::-1]


def random_profile(rng: Random) -> tuple[np.ndarray, np.ndarray]:
    n = int(rng.integers(3, 9))
    heights = np.sort(rng.uniform(-0.5, 0.5, n))
    heights[0], heights[-1] = -0.5, 0.5
    radii = np.clip(np.cumsum(rng.normal(0, 0.15, n)) + rng.uniform(0.15, 0.4), 0.03, 0.5)
    if rng.random() < 0.3:  # hollow: the profile turns back inside, as in a cup
        wall = rng.uniform(0.02, 0.08)
        inner = np.maximum(radii[1:] - wall, 0.01)[::-1]
        return np.concatenate((radii, inner)), np.concatenate((heights, np.maximum(heights[1:], -0.45)[::-1]))
    return radii, heights


# --- assembling ---------------------------------------------------------------------------------------------------


def _triangles(quads) -> np.ndarray:
    q = np.asarray(quads)
    return np.concatenate((q[:, :3], q[:, (0, 2, 3)]))


def place(part: Part, size, at=(0, 0, 0), turn: np.ndarray | None = None) -> Part:
    v = part[0] * np.asarray(size)
    return (v if turn is None else v @ turn.T) + np.asarray(at), part[1]


def mirrored(part: Part) -> Part:
    return part[0] * (-1, 1, 1), part[1][:, ::-1]


def painted(part: Part, color, rng: Random | None = None) -> Mesh:
    colors = np.tile(np.asarray(color, float), (len(part[1]), 1))
    if rng is not None and rng.random() < 0.25:  # a second tone on a band or on one side
        axis = rng.integers(3)
        middle = part[0][part[1]].mean(1)[:, axis]
        colors[middle > np.quantile(middle, rng.uniform(0.3, 0.9))] = random_color(rng)
    return Mesh(part[0].astype(np.float32), part[1].astype(np.int64), np.clip(colors, 0, 255).astype(np.uint8))


def random_color(rng: Random) -> np.ndarray:
    value = rng.uniform(0.15, 1.0)
    saturation = rng.beta(1.2, 1.5)
    hue = rng.random() * 6
    wheel = np.clip(np.abs((hue + np.array((0, 4, 2))) % 6 - 3) - 1, 0, 1)
    return 255 * value * (1 - saturation * (1 - wheel))


def palette(rng: Random, n=4) -> np.ndarray:
    return np.array([random_color(rng) for _ in range(n)])


def any_turn(rng: Random, most=180.0) -> np.ndarray:
    return turn_y(rng.uniform(-most, most)) @ turn_x(rng.uniform(-most, most)) @ turn_z(rng.uniform(-most, most))


# --- recipes ------------------------------------------------------------------------------------------------------


def assembly(rng: Random) -> Mesh:
    """1–9 primitives, each grown from the surface of an earlier one, mirrored about x more often than not."""
    colors = palette(rng, int(rng.integers(1, 5)))
    symmetric = rng.random() < 0.65
    meshes = [painted(place(any_primitive(rng), rng.uniform(0.3, 1.0, 3)), colors[0], rng)]
    for _ in range(int(rng.integers(0, 9))):
        host = meshes[rng.integers(len(meshes))]
        at = host.vertices[host.faces[rng.integers(len(host.faces))]].mean(0)
        size = rng.uniform(0.08, 0.7, 3) if rng.random() < 0.7 else np.full(3, rng.uniform(0.08, 0.6))
        if rng.random() < 0.2:
            size[rng.integers(3)] = rng.uniform(0.015, 0.06)
        turn = any_turn(rng) if rng.random() < 0.4 else None
        part = place(any_primitive(rng), size, at, turn)
        color = colors[rng.integers(len(colors))]
        if symmetric and abs(at[0]) > 0.05:
            meshes += [painted(part, color), painted(mirrored(part), color)]
        else:
            if symmetric:
                part = (part[0] * (1, 1, 1) - (at[0], 0, 0), part[1])
            meshes.append(painted(part, color, rng))
    return merge(meshes)


def turned(rng: Random) -> Mesh:
    """A lathe work in one or more colours: vases, cups, barrels, lamps, bottles; sometimes with handles."""
    part = lathe(*random_profile(rng), int(rng.choice((6, 8, 12, 20))))
    meshes = [painted(place(part, (1, rng.uniform(0.4, 2.5), 1)), random_color(rng), rng)]
    if rng.random() < 0.35:
        h = meshes[0].vertices[:, 1]
        ring = place(torus(0.35), np.array((0.5, 0.5, 0.5)) * np.ptp(h) * rng.uniform(0.4, 0.8), turn=turn_x(90))
        ring = (ring[0] + (rng.uniform(0.25, 0.5), (h.min() + h.max()) / 2, 0), ring[1])
        meshes.append(painted(ring, random_color(rng)))
        if rng.random() < 0.4:
            meshes.append(painted(mirrored(ring), random_color(rng)))
    return merge(meshes)


def creature(rng: Random) -> Mesh:
    """A standing figure: trunk, head, arms in T or A pose, legs, with odds and ends; blocky or round."""
    colors = palette(rng, 5)
    limb = (lambda: box()) if rng.random() < 0.5 else (lambda: capsule(10) if rng.random() < 0.8 else cylinder(8, 0.8))
    round_head = rng.random() < 0.5
    leg, trunk, head = rng.uniform(0.15, 0.55), rng.uniform(0.3, 0.6), rng.uniform(0.2, 0.6)
    width, depth = rng.uniform(0.25, 0.55), rng.uniform(0.15, 0.35)
    meshes = [painted(place(limb(), (width, trunk, depth), (0, leg + trunk / 2, 0)), colors[0])]
    head_y = leg + trunk + head / 2 - 0.02
    skull = sphere(14, rng.choice((0.5, 1.0))) if round_head else box()
    meshes.append(painted(place(skull, (head * rng.uniform(0.8, 1.2), head, head), (0, head_y, 0)), colors[1]))
    if rng.random() < 0.6:  # hair, hood or helmet
        cap = place(sphere(12), (head * 1.15, head * 0.8, head * 1.15), (0, head_y + head * 0.18, -head * 0.08))
        meshes.append(painted(cap, colors[2]))
    for s in (1, -1):  # eyes
        eye = place(box() if rng.random() < 0.5 else sphere(8), np.full(3, head * 0.14))
        meshes.append(painted((eye[0] + (s * head * 0.22, head_y, head * 0.47), eye[1]), (20, 20, 30)))
    arm, thick = rng.uniform(0.25, 0.6), rng.uniform(0.07, 0.18)
    swing = rng.choice((90.0, 90.0, rng.uniform(5, 80)))
    upper = place(limb(), (thick, arm, thick), (0, -arm / 2, 0), None)
    arm_part = place(upper, (1, 1, 1), (width / 2, leg + trunk - thick, 0), turn_z(swing))
    foot = rng.uniform(0, 0.12)
    leg_part = place(limb(), (width * 0.4, leg + 0.05, depth * 0.8), (width * 0.26, leg / 2, 0))
    shoe = place(box(), (width * 0.42, 0.07, depth * 0.8 + foot), (width * 0.26, 0.035, foot / 2))
    for part, color in ((arm_part, colors[3]), (leg_part, colors[4]), (shoe, colors[2])):
        meshes += [painted(part, color), painted(mirrored(part), color)]
    if rng.random() < 0.3:  # backpack, cape or wings
        pack = place(box(), (width * 0.9, trunk * rng.uniform(0.5, 1.1), rng.uniform(0.02, 0.2)))
        meshes.append(painted((pack[0] + (0, leg + trunk * 0.5, -depth / 2 - 0.06), pack[1]), random_color(rng)))
    if rng.random() < 0.3:  # something in the right hand
        reach = np.array((width / 2 + arm * np.sin(np.deg2rad(swing)), leg + trunk - arm * np.cos(np.deg2rad(swing)), 0))
        tool = place(cylinder(8), (0.05, rng.uniform(0.3, 1.1), 0.05), reach * (-1, 1, 1))
        meshes.append(painted(tool, random_color(rng)))
    return merge(meshes)


def quadruped(rng: Random) -> Mesh:
    colors = palette(rng, 4)
    body = capsule(10) if rng.random() < 0.6 else box()
    length, height, width, leg = rng.uniform(0.6, 1.2), rng.uniform(0.25, 0.5), rng.uniform(0.2, 0.45), rng.uniform(0.15, 0.6)
    trunk = place(body, (width, length, height), (0, leg + height / 2, 0), turn_x(90))
    meshes = [painted(trunk, colors[0], rng)]
    head = rng.uniform(0.2, 0.4)
    neck = np.array((0, leg + height + rng.uniform(-0.1, 0.4), length / 2 + rng.uniform(-0.05, 0.25)))
    skull = sphere(10) if rng.random() < 0.6 else box()
    meshes.append(painted(place(skull, (head * 0.8, head * 0.8, head * rng.uniform(1, 1.6)), neck), colors[1]))
    stem = neck - (0, leg + height * 0.6, length * 0.4)
    rise = float(np.hypot(stem[1], stem[2]))
    tilt = np.rad2deg(np.arctan2(stem[2], stem[1]))
    meshes.append(painted(place(cylinder(8), (head * 0.5, rise, head * 0.5), neck - stem / 2, turn_x(tilt)), colors[0]))
    leg_part = place(cylinder(8) if rng.random() < 0.5 else box(), (0.1, leg + 0.1, 0.1))
    for z in (length * 0.36, -length * 0.36):
        part = (leg_part[0] + (width * 0.32, leg / 2, z), leg_part[1])
        meshes += [painted(part, colors[2]), painted(mirrored(part), colors[2])]
    ear = place(cone(6), (0.08, rng.uniform(0.08, 0.3), 0.05), neck + (head * 0.25, head * 0.45, 0))
    meshes += [painted(ear, colors[3]), painted(mirrored(ear), colors[3])]
    if rng.random() < 0.8:
        tail = place(cone(6), (0.08, rng.uniform(0.2, 0.7), 0.08), turn=turn_x(rng.uniform(-150, -60)))
        meshes.append(painted((tail[0] + (0, leg + height * 0.7, -length * 0.55), tail[1]), colors[3]))
    return merge(meshes)


def fish_or_bird(rng: Random) -> Mesh:
    colors = palette(rng, 3)
    length = rng.uniform(0.8, 1.6)
    meshes = [painted(place(sphere(12), (rng.uniform(0.2, 0.6), rng.uniform(0.3, 0.7), length)), colors[0], rng)]
    tail = place(roof(), (rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.5), rng.uniform(0.02, 0.08)), turn=turn_y(90))
    meshes.append(painted((tail[0] + (0, 0, -length * 0.55), tail[1]), colors[1]))
    span = rng.uniform(0.2, 1.0)
    wing = place(box(), (span, 0.04, rng.uniform(0.1, 0.4)), (span / 2 + 0.1, 0, 0), turn_z(rng.uniform(-40, 50)))
    meshes += [painted(wing, colors[2]), painted(mirrored(wing), colors[2])]
    if rng.random() < 0.6:
        fin = place(wedge(), (rng.uniform(0.2, 0.6), rng.uniform(0.1, 0.3), 0.04), (0, 0.35, 0), turn_y(90))
        meshes.append(painted(fin, colors[1]))
    return merge(meshes)


def house(rng: Random) -> Mesh:
    colors = palette(rng, 4)
    w, h, d = rng.uniform(0.5, 1.2, 3)
    if rng.random() < 0.3:
        h *= rng.uniform(1.5, 3)
    meshes = [painted(place(box(), (w, h, d), (0, h / 2, 0)), colors[0])]
    top, over = rng.uniform(0.2, 0.7), rng.uniform(1.0, 1.25)
    style = rng.integers(4)
    if style == 0:
        meshes.append(painted(place(roof(), (w * over, top, d * over), (0, h + top / 2, 0)), colors[1]))
    elif style == 1:
        meshes.append(painted(place(roof(), (d * over, top, w * over), (0, h + top / 2, 0), turn_y(90)), colors[1]))
    elif style == 2:
        meshes.append(painted(place(cone(4), (w * over * 1.4, top, d * over * 1.4), (0, h + top / 2, 0), turn_y(45)), colors[1]))
    else:
        meshes.append(painted(place(box(), (w * over, 0.06, d * over), (0, h, 0)), colors[1]))
    door = place(box(), (0.16, min(0.35, h * 0.6), 0.06), (rng.uniform(-0.2, 0.2) * w, min(0.35, h * 0.6) / 2, d / 2))
    meshes.append(painted(door, colors[2]))
    for _ in range(int(rng.integers(0, 7))):
        x, y = rng.uniform(-0.35, 0.35) * w, rng.uniform(0.45, 0.85) * h
        meshes.append(painted(place(box(), (0.12, 0.14, d + 0.03), (x, y, 0)), colors[3]))
    for _ in range(int(rng.integers(0, 3))):  # annexes, chimneys, towers
        size = np.array((rng.uniform(0.15, 0.5), rng.uniform(0.2, 1.2) * h, rng.uniform(0.15, 0.5)))
        at = np.array((rng.uniform(-0.6, 0.6) * w, size[1] / 2 + (h * 0.6 if rng.random() < 0.4 else 0), rng.uniform(-0.5, 0.5) * d))
        meshes.append(painted(place(box() if rng.random() < 0.7 else cylinder(8), size, at), colors[rng.integers(4)]))
    return merge(meshes)


def vehicle(rng: Random) -> Mesh:
    colors = palette(rng, 4)
    length, width, height, wheel = rng.uniform(1, 2.2), rng.uniform(0.45, 0.8), rng.uniform(0.2, 0.45), rng.uniform(0.2, 0.45)
    meshes = [painted(place(box(), (width, height, length), (0, wheel * 0.5 + height / 2, 0)), colors[0], rng)]
    cabin = rng.uniform(0.25, 0.9) * length
    top = rng.uniform(0.15, 0.5)
    at = (0, wheel * 0.5 + height + top / 2, rng.uniform(-0.5, 0.5) * (length - cabin))
    hull = box() if rng.random() < 0.5 else prism(np.array([(-0.5, -0.5), (0.5, -0.5), (rng.uniform(0.1, 0.5), 0.5), (-0.4, 0.5)]))
    meshes.append(painted(place(hull, (cabin, top, width * 0.9), at, turn_y(-90)), colors[1]))
    tyre = place(cylinder(14), (wheel, rng.uniform(0.08, 0.2), wheel), turn=turn_z(90))
    for z in np.linspace(-0.36, 0.36, int(rng.choice((2, 2, 3)))) * length:
        part = (tyre[0] + (width / 2, wheel / 2, z), tyre[1])
        meshes += [painted(part, (40, 40, 45)), painted(mirrored(part), (40, 40, 45))]
    if rng.random() < 0.3:
        gun = place(cylinder(8), (0.08, rng.uniform(0.4, 1.0), 0.08), (0, at[1], length * 0.4), turn_x(90))
        meshes.append(painted(gun, colors[2]))
    return merge(meshes)


def furniture(rng: Random) -> Mesh:
    """A plate on legs, with or without back, arms, shelves: tables, chairs, beds, cupboards."""
    colors = palette(rng, 3)
    w, d, leg, plate = rng.uniform(0.4, 1.4), rng.uniform(0.4, 1.0), rng.uniform(0.05, 0.8), rng.uniform(0.03, 0.3)
    top = cylinder(16) if rng.random() < 0.2 else box()
    meshes = [painted(place(top, (w, plate, d), (0, leg + plate / 2, 0)), colors[0])]
    thick = rng.uniform(0.03, 0.12)
    if rng.random() < 0.2:
        meshes.append(painted(place(cylinder(10), (thick * 2, leg, thick * 2), (0, leg / 2, 0)), colors[1]))
        meshes.append(painted(place(cylinder(10), (w * 0.6, 0.05, d * 0.6), (0, 0.025, 0)), colors[1]))
    else:
        for z in (d / 2 - thick, thick - d / 2):
            part = place(box() if rng.random() < 0.6 else cylinder(8), (thick, leg, thick), (w / 2 - thick, leg / 2, z))
            meshes += [painted(part, colors[1]), painted(mirrored(part), colors[1])]
    if rng.random() < 0.55:
        back = rng.uniform(0.2, 1.0)
        meshes.append(painted(place(box(), (w, back, thick), (0, leg + plate + back / 2, thick / 2 - d / 2)), colors[2]))
        if rng.random() < 0.4:
            arm = place(box(), (thick, back * 0.5, d), (w / 2 - thick / 2, leg + plate + back * 0.25, 0))
            meshes += [painted(arm, colors[2]), painted(mirrored(arm), colors[2])]
    for _ in range(int(rng.integers(0, 4)) if rng.random() < 0.5 else 0):  # things on it
        size = rng.uniform(0.08, 0.3, 3)
        at = (rng.uniform(-0.4, 0.4) * w, leg + plate + size[1] / 2, rng.uniform(-0.4, 0.4) * d)
        meshes.append(painted(place(any_primitive(rng), size, at), random_color(rng)))
    return merge(meshes)


def plant(rng: Random) -> Mesh:
    colors = palette(rng, 3)
    if rng.random() < 0.6:
        colors[1] = (rng.uniform(20, 120), rng.uniform(90, 200), rng.uniform(20, 110))
        colors[0] = (rng.uniform(70, 150), rng.uniform(45, 100), rng.uniform(20, 70))
    trunk = rng.uniform(0.2, 0.9)
    meshes = [painted(place(cylinder(8, rng.uniform(0.4, 1)), (rng.uniform(0.06, 0.2), trunk, rng.uniform(0.06, 0.2)), (0, trunk / 2, 0)), colors[0])]
    style = rng.integers(3)
    if style == 0:
        y = trunk * 0.7
        for k in range(int(rng.integers(1, 5))):
            h = rng.uniform(0.25, 0.5)
            w = rng.uniform(0.5, 0.9) * (1 - 0.15 * k)
            meshes.append(painted(place(cone(int(rng.choice((5, 7, 10)))), (w, h, w), (0, y + h / 2, 0)), colors[1]))
            y += h * 0.55
    elif style == 1:
        for _ in range(int(rng.integers(1, 7))):
            at = (*rng.normal(0, 0.18, 1), trunk + rng.uniform(0, 0.4), *rng.normal(0, 0.18, 1))
            meshes.append(painted(displaced(place(sphere(10), rng.uniform(0.3, 0.7, 3)), rng, 0.05), colors[1 + rng.integers(2)]))
            meshes[-1] = meshes[-1].transformed(np.eye(3), at)
    else:
        n = int(rng.integers(4, 11))
        leaf = place(box(), (rng.uniform(0.06, 0.2), rng.uniform(0.3, 0.8), 0.02), (0, 0.3, 0))
        tilt = rng.uniform(20, 110)
        for k in range(n):
            part = place(leaf, (1, 1, 1), (0, trunk, 0), turn_y(360 * k / n) @ turn_x(tilt * rng.uniform(0.7, 1.2)))
            meshes.append(painted(part, colors[1]))
    if rng.random() < 0.25:
        meshes.append(painted(place(cylinder(12, 1.3), (0.4, 0.25, 0.4), (0, 0.1, 0)), colors[2]))
    return merge(meshes)


def tool(rng: Random) -> Mesh:
    """A handle with a head: swords, axes, hammers, spades, wands; lying along y or x."""
    colors = palette(rng, 3)
    grip, thick = rng.uniform(0.2, 1.2), rng.uniform(0.03, 0.1)
    meshes = [painted(place(cylinder(8), (thick, grip, thick), (0, grip / 2, 0)), colors[0])]
    style = rng.integers(3)
    if style == 0:
        blade, wide = rng.uniform(0.5, 1.4), rng.uniform(0.06, 0.2)
        outline = np.array([(-0.5, 0), (0.5, 0), (0.5, 0.8), (rng.uniform(-0.5, 0.5), 1.0), (-0.5, 0.8)])
        meshes.append(painted(place(prism(outline), (wide, blade, rng.uniform(0.02, 0.06)), (0, grip, 0)), colors[1]))
        meshes.append(painted(place(box(), (wide * rng.uniform(1.5, 3), 0.05, thick * 1.5), (0, grip, 0)), colors[2]))
    elif style == 1:
        head = place(any_primitive(rng), (rng.uniform(0.2, 0.7), rng.uniform(0.15, 0.4), rng.uniform(0.05, 0.3)), (rng.uniform(-0.1, 0.2), grip, 0))
        meshes.append(painted(head, colors[1], rng))
    else:
        blade = prism(star_outline(rng))
        meshes.append(painted(place(blade, (rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.8), rng.uniform(0.02, 0.1)), (0, grip, 0)), colors[1]))
    mesh = merge(meshes)
    return mesh if rng.random() < 0.5 else mesh.transformed(turn_z(90) if rng.random() < 0.5 else turn_x(90))


def displaced(part: Part, rng: Random, amount: float) -> Part:
    """Smooth noise added along the direction from the centre: rocks, foliage, loaves."""
    v = part[0]
    shift = np.zeros(len(v))
    for _ in range(6):
        shift += np.sin(v @ rng.normal(0, 8, 3) + rng.uniform(0, 6.3))
    centre = v.mean(0)
    return centre + (v - centre) * (1 + amount * shift / 2)[:, None], part[1]


def rock(rng: Random) -> Mesh:
    meshes = []
    for _ in range(int(rng.integers(1, 5))):
        part = displaced(place(sphere(int(rng.choice((7, 10, 16)))), rng.uniform(0.3, 1.0, 3)), rng, rng.uniform(0.03, 0.15))
        meshes.append(painted(part, random_color(rng), rng).transformed(any_turn(rng), rng.uniform(-0.3, 0.3, 3)))
    return merge(meshes)


def terrain(rng: Random) -> Mesh:
    """A height field on a base: islands, hills, cliffs, stepped mounds."""
    n = 24
    u = np.linspace(-0.5, 0.5, n)
    x, z = np.meshgrid(u, u)
    h = sum(rng.normal(0, 0.5) * np.sin(x * rng.normal(0, 6) + z * rng.normal(0, 6) + rng.uniform(0, 6)) for _ in range(4))
    h = rng.uniform(0.05, 0.3) * (h - h.min())
    if rng.random() < 0.4:
        h = np.round(h * 12) / 12
    if rng.random() < 0.5:
        h *= np.clip(1.2 - 2.2 * np.hypot(x, z), 0, 1)
    v = np.concatenate((np.stack((x, h + 0.08, z), -1).reshape(-1, 3), np.stack((x, 0 * h, z), -1).reshape(-1, 3)))
    i = np.arange(n * n).reshape(n, n)
    top = np.stack((i[:-1, :-1], i[1:, :-1], i[1:, 1:], i[:-1, 1:]), -1).reshape(-1, 4)
    rim = np.concatenate((i[0, :], i[1:, -1], i[-1, -2::-1], i[-2:0:-1, 0]))
    side = np.stack((rim, np.roll(rim, -1), np.roll(rim, -1) + n * n, rim + n * n), 1)
    faces = _triangles(np.concatenate((top, top[:, ::-1] + n * n, side)))
    mesh = painted((v, faces), random_color(rng))
    high = v[faces].mean(1)[:, 1]
    mesh.colors[high > np.quantile(high, 0.6)] = random_color(rng).astype(np.uint8)
    return mesh


def carved(rng: Random) -> Mesh:
    """Booleans of distance functions on a grid: unions, differences and smooth blends."""
    n = 48
    u = (np.arange(n) + 0.5) / n - 0.5
    z, y, x = np.meshgrid(u, u, u, indexing="ij")
    p = np.stack((x, y, z), -1).astype(np.float32)
    symmetric = rng.random() < 0.6
    field = _ball_or_box(p, rng, 0.2, 0.42, centred=True)
    for _ in range(int(rng.integers(1, 7))):
        other = _ball_or_box(p, rng, 0.05, 0.3, centred=False)
        if symmetric:
            other = np.maximum(other, other[:, :, ::-1])
        kind = rng.random()
        if kind < 0.45:
            field = np.minimum(field, -other)
        elif kind < 0.8:
            field = np.maximum(field, other)
        else:
            k = 20.0
            field = np.log(np.exp(np.clip(k * field, -40, 40)) + np.exp(np.clip(k * other, -40, 40))) / k
    if not (field > 0).any():
        return assembly(rng)
    vertices, faces = surface_nets(field.astype(np.float32))
    mesh = painted((vertices, faces), random_color(rng), rng)
    middle = vertices[faces].mean(1)
    for _ in range(int(rng.integers(0, 4))):
        spot = np.linalg.norm(middle - middle[rng.integers(len(middle))], axis=1) < rng.uniform(0.1, 0.4)
        mesh.colors[spot] = random_color(rng).astype(np.uint8)
    return mesh


def _ball_or_box(p: np.ndarray, rng: Random, low: float, high: float, centred: bool) -> np.ndarray:
    """Inside-positive distance-like field of a random ball, box or tube."""
    at = np.zeros(3) if centred else rng.uniform(-0.35, 0.35, 3)
    turn = any_turn(rng).astype(np.float32) if rng.random() < 0.3 else np.eye(3, dtype=np.float32)
    q = (p - at.astype(np.float32)) @ turn
    size = rng.uniform(low, high, 3).astype(np.float32)
    kind = rng.integers(3)
    if kind == 0:
        return (1 - np.linalg.norm(q / size, axis=-1)) * size.min()
    if kind == 1:
        return (size - np.abs(q)).min(-1)
    axis = rng.integers(3)
    radial = np.delete(q, axis, -1)
    return np.minimum(size.min() - np.linalg.norm(radial, axis=-1), size.max() - np.abs(q[..., axis]))


RECIPES: list[tuple[Callable[[Random], Mesh], float]] = [
    (assembly, 5),
    (turned, 2),
    (creature, 4),
    (quadruped, 2),
    (fish_or_bird, 1),
    (house, 2),
    (vehicle, 2),
    (furniture, 2),
    (plant, 2),
    (tool, 1.5),
    (rock, 1),
    (terrain, 0.7),
    (carved, 2),
]
