"""The shape networks: posed pictures -> occupancy log-odds 64³ and colours 32³ in the base frame.

All forms correct the visual hull: occupancy = gain · hull + correction, the last layer starting at zero, so that an
untrained network is the hull (prior.md: averaging a weak prior into a good hull destroys it).

Forms (docs/decisions/0020):
- `hull2d`   base picture, opposite picture and hull as depth channels of a 2D U-Net;
- `lift3d`   per-view features lifted into the grid, merged, corrected by a 3D U-Net;
- `lift2d`   the same lifted features, depth folded into the channels of a 2D U-Net.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .blocks import PictureEncoder, Residual, Up, down, kept, zeroed
from .lift import centres, depths, lift

HULL_LOGIT = 4.0


@dataclass(frozen=True)
class Form:
    """Everything that tells one network from another; saved with its weights."""

    kind: str = "lift2d"
    features: int = 24  # lifted channels a view
    encoder: int = 24  # width of the picture encoder
    widths: tuple[int, ...] = (96, 192, 256, 256)  # channels at 32, 16, 8, 4 cells a side
    blocks: tuple[int, ...] = (1, 1, 1, 1)  # residual blocks on the way down; as many on the way up, less the last
    merge: bool = True  # False: ablation, only the base picture's features are used


def build(form: Form) -> "Prior":
    return {"hull2d": Hull2d, "lift2d": Lift2d, "lift3d": Lift3d}[form.kind](form)


class Prior(nn.Module):
    """Shared by all forms: the hull, the lifted colours and features, and the outputs' starting point."""

    def __init__(self, form: Form):
        super().__init__()
        self.form = form
        for n in (16, 32, 64):
            self.register_buffer(f"cells_{n}", centres(n), persistent=False)
        self.hull_gain = nn.Parameter(torch.ones(1))

    def settings(self) -> dict:
        return asdict(self.form)

    def forward(self, pictures: torch.Tensor, cameras: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(b, v, 4, 128, 128), (b, v, 4, 4) -> occupancy log-odds (b, 64, 64, 64), colours (b, 3, 32, 32, 32)."""
        b, v = pictures.shape[:2]
        flat, poses = pictures.flatten(0, 1), cameras.flatten(0, 1)
        with torch.no_grad():
            cover = lift(flat[:, 3:], poses, self.cells_64).view(b, v, 64, 64, 64)
            hull = cover.amin(1)
            tint = lift(F.avg_pool2d(flat, 2), poses, self.cells_32).view(b, v, 4, -1)
            depth = depths(poses, self.cells_32).view(b, v, 1, -1)
            # A cell has most likely the colour that the camera on its side of the object sees there.
            weight = tint[:, :, 3:] * torch.exp(8 * depth)
            share = weight / (weight.sum(1, keepdim=True) + 1e-4)
            color = (tint[:, :, :3] / tint[:, :, 3:].clamp(min=0.05) * share).sum(1).view(b, 3, 32, 32, 32)
            mean = tint[:, :, 3].mean(1).view(b, 1, 32, 32, 32)
        occupancy, paint = self.correct(flat, poses, hull, color, mean, b, v)
        base = HULL_LOGIT * (2 * hull - 1)
        return self.hull_gain * base + occupancy.float(), color + paint.float()

    def correct(self, flat, poses, hull, color, mean, b: int, v: int):
        """-> corrections of occupancy (b, 64, 64, 64) and colours (b, 3, 32, 32, 32)."""
        raise NotImplementedError


class LiftedFeatures(nn.Module):
    """Features of every view at 16³ cells, told from where they are seen, merged by mean and maximum."""

    def __init__(self, form: Form):
        super().__init__()
        self.encoder = PictureEncoder(form.features, form.encoder)
        self.place = kept(nn.Conv1d(form.features + 5, form.features, 1))

    def forward(self, flat, poses, cells, b: int, v: int) -> torch.Tensor:
        values, depth = lift(self.encoder(flat), poses, cells), depths(poses, cells)
        towards = poses[:, 3, :3, None].expand(-1, -1, values.shape[2])
        tilt = poses[:, 2, :3].square().sum(1).sqrt()[:, None, None].expand(-1, -1, values.shape[2])
        seen = self.place(torch.cat((values, depth, towards, tilt), 1)).relu()
        seen = seen.view(b, v, seen.shape[1], 16, 16, 16)
        return torch.cat((seen.mean(1), seen.amax(1)), 1)


class UNet(nn.Module):
    """Four sizes, corrections added on the way up; `extra` joins at the second size."""

    def __init__(self, form: Form, dimensions: int, extra: int):
        super().__init__()
        w, d = form.widths, dimensions
        conv = nn.Conv2d if d == 2 else nn.Conv3d
        stack = lambda c, n: nn.Sequential(*(Residual(c, d) for _ in range(n)))
        self.extra = kept(conv(extra, w[1], 1)) if extra else None
        self.down = nn.ModuleList(kept(down(a, b, d)) for a, b in zip(w, w[1:]))
        self.before = nn.ModuleList(stack(c, n) for c, n in zip(w, form.blocks))
        self.up = nn.ModuleList(Up(b, a, d) for a, b in zip(w, w[1:]))
        self.after = nn.ModuleList(stack(c, n) for c, n in zip(w[:-1], form.blocks))

    def forward(self, x: torch.Tensor, extra: torch.Tensor | None) -> torch.Tensor:
        steps = []
        for k, before in enumerate(self.before):
            if k:
                x = self.down[k - 1](x.relu())
            if k == 1 and extra is not None:
                x = x + self.extra(extra)
            x = before(x)
            steps.append(x)
        for k in reversed(range(len(self.up))):
            x = self.after[k](self.up[k](x, steps[k]))
        return x


class Lift2d(Prior):
    """Depth as channels."""

    def __init__(self, form: Form):
        super().__init__(form)
        self.lifted = LiftedFeatures(form)
        self.stem = kept(nn.Conv2d(256 + 96 + 32, form.widths[0], 1))
        self.trunk = UNet(form, 2, 16 * 2 * form.features)
        self.head = zeroed(nn.Conv2d(form.widths[0], 256 + 96, 1))

    def correct(self, flat, poses, hull, color, mean, b, v):
        folded = torch.cat((F.pixel_unshuffle(hull, 2), color.flatten(1, 2), mean.flatten(1, 2)), 1)
        if not self.form.merge:
            flat, poses, v = flat.view(b, v, *flat.shape[1:])[:, 0], poses.view(b, v, 4, 4)[:, 0], 1
        extra = self.lifted(flat, poses, self.cells_16, b, v).flatten(1, 2)
        out = self.head(self.trunk(self.stem(folded), extra).relu())
        return F.pixel_shuffle(out[:, :256], 2), out[:, 256:].reshape(b, 3, 32, 32, 32)


class Hull2d(Prior):
    """The form of the first prototype: no lifted features, the base and the opposite picture in the plane z = 0."""

    def __init__(self, form: Form):
        super().__init__(form)
        self.stem = nn.Conv2d(256 + 16 + 16 + 3, form.widths[0], 3, padding=1)
        self.trunk = UNet(form, 2, 0)
        self.head = zeroed(nn.Conv2d(form.widths[0], 256 + 96, 1))

    def correct(self, flat, poses, hull, color, mean, b, v):
        poses = poses.view(b, v, 4, 4)
        towards = poses[:, :, 3, :3]
        opposite = (towards[:, :, 2] < -0.9).float()
        side, top = (towards[:, :, 0].abs() > 0.9).float(), (towards[:, :, 1].abs() > 0.9).float()
        slices = self._plane(flat, poses.flatten(0, 1)).view(b, v, 4, 64, 64)
        behind = (slices * opposite[..., None, None, None]).sum(1)
        flags = torch.stack((opposite.amax(1), side.amax(1), top.amax(1)), 1)[..., None, None].expand(-1, -1, 32, 32)
        folded = (F.pixel_unshuffle(hull, 2), F.pixel_unshuffle(slices[:, 0], 2), F.pixel_unshuffle(behind, 2), flags)
        out = self.head(self.trunk(self.stem(torch.cat(folded, 1)), None).relu())
        return F.pixel_shuffle(out[:, :256], 2), out[:, 256:].reshape(b, 3, 32, 32, 32)


    def _plane(self, flat, poses):
        """What the cameras see in the plane z = 0: (k, 4, 64, 64)."""
        rows = poses[..., None] * self.cells_64
        seen = rows[:, :, 0, None, :] + rows[:, :, 1, :, None] + poses[:, :, 3, None, None]
        grid = torch.stack((seen[:, 0], seen[:, 1]), -1) / seen[:, 2].clamp(min=0.05).unsqueeze(-1)
        return F.grid_sample(flat, grid, align_corners=False)


class Lift3d(Prior):
    """Three-dimensional convolutions."""

    def __init__(self, form: Form):
        super().__init__(form)
        self.lifted = LiftedFeatures(form)
        self.stem = nn.Conv3d(8 + 3 + 1 + 3, form.widths[0], 3, padding=1)
        self.trunk = UNet(form, 3, 2 * form.features)
        self.head = zeroed(nn.Conv3d(form.widths[0], 8 + 3, 3, padding=1))

    def correct(self, flat, poses, hull, color, mean, b, v):
        fine = hull.view(b, 32, 2, 32, 2, 32, 2).permute(0, 2, 4, 6, 1, 3, 5).reshape(b, 8, 32, 32, 32)
        z, y, x = torch.meshgrid(self.cells_32, self.cells_32, self.cells_32, indexing="ij")
        where = torch.stack((x, y, z)).expand(b, -1, -1, -1, -1)
        extra = self.lifted(flat, poses, self.cells_16, b, v)
        out = self.head(self.trunk(self.stem(torch.cat((fine, color, mean, where), 1)), extra).relu())
        grown = out[:, :8].reshape(b, 2, 2, 2, 32, 32, 32).permute(0, 4, 1, 5, 2, 6, 3).reshape(b, 64, 64, 64)
        return grown, out[:, 8:]
