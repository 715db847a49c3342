import numpy as np
import pytest
import torch

from training.geometry.cameras import canonical_cameras, projections
from training.geometry.floors import hull
from training.networks.pose import OUTPUTS, PoseNetwork
from training.networks.prior import Form, build
from training.pictures.augment import Samples
from training.pictures.render import SIZE
from training.steps.checkpoints import load_checkpoint, save_checkpoint
from training.steps.train import train_step

SMALL = {
    "lift2d": Form("lift2d", 4, 8, (16, 16, 16, 16), (1, 1, 1, 1)),
    "lift3d": Form("lift3d", 4, 8, (4, 8, 8, 8), (1, 1, 1, 1)),
    "hull2d": Form("hull2d", 4, 8, (16, 16, 16, 16), (1, 1, 1, 1)),
}


def inputs(views=(0, 1, 4)):
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    pictures = []
    for k in range(len(views)):
        cover = (((x - 60 - 4 * k) / 40.0) ** 2 + ((y - 64) / 30.0) ** 2 < 1).float()
        pictures.append(torch.stack((cover * 0.2 * k, cover * x / 128, cover * 0.5, cover)))
    return torch.stack(pictures)[None], projections(canonical_cameras(SIZE)[list(views)], SIZE)[None]


@pytest.mark.parametrize("kind", SMALL)
def test_an_untrained_network_is_the_hull(kind):
    pictures, cameras = inputs()
    field, colors = build(SMALL[kind]).eval()(pictures, cameras)
    expected = hull(pictures[0, :, 3], cameras[0])
    assert field.shape == (1, 64, 64, 64) and colors.shape == (1, 3, 32, 32, 32)
    assert ((field[0] > 0).numpy() == (expected > 0)).mean() > 0.9999


@pytest.mark.parametrize("kind", ["lift2d", "lift3d"])
def test_the_order_of_the_pictures_does_not_matter(kind):
    torch.manual_seed(0)
    network = build(SMALL[kind]).eval()
    for p in network.parameters():
        torch.nn.init.normal_(p, 0, 0.05)
    pictures, cameras = inputs()
    first, _ = network(pictures, cameras)
    again, _ = network(pictures[:, [2, 0, 1]], cameras[:, [2, 0, 1]])
    assert torch.allclose(first, again, atol=1e-4)


@pytest.mark.parametrize("kind", SMALL)
def test_a_few_steps_learn_one_sample(kind):
    torch.manual_seed(0)
    pictures, cameras = inputs((0,))
    z, y, x = np.meshgrid(*[(np.arange(64) + 0.5) / 64 - 0.5] * 3, indexing="ij")
    truth = torch.from_numpy((x**2 + y**2 + z**2 < 0.09).astype(np.float32))[None]
    colors = torch.ones(1, 4, 32, 32, 32) * 0.3
    colors[:, 3] = 1
    network = build(SMALL[kind])
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    batch = Samples(pictures, cameras, truth, colors)
    losses = [float(train_step(network, optimizer, batch)[0].detach()) for _ in range(25)]
    assert losses[-1] < 0.6 * losses[0]


def test_pose_network_answers_for_every_picture():
    pictures, _ = inputs()
    out = PoseNetwork(4)(pictures[0], torch.tensor([0.5, 0.7, 0.9]))
    assert out.shape == (3, OUTPUTS) and torch.isfinite(out).all()


def test_a_checkpoint_survives_being_cut_into_shards(tmp_path, monkeypatch):
    monkeypatch.setattr("training.steps.checkpoints.SHARD", 50_000)
    network = build(SMALL["lift2d"])
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    pictures, cameras = inputs((0,))
    train_step(network, optimizer, Samples(pictures, cameras, torch.zeros(1, 64, 64, 64), torch.ones(1, 4, 32, 32, 32)))
    for round_number in range(2):
        save_checkpoint(tmp_path, network, network, optimizer, network.form, {"samples": round_number})
    assert len(list((tmp_path / "checkpoint").glob("*.part"))) > 3
    state = load_checkpoint(tmp_path)
    assert state["done"] == {"samples": 1}
    again = build(Form(**state["form"]))
    again.load_state_dict(state["network"])
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), network.parameters()))
    assert load_checkpoint(tmp_path / "nothing") is None
