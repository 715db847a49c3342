"""The pose network: one cut-out picture -> how it was taken.

Input: a picture framed by its silhouette (longer side 112 of 128 pixels, centred) and its fill (the silhouette's
longer side over that of the whole picture; tells the angle under which the object is seen when the picture is no
crop). Output (b, 12), in this order:

 0 elevation, degrees
 1 angle: silhouette's longer side / distance, both in the same unit (perspective · side)
 2 extent: log of the silhouette's longer side / the object's longest side in the upright frame of the camera
 3, 4 sine and cosine of the camera's azimuth about the object's front; their length is the confidence, 0–1
 5–10 log-odds (softmax) of the labels front, right, back, left, top, bottom; 11 of none of them
"""

import torch
from torch import nn

from .blocks import Residual, down, kept

OUTPUTS = 12
ELEVATION_UNIT = 15.0


class PoseNetwork(nn.Module):
    def __init__(self, width: int = 24):
        super().__init__()
        w = width
        self.width = w
        self.stem = kept(nn.Conv2d(16, w, 3, padding=1))
        self.body = nn.Sequential(
            *(kept(down(w, 2 * w)), Residual(2 * w)),
            *(kept(down(2 * w, 4 * w)), Residual(4 * w), Residual(4 * w)),
            *(kept(down(4 * w, 6 * w)), Residual(6 * w), Residual(6 * w)),
            *(kept(down(6 * w, 8 * w)), Residual(8 * w)),
        )
        # Everything where it is: whether a shape is wide below tells more than that it is wide.
        self.gather = kept(nn.Conv2d(8 * w, 8 * w, 4))
        self.head = nn.Sequential(kept(nn.Conv2d(8 * w + 2, 8 * w, 1)), nn.ReLU(), nn.Conv2d(8 * w, OUTPUTS, 1))

    def forward(self, pictures: torch.Tensor, fills: torch.Tensor) -> torch.Tensor:
        """(b, 4, 128, 128) premultiplied, (b,) -> (b, 12)."""
        x = self.body(self.stem(nn.functional.pixel_unshuffle(pictures, 2)).relu())
        seen = torch.stack((fills, 1 / fills.clamp(min=0.2)), 1)[:, :, None, None].to(x.dtype)
        out = self.head(torch.cat((self.gather(x.relu()).relu(), seen), 1))[:, :, 0, 0].float()
        return torch.cat((out[:, :1] * ELEVATION_UNIT, out[:, 1:]), 1)
