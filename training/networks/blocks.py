"""Residual blocks without normalisation.

Batches of one picture and of six alternate, so batch statistics would belong to neither; branches whose last layer
starts at zero (Fixup, arXiv 1901.09321) train without any, and cost no passes over memory.
"""

import torch
from torch import nn


def zeroed(layer: nn.Module) -> nn.Module:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def kept(layer: nn.Module) -> nn.Module:
    """Starts a layer so that what passes it keeps its variance through a ReLU (He et al., arXiv 1502.01852).

    PyTorch's default shrinks it to a sixth: after eight layers in a row the pose network's answers were the same for
    every picture, and 36,000 samples did not get it off that plateau.
    """
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer


class Residual(nn.Module):
    """x + conv(relu(conv(relu(x)))), the second starting at zero; in two or three dimensions."""

    def __init__(self, channels: int, dimensions: int = 2):
        super().__init__()
        conv = nn.Conv2d if dimensions == 2 else nn.Conv3d
        self.first = kept(conv(channels, channels, 3, padding=1))
        self.second = zeroed(conv(channels, channels, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(self.first(x.relu()).relu())


def down(a: int, b: int, dimensions: int = 2) -> nn.Module:
    """Halves the sides."""
    return nn.Conv2d(a, b, 4, 2, 1) if dimensions == 2 else nn.Conv3d(a, b, 2, 2)


class Up(nn.Module):
    """Doubles the sides and adds what came down at that size."""

    def __init__(self, a: int, b: int, dimensions: int = 2):
        super().__init__()
        self.mix = kept((nn.Conv2d if dimensions == 2 else nn.Conv3d)(a, b, 1))

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return skip + nn.functional.interpolate(self.mix(x.relu()), scale_factor=2.0, mode="nearest")


class PictureEncoder(nn.Module):
    """(k, 4, 128, 128) -> (k, features, 32, 32), each with the whole picture in sight."""

    def __init__(self, features: int, width: int = 32):
        super().__init__()
        w = width
        self.stem = kept(nn.Conv2d(16, w, 3, padding=1))
        self.to_32, self.at_32 = kept(down(w, 2 * w)), Residual(2 * w)
        self.to_16, self.at_16 = kept(down(2 * w, 3 * w)), Residual(3 * w)
        self.to_8, self.at_8 = kept(down(3 * w, 4 * w)), nn.Sequential(Residual(4 * w), Residual(4 * w))
        self.up_16, self.up_32 = Up(4 * w, 3 * w), Up(3 * w, 2 * w)
        self.out = kept(nn.Conv2d(2 * w, features, 3, padding=1))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        x = self.stem(nn.functional.pixel_unshuffle(pictures, 2))
        a = self.at_32(self.to_32(x.relu()))
        b = self.at_16(self.to_16(a.relu()))
        c = self.at_8(self.to_8(b.relu()))
        return self.out(self.up_32(self.up_16(c, b), a).relu())
