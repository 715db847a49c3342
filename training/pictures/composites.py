"""Pool pictures -> pictures with a background and the coverage that a matte should find.

Backgrounds are procedural: plain, gradients, floors, textures, rooms full of things, and other objects out of focus.
None of them is drawn as `bench:understand` draws its own (bench/src/inputs/composite.ts): the bench asks for what was
not trained on.
"""

import numpy as np
import torch
import torch.nn.functional as F

from .render import SIZE

# How often each family is drawn; the hard ones need the most examples.
FAMILIES = {"plain": 0.06, "gradient": 0.07, "floor": 0.12, "texture": 0.15, "clutter": 0.44, "objects": 0.16}
SKETCHES = 0.06


def composites(pool, slots: np.ndarray, rng: np.random.Generator, device, family: str | None = None):
    """A batch of pictures (b, 3, 128, 128), sRGB 0–1, their coverage (b, 1, 128, 128), and each one's family."""
    views = rng.integers(0, 10, len(slots))
    taken = pool.take(slots, ("pictures",))["pictures"][torch.arange(len(slots)), torch.from_numpy(views)]
    cut = placed(taken.permute(0, 3, 1, 2).float().to(device) / 255, rng)
    names = [family or str(rng.choice(list(FAMILIES), p=list(FAMILIES.values()))) for _ in slots]
    others = cut.roll(1, 0)
    pictures, coverage = [], []
    for k, name in enumerate(names):
        rgb, alpha = cut[k, :3], cut[k, 3:]
        back = background(name, rng, device, others[k])
        if rng.random() < SKETCHES:
            rgb = sketched(rgb, alpha, back)
        if name not in ("plain", "gradient") or rng.random() < 0.4:
            back = back * (1 - shadow(alpha, rng))
        pictures.append(damaged(alpha * rgb + (1 - alpha) * back, rng))
        coverage.append(alpha)
    return torch.stack(pictures), torch.stack(coverage), names


