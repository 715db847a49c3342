"""The matte network: a picture -> log-odds of the object's coverage, pixel by pixel. A small U-Net.

It sees the whole picture at 128 pixels a side; the engine brings the answer to the picture's edges. Two more planes
say how far a pixel is from the middle: objects are put there.
"""

import torch
from torch import nn

from .blocks import Residual, Up, down


class MatteNetwork(nn.Module):
    def __init__(self, width: int = 24):
        super().__init__()
        w = width
        self.width = w
        self.stem = nn.Conv2d(4 * 5, w, 3, padding=1)
        self.at_64 = Residual(w)
        self.to_32, self.at_32 = down(w, 2 * w), Residual(2 * w)
        self.to_16, self.at_16 = down(2 * w, 4 * w), nn.Sequential(Residual(4 * w), Residual(4 * w))
        self.to_8, self.at_8 = down(4 * w, 6 * w), nn.Sequential(Residual(6 * w), Residual(6 * w))
        # What the whole picture is like decides what counts as background.
        self.whole = nn.Sequential(nn.Linear(6 * w, 6 * w), nn.ReLU(), nn.Linear(6 * w, 6 * w))
        self.up_16, self.mix_16 = Up(6 * w, 4 * w), Residual(4 * w)
        self.up_32, self.mix_32 = Up(4 * w, 2 * w), Residual(2 * w)
        self.up_64, self.mix_64 = Up(2 * w, w), Residual(w)
        self.out = nn.Conv2d(w, 4, 3, padding=1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """(b, 3, 128, 128), sRGB 0–1 -> (b, 1, 128, 128)."""
        b, _, h, w = pictures.shape
        row = torch.linspace(-1, 1, h, device=pictures.device, dtype=pictures.dtype)
        column = torch.linspace(-1, 1, w, device=pictures.device, dtype=pictures.dtype)
        place = torch.stack((row[:, None].expand(h, w), column.abs()[None].expand(h, w)))[None].expand(b, -1, -1, -1)
        x = torch.cat((2 * pictures - 1, place), 1)
        a = self.at_64(self.stem(nn.functional.pixel_unshuffle(x, 2)))
        c = self.at_32(self.to_32(a.relu()))
        d = self.at_16(self.to_16(c.relu()))
        e = self.at_8(self.to_8(d.relu()))
        e = e + self.whole(e.relu().mean((2, 3)))[:, :, None, None]
        x = self.mix_16(self.up_16(e, d))
        x = self.mix_32(self.up_32(x, c))
        x = self.mix_64(self.up_64(x, a))
        return nn.functional.pixel_shuffle(self.out(x.relu()), 2)
