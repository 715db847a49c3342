"""The commands as a newcomer runs them; export has a file of its own."""

import math
import subprocess
import sys

import pytest

from .steps import ROOT, SMALL, small_work, step, train_and_evaluate


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return small_work(tmp_path_factory.mktemp("steps"))


def test_from_packs_to_a_table_with_the_floors_beside(work):
    out = train_and_evaluate(work)
    assert "| left-out | M2 | prior |" in out and "| left-out | S1 | balloon |" in out


def test_runs_are_compared_with_clean_and_with_worse_pictures(work):
    step("train", "--work", work, "--run", "short", "--minutes", 5, "--samples", 4, *SMALL)
    lines = step("compare", "--work", work, "--runs", "short", "--objects", 1).splitlines()
    assert len(lines) == 2 + 4 * 2 and lines[0].startswith("| run | pictures | S1 | M2 |")
    clean = {line.split(" | ")[0]: line for line in lines[2:4]}
    assert " / " in clean["| hull"] and clean["| short"] != clean["| hull"]


def test_a_curve_is_extended_by_two_fits(tmp_path):
    """A line in the logarithm of the samples and a curve that levels off, each told apart from the other."""
    rows = ["samples,set,S1,M2,M2rough,M6"]
    for samples in (1000, 2000, 4000, 8000, 16000, 32000, 64000):
        line, level = 0.1 + 0.05 * math.log10(samples), 0.8 - 10 / samples
        rows.append(f"{samples},validation,{line},{level},{line},{level}")
    path = tmp_path / "curve.csv"
    path.write_text("\n".join(rows))
    table = {line.split(" | ")[1]: line.split(" | ") for line in step("extrapolate", path).splitlines()[2:]}
    assert table["S1"][3].startswith("0.390 ") and "(foretold +0.000)" in table["S1"][3]
    assert table["M2"][4].startswith("0.800 ")


def test_a_matte_network_of_a_few_steps_is_scored_by_family(work):
    out = step("train-matte", "--work", work, "--minutes", 0.03, "--width", 8, "--batch", 4)
    assert "'clutter'" in out and (work / "runs" / "matte" / "curve.csv").exists()


def test_a_sides_network_of_a_few_steps_names_the_sides_of_held_out_objects(work):
    assert "11 variations" in step("render-sides", "--work", work, "--looks", 1)
    # Rendered already: nothing is drawn twice.
    assert "11 variations" in step("render-sides", "--work", work, "--looks", 1)
    out = step("train-sides", "--work", work, "--minutes", 0.03, "--width", 8, "--batch", 4)
    assert "'set': 'validation'" in out and "'within30'" in out
    assert (work / "runs" / "sides" / "curve.csv").exists()


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
