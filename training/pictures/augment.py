"""Pool instances -> training samples, on the device that trains: which pictures are given, how they are posed, cut,
coloured and damaged.

Misaligned silhouettes and bad mattes are the normal case. Misalignment is put into the *assumed* cameras, not into
the pictures: a picture shifted by 2 % and a camera wrong by 2 % are the same thing.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from ..geometry.cameras import AZIMUTH, CENTER_X, ELEVATION, PERSPECTIVE, ROLL, SCALE, camera_axes, projections
from .instances import COLOR_CELLS
from .render import SIZE

FRONT, RIGHT, BACK, LEFT, TOP, BOTTOM = range(6)
PHOTOS = (6, 7, 8)
ANYWHERE = 9

# How many pictures a batch gives, and how often.
VIEW_COUNTS = {1: 0.5, 2: 0.19, 3: 0.13, 4: 0.1, 5: 0.02, 6: 0.06}


@dataclass
class Samples:
    """What a network sees and what it should say; v pictures, base picture first."""

    pictures: torch.Tensor  # (b, v, 4, 128, 128) float, colour premultiplied with coverage
    cameras: torch.Tensor  # (b, v, 4, 4) assumed projections (geometry/cameras.py)
    occupancy: torch.Tensor  # (b, 64, 64, 64) coverage 0–1
    colors: torch.Tensor  # (b, 4, 32, 32, 32) RGB 0–1 and whether known


@dataclass(frozen=True)
class Damage:
    """How bad training makes its inputs; factors on the usual strengths, 0 switches a kind off."""

    poses: float = 1.0
    mattes: float = 1.0
    colors: float = 1.0


def samples(pool, slots: np.ndarray, count: int, rng: np.random.Generator, device, damage=Damage()) -> Samples:
    """One batch with `count` pictures a sample."""
    batch = pool.take(slots, ("pictures", "occupancy", "colors", "cameras"))
    plans = [_plan(count, rng) for _ in slots]
    rows = torch.arange(len(slots))[:, None]
    chosen = torch.tensor([p.views for p in plans])
    pictures = batch["pictures"][rows, chosen].to(device).permute(0, 1, 4, 2, 3).float() / 255
    cameras = batch["cameras"].cpu()[rows, chosen]
    occupancy, colors = batch["occupancy"].to(device), batch["colors"].to(device)
    solids, paints = [], []
    for k, plan in enumerate(plans):
        solid, paint = occupancy[k], colors[k]
        cameras[k, :, AZIMUTH] -= 90.0 * plan.turn
        solid, paint = turned(solid, plan.turn), turned(paint, plan.turn)
        if plan.photo:
            cells = recentre(cameras[k])
            solid, paint = shifted(solid, [2 * c for c in cells]), shifted(paint, cells)
        if plan.mirror:
            solid, paint = solid.flip(2), paint.flip(2)
            cameras[k, :, (AZIMUTH, ROLL)] *= -1
            cameras[k, :, CENTER_X] = SIZE - cameras[k, :, CENTER_X]
            pictures[k] = pictures[k].flip(-1)
        solids.append(solid)
        paints.append(paint)
    photo = np.array([p.photo for p in plans])
    cameras = misposed(cameras, photo, rng, damage.poses)
    colors = torch.stack(paints).permute(0, 4, 1, 2, 3).float() / 255
    pictures, colors = recolored(pictures, colors, rng, damage.colors)
    pictures = recut(pictures, rng, damage.mattes)
    pictures = torch.cat((pictures[:, :, :3] * pictures[:, :, 3:], pictures[:, :, 3:]), 2)
    return Samples(pictures, projections(cameras, SIZE).to(device), torch.stack(solids).float() / 255, colors)


def draw_view_count(rng: np.random.Generator) -> int:
    return int(rng.choice(list(VIEW_COUNTS), p=list(VIEW_COUNTS.values())))


@dataclass(frozen=True)
class _Plan:
    views: list[int]
    photo: bool  # perspective pictures; the frame's origin is where the base silhouette's centre points
    turn: int  # quarter turns that bring another side of the instance to the front
    mirror: bool

    def turned(self, turn: int) -> "_Plan":
        """The same set of labels, read off the instance after quarter turns."""
        sides = (FRONT, LEFT, BACK, RIGHT)  # azimuths 0, 90, 180, 270
        views = [sides[(sides.index(v) + turn) % 4] if v in sides else v for v in self.views]
        return _Plan(views, self.photo, turn, self.mirror)


def _plan(count: int, rng: np.random.Generator) -> _Plan:
    turn, mirror = int(rng.integers(4)) if rng.random() < 0.6 else 0, bool(rng.random() < 0.5)
    share = rng.random()
    if count == 1:
        if share < 0.8:
            return _Plan([int(rng.choice(PHOTOS))], True, 0, mirror)
        return _Plan([int(rng.choice((TOP, BOTTOM))) if share > 0.97 else FRONT], False, 0, mirror).turned(turn)
    if share < 0.1:
        others = rng.permutation([RIGHT, BACK, LEFT, TOP, BOTTOM, ANYWHERE])
        others = [ANYWHERE, *(int(o) for o in others if o != ANYWHERE)]
        return _Plan([int(rng.choice(PHOTOS)), *others[: count - 1]], True, 0, mirror)
    sets = {
        2: ([FRONT, RIGHT], [FRONT, LEFT], [FRONT, BACK], [FRONT, TOP], [FRONT, BOTTOM]),
        3: ([FRONT, RIGHT, BACK], [FRONT, LEFT, BACK], [FRONT, RIGHT, TOP], [FRONT, RIGHT, LEFT], [FRONT, BACK, TOP]),
        4: ([FRONT, RIGHT, BACK, LEFT], [FRONT, RIGHT, BACK, TOP], [FRONT, LEFT, BACK, TOP], [FRONT, RIGHT, TOP, BOTTOM]),
        5: ([FRONT, RIGHT, BACK, LEFT, TOP], [FRONT, RIGHT, BACK, LEFT, BOTTOM]),
        6: ([FRONT, RIGHT, BACK, LEFT, TOP, BOTTOM],),
    }[count]
    odds = np.array([0.45, 0.15, 0.2, 0.15, 0.05][: len(sets)])
    views = list(sets[rng.choice(len(sets), p=odds / odds.sum())])
    if rng.random() < 0.1 and count < 6:  # any set at all, with or without a front
        views = sorted(int(v) for v in rng.choice(6, count, replace=False))
    return _Plan(views, False, 0, mirror).turned(turn)


def turned(volume: torch.Tensor, quarters: int) -> torch.Tensor:
    """A volume [z, y, x, …] in the frame whose front is the side at azimuth 90° · quarters."""
    for _ in range(quarters % 4):
        volume = volume.transpose(0, 2).flip(2)
    return volume


def shifted(volume: torch.Tensor, cells: list[int]) -> torch.Tensor:
    """out[z, y, x] = volume[z + cells[2], y + cells[1], x + cells[0]], empty where that is outside."""
    out = torch.zeros_like(volume)
    source, target = [], []
    for axis, c in ((0, cells[2]), (1, cells[1]), (2, cells[0])):
        n = volume.shape[axis]
        c = max(min(c, n), -n)
        source.append(slice(max(c, 0), n + min(c, 0)))
        target.append(slice(max(-c, 0), n - max(c, 0)))
    out[tuple(target)] = volume[tuple(source)]
    return out


def recentre(cameras: torch.Tensor) -> list[int]:
    """Moves the frame's origin to where the base silhouette's centre points, at the depth of the object's centre.

    That is all that can be known from one picture. The move is rounded to whole colour cells, (x, y, z), so that
    volumes need no resampling; `cameras` (v, 7) are changed to see the moved frame, the base picture first.
    """
    right, up, _ = camera_axes(cameras[0])
    offset = (SIZE / 2 - cameras[0, CENTER_X : CENTER_X + 2]) / cameras[0, SCALE]
    cells = ((right * offset[0] - up * offset[1]) * COLOR_CELLS).round()
    origin = cells / COLOR_CELLS
    axes = camera_axes(cameras)
    along = (axes * origin).sum(-1)  # (v, 3)
    near = 1 - cameras[:, PERSPECTIVE] * along[:, 2]
    cameras[:, CENTER_X] += cameras[:, SCALE] * along[:, 0] / near
    cameras[:, CENTER_X + 1] -= cameras[:, SCALE] * along[:, 1] / near
    cameras[:, SCALE] /= near
    cameras[:, PERSPECTIVE] /= near
    return [int(c) for c in cells]


def misposed(cameras: torch.Tensor, photo: np.ndarray, rng: np.random.Generator, strength: float) -> torch.Tensor:
    """Cameras as the engine will assume them: (b, v, 7), wrong by what its estimates are wrong by."""
    b, v = cameras.shape[:2]
    noise = lambda sigma: torch.from_numpy(rng.normal(0, 1, (b, v))).float() * sigma * strength
    even = lambda most: torch.from_numpy(rng.uniform(-1, 1, (b, v))).float() * most * strength
    photo = torch.from_numpy(photo)[:, None]
    out = cameras.clone()
    # Labelled drawings: exact, framed by their boxes, or as badly as people draw (2 % shifts, 6 % scale).
    manner = torch.from_numpy(rng.random((b, 1)))
    boxed = ~photo & (manner > 0.25) & (manner < 0.6)
    rough = ~photo & (manner >= 0.6)
    cube = cameras[..., SCALE]
    shift_x = torch.where(rough, even(0.02), torch.where(boxed, noise(0.004), torch.zeros(b, v)))
    shift_y = torch.where(rough, even(0.02), torch.where(boxed, noise(0.004), torch.zeros(b, v)))
    grow = torch.where(rough, even(0.06), torch.where(boxed, noise(0.01), torch.zeros(b, v)))
    # Photographs: the pose network's errors.
    careful = torch.from_numpy(rng.choice((0.0, 0.6, 1.2), (b, 1), p=(0.15, 0.5, 0.35))).float()
    shift_x = torch.where(photo, noise(0.006), shift_x)
    shift_y = torch.where(photo, noise(0.006), shift_y)
    grow = torch.where(photo, noise(0.02), grow)
    out[..., ELEVATION] += torch.where(photo, noise(5.0) * careful, torch.zeros(b, v))
    out[..., ROLL] += torch.where(photo, noise(1.0) * careful, torch.zeros(b, v))
    out[:, 1:, AZIMUTH] += torch.where(photo, noise(4.0) * careful, torch.zeros(b, v))[:, 1:]
    out[..., PERSPECTIVE] *= torch.where(photo, torch.exp(noise(0.22) * careful), torch.ones(b, v))
    out[..., SCALE] *= 1 + grow
    out[..., CENTER_X] += shift_x * cube
    out[..., CENTER_X + 1] += shift_y * cube
    return out


def recolored(pictures, colors, rng: np.random.Generator, strength: float, size: int = SIZE):
    """Other colours for picture and truth alike; other light, contrast, blur and noise for the picture alone."""
    if strength == 0:
        return pictures, colors
    b, v = pictures.shape[:2]
    device = pictures.device
    mixes = np.stack([_color_mix(rng) if rng.random() < 0.6 * strength else np.eye(3) for _ in range(b)])
    mix = torch.from_numpy(mixes).float().to(device)
    gamma = torch.from_numpy(np.exp(rng.normal(0, 0.2 * strength, (b, 1, 1)))).float().to(device)
    rgb = pictures[:, :, :3].transpose(1, 2).reshape(b, 3, -1)
    truth = colors[:, :3].reshape(b, 3, -1)
    rgb = torch.bmm(mix, rgb).clamp_(1e-4, 1) ** gamma
    truth = torch.bmm(mix, truth).clamp_(1e-4, 1) ** gamma
    rgb = rgb.view(b, 3, v, size, size).transpose(1, 2)
    real = lambda a: torch.from_numpy(a).float().to(device)
    light = real(1 + rng.normal(0, 0.06 * strength, (b, v, 3, 1, 1)))
    contrast = real(np.exp(rng.normal(0, 0.1 * strength, (b, v, 1, 1, 1))))
    rgb = ((rgb - 0.5) * contrast + 0.5) * light
    grain = real(np.where(rng.random((b, v, 1, 1, 1)) < 0.3, rng.uniform(0, 0.05 * strength, (b, v, 1, 1, 1)), 0))
    rgb = rgb + grain * torch.randn((b, v, 1, size, size), device=device)
    if rng.random() < 0.25:
        soft = F.interpolate(F.avg_pool2d(rgb.flatten(0, 1), 2), scale_factor=2, mode="bilinear", align_corners=False)
        rgb = soft.view_as(rgb)
    colors = torch.cat((truth.view(b, 3, *colors.shape[2:]) * colors[:, 3:], colors[:, 3:]), 1)
    return torch.cat((rgb.clamp(0, 1), pictures[:, :, 3:]), 2), colors


def _color_mix(rng: np.random.Generator) -> np.ndarray:
    """A hue turn about the grey axis, at times with channels exchanged or colour taken out."""
    grey = np.full((3, 3), 1 / 3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    a = rng.normal(0, 0.5)
    mix = np.cos(a) * np.eye(3) + np.sin(a) * cross + (1 - np.cos(a)) * grey
    if rng.random() < 0.4:
        mix = mix[rng.permutation(3)]
    saturation = rng.choice((1.0, rng.uniform(0, 1.5)))
    return (saturation * np.eye(3) + (1 - saturation) * grey) @ mix


def recut(pictures: torch.Tensor, rng: np.random.Generator, strength: float) -> torch.Tensor:
    """Imperfect mattes: wavering borders, bites, halos and leftovers of the background such as shadow plates."""
    if strength == 0:
        return pictures
    b, v = pictures.shape[:2]
    device = pictures.device
    rgb, alpha = pictures[:, :, :3].flatten(0, 1), pictures[:, :, 3:].flatten(0, 1)
    n = b * v
    real = lambda a: torch.from_numpy(np.asarray(a)).float().to(device)
    bad = rng.random((b, 1)) < 0.55 * strength
    wavering = np.where(bad & (rng.random((b, v)) < 0.8), rng.uniform(0, 0.35, (b, v)), 0).reshape(n, 1, 1, 1)
    coarse = torch.randn((n, 1, 12, 12), device=device)
    waves = F.interpolate(coarse, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    bias = real(rng.normal(0, 0.12, (n, 1, 1, 1)) * (wavering > 0))
    soft = F.avg_pool2d(F.pad(alpha, (3, 3, 3, 3)), 7, 1)
    cut = ((soft - 0.5 + real(wavering) * waves + bias) * 4 + 0.5).clamp(0, 1) * (soft > 0.02)
    # The wave must not swallow the whole of a thin thing, as no segmenter does on purpose.
    cut = torch.where(real(wavering) > 0, torch.maximum(cut, (alpha - 0.3).clamp_min(0) * (soft < 0.45)), alpha)
    u = torch.linspace(-1, 1, SIZE, device=device)
    for kind, share in ((-1, 0.12), (1, 0.12)):
        on = (bad & (rng.random((b, v)) < share)).reshape(n, 1, 1, 1)
        if not on.any():
            continue
        at_x = rng.uniform(-0.8, 0.8, (n, 1, 1, 1))
        at_y = rng.uniform(-0.8, 0.8, (n, 1, 1, 1)) if kind < 0 else rng.uniform(0.5, 1.0, (n, 1, 1, 1))
        wide = rng.uniform(0.03, 0.2, (n, 1, 1, 1)) if kind < 0 else rng.uniform(0.2, 0.9, (n, 1, 1, 1))
        high = rng.uniform(0.03, 0.2, (n, 1, 1, 1)) if kind < 0 else rng.uniform(0.03, 0.15, (n, 1, 1, 1))
        spot = ((u - real(at_x)) / real(wide)) ** 2 + ((u[:, None] - real(at_y)) / real(high)) ** 2 < 1
        spot = spot & (real(on) > 0)
        cut = torch.where(spot, torch.full_like(cut, float(kind > 0)), cut)
    backdrop = real(rng.uniform(0, 1, (n, 3, 1, 1)))
    rgb = torch.where(cut > alpha, rgb * alpha + backdrop * (1 - alpha), rgb)
    return torch.cat((rgb, cut), 1).view_as(pictures)
