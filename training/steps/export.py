"""`export`: averaged weights -> ONNX with half-precision storage, checked against PyTorch, with card and sidecar.

Needs `onnx` and `onnxruntime` besides PyTorch (requirements.txt).
"""

import argparse
import hashlib
import inspect
import json
import time
from pathlib import Path

import numpy as np
import torch

try:
    import onnx
    import onnxruntime  # noqa: F401 - used at the end; whoever lacks it should hear so at the start
    from onnx import helper, numpy_helper
except ModuleNotFoundError as missing:
    raise SystemExit(f"export needs {missing.name}: pip install onnx==1.17.0 onnxruntime==1.22.1") from missing

from ..geometry.cameras import LABELS, canonical_cameras, projections
from ..networks.exported import open_session
from ..networks.pose import OUTPUTS
from ..objects.packs import LEFT_OUT, Objects
from ..pictures.instances import FRAMED
from ..pictures.protocol import premultiplied, trial
from ..pictures.render import SIZE
from .checkpoints import load_checkpoint
from .evaluate import FIT, load_pose, load_prior, markdown, photo_camera

OPSET = 17
# Largest difference to PyTorch that half-precision storage may make, in log-odds, on average over cells.
TOLERANCE = 0.02


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="prior")
    parser.add_argument("--pose-run", default="pose")
    parser.add_argument("--out", type=Path, default=Path("packages/engine/models"))


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(2)
    options.out.mkdir(parents=True, exist_ok=True)
    folder, pose_folder = options.work / "runs" / options.run, options.work / "runs" / options.pose_run
    network, pose = load_prior(folder), load_pose(pose_folder)
    objects = Objects(options.work / "objects.npz")
    sample = trial(objects, objects.rows("validation")[0])

    pictures = premultiplied(sample.labelled)
    cameras = projections(canonical_cameras(SIZE), SIZE)
    shape_path = options.out / "prior.onnx"
    _write(
        _Unbatched(network).eval(), (pictures[:2], cameras[:2]), shape_path,
        ["pictures", "cameras"], ["occupancy", "colors"], {"pictures": {0: "views"}, "cameras": {0: "views"}},
    )
    pose_path = options.out / "pose.onnx"
    photo, fill = premultiplied(sample.photo)[None], torch.tensor([sample.fill]).float()
    _write(
        pose, (photo, fill), pose_path, ["pictures", "fills"], ["pose"],
        {"pictures": {0: "pictures"}, "fills": {0: "pictures"}, "pose": {0: "pictures"}},
    )

    session, pose_session = open_session(shape_path, 2), open_session(pose_path, 2)
    checks = {}
    for count in (1, 2, 6):
        seen = session.run(None, {"pictures": pictures[:count].numpy(), "cameras": cameras[:count].numpy()})
        with torch.no_grad():
            field, paint = _Unbatched(network)(pictures[:count], cameras[:count])
        begun = time.monotonic()
        session.run(None, {"pictures": pictures[:count].numpy(), "cameras": cameras[:count].numpy()})
        checks[f"{count} views"] = {
            "meanDifference": round(float(np.abs(seen[0] - field.numpy()).mean()), 5),
            "flippedCells": int(((seen[0] > 0) != (field.numpy() > 0)).sum()),
            "colorDifference": round(float(np.abs(seen[1] - paint.numpy()).mean()), 5),
            "seconds": round(time.monotonic() - begun, 3),
        }
        if checks[f"{count} views"]["meanDifference"] > TOLERANCE:
            raise SystemExit(f"the exported network differs from PyTorch: {checks}")
    with torch.no_grad():
        expected = pose(photo, fill).numpy()
    told = pose_session.run(None, {"pictures": photo.numpy(), "fills": fill.numpy()})[0]
    checks["pose"] = {"largestDifference": round(float(np.abs(told - expected).max()), 4)}

    done = load_checkpoint(folder)["done"]
    sidecar = _sidecar(shape_path, pose_path, network, done)
    (options.out / "prior.json").write_text(json.dumps(sidecar, indent=2) + "\n")
    vector = _vector(session, pose_session)
    (options.out / "prior.vector.json").write_text(json.dumps(vector, indent=1) + "\n")
    _card(options.out / "README.md", folder, pose_folder, network, pose, done, sidecar, checks)
    sizes = {p.name: f"{p.stat().st_size / 1e6:.1f} MB" for p in (shape_path, pose_path)}
    print(json.dumps({"sizes": sizes, "checks": checks}, indent=1))


