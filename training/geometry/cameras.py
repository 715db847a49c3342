"""Cameras and frames, the same as in packages/engine/src/frames.ts.

Frame: right-handed, +Y up, front = +Z; azimuth 0 on +Z, 90 on +X. Volumes lie on the cube [-0.5, 0.5]³ as
`volume[z, y, x]` (flat: (z·N + y)·N + x), sampled at cell centres. Pixels are continuous, y down, the centre of
pixel (column i, row j) at (i + 0.5, j + 0.5).

A camera is a row of seven numbers: azimuth°, elevation°, roll°, perspective (1 / distance, per cube unit; 0 is
orthographic), scale (pixels per cube unit at the depth of the origin), centre x, centre y (pixel of the origin).
Roll is always 0 in the engine; here it lets training tilt a picture a little.
"""

import torch

AZIMUTH, ELEVATION, ROLL, PERSPECTIVE, SCALE, CENTER_X, CENTER_Y = range(7)

LABELS = ("front", "right", "back", "left", "top", "bottom")
LABEL_AZIMUTHS = (0.0, 270.0, 180.0, 90.0, 0.0, 0.0)
LABEL_ELEVATIONS = (0.0, 0.0, 0.0, 0.0, 90.0, -90.0)


def camera_axes(cameras: torch.Tensor) -> torch.Tensor:
    """Picture right, picture up and towards-the-camera axes: (…, 7) -> (…, 3, 3), one axis a row."""
    turn = torch.deg2rad(cameras[..., :3].double())
    ca, ce, cr = (_exact(v) for v in turn.cos().unbind(-1))
    sa, se, sr = (_exact(v) for v in turn.sin().unbind(-1))
    zero = torch.zeros_like(ca)
    right = torch.stack((ca, zero, -sa), -1)
    up = torch.stack((-sa * se, ce, -ca * se), -1)
    towards = torch.stack((sa * ce, se, ca * ce), -1)
    cr, sr = cr[..., None], sr[..., None]
    return torch.stack((cr * right + sr * up, cr * up - sr * right, towards), -2).float()


def _exact(v: torch.Tensor) -> torch.Tensor:
    # cos(90°) is 6e-17: canonical views must be exactly axis-aligned, as in the engine.
    r = v.round()
    return torch.where((v - r).abs() < 1e-12, r, v)


def projections(cameras: torch.Tensor, size: int) -> torch.Tensor:
    """The network's camera input: (…, 7) -> (…, 4, 4), rows u, v, w, depth over (x, y, z, 1).

    A point is seen at (u / w, v / w), where -1 and 1 are the edges of a picture of `size`² pixels, u to the right,
    v down; depth is along the viewing axis, larger is nearer, in cube units.
    """
    axes = camera_axes(cameras)
    scale = cameras[..., SCALE, None] * (2.0 / size)
    offset = cameras[..., CENTER_X : CENTER_Y + 1] * (2.0 / size) - 1.0
    w = torch.cat((-cameras[..., PERSPECTIVE, None] * axes[..., 2, :], torch.ones_like(scale)), -1)
    zero = torch.zeros_like(scale)
    u = torch.cat((axes[..., 0, :] * scale, zero), -1) + offset[..., :1] * w
    v = torch.cat((axes[..., 1, :] * -scale, zero), -1) + offset[..., 1:] * w
    depth = torch.cat((axes[..., 2, :], zero), -1)
    return torch.stack((u, v, w, depth), -2)


def canonical_cameras(size: int) -> torch.Tensor:
    """The six labelled orthographic cameras whose pictures show exactly the cube's face: (6, 7)."""
    rows = [
        (azimuth, elevation, 0.0, 0.0, size, size / 2, size / 2)
        for azimuth, elevation in zip(LABEL_AZIMUTHS, LABEL_ELEVATIONS)
    ]
    return torch.tensor(rows, dtype=torch.float32)
