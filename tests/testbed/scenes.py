"""Scenes with a handwritten digit: a wall with a dark panel on it that shows one MNIST picture.

The truth is known for each of them. MNIST's files are in IDX format: a big-endian magic number, the
sizes, then the bytes (Y. LeCun, "THE MNIST DATABASE", file formats).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from testbed import places, stopping

SIZE = (320, 240)
PANEL = {"x": 76, "y": 36, "width": 168, "height": 168}
_SCALE = 6
_FRAME = 6


def _idx(path: Path, dimensions: int) -> np.ndarray:
    raw = path.read_bytes()
    magic, *shape = struct.unpack_from(f">{dimensions + 1}I", raw)
    if magic != 0x0800 + dimensions:
        raise ValueError(f"{path} is no IDX file of bytes with {dimensions} dimensions")
    return np.frombuffer(raw, np.uint8, offset=4 * (dimensions + 1)).reshape(shape)


def _mnist(part: str) -> tuple[np.ndarray, np.ndarray]:
    folder = places.mnist()
    images = _idx(folder / f"{part}-images-idx3-ubyte", 3)
    return images, _idx(folder / f"{part}-labels-idx1-ubyte", 1)


def training_digits() -> tuple[np.ndarray, np.ndarray]:
    """All pictures (28x28, white on black) of the training set and their labels."""
    return _mnist("train")


def digits(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` pictures (28x28, white on black) of the test set and their labels."""
    images, labels = (it[first : first + count] for it in _mnist("t10k"))
    if len(images) < count:
        raise ValueError(f"the test set ends before {first + count}")
    return images, labels


def _wall(random: np.random.Generator) -> np.ndarray:
    """Plaster, lighter towards the lamp at the top left, with the frame of the panel."""
    width, height = SIZE
    y, x = np.mgrid[0:height, 0:width]
    light = 205 - 0.18 * x - 0.22 * y + random.normal(0, 2.5, (height, width))
    wall = light[:, :, None] * np.array([1.0, 0.96, 0.88])
    left, top = PANEL["x"] - _FRAME, PANEL["y"] - _FRAME
    right = PANEL["x"] + PANEL["width"] + _FRAME
    bottom = PANEL["y"] + PANEL["height"] + _FRAME
    wall[top + 4 : bottom + 4, left + 4 : right + 4] *= 0.6
    wall[top:bottom, left:right] = (70, 74, 80)
    return wall.clip(0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Scenes:
    """Picture files in a folder; `truth[n]` is the digit that picture n shows."""

    folder: Path
    truth: list[int]

    @property
    def jpeg(self) -> Path:
        """The pattern of the JPEG files."""
        return self.folder / "%05d.jpg"

    @property
    def png(self) -> Path:
        """The pattern of the PNG files."""
        return self.folder / "%05d.png"

    def path(self, number: int) -> Path:
        """The JPEG file of one picture."""
        return self.folder / f"{number:05d}.jpg"


def as_it_is(image: np.ndarray, _: int) -> np.ndarray:
    """What a panel shows of a digit, white on black."""
    return image


def draw(
    folder: Path,
    first: int,
    count: int,
    kind: str,
    look: Callable[[np.ndarray, int], np.ndarray] = as_it_is,
) -> Scenes:
    """Draws `count` scenes with the digits from `first` on; `kind` is "jpg" or "png".

    look -- what the panel shows of a digit (28x28) with its number in the folder

    JPEG files are baseline, 4:2:0, quality 90, with the standard Huffman tables: RTP/JPEG has no
    room for others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = digits(first, count)
    wall = _wall(np.random.default_rng(first))
    for number, image in enumerate(images):
        stopping.check()
        scene = wall.copy()
        panel = scene[PANEL["y"] :, PANEL["x"] :][: PANEL["height"], : PANEL["width"]]
        panel[:] = np.kron(look(image, number), np.ones((_SCALE, _SCALE), np.uint8))[:, :, None]
        picture = Image.fromarray(scene)
        if kind == "jpg":
            picture.save(folder / f"{number:05d}.jpg", quality=90, subsampling="4:2:0")
        else:
            picture.save(folder / f"{number:05d}.png", compress_level=1)
    return Scenes(folder, [int(label) for label in labels])
