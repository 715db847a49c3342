"""The commands as a newcomer runs them, on a pack of three small objects."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .shapes import ball, open_house, signpost, write_packs

ROOT = Path(__file__).parents[2]


def step(*arguments) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "training", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    data, work = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("work")
    # Names whose hashes put most of them into training and "v2" into validation.
    meshes = {f"post{k}": signpost() for k in range(3)} | {f"v{k}": ball() for k in range(8)} | {"house": open_house()}
    write_packs(data, meshes)
    step("prepare", "--data", data, "--work", work, "--left-out", "test/other")
    step("render", "--work", work, "--capacity", 8, "--threads", 2)
    return work


SMALL = ("--widths", 16, 16, 16, 16, "--features", 4, "--encoder", 8, "--batch", 4)


def test_from_packs_to_weights_that_onnx_runtime_runs(work, tmp_path):
    step("train", "--work", work, "--minutes", 5, "--samples", 16, *SMALL)
    step("train-pose", "--work", work, "--minutes", 0.02, "--width", 8, "--batch", 4)
    out = step("evaluate", "--work", work, "--limit", 1, "--cases", "S1,M2", "--sets", "left-out")
    assert "| left-out | M2 | prior |" in out and "| left-out | S1 | balloon |" in out
    step("export", "--work", work, "--out", tmp_path)
    sidecar = json.loads((tmp_path / "prior.json").read_text())
    assert sidecar["shape"]["inputs"]["pictures"] == ["views", 4, 128, 128]
    vector = json.loads((tmp_path / "prior.vector.json").read_text())
    assert [c["name"] for c in vector["cases"]] == ["front and right", "photo"]
    assert "| left-out | M2 |" in (tmp_path / "README.md").read_text()


def test_training_goes_on_where_it_stopped(work):
    first = step("train", "--work", work, "--run", "twice", "--minutes", 5, "--samples", 8, *SMALL)
    second = step("train", "--work", work, "--run", "twice", "--minutes", 5, "--samples", 8, *SMALL)
    assert "8 samples" in first and "16 samples" in second
    lines = (work / "runs" / "twice" / "curve.csv").read_text().splitlines()
    assert lines[0].startswith("minutes,") and len(lines) >= 3


def test_a_step_that_lacks_its_input_says_which_command_makes_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "training", "render", "--work", str(tmp_path), "--count", "1"],
        cwd=ROOT, capture_output=True, text=True,
    )
    assert done.returncode != 0 and "python3 -m training prepare" in done.stderr
