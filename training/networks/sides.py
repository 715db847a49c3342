"""The sides network: pictures of one object -> how well each way to name its sides fits, and from where each was taken.

Every picture is read by itself, framed by its silhouette (longer side 56 of 64 pixels, centred); then whole namings are
judged, since which side is the front shows in how four pictures differ more than in any one of them. Directions are told
one by one: elevation as a number, azimuth as log-odds of sectors, since front and back are often confused and the mean of
the two would be a side.
"""

import torch
from torch import nn

from .blocks import Residual, down, kept

# Places of a naming, in this order; each looks where the one before it looks after a quarter turn.
RING = ("front", "right", "back", "left")
# Sectors of the azimuth; sector k is centred at k · 360° / SECTORS.
SECTORS = 24
ELEVATION_UNIT = 15.0


class SidesNetwork(nn.Module):
    def __init__(self, width: int = 24):
        super().__init__()
        w = width
        self.width = w
        self.stem = kept(nn.Conv2d(16, w, 3, padding=1))
        self.body = nn.Sequential(
            Residual(w),
            *(kept(down(w, 2 * w)), Residual(2 * w)),
            *(kept(down(2 * w, 4 * w)), Residual(4 * w), Residual(4 * w)),
            *(kept(down(4 * w, 6 * w)), Residual(6 * w)),
        )
        self.gather = kept(nn.Conv2d(6 * w, 6 * w, 4))
        self.missing = nn.Parameter(torch.zeros(1, 6 * w))
        self.judge = nn.Sequential(
            *(kept(nn.Linear(4 * 6 * w, 8 * w)), nn.ReLU()),
            *(kept(nn.Linear(8 * w, 4 * w)), nn.ReLU()),
            nn.Linear(4 * w, 1),
        )
        self.direct = nn.Sequential(kept(nn.Linear(6 * w, 8 * w)), nn.ReLU(), nn.Linear(8 * w, 1 + SECTORS))

    def read(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n, 4, 64, 64) premultiplied sRGB and coverage 0–1 -> (n, features)."""
        x = self.body(self.stem(nn.functional.pixel_unshuffle(pictures, 2)).relu())
        return self.gather(x.relu())[:, :, 0, 0].relu()

    def judged(self, features: torch.Tensor, namings: torch.Tensor) -> torch.Tensor:
        """(n, features), (k, 4) numbers of the pictures in the places of RING, n where there is none -> (k,) log-odds."""
        return self.judge(torch.cat((features, self.missing), 0)[namings].flatten(1))[:, 0]

    def directed(self, features: torch.Tensor) -> torch.Tensor:
        """(n, features) -> (n, 1 + SECTORS): elevation in degrees, log-odds of the sectors of the azimuth."""
        out = self.direct(features)
        return torch.cat((out[:, :1] * ELEVATION_UNIT, out[:, 1:]), 1)

    def forward(self, pictures: torch.Tensor, namings: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(n, 4, 64, 64), (k, 4) -> (k,) log-odds of the namings, (n, 1 + SECTORS) directions."""
        features = self.read(pictures)
        return self.judged(features, namings), self.directed(features)
