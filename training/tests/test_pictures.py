import numpy as np
import pytest
import torch

from training.geometry.cameras import LABELS, SCALE, canonical_cameras
from training.geometry.floors import hull
from training.networks.lift import centres, lift
from training.objects.mesh import turn_y
from training.pictures.augment import Damage, samples
from training.pictures.instances import FIELDS, FRAMED, framed_camera, picture_and_solidify, soft_look
from training.pictures.pool import DiskPool
from training.pictures.render import SIZE
from training.steps.train_pose import framed, pose_batch

from .shapes import BLUE, GREEN, ball, signpost

CPU = torch.device("cpu")


def colored(picture: torch.Tensor, color) -> np.ndarray:
    """Rows and columns of the pixels that are mostly of this colour."""
    channel = int(np.argmax(color))
    rgb = picture[..., :3].float()
    others = [k for k in range(3) if k != channel]
    mask = (picture[..., 3] > 128) & (rgb[..., channel] > 2 * rgb[..., others].amax(-1))
    return np.argwhere(mask.numpy())


def labelled(mesh):
    return picture_and_solidify([mesh], canonical_cameras(SIZE)[None], soft_look(1, 6), CPU)


def test_labelled_pictures_show_the_sides_that_the_engine_means():
    pictures = dict(zip(LABELS, labelled(signpost().normalised())["pictures"][0]))
    column = lambda label, color: colored(pictures[label], color)[:, 1].mean() - SIZE / 2
    row = lambda label, color: colored(pictures[label], color)[:, 0].mean() - SIZE / 2
    assert column("front", GREEN) > 10 and column("back", GREEN) < -10
    assert column("left", BLUE) < -5  # seen from its own left, what is in front lies at the picture's left
    assert column("right", BLUE) > 5
    assert row("front", GREEN) < -30 and row("front", BLUE) > 30
    assert row("top", BLUE) > 10 and row("bottom", BLUE) < -10


def test_a_ball_covers_what_it_should_and_is_lit_from_above():
    picture = labelled(ball(0.4))["pictures"][0, 0].float()
    assert picture[..., 3].mean().item() / 255 == pytest.approx(np.pi * 0.4**2, rel=0.03)
    green = picture[..., 1]
    assert green[30:50, 54:74].mean() > green[80:100, 54:74].mean() + 20


def test_a_framed_camera_centres_the_silhouette():
    mesh = signpost().normalised()
    row, side = framed_camera(mesh.vertices, 40.0, 25.0, 0.5)
    camera = torch.tensor(row, dtype=torch.float32)
    picture = picture_and_solidify([mesh], camera[None, None], soft_look(1, 1), CPU)["pictures"][0, 0]
    seen = np.argwhere((picture[..., 3] > 100).numpy())
    assert np.ptp(seen, axis=0).max() + 1 == pytest.approx(FRAMED, abs=2)
    assert (seen.min(0) + seen.max(0) + 1) / 2 == pytest.approx([SIZE / 2] * 2, abs=1)
    assert camera[SCALE] == pytest.approx(FRAMED / side)


def fake_pool(folder, mesh, yaw=0.0, copies=4):
    """A pool of one mesh as instances.Maker would show it, without any variation."""
    turned = mesh.transformed(turn_y(yaw)).normalised(0.9)
    rows = [framed_camera(turned.vertices, a, e, p)[0] for a, e, p in ((0, 25, 0.5), (0, 5, 0.2), (0, 33, 0.6), (70, 15, 0.4))]
    cameras = torch.cat((canonical_cameras(SIZE), torch.tensor(rows, dtype=torch.float32)))[None]
    made = picture_and_solidify([turned], cameras, soft_look(1, 10), CPU)
    made["facts"] = torch.tensor([[yaw, 0.9, 0, 1]])
    made["fills"] = torch.full((1, 10), 0.7)
    pool = DiskPool(folder, copies)
    for _ in range(copies):
        pool.put(made)
    return pool


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_undamaged_samples_agree_with_their_cameras(tmp_path, count):
    """Whatever is turned, mirrored, shifted: the truth lies in the hull of the pictures, and its colours with it."""
    pool = fake_pool(tmp_path / "pool", signpost())
    rng = np.random.default_rng(count)
    for _ in range(5):
        batch = samples(pool, np.arange(4), count, rng, CPU, Damage(0, 0, 0))
        for k in range(4):
            truth = batch.occupancy[k].numpy() > 0.5
            space = hull(batch.pictures[k, :, 3], batch.cameras[k]) > -0.6
            assert truth.sum() > 500
            assert (truth & space).sum() / truth.sum() > 0.98
            base_only = hull(batch.pictures[k, :1, 3], batch.cameras[k, :1]) > 0
            seen = truth.any(0) if count > 1 else None
            if seen is not None and abs(batch.cameras[k, 0, 3, 2]) == 1 and batch.cameras[k, 0, 2, 2] == 0:
                assert (base_only.any(0) ^ seen).mean() < 0.02


