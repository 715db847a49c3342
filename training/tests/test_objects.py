import hashlib

import numpy as np
import pytest

from training.objects.packs import decode, split_of
from training.objects.procedural import RECIPES

from .shapes import encode, signpost


def test_a_pack_block_decodes_to_the_mesh_that_was_encoded():
    mesh = signpost()
    grid, faces, colors = decode(encode(mesh))
    assert grid.max() == 4095 and (grid.min(0) == 0).all()
    centred = (grid - grid.max(0) / 2) / 4095
    wanted = mesh.normalised()
    assert np.abs(centred[faces] - wanted.vertices[wanted.faces]).max() < 1 / 4000
    assert (colors == mesh.colors).all()


def test_the_split_follows_the_rule_and_whole_packs_stay_out():
    for name in ("chair", "tree_A", "tree_B", "häuser"):
        first = hashlib.md5(f"a/b/{name}".encode()).digest()[0]
        assert split_of("a/b", name, ()) == ("validation" if first < 26 else "training")
        assert split_of("a/b", name, ("a/b",)) == "left-out"


@pytest.mark.parametrize("recipe", [r for r, _ in RECIPES], ids=lambda r: r.__name__)
def test_every_procedural_recipe_makes_sound_meshes(recipe):
    for seed in range(8):
        mesh = recipe(np.random.default_rng(seed)).normalised()
        assert np.isfinite(mesh.vertices).all()
        assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)
        assert len(mesh.colors) == len(mesh.faces)
        assert np.ptp(mesh.vertices, axis=0).max() == pytest.approx(1, abs=1e-4)
        assert np.sort(np.ptp(mesh.vertices, axis=0))[1] > 0.01
