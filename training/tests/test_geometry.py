import numpy as np
import pytest
import torch

from training.geometry.cameras import LABELS, camera_axes, canonical_cameras, projections
from training.geometry.compare import align, distances, resampled, sample_mesh, volume_iou
from training.geometry.floors import balloon, extrusion, hull
from training.geometry.sample_surface import sample_surface
from training.geometry.solidify import solidify, surface_colors
from training.geometry.surface_nets import surface_nets
from training.objects.mesh import components, merge, turn_y

from .shapes import BLUE, GREEN, ball, open_house, sheet, signpost, triangles


def test_camera_axes_are_those_of_the_engine():
    axes = camera_axes(canonical_cameras(128))
    right, up, towards = (dict(zip(LABELS, axes[:, k].tolist())) for k in range(3))
    assert towards == {
        "front": [0, 0, 1], "right": [-1, 0, 0], "back": [0, 0, -1], "left": [1, 0, 0], "top": [0, 1, 0], "bottom": [0, -1, 0],
    }
    assert right["left"] == [0, 0, -1] and right["front"] == [1, 0, 0] and right["top"] == [1, 0, 0]
    assert up["top"] == [0, 0, -1] and up["bottom"] == [0, 0, 1]


def test_projection_equals_the_pinhole_formula():
    camera = torch.tensor([37.0, 21.0, 0.0, 0.45, 93.0, 60.0, 71.0])
    axes = camera_axes(camera).double()
    point = torch.tensor([0.2, -0.3, 0.1, 1.0])
    across, above, depth = (axes @ point[:3].double()).tolist()
    w = 1 - 0.45 * depth
    px, py = 60 + 93 * across / w, 71 - 93 * above / w
    u, v, seen_w, seen_depth = (projections(camera, 128) @ point).tolist()
    assert u / seen_w == pytest.approx(2 * px / 128 - 1, abs=1e-5)
    assert v / seen_w == pytest.approx(2 * py / 128 - 1, abs=1e-5)
    assert seen_depth == pytest.approx(depth, abs=1e-6)


def test_surface_samples_leave_no_gap():
    rng = np.random.default_rng(1)
    corners = torch.from_numpy(rng.uniform(-0.5, 0.5, (40, 3, 3))).float()
    corners[0, 2] = corners[0, 1] + 1e-4  # a needle
    points = sample_surface(corners, torch.arange(40), 0.02)
    for k in range(40):
        mine = points.xyz[:, points.face == k].T
        weights = torch.from_numpy(rng.dirichlet((1, 1, 1), 200)).float()
        nearest = torch.cdist(weights @ corners[k], mine).amin(1)
        assert nearest.max() < 0.02
    assert (points.item == points.face).all()


def test_solid_of_a_ball_has_its_volume():
    corners, item = triangles(ball(0.4))
    solid, outside = solidify(sample_surface(corners, item, 0.7 / 256), 1)
    volume = torch.linalg.det(corners).sum().item() / 6
    assert solid.mean().item() == pytest.approx(volume, rel=0.01)
    assert outside.float().mean().item() == pytest.approx(1 - solid.mean().item(), rel=0.05)


def test_open_bottom_is_closed_by_the_floor_and_sheets_survive():
    corners, item = triangles(open_house(), sheet())
    solid, _ = solidify(sample_surface(corners, item, 0.7 / 256), 2)
    assert solid[0].mean().item() == pytest.approx(0.8**3, rel=0.05)
    assert solid[0, 32, 32, 32] == 1
    leaf = solid[1] > 0.5
    assert leaf[:, 32, 32].sum() == 1 and leaf.any(0).float().mean().item() == pytest.approx(0.64, rel=0.05)


def test_surface_colors_lie_where_the_parts_are():
    mesh = signpost()
    corners, item = triangles(mesh)
    points = sample_surface(corners, item, 0.7 / 256)
    _, outside = solidify(points, 1)
    volume = surface_colors(points, torch.from_numpy(mesh.colors).float() / 255, outside, 32)[0]
    arm, foot = volume[16, int((0.4 + 0.5) * 32), 31], volume[int(0.88 * 32), int(0.1 * 32), 16]
    assert arm[3] == 1 and torch.allclose(arm[:3] * 255, torch.tensor(GREEN).float(), atol=1)
    assert foot[3] == 1 and torch.allclose(foot[:3] * 255, torch.tensor(BLUE).float(), atol=1)
    assert volume[16, 16, 16, 3] == 0  # inside the post


def test_surface_nets_are_closed_outward_and_where_the_ball_is():
    u = (np.arange(40) + 0.5) / 40 - 0.5
    z, y, x = np.meshgrid(u, u, u, indexing="ij")
    vertices, faces = surface_nets((0.3 - np.sqrt((x - 0.1) ** 2 + y**2 + z**2)).astype(np.float32))
    edges = np.concatenate([faces[:, (a, b)] for a, b in ((0, 1), (1, 2), (2, 0))])
    assert sorted(map(tuple, edges)) == sorted(map(tuple, edges[:, ::-1]))
    a, b, c = vertices[faces].transpose(1, 0, 2)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert volume == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=0.02)
    assert np.linalg.norm(vertices - (0.1, 0, 0), axis=1) == pytest.approx(0.3, abs=0.01)


def test_hull_of_a_box_from_three_sides_is_the_box():
    cover = torch.zeros(3, 128, 128)
    cover[:, 32:96, 32:96] = 1
    field = hull(cover, projections(canonical_cameras(128)[[0, 1, 4]], 128))
    inside = np.zeros((64, 64, 64), bool)
    inside[16:48, 16:48, 16:48] = True
    assert ((field > 0) == inside).all()


def test_floors_follow_the_silhouette():
    y, x = torch.meshgrid(torch.arange(128) - 63.5, torch.arange(128) - 63.5, indexing="ij")
    disc = (x**2 + y**2 < 40**2).float()
    inflated = balloon(disc, 1.0) > 0
    assert inflated.mean() == pytest.approx(4 / 3 * np.pi * (40 / 128) ** 3, rel=0.08)
    drawn = extrusion(disc, 1.0, share=0.5) > 0
    assert drawn.mean() == pytest.approx(np.pi * (40 / 128) ** 2 * (40 / 128), rel=0.08)


def test_alignment_finds_turn_scale_and_place():
    rng = np.random.default_rng(0)
    mesh = signpost()
    truth = sample_mesh(mesh.vertices, mesh.faces, 8000, rng)
    moved = truth @ turn_y(117).T * 0.7 + (0.1, -0.05, 0.2)
    matrix, offset = align(moved, truth, rng)
    figures = distances(moved @ matrix.T + offset, truth)
    assert figures["f005"] > 0.99 and figures["cd"] < 0.03
    assert figures["f020"] == 1


def test_resampling_moves_the_field_with_the_points():
    field = -np.ones((32, 32, 32), np.float32)
    field[10:20, 4:12, 6:10] = 1
    moved = resampled(field, turn_y(90), np.zeros(3))
    # +Z goes to +X under a quarter turn: z cells become x cells, x cells become 31 - z.
    expected = -np.ones_like(field)
    expected[32 - 10 : 32 - 6, 4:12, 10:20] = 1
    assert volume_iou(moved > 0, expected > 0) > 0.99


def test_components_are_counted_by_shared_vertices():
    mesh = merge([signpost(), ball()])
    assert components(mesh.faces, len(mesh.vertices)).max() == 3