def test_colours_move_with_the_volume(tmp_path):
    pool = fake_pool(tmp_path / "pool", signpost())
    rng = np.random.default_rng(0)
    for _ in range(8):
        batch = samples(pool, np.arange(4), 1, rng, CPU, Damage(0, 0, 0))
        for k in range(4):
            tint = lift(batch.pictures[k], batch.cameras[k], centres(32))
            known = batch.colors[k, 3].reshape(-1) > 0
            covered = known & (tint[0, 3] > 0.9)
            assert covered.sum() / known.sum() > 0.25
            hue = lambda c: c.argmax(0)
            # Most visible cells have the hue of the pixel that shows them; hidden ones need not.
            same = (hue(tint[0, :3])[covered] == hue(batch.colors[k, :3].reshape(3, -1))[covered]).float().mean()
            assert same > 0.6


def test_damage_changes_cameras_and_mattes_but_not_the_truth(tmp_path):
    pool = fake_pool(tmp_path / "pool", signpost())
    clean = samples(pool, np.arange(4), 2, np.random.default_rng(3), CPU, Damage(0, 0, 0))
    bad = samples(pool, np.arange(4), 2, np.random.default_rng(3), CPU, Damage(1, 1, 1))
    assert torch.equal(clean.occupancy, bad.occupancy)
    assert not torch.equal(clean.cameras, bad.cameras)
    assert (clean.pictures[:, :, 3] - bad.pictures[:, :, 3]).abs().mean() < 0.05
    assert bad.pictures.min() >= 0 and bad.pictures.max() <= 1


def test_the_pool_starts_over_when_it_is_full(tmp_path):
    pool = DiskPool(tmp_path / "pool", 3)
    for k in range(5):
        pool.put({n: torch.full((1, *shape), k, dtype=torch.float32) for n, (shape, _) in FIELDS.items()})
    assert (pool.written, pool.count) == (5, 3)
    again = DiskPool(tmp_path / "pool")
    assert again.take(np.arange(3), ("facts",))["facts"][:, 0].tolist() == [3, 4, 2]


def test_framing_centres_any_silhouette():
    pictures = torch.zeros(2, 4, 128, 128)
    pictures[0, 3, 10:30, 50:58] = 1
    pictures[1, 3, 100:110, 0:100] = 1
    out, side = framed(pictures)
    assert side.tolist() == [20, 100]
    for k in range(2):
        seen = np.argwhere((out[k, 3] > 0.5).numpy())
        assert np.ptp(seen, axis=0).max() + 1 == pytest.approx(FRAMED, abs=1)
        assert (seen.min(0) + seen.max(0) + 1) / 2 == pytest.approx([64, 64], abs=1)


def test_pose_targets_name_the_side_that_is_shown(tmp_path):
    pool = fake_pool(tmp_path / "pool", signpost(), yaw=90.0)
    rng = np.random.default_rng(0)
    for _ in range(10):
        batch = pose_batch(pool, np.arange(4), rng, CPU)
        sides = batch["label"] < 4
        names = [LABELS[k] for k in batch["label"][sides]]
        for name, azimuth in zip(names, batch["azimuth"][sides].tolist()):
            assert azimuth == {"front": 0, "left": 90, "back": 180, "right": 270}[name]
        assert ((batch["extent"].exp() > 0.2) & (batch["extent"].exp() < 1.8)).all()
        assert (batch["pictures"][:, 3].flatten(1).amax(1) > 0.9).all()
