"""Small meshes and a pack of them in the data's own format, for tests."""

import json
import zlib

import numpy as np
import torch

from training.objects.mesh import Mesh, merge
from training.objects.procedural import box, painted, place, sphere

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 40), (30, 40, 220)


def signpost() -> Mesh:
    """No symmetry: a red post, a green arm to +X at the top, a blue foot to +Z."""
    return merge(
        [
            painted(place(box(), (0.2, 1.0, 0.2)), RED),
            painted(place(box(), (0.4, 0.2, 0.2), (0.3, 0.4, 0)), GREEN),
            painted(place(box(), (0.2, 0.2, 0.3), (0, -0.4, 0.25)), BLUE),
        ]
    )


def ball(radius=0.4) -> Mesh:
    return painted(place(sphere(48), (2 * radius,) * 3), GREEN)


def open_house() -> Mesh:
    """Four walls and a roof without a floor."""
    v, f = box()
    low = (v[f][:, :, 1] < 0).all(1)
    return painted((v * 0.8, f[~low]), RED)


def sheet() -> Mesh:
    v = np.array([(-0.4, -0.4, 0.003), (0.4, -0.4, 0.003), (0.4, 0.4, 0.003), (-0.4, 0.4, 0.003)])
    return painted((v, np.array([(0, 1, 2), (0, 2, 3)])), BLUE)


def triangles(*meshes: Mesh) -> tuple[torch.Tensor, torch.Tensor]:
    corners = [torch.from_numpy(m.vertices[m.faces]) for m in meshes]
    item = torch.repeat_interleave(torch.arange(len(meshes)), torch.tensor([len(c) for c in corners]))
    return torch.cat(corners), item


def encode(mesh: Mesh) -> bytes:
    """One block of a pack (format: the data's README)."""
    low = mesh.vertices.min(0)
    grid = np.rint((mesh.vertices - low) / np.ptp(mesh.vertices, axis=0).max() * 4095).astype(np.int64)
    order, faces = [], np.zeros_like(mesh.faces)
    new = {}
    for i, vertex in np.ndenumerate(mesh.faces):
        if vertex not in new:
            new[vertex] = len(order)
            order.append(vertex)
        faces[i] = new[vertex]
    grid = grid[order]
    colors, paint = np.unique(mesh.colors, axis=0, return_inverse=True)
    zigzag = lambda d: np.where(d >= 0, 2 * d, -2 * d - 1)
    steps = zigzag(np.diff(grid, axis=0, prepend=0)).T
    codes, high = [], 0
    for index in faces.reshape(-1):
        codes.append(high - index)
        high += codes[-1] == 0
    codes, jumps = np.array(codes), zigzag(np.diff(paint.reshape(-1), prepend=0))
    split = lambda a, n: [(a >> (8 * k)) & 255 for k in range(n)]
    streams = [b for axis in steps for b in split(axis, 2)] + split(codes, 3) + split(jumps, 2) + [colors.reshape(-1)]
    head = np.array((len(grid), len(faces), len(colors)), "<u4").tobytes()
    return zlib.compress(head + np.concatenate(streams).astype(np.uint8).tobytes())


def write_packs(folder, meshes: dict[str, Mesh]) -> None:
    """Both packs: everything in the first under the source `test/pack`, the second under `test/other`."""
    for pack, source in (("assets_1", "test/pack"), ("assets_2", "test/other")):
        data, rows = b"", []
        for name, mesh in meshes.items():
            block = encode(mesh)
            rows.append({"source": source, "name": name, "kind": "prop", "off": len(data), "len": len(block), "open": 0})
            data += block
        (folder / f"{pack}.bin").write_bytes(data)
        (folder / f"{pack}.index.json").write_text(json.dumps(rows))
