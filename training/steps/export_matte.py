"""`export-matte`: the averaged matte network -> ONNX with half-precision storage, sidecar and card.

Needs `onnx` and `onnxruntime` besides PyTorch (requirements.txt).
"""

import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import torch

from ..networks.exported import open_session
from ..networks.matte import MatteNetwork
from ..objects.packs import LEFT_OUT
from ..pictures.render import SIZE
from .checkpoints import load_checkpoint
from .export import _sparse, _write

# Largest difference to PyTorch that half-precision storage may make, in log-odds, on average over pixels.
TOLERANCE = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="matte")
    parser.add_argument("--out", type=Path, default=Path("packages/engine/models"))


def run(options: argparse.Namespace) -> None:
    folder = options.work / "runs" / options.run
    state = load_checkpoint(folder)
    if state is None:
        raise SystemExit(f"{folder} holds no checkpoint: run `python3 -m training train-matte` first")
    network = MatteNetwork(state["form"]["width"]).eval()
    network.load_state_dict(state["average"])
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "matte.onnx"
    picture = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    _write(network, (picture,), path, ["picture"], ["logits"], {})
    session = open_session(path, 2)
    with torch.no_grad():
        expected = network(picture).numpy()
    begun = time.monotonic()
    told = session.run(None, {"picture": picture.numpy()})[0]
    seconds = time.monotonic() - begun
    difference = float(np.abs(told - expected).mean())
    if difference > TOLERANCE:
        raise SystemExit(f"the exported network differs from PyTorch by {difference}")
    sidecar = {
        "format": 1,
        "version": f"matte-{state['done']['samples']}",
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "size": SIZE,
        "output": "logits",
        "again": True,
    }
    (options.out / "matte.json").write_text(json.dumps(sidecar, indent=2) + "\n")
    curve = _sparse(["set," + line if k == 0 else "all," + line for k, line in enumerate((folder / "curve.csv").read_text().splitlines())])
    (options.out / "matte.md").write_text(
        f"""# The learned matte, version {sidecar["version"]}

`matte.onnx` turns a picture of 128 × 128 pixels (sRGB 0–1, stretched to a square) into log-odds of the object's
coverage. The engine asks it where the picture's border does not tell the background (`segment/`), and brings its
answer to the edges of the full picture.

- **Network**: U-Net of width {network.width}, {sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters, stored in half precision.
- **Trained on**: composites of rendered CC0 1.0 game assets (Quaternius, KayKit, Kenney, The Base Mesh) and procedural
  objects over procedural backgrounds (`training/pictures/composites.py`). No object of the validation split, nor of
  these packs: {", ".join(LEFT_OUT)}. No photograph.
- **Training**: {state["done"]["samples"]:,} samples in {state["done"]["minutes"]:.0f} minutes on shared CPU cores
  (`python3 -m training train-matte`, `export-matte`).
- **Licence of the weights**: Apache-2.0, as the rest of the repository.
- **Known limits**: parts thinner than a hundredth of the picture; transparent things; people and pets in photographs.
- **Measured**: `npm run bench:understand` (docs/understanding.md); differs from PyTorch by {difference:.4f} log-odds on
  average; {seconds * 1000:.0f} ms a run on two threads.

## Curve (mean IoU at 128 pixels on held-out composites)

{curve}
"""
    )
    print(json.dumps({"size": f"{path.stat().st_size / 1e6:.1f} MB", "difference": difference, "seconds": seconds}))