class _Unbatched(torch.nn.Module):
    """One object a run; colours within 0–1."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pictures, cameras):
        field, paint = self.network(pictures[None], cameras[None])
        return field[0], paint[0].clamp(0, 1)


def _write(network, inputs, path: Path, names: list[str], outputs: list[str], axes: dict) -> None:
    older = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(
        network, inputs, str(path), input_names=names, output_names=outputs, dynamic_axes=axes,
        opset_version=OPSET, do_constant_folding=True, **older,
    )
    model = onnx.load(str(path))
    _halve(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _halve(model) -> None:
    """Stores large weights in half precision; the graph casts them back, and the runtime folds that when it loads."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 1024:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + ".half"))
        casts.append(helper.make_node("Cast", [name + ".half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)


def _sidecar(shape_path: Path, pose_path: Path, network, done: dict) -> dict:
    """What the engine needs to know; training/README.md explains every entry."""
    entry = lambda p: {"file": p.name, "sha256": hashlib.sha256(p.read_bytes()).hexdigest()}
    return {
        "format": 1,
        "version": f"{network.form.kind}-{done['samples']}",
        "pictureSize": SIZE,
        "framed": FRAMED,
        "fit": FIT,
        "maxViews": 6,
        "shape": {
            **entry(shape_path),
            "inputs": {"pictures": ["views", 4, SIZE, SIZE], "cameras": ["views", 4, 4]},
            "outputs": {"occupancy": [64, 64, 64], "colors": [3, 32, 32, 32]},
        },
        "pose": {
            **entry(pose_path),
            "inputs": {"pictures": ["pictures", 4, SIZE, SIZE], "fills": ["pictures"]},
            "outputs": {"pose": ["pictures", OUTPUTS]},
            "order": ["elevation", "angle", "logExtent", "sinAzimuth", "cosAzimuth", *LABELS, "none"],
        },
    }


def vector_pictures() -> torch.Tensor:
    """Two pictures that any language can draw: (2, 128, 128, 4) uint8.

    Picture k, column i, row j: R = 2i, G = 2j, B = 90 + 80k, A = 255 where |i - 63.5| < 40 - 15k and
    |j - 63.5| < 50, else 0.
    """
    i = torch.arange(SIZE)[None].expand(SIZE, SIZE)
    j = torch.arange(SIZE)[:, None].expand(SIZE, SIZE)
    made = []
    for k in range(2):
        inside = ((i - 63.5).abs() < 40 - 15 * k) & ((j - 63.5).abs() < 50)
        made.append(torch.stack((2 * i, 2 * j, torch.full_like(i, 90 + 80 * k), inside * 255), -1))
    return torch.stack(made).to(torch.uint8)


def _vector(session, pose_session) -> dict:
    """Inputs that can be drawn from their description, and what the networks say of them."""
    pictures = premultiplied(vector_pictures())
    cases = {
        "front and right": torch.stack((canonical_cameras(SIZE)[0], canonical_cameras(SIZE)[1])),
        "photo": torch.tensor([[0.0, 20.0, 0.0, 0.5, 120.0, 64.0, 64.0]]),
    }
    cells = [(32, 32, 32), (32, 32, 10), (10, 32, 32), (50, 32, 32), (32, 8, 32), (32, 56, 32), (40, 20, 24), (2, 2, 2)]
    out = {"pictures": " ".join(vector_pictures.__doc__.split()), "cells": "[z, y, x]", "cases": []}
    for name, cameras in cases.items():
        v = len(cameras)
        matrices = projections(cameras, SIZE)
        field, paint = session.run(None, {"pictures": pictures[:v].numpy(), "cameras": matrices.numpy()})
        rows = [
            dict(azimuth=a, elevation=e, perspective=p, scale=s, centerX=x, centerY=y)
            for a, e, _, p, s, x, y in cameras.tolist()
        ]
        out["cases"].append(
            {
                "name": name,
                "cameras": rows,
                "matrices": [[round(float(x), 6) for x in m.flatten()] for m in matrices],
                "occupancy": [[*c, round(float(field[c]), 4)] for c in cells],
                "insideCells": int((field > 0).sum()),
                "colors": [[z // 2, y // 2, x // 2, *(round(float(paint[k, z // 2, y // 2, x // 2]), 4) for k in range(3))] for z, y, x in cells],
            }
        )
    told = pose_session.run(None, {"pictures": pictures.numpy(), "fills": np.array([0.5, 0.8], np.float32)})[0]
    out["pose"] = {"fills": [0.5, 0.8], "rows": [[round(float(x), 4) for x in row] for row in told]}
    return out


def _card(path: Path, folder: Path, pose_folder: Path, network, pose, done, sidecar, checks) -> None:
    evaluation = folder / "evaluation.json"
    table = markdown(json.loads(evaluation.read_text())["table"]) if evaluation.exists() else "Not evaluated."
    curve = _sparse((folder / "curve.csv").read_text().splitlines())
    pose_curve = _sparse((pose_folder / "curve.csv").read_text().splitlines(), 6)
    size = lambda n: f"{sum(p.numel() for p in n.parameters()) / 1e6:.1f} M parameters"
    path.write_text(
        f"""# The learned prior, version {sidecar["version"]}

`prior.onnx` turns 1–6 posed pictures into occupancy and colours; `pose.onnx` tells how a picture was taken. What goes
in and comes out: `training/README.md`, "The interface"; `prior.json` holds the same for programs; `prior.vector.json`
holds inputs with known outputs.

- **Shape network**: {network.form}, {size(network)}, weights stored in half precision.
- **Pose network**: {size(pose)}.
- **Trained on**: CC0 1.0 game assets by Quaternius, Kay Lousberg (KayKit), Kenney and The Base Mesh, and procedural
  objects of our own. No object of the validation split, nor of these packs: {", ".join(LEFT_OUT)}.
- **Licence of the weights**: Apache-2.0, as the rest of the repository.
- **Training**: {done["samples"]:,} samples in {done["minutes"]:.0f} minutes on two shared CPU cores
  (`python3 -m training train`, `train-pose`, `export`).
- **Known limits**: one flat colour a face in training, so fine texture on unseen sides is not invented; few
  characters and animals in the data; the far side of a single picture is a guess; no transparency.

## Quality

Protocol: `training/README.md`. `rough`: silhouettes shifted by up to 2 % and scaled by up to 6 %. Near-duplicates of
validation objects are in the training set; `left-out` are whole packs that were not. The raw field at 64³; `docs/prior.md`
has the product beside the floors.

{table}

## Export

Differences to PyTorch, and seconds a run on two threads: `{json.dumps(checks)}`

## Curve (shape network; IoU of the raw field)

{curve}

## Curve (pose network; median errors in degrees, log units, share of labels right)

{pose_curve}
"""
    )


def _sparse(lines: list[str], most: int = 12) -> str:
    """A CSV as a Markdown table of at most so many rows of each set, evenly chosen."""
    head, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    at = head.index("set")
    kept = []
    for name in sorted({r[at] for r in rows}):
        mine = [r for r in rows if r[at] == name]
        kept += [mine[round(i * (len(mine) - 1) / max(most - 1, 1))] for i in range(most)] if len(mine) > most else mine
    table = ["| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
    return "\n".join(table + ["| " + " | ".join(r) + " |" for r in kept])
