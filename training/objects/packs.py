"""Reads the model packs (format: README.md beside them) and the prepared file made of them."""

import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .mesh import Mesh

PACKS = ("assets_1", "assets_2")

# Whole packs that no training ever sees: near-duplicates cross the split by hash, so only these show what the
# network does with things it has not met. From three authors: props and buildings, furniture, animals, weapons.
LEFT_OUT = (
    "kaykit/halloween-bits",
    "kenney/furniture-pack",
    "quaternius/cute_fish_pack",
    "quaternius/medieval_weapons_pack",
    "quaternius/dinosaurs_pack",
)


@dataclass(frozen=True)
class Entry:
    """One object of a pack."""

    source: str
    name: str
    kind: str
    split: str  # training, validation or left-out
    untextured: bool
    open: float  # share of edges used an odd number of times; 0 is a closed mesh


def split_of(source: str, name: str, left_out=LEFT_OUT) -> str:
    """The rule of the data's README (first byte of md5 below 26 is validation), whole packs apart."""
    if source in left_out:
        return "left-out"
    return "validation" if hashlib.md5(f"{source}/{name}".encode()).digest()[0] < 26 else "training"


def decode(block: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One zlib block -> grid positions (n, 3) 0…4095, faces (m, 3), sRGB colours (m, 3) uint8."""
    data = np.frombuffer(zlib.decompress(block), np.uint8)
    n, m, p = np.frombuffer(data[:12].tobytes(), "<u4").astype(int)
    wide = data[12:].astype(np.int64)
    positions, wide = wide[: 6 * n].reshape(3, 2, n), wide[6 * n :]
    codes, wide = wide[: 9 * m].reshape(3, 3 * m), wide[9 * m :]
    paint, palette = wide[: 2 * m].reshape(2, m), wide[2 * m :].reshape(p, 3)
    grid = np.cumsum(_unzigzag(positions[:, 0] + 256 * positions[:, 1]), axis=1).T
    codes = codes[0] + 256 * codes[1] + 65536 * codes[2]
    fresh = codes == 0
    high = np.cumsum(fresh) - fresh
    faces = (high - codes).reshape(m, 3)
    colors = palette[np.cumsum(_unzigzag(paint[0] + 256 * paint[1]))].astype(np.uint8)
    return grid, faces, colors


def _unzigzag(u: np.ndarray) -> np.ndarray:
    return (u >> 1) ^ -(u & 1)


def read_index(folder: Path, pack: str) -> list[dict]:
    path = folder / f"{pack}.index.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: name the folder that holds the model packs with --data")
    return json.loads(path.read_text(encoding="utf-8"))


class Objects:
    """The prepared objects: every mesh stays in its compressed block until it is asked for."""

    def __init__(self, path: Path):
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: run `python3 -m training prepare` first")
        with np.load(path) as file:
            self._blocks = file["blocks"]
            self._offsets = file["offsets"]
            self.entries = [Entry(**row) for row in json.loads(file["entries"].tobytes())]

    def rows(self, split: str) -> list[int]:
        return [i for i, e in enumerate(self.entries) if e.split == split]

    def mesh(self, row: int) -> Mesh:
        block = self._blocks[self._offsets[row] : self._offsets[row + 1]].tobytes()
        grid, faces, colors = decode(block)
        return Mesh(grid.astype(np.float32), faces, colors).normalised()
