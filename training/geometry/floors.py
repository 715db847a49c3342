"""What anyone can make of silhouettes without learning: the floors that every figure is shown beside.

Fields are 64³ in the frame of the first picture, inside > 0.
"""

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from ..networks.lift import centres, lift


def hull(covers: torch.Tensor, projections: torch.Tensor, n: int = 64) -> np.ndarray:
    """Visual hull: (v, 128, 128) coverage, (v, 4, 4) -> (n, n, n) in -1…1."""
    values = lift(covers[:, None], projections, centres(n))
    return (2 * values.amin(0).view(n, n, n) - 1).numpy()


def balloon(cover: torch.Tensor, span: float, n: int = 64) -> np.ndarray:
    """Inflated silhouette: (128, 128) coverage of a picture `span` cube units wide -> half thickness √(d(2R - d)).

    d is the distance to the outline, R the greatest such distance: exact for balls and rods.
    """
    mask, u = _mask(cover, span, n)
    d = distance_transform_edt(mask) / n
    deepest = max(d.max(), 1e-6)
    half = np.sqrt(d * (2 * deepest - d))
    return np.where(mask, half - np.abs(u[:, None, None]), -1.0 / n).astype(np.float32)


def extrusion(cover: torch.Tensor, span: float, n: int = 64, share: float = 0.6) -> np.ndarray:
    """Silhouette drawn straight through, `share` of its shorter side thick."""
    mask, u = _mask(cover, span, n)
    rows, columns = np.any(mask, 1).nonzero()[0], np.any(mask, 0).nonzero()[0]
    if len(rows) == 0:
        return np.full((n, n, n), -1.0, np.float32)
    half = share * min(np.ptp(rows) + 1, np.ptp(columns) + 1) / n / 2
    return np.where(mask, half - np.abs(u[:, None, None]), -1.0 / n).astype(np.float32)


def _mask(cover: torch.Tensor, span: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    u = ((torch.arange(n) + 0.5) / n - 0.5).float()
    at = 2 * u / span
    grid = torch.stack(torch.meshgrid(at, -at, indexing="xy"), -1)[None]
    mask = torch.nn.functional.grid_sample(cover[None, None], grid, align_corners=False)[0, 0] > 0.5
    return mask.numpy(), u.numpy()
