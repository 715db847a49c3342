"""Pictures into the object grid: every cell looks up where each camera sees it, perspective and tilt exact."""

import torch
import torch.nn.functional as F


def centres(n: int) -> torch.Tensor:
    """Coordinates of the cell centres along one side of the cube: (n,)."""
    return (torch.arange(n) + 0.5) / n - 0.5


def lift(maps: torch.Tensor, cameras: torch.Tensor, along: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(k, c, h, w) seen through (k, 4, 4) by the grid of (n,) centres -> values (k, c, n³), depths (k, 1, n³).

    Depth is along the view, larger is nearer. What a camera does not see is 0.
    """
    with torch.autocast(maps.device.type, enabled=False):
        k, n = cameras.shape[0], along.shape[0]
        rows = cameras.float()[..., None] * along  # sums of broadcasts: a product with all cells is slow on generic BLAS
        seen = rows[:, :, 0, None, None, :] + rows[:, :, 1, None, :, None]
        seen = (seen + cameras.float()[:, :, 3, None, None, None]) + rows[:, :, 2, :, None, None]
        seen = seen.reshape(k, 4, 1, n * n * n)
        grid = torch.stack((seen[:, 0], seen[:, 1]), -1) / seen[:, 2].clamp(min=0.05).unsqueeze(-1)
        values = F.grid_sample(maps.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return values.squeeze(2), seen[:, 3]
