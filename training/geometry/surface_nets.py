"""Naive surface nets (Gibson 1998): the zero level of a field on the cube as a closed mesh."""

import numpy as np


def surface_nets(field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Field [z, y, x], inside > 0, sampled at cell centres of [-0.5, 0.5]³ -> vertices (n, 3), triangles (m, 3).

    Outside the grid counts as empty, so the mesh is closed; counter-clockwise seen from outside.
    """
    n = field.shape[0]
    low = min(float(field.min()), -1e-3)
    padded = np.full((n + 2,) * 3, low, np.float32)
    padded[1:-1, 1:-1, 1:-1] = field
    inside = padded > 0
    corners = [(dz, dy, dx) for dz in (0, 1) for dy in (0, 1) for dx in (0, 1)]
    m = n + 1
    cut = lambda a, c: a[c[0] : c[0] + m, c[1] : c[1] + m, c[2] : c[2] + m]
    filled = sum(cut(inside, c).astype(np.int8) for c in corners)
    cells = np.argwhere((filled > 0) & (filled < 8))
    if len(cells) == 0:
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int64)
    number = np.full((m, m, m), -1, np.int64)
    number[tuple(cells.T)] = np.arange(len(cells))

    total = np.zeros((len(cells), 3), np.float32)
    count = np.zeros((len(cells), 1), np.float32)
    for i, a in enumerate(corners):
        for b in corners[i + 1 :]:
            step = np.subtract(b, a)
            if np.abs(step).sum() != 1:
                continue
            va, vb = padded[tuple((cells + a).T)], padded[tuple((cells + b).T)]
            crosses = (va > 0) != (vb > 0)
            t = np.where(crosses, va / np.where(crosses, va - vb, 1), 0)[:, None]
            total += np.where(crosses[:, None], np.asarray(a) + t * step, 0).astype(np.float32)
            count += crosses[:, None]
    # A padded sample i is the cell centre (i - 0.5) / n - 0.5.
    vertices = ((cells + total / count - 0.5) / n - 0.5)[:, ::-1].astype(np.float32)

    triangles = []
    for axis in range(3):
        step = np.eye(3, dtype=int)[axis]
        u, v = np.eye(3, dtype=int)[[(axis + 1) % 3, (axis + 2) % 3]]
        span = tuple(slice(0, m) if k == axis else slice(1, m) for k in range(3))
        shifted = tuple(slice(s.start + d, s.stop + d) for s, d in zip(span, step))
        first, second = inside[span], inside[shifted]
        for flip, mask in ((False, first & ~second), (True, ~first & second)):
            edge = np.argwhere(mask) + [s.start for s in span]
            quad = [number[tuple((edge - d).T)] for d in (u * 0, u, u + v, v)]
            # The indices run z, y, x: a left-handed order, hence the turn.
            q = quad if flip else quad[::-1]
            triangles += [np.stack((q[0], q[1], q[2]), 1), np.stack((q[0], q[2], q[3]), 1)]
    return vertices, np.concatenate(triangles)
