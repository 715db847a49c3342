"""Runs the commands as a newcomer does, on a pack of a few small objects."""

import subprocess
import sys
from pathlib import Path

from .shapes import ball, open_house, signpost, write_packs

ROOT = Path(__file__).parents[2]
SMALL = ("--widths", 16, 16, 16, 16, "--features", 4, "--encoder", 8, "--batch", 4)


def step(*arguments) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "training", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def small_work(folder: Path) -> Path:
    """A work folder with prepared objects and a pool."""
    data, work = folder / "data", folder / "work"
    data.mkdir()
    # Names whose hashes put most of them into training and "v2" into validation.
    meshes = {f"post{k}": signpost() for k in range(3)} | {f"v{k}": ball() for k in range(8)} | {"house": open_house()}
    write_packs(data, meshes)
    step("prepare", "--data", data, "--work", work, "--left-out", "test/other")
    step("render", "--work", work, "--capacity", 8, "--threads", 2)
    return work


def train_and_evaluate(work: Path) -> str:
    step("train", "--work", work, "--minutes", 5, "--samples", 16, *SMALL)
    step("train-pose", "--work", work, "--minutes", 0.02, "--width", 8, "--batch", 4)
    return step("evaluate", "--work", work, "--limit", 1, "--cases", "S1,M2", "--sets", "left-out")
