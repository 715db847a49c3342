"""`python3 -m training <step>`: prepare, render, train, train-pose, train-matte, render-sides, train-sides, evaluate,
compare, extrapolate, export, export-matte, export-sides, sheet, slim (README.md)."""

import argparse
import importlib
import os
import sys
from pathlib import Path

# Threads that spin while they wait steal the cores from whatever else runs; read when PyTorch is first loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

STEPS = (
    "prepare", "render", "train", "train-pose", "train-matte", "render-sides", "train-sides", "evaluate", "compare", "extrapolate",
    "export", "export-matte", "export-sides", "sheet", "slim",
)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python3 -m training", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for name in STEPS:
        if arguments[:1] == [name] or name not in arguments[:1]:
            sub = steps.add_parser(name)
            sub.add_argument("--work", type=Path, default=Path(__file__).parent / "work", help="folder of results")
            if arguments[:1] == [name]:
                module = importlib.import_module(f".steps.{name.replace('-', '_')}", __package__)
                sub.description = module.__doc__
                module.add_arguments(sub)
                sub.set_defaults(perform=module.run)
    options = parser.parse_args(arguments)
    options.perform(options)


if __name__ == "__main__":
    main(sys.argv[1:])
