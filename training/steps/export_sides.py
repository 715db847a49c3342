"""`export-sides`: the averaged sides network -> ONNX with half-precision storage, sidecar and card.

Needs `onnx` and `onnxruntime` besides PyTorch (requirements.txt).
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from ..networks.exported import open_session
from ..networks.sides import SECTORS, SidesNetwork
from ..objects.packs import LEFT_OUT
from ..pictures.render import SIZE
from ..pictures.sides import SIDE_SIZE
from .checkpoints import load_checkpoint
from .export import _sparse, _write
from .train_sides import ALL

# Largest difference to PyTorch that half-precision storage may make, in log-odds.
TOLERANCE = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="sides")
    parser.add_argument("--out", type=Path, default=Path("packages/engine/models"))


def run(options: argparse.Namespace) -> None:
    folder = options.work / "runs" / options.run
    state = load_checkpoint(folder)
    if state is None:
        raise SystemExit(f"{folder} holds no checkpoint: run `python3 -m training train-sides` first")
    network = SidesNetwork(state["form"]["width"]).eval()
    network.load_state_dict(state["average"])
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "sides.onnx"
    pictures = torch.rand(4, 4, SIDE_SIZE, SIDE_SIZE, generator=torch.Generator().manual_seed(1))
    namings = torch.tensor(ALL + [(0, 4, 1, 4)])
    _write(
        network, (pictures, namings), path,
        ["pictures", "namings"], ["scores", "directions"],
        {"pictures": {0: "pictures"}, "namings": {0: "namings"}},
    )
    session = open_session(path, 2)
    difference = 0.0
    # Two pictures as well: the place without a picture is the number of pictures.
    for count, asked in ((4, namings), (2, torch.tensor([(0, 2, 1, 2), (1, 2, 0, 2)]))):
        with torch.no_grad():
            expected = network(pictures[:count], asked)
        told = session.run(None, {"pictures": pictures[:count].numpy(), "namings": asked.numpy()})
        difference = max(difference, *(float(np.abs(a - b.numpy()).max()) for a, b in zip(told, expected)))
    if difference > TOLERANCE:
        raise SystemExit(f"the exported network differs from PyTorch by {difference}")
    sidecar = {
        "format": 1,
        "version": f"sides-{state['done']['samples']}",
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "pictureSize": SIDE_SIZE,
        "framed": round(SIDE_SIZE * 112 / SIZE),
    }
    (options.out / "sides.json").write_text(json.dumps(sidecar, indent=2) + "\n")
    curve = _sparse((folder / "curve.csv").read_text().splitlines())
    (options.out / "sides.md").write_text(
        f"""# The network that names sides, version {sidecar["version"]}

`sides.onnx` says how well ways to name pictures of one object fit, and from where each was taken: `pictures` n × 4 × 64 × 64
(sRGB 0–1 multiplied by coverage, and coverage), each framed by its silhouette (longer side {sidecar["framed"]} pixels), and `namings`
k × 4, the numbers of the pictures that show front, right, back and left (n where none does) -> `scores`, k log-odds, and
`directions`, n × {1 + SECTORS}: elevation in degrees, then log-odds of {SECTORS} sectors of the azimuth, centred at multiples of {360 // SECTORS}°. The
engine weighs scores with what outlines and edges say (`pose/name-views.ts`), and turns single pictures' assets to the front
when the sector is sure (`pose/guess-front.ts`).

- **Network**: a reader of width {network.width} and a judge of four readings, {sum(p.numel() for p in network.parameters()) / 1e6:.1f} M parameters, stored in half precision.
- **Trained on**: CC0 1.0 game assets (Quaternius, KayKit, Kenney, The Base Mesh) seen from their sides, varied. No object
  of the validation split, nor of these packs: {", ".join(LEFT_OUT)}.
- **Training**: {state["done"]["samples"]:,} sets in {state["done"]["minutes"]:.0f} minutes on a shared CPU core
  (`python3 -m training render-sides`, `train-sides`, `export-sides`).
- **Licence of the weights**: Apache-2.0, as the rest of the repository.
- **Known limits**: what has no front of its own (crates, rocks, food) has the front that its author happened to choose.
- **Measured**: `npm run bench:understand` (docs/understanding.md); differs from PyTorch by {difference:.4f} log-odds at most.

## Curve (held-out objects as they are; looks that several sides share count as wrong)

{curve}
"""
    )
    print(json.dumps({"size": f"{path.stat().st_size / 1e6:.1f} MB", "difference": difference}))
