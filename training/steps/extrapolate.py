"""`extrapolate`: what a curve says of more training: two fits of IoU against samples, and how well they have foretold it.

- line: IoU = a + b · log(samples), which never ends;
- level: IoU = c - a · samples^-k, which approaches c.
Between the two lies what to expect. Behind each stands by how much the same fit, made of the points up to a fifth of the
samples, missed the last point.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

CASES = ("S1", "M2", "M2rough", "M6")
EXPONENTS = np.geomspace(0.05, 3, 60)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("curve", type=Path, nargs="?", default=Path("training/curves/prior.csv"))
    parser.add_argument("--times", type=float, default=10, help="how much more training")
    parser.add_argument("--start", type=float, default=0, help="only points after this many samples")


def run(options: argparse.Namespace) -> None:
    with options.curve.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if float(row["samples"]) >= options.start]
    print(f"| set | case | {_last(rows):,.0f} samples | line, {options.times:g} times | level, {options.times:g} times "
          "| gain | of the error left |")
    print("| --- " * 7 + "|")
    for split in sorted({row["set"] for row in rows}):
        mine = [row for row in rows if row["set"] == split]
        samples = np.array([float(row["samples"]) for row in mine])
        for case in CASES:
            values = np.array([float(row[case]) for row in mine])
            print(_line(split, case, samples, values, options.times))


def _last(rows: list[dict]) -> float:
    return max(float(row["samples"]) for row in rows)


def _line(split: str, case: str, samples: np.ndarray, values: np.ndarray, times: float) -> str:
    order = np.argsort(samples)
    samples, values = samples[order], values[order]
    early = samples <= samples[-1] / 5
    cells, reached = [], []
    for fit in (line, level):
        there = float(fit(samples, values)(times * samples[-1]))
        reached.append(there)
        missed = ""
        if early.sum() >= 4:
            missed = f" (foretold {fit(samples[early], values[early])(samples[-1]) - values[-1]:+.3f})"
        cells.append(f"{there:.3f}{missed}")
    now, best, least = values[-1], max(reached), min(reached)
    span = lambda low, high, form: form(low) if form(low) == form(high) else f"{form(low)} to {form(high)}"
    gain = span(least / now, best / now, lambda v: f"{100 * (v - 1):+.0f} %")
    left = span((1 - best) / (1 - now), (1 - least) / (1 - now), lambda v: f"{v:.2f}")
    return f"| {split} | {case} | {now:.3f} | {' | '.join(cells)} | {gain} | {left} |"


def line(samples: np.ndarray, values: np.ndarray):
    b, a = np.polyfit(np.log(samples), values, 1)
    return lambda n: a + b * np.log(n)


def level(samples: np.ndarray, values: np.ndarray):
    """Least squares over c and a for each exponent; the best of those that rise (or, if none does, the mean)."""
    best = None
    for k in EXPONENTS:
        terms = np.stack((np.ones_like(samples), -(samples**-k)), 1)
        (c, a), *_ = np.linalg.lstsq(terms, values, rcond=None)
        error = float(((terms @ (c, a) - values) ** 2).sum())
        if a > 0 and c <= 1 and (best is None or error < best[0]):
            best = (error, c, a, k)
    _, c, a, k = best or (0.0, float(values.mean()), 0.0, 1.0)
    return lambda n: c - a * n**-k
