"""Metrics of shape (quality.md): volume IoU, Chamfer distance, F-scores, and the alignment that single views need."""

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from ..objects.mesh import turn_y

SAMPLES = 16384
YAWS = 36


def sample_mesh(vertices: np.ndarray, faces: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Points spread evenly over the area: (count, 3)."""
    a, b, c = vertices[faces].astype(np.float64).transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    pick = rng.choice(len(faces), count, p=area / area.sum())
    u, v = np.sqrt(rng.random((count, 1))), rng.random((count, 1))
    return (1 - u) * a[pick] + u * (1 - v) * b[pick] + u * v * c[pick]


def distances(points: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """CD (both directed means, summed) and F at 0.05, 0.1, 0.2, truth's longest side scaled to 2."""
    scale = 2 / np.ptp(truth, axis=0).max()
    there = cKDTree(truth).query(points)[0] * scale
    back = cKDTree(points).query(truth)[0] * scale
    out = {"cd": float(there.mean() + back.mean())}
    for name, limit in (("f005", 0.05), ("f010", 0.1), ("f020", 0.2)):
        precision, recall = (there < limit).mean(), (back < limit).mean()
        out[name] = float(2 * precision * recall / max(precision + recall, 1e-9))
    return out


NOTHING = {"iou": 0.0, "cd": 2.0, "f005": 0.0, "f010": 0.0, "f020": 0.0}


def align(points: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Best of 36 yaws, then ICP with scale: (matrix, offset) so that points @ matrixᵀ + offset lies on the truth.

    Correspondences go both ways, or the scale would shrink until everything lies on one near part.
    """
    few = points[rng.choice(len(points), min(2048, len(points)), replace=False)]
    goal = truth[rng.choice(len(truth), 2048, replace=False)]
    centre, middle = few.mean(0), goal.mean(0)
    size = np.linalg.norm(goal - middle, axis=1).mean() / max(np.linalg.norm(few - centre, axis=1).mean(), 1e-9)
    start = (few - centre) * size
    tree, back_tree = cKDTree(goal - middle), cKDTree(start)
    best = (np.inf, None)
    for yaw in np.arange(YAWS) * 360 / YAWS:
        turn = turn_y(yaw)
        cost = tree.query(start[::4] @ turn.T)[0].mean() + back_tree.query((goal[::4] - middle) @ turn)[0].mean()
        best = min(best, (cost, yaw))
    matrix = turn_y(best[1]) * size
    offset = middle - centre @ matrix.T
    tree = cKDTree(goal)
    for _ in range(24):
        moved = few @ matrix.T + offset
        near = tree.query(moved)[1]
        back = cKDTree(moved).query(goal)[1]
        source, target = np.concatenate((few, few[back])), np.concatenate((goal[near], goal))
        matrix, offset = _similarity(source, target)
    return matrix, offset


def _similarity(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares turn, scale and shift (Umeyama 1991)."""
    a, b = source.mean(0), target.mean(0)
    u, s, v = np.linalg.svd((target - b).T @ (source - a))
    flip = np.diag((1, 1, np.sign(np.linalg.det(u @ v))))
    scale = (s * flip.diagonal()).sum() / np.square(source - a).sum()
    matrix = scale * (u @ flip @ v)
    return matrix, b - a @ matrix.T


def resampled(field: np.ndarray, matrix: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """The field after its points p moved to p @ matrixᵀ + offset, on the same grid; outside is empty."""
    n = len(field)
    u = (np.arange(n) + 0.5) / n - 0.5
    z, y, x = np.meshgrid(u, u, u, indexing="ij")
    goal = np.stack((x, y, z), -1).reshape(-1, 3)
    source = (goal - offset) @ np.linalg.inv(matrix).T
    index = ((source[:, ::-1] + 0.5) * n - 0.5).T
    return map_coordinates(field, index, order=1, cval=-1.0, mode="constant").reshape(n, n, n)


def volume_iou(a: np.ndarray, b: np.ndarray) -> float:
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else 1.0
