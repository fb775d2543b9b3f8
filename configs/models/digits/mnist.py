"""Reads MNIST as it is published: IDX files, big-endian header, then bytes."""

from pathlib import Path

import numpy as np

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def read_idx(path: Path) -> np.ndarray:
    """Returns the uint8 array of one IDX file, in the shape that its header gives.

    Raises ValueError when the file is not an IDX file of bytes, or its size disagrees with it.
    """
    data = path.read_bytes()
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is not an IDX file of bytes")
    dimensions = data[3]
    shape = tuple(np.frombuffer(data, ">u4", dimensions, 4).tolist())
    values = np.frombuffer(data, np.uint8, -1, 4 + 4 * dimensions)
    if values.size != np.prod(shape):
        raise ValueError(f"{path} has {values.size} bytes, its header says {shape}")
    return values.reshape(shape)


def load(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns images (n, 28, 28) uint8, white on black, and labels (n,) of `train` or `test`."""
    images, labels = (read_idx(folder / name) for name in FILES[part])
    if len(images) != len(labels):
        raise ValueError(f"{folder}: {len(images)} images, {len(labels)} labels")
    return images, labels