def placed(cut: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Each object larger or smaller, shifted and mirrored, in other colours; what leaves the picture is cut off."""
    b = len(cut)
    solid = cut[:, 3] > 0.5
    u = torch.arange(SIZE, device=cut.device).float() + 0.5
    theta = torch.zeros(b, 2, 3, device=cut.device)
    for k in range(b):
        rows, columns = solid[k].any(1), solid[k].any(0)
        if not rows.any():
            theta[k, 0, 0] = theta[k, 1, 1] = 1
            continue
        y, x = u[rows], u[columns]
        extent = float(max(y[-1] - y[0], x[-1] - x[0])) + 1
        side = SIZE * rng.uniform(0.35, 0.98) ** 0.8
        zoom = extent / side
        room = max(0.0, 1 - side / SIZE)
        middle = torch.tensor([float(x[0] + x[-1]), float(y[0] + y[-1])], device=cut.device) / SIZE - 1
        shift = torch.tensor(rng.uniform(-1, 1, 2) * room, device=cut.device, dtype=torch.float32)
        flip = -1.0 if rng.random() < 0.5 else 1.0
        theta[k, 0, 0], theta[k, 1, 1] = zoom * flip, zoom
        theta[k, :, 2] = middle - shift * zoom * torch.tensor([flip, 1.0], device=cut.device)
    grid = F.affine_grid(theta, list(cut.shape), align_corners=False)
    premultiplied = torch.cat((cut[:, :3] * cut[:, 3:], cut[:, 3:]), 1)
    moved = F.grid_sample(premultiplied, grid, align_corners=False)
    rgb = moved[:, :3] / moved[:, 3:].clamp(min=1e-3)
    mix = torch.from_numpy(rng.dirichlet((0.35, 0.35, 0.35), (b, 3))).float().to(cut.device)
    keep = torch.from_numpy(rng.random(b) < 0.5).to(cut.device)[:, None, None]
    mix = torch.where(keep, torch.eye(3, device=cut.device), mix)
    gain = torch.from_numpy(rng.uniform(0.5, 1.5, (b, 1, 1, 1))).float().to(cut.device)
    rgb = (torch.einsum("bij,bjhw->bihw", mix, rgb) * gain).clamp(0, 1)
    return torch.cat((rgb, moved[:, 3:]), 1)


def background(family: str, rng: np.random.Generator, device, other: torch.Tensor) -> torch.Tensor:
    """(3, 128, 128), sRGB 0–1."""
    base = color(rng, device)
    y, x = torch.meshgrid(*(torch.linspace(-1, 1, SIZE, device=device),) * 2, indexing="ij")
    plane = base.expand(3, SIZE, SIZE).clone()
    if family != "plain":
        turn = rng.uniform(0, 2 * np.pi)
        ramp = x * float(np.cos(turn)) + y * float(np.sin(turn)) if rng.random() < 0.6 else x * x + y * y
        plane = plane * (1 + float(rng.uniform(-0.3, 0.3)) * ramp)
    if family in ("floor", "clutter", "objects") and rng.random() < 0.8:
        line, slope = rng.uniform(-0.1, 0.7), rng.normal(0, 0.05)
        floor = color(rng, device) if rng.random() < 0.6 else base * float(rng.uniform(0.5, 0.95))
        weight = ((y - line - slope * x) * float(np.exp(rng.uniform(1, 5)))).sigmoid()
        plane = plane + (floor - plane) * weight
    if family in ("texture", "floor", "clutter") and (family == "texture" or rng.random() < 0.4):
        plane = plane * (1 + textures(rng, device) * float(rng.uniform(0.05, 0.35)))
    if family == "clutter":
        plane = with_things(plane, rng)
    if family == "objects":
        for _ in range(int(rng.integers(2, 6))):
            scale = float(rng.uniform(0.4, 2.0))
            theta = torch.tensor([[scale, 0, rng.uniform(-1.6, 1.6)], [0, scale, rng.uniform(-1.6, 1.6)]], device=device)
            grid = F.affine_grid(theta.float()[None], [1, 4, SIZE, SIZE], align_corners=False)
            seen = F.grid_sample(other[None], grid, align_corners=False)[0]
            tint = color(rng, device)
            paint = seen[:3] * (1 - float(rng.random())) + tint * float(rng.random())
            plane = plane * (1 - seen[3:]) + paint.clamp(0, 1) * seen[3:]
    # Half of the rooms are sharp: a network that only met blurred ones took every sharp thing for the object (IoU on the
    # bench's rooms 0.49, on its own 0.82).
    if family in ("clutter", "objects") and rng.random() < 0.5:
        plane = blurred(plane, float(rng.uniform(0.3, 2.5)))
    return plane.clamp(0, 1)


def color(rng: np.random.Generator, device) -> torch.Tensor:
    """(3, 1, 1): white and greys half of the time, anything otherwise."""
    grey = float(rng.uniform(0.05, 1)) ** 0.6
    tint = rng.uniform(-1, 1, 3) * (0.03 if rng.random() < 0.5 else 0.35)
    return torch.from_numpy(np.clip(grey + tint, 0, 1)).float().to(device)[:, None, None]


def textures(rng: np.random.Generator, device) -> torch.Tensor:
    """Noise of several sizes, stretched into fibres or not; checks, stripes and bricks now and then."""
    total = torch.zeros(SIZE, SIZE, device=device)
    for _ in range(int(rng.integers(1, 4))):
        cells = np.exp(rng.uniform(np.log(3), np.log(100), 2)).astype(int) + 1
        noise = torch.from_numpy(rng.standard_normal((1, 1, *cells))).float().to(device)
        total += F.interpolate(noise, (SIZE, SIZE), mode="bilinear", align_corners=False)[0, 0] * float(rng.random())
    if rng.random() < 0.35:
        step = int(rng.integers(4, 24))
        at = torch.arange(SIZE, device=device) // step
        row = (at[:, None] + (at[None] if rng.random() < 0.5 else 0 * at[None])) % 2
        total += (row.float() * 2 - 1) * float(rng.uniform(0.2, 1.5))
    return total.clamp(-2, 2)


def with_things(plane: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """The plane (3, 128, 128) with 4 to 45 flat or shaded things anywhere: polygons, ellipses and rings, in paint or greys."""
    out = plane.cpu().numpy().copy()
    line = (np.arange(SIZE, dtype=np.float32) + 0.5) * (2 / SIZE) - 1
    vivid = rng.random() * (rng.random() < 0.75)
    for _ in range(int(rng.integers(4, 46))):
        cx, cy = rng.uniform(-1.1, 1.1, 2)
        a, b = np.exp(rng.uniform(np.log(0.05), np.log(0.6), 2))
        turn = rng.uniform(0, np.pi) * (rng.random() < 0.5)
        reach = float(np.hypot(a, b)) + 2 / SIZE
        # Within the box of each: 45 things over whole planes took 20 ms.
        columns, rows = (slice(*np.searchsorted(line, (c - reach, c + reach))) for c in (cx, cy))
        if rows.stop <= rows.start or columns.stop <= columns.start:
            continue
        x, y = line[None, columns] - np.float32(cx), line[rows, None] - np.float32(cy)
        u = (x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))) / np.float32(a)
        v = (y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))) / np.float32(b)
        kind = rng.random()
        if kind < 0.35:
            away = np.sqrt(u * u + v * v)
        elif kind < 0.75:
            away = np.maximum(np.abs(u), np.abs(v))
        else:
            corners = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
            away = np.max([u * np.float32(np.cos(t)) + v * np.float32(np.sin(t)) for t in corners], 0) * np.float32(1.4)
        if rng.random() < 0.07:
            away = np.abs(away - 0.8) * 5
        soft = np.clip((1 - away) * np.float32(min(a, b) * SIZE / 2) + 0.5, 0, 1)
        paint = np.clip(_paint(rng, vivid)[:, None, None] * (1 + u * rng.uniform(-0.3, 0.3) + v * rng.uniform(-0.3, 0.3)), 0, 1)
        if rng.random() < 0.3:
            wave = np.sin((u if rng.random() < 0.7 else v) * rng.uniform(5, 40))
            paint = paint * np.where(wave > 0, 1, rng.uniform(0.3, 0.9))
        part = out[:, rows, columns]
        part += (paint.astype(np.float32) - part) * soft
    return torch.from_numpy(out).to(plane.device)


def _paint(rng: np.random.Generator, vivid: float) -> np.ndarray:
    """(3,): any colour, or one of those that rooms have."""
    return rng.random(3) ** rng.uniform(0.6, 1.8) if rng.random() < vivid else color(rng, "cpu").numpy()[:, 0, 0]


def shadow(alpha: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """(1, 128, 128): the silhouette thrown to the ground, soft, and contact darkening below it."""
    lean, squash = rng.uniform(-1.2, 1.2), rng.uniform(0.15, 0.6)
    rows = torch.nonzero(alpha[0].amax(1) > 0.5)
    foot = float(rows[-1]) / SIZE * 2 - 1 if len(rows) else 0.9
    # A point of the shadow at height y comes from height foot + (y - foot) / squash of the object.
    theta = torch.tensor([[1.0, lean / squash * 0.5, -lean / squash * 0.5 * foot], [0, 1 / squash, foot - foot / squash]])
    grid = F.affine_grid(theta[None].to(alpha.device), [1, 1, SIZE, SIZE], align_corners=False)
    if rng.random() < 0.5:
        # Thrown towards the camera.
        theta[1] = torch.tensor([0, -1 / squash, foot + foot / squash])
        grid = F.affine_grid(theta[None].to(alpha.device), [1, 1, SIZE, SIZE], align_corners=False)
    thrown = F.grid_sample(alpha[None], grid, align_corners=False)[0]
    soft = blurred(thrown, float(np.exp(rng.uniform(np.log(0.5), np.log(7)))))
    near = blurred(alpha, float(rng.uniform(2, 8))) * 0.5
    return (soft * float(rng.uniform(0, 0.7)) + near * float(rng.uniform(0, 0.5))).clamp(0, 0.8)


def sketched(rgb: torch.Tensor, alpha: torch.Tensor, back: torch.Tensor) -> torch.Tensor:
    """Outlines and inner edges in ink over the colour of the paper."""
    grey = torch.cat((rgb.mean(0, keepdim=True) * alpha, alpha))
    dx = (grey[:, :, 1:] - grey[:, :, :-1]).abs().amax(0)
    dy = (grey[:, 1:] - grey[:, :-1]).abs().amax(0)
    edge = torch.zeros_like(alpha[0])
    edge[:, 1:] += dx
    edge[1:] += dy
    ink = (edge * 4).clamp(0, 1)
    return back.mean((1, 2), keepdim=True) * (1 - ink) + 0.12 * ink


def damaged(picture: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Blur, noise and the blocks of JPEG."""
    if rng.random() < 0.3:
        picture = blurred(picture, float(rng.uniform(0.2, 0.9)))
    if rng.random() < 0.6:
        noise = torch.from_numpy(rng.standard_normal(picture.shape)).float().to(picture.device)
        picture = picture + noise * float(rng.uniform(0, 0.03))
    if rng.random() < 0.3:
        blocks = F.unfold(picture[None].permute(1, 0, 2, 3), 8, stride=8)
        basis = _cosines(picture.device)
        waves = torch.einsum("ij,njl->nil", basis, blocks)
        step = float(rng.uniform(0.01, 0.08)) * (1 + torch.arange(64, device=picture.device) / 16)[None, :, None]
        blocks = torch.einsum("ji,njl->nil", basis, (waves / step).round() * step)
        picture = F.fold(blocks, (SIZE, SIZE), 8, stride=8).permute(1, 0, 2, 3)[0]
    return picture.clamp(0, 1)


def _cosines(device) -> torch.Tensor:
    """The orthonormal discrete cosine transform of 8 × 8 blocks, (64, 64)."""
    k, i = torch.arange(8.0, device=device)[:, None], torch.arange(8.0, device=device)[None]
    one = torch.cos(torch.pi * k * (2 * i + 1) / 16) * torch.where(k == 0, 8**-0.5, 0.5)
    return torch.einsum("ab,cd->acbd", one, one).reshape(64, 64)


def blurred(plane: torch.Tensor, sigma: float) -> torch.Tensor:
    reach = max(1, int(3 * sigma))
    u = torch.arange(-reach, reach + 1, device=plane.device).float()
    kernel = torch.exp(-0.5 * (u / sigma) ** 2)
    kernel = (kernel / kernel.sum())[None, None, None]
    x = F.pad(plane[:, None], (reach, reach, reach, reach), mode="replicate")
    return F.conv2d(F.conv2d(x, kernel), kernel.transpose(2, 3))[:, 0]
