"""The networks as they are delivered: ONNX files, answering as those of PyTorch do. Needs onnxruntime (requirements.txt)."""

from pathlib import Path

import numpy as np
import torch


class ExportedPrior:
    """`prior.onnx` of a folder."""

    def __init__(self, folder: Path, threads: int = 0):
        self._session = open_session(folder / "prior.onnx", threads)

    def __call__(self, pictures: torch.Tensor, cameras: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(b, v, 4, 128, 128), (b, v, 4, 4) -> occupancy log-odds (b, 64, 64, 64), colours (b, 3, 32, 32, 32)."""
        answers = [
            self._session.run(None, {"pictures": p.float().numpy(), "cameras": c.float().numpy()})
            for p, c in zip(pictures, cameras)
        ]
        field, paint = (torch.from_numpy(np.stack(column)) for column in zip(*answers))
        return field, paint


class ExportedPose:
    """`pose.onnx` of a folder."""

    def __init__(self, folder: Path, threads: int = 0):
        self._session = open_session(folder / "pose.onnx", threads)

    def __call__(self, pictures: torch.Tensor, fills: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(self._session.run(None, {"pictures": pictures.numpy(), "fills": fills.numpy()})[0])


def open_session(path: Path, threads: int):
    """A session of ONNX Runtime on the CPU; 0 threads leaves their number to the runtime."""
    try:
        import onnxruntime
    except ModuleNotFoundError as missing:
        raise SystemExit(f"ONNX files need {missing.name}: pip install onnxruntime==1.22.1") from missing
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
