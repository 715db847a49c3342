"""A coloured triangle mesh and the shape augmentations that work on its vertices."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Mesh:
    """Triangles with one flat colour each. Upright, front +Z."""

    vertices: np.ndarray  # (n, 3) float32
    faces: np.ndarray  # (m, 3) int64
    colors: np.ndarray  # (m, 3) uint8, sRGB

    def normalised(self, longest: float = 1.0) -> "Mesh":
        """Bounding box centred at the origin, longest side `longest`."""
        low, high = self.vertices.min(0), self.vertices.max(0)
        scale = longest / max(float((high - low).max()), 1e-9)
        return replace(self, vertices=((self.vertices - (low + high) / 2) * scale).astype(np.float32))

    def transformed(self, matrix: np.ndarray, offset=(0.0, 0.0, 0.0)) -> "Mesh":
        """vertices · matrixᵀ + offset."""
        return replace(self, vertices=(self.vertices @ matrix.T + np.asarray(offset)).astype(np.float32))


def merge(meshes: list[Mesh]) -> Mesh:
    start = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]).astype(np.float32),
        np.concatenate([m.faces + s for m, s in zip(meshes, start)]),
        np.concatenate([m.colors for m in meshes]),
    )


def components(faces: np.ndarray, vertices: int) -> np.ndarray:
    """Number of the connected component of each face, 0 … k-1: (m, 3) -> (m,) int64."""
    label = np.arange(vertices)
    while True:
        low = label[faces].min(1)
        new = label.copy()
        for k in range(3):
            np.minimum.at(new, faces[:, k], low)
        new = new[new]
        if (new == label).all():
            return np.unique(label[faces[:, 0]], return_inverse=True)[1]
        label = new


def turn_y(degrees: float) -> np.ndarray:
    """Turns an object about +Y so that what faced +Z faces azimuth `degrees`."""
    a = np.deg2rad(degrees)
    c, s = np.cos(a), np.sin(a)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def turn_x(degrees: float) -> np.ndarray:
    a = np.deg2rad(degrees)
    c, s = np.cos(a), np.sin(a)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def turn_z(degrees: float) -> np.ndarray:
    a = np.deg2rad(degrees)
    c, s = np.cos(a), np.sin(a)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
