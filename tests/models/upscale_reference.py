"""What the engine must make of a picture with a model that enlarges it, written down with numpy.

The definition: the input is made as that of every other model. The output (colours, factor *
height, factor * width) is in the units of the input, so the pixels come back by the input's own
mean and scale; they are rounded to the nearest whole number, halves up, and clipped to 0..255.
"""

from pathlib import Path

import numpy as np
from detector_reference import Served
from PIL import Image


class Enlarger:
    """A model of the repository that enlarges pictures."""

    def __init__(self, folder: Path):
        self.served = Served(folder)
        self.description = self.served.description

    def enlarge(self, picture: np.ndarray) -> np.ndarray:
        """Returns the large picture of (rows, columns, 3) uint8 RGB, in the same form."""
        (made,), _ = self.served.run(picture, [self.description["enhance"]["tensor"]])
        wanted = self.description["input"]
        pixels = made.transpose(1, 2, 0) / np.array(wanted["scale"]) + np.array(wanted["mean"])
        return np.clip(np.floor(pixels + 0.5), 0, 255).astype(np.uint8)


def psnr(made: np.ndarray, wanted: np.ndarray, border: int = 4) -> float:
    """Returns the peak signal-to-noise ratio in dB of two uint8 pictures, their edges left out."""
    inside = (slice(border, -border),) * 2
    difference = made[inside].astype(np.float64) - wanted[inside]
    mean = np.mean(difference**2)
    return float(10 * np.log10(255**2 / mean)) if mean > 0 else float("inf")


def halved(picture: np.ndarray) -> np.ndarray:
    """Returns `picture`, of even sides, at half its size, bicubic with antialiasing."""
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def bicubic(picture: np.ndarray) -> np.ndarray:
    """Returns `picture` at twice its size by bicubic interpolation."""
    size = (picture.shape[1] * 2, picture.shape[0] * 2)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
