"""Pictures as the gateway prepares them for a model: the same place, pixels and values.

What is learned must see what the gateway will show it. Up to the input's size everything stays
whole numbers, 0 to 255, as more pictures are made of them; `tensor` makes the values of it. Sizes
and places are as docs/models.md, "Inputs", says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

# Source pixels for each of the input's, above which they are averaged.
_AVERAGED_FROM = 2


@dataclass(frozen=True)
class Preparation:
    """`input` of a model.yaml: pixels of the input, and what makes values of them."""

    width: int
    height: int
    channels: int
    mean: tuple[float, ...]  # pixel values
    factor: tuple[float, ...]
    whole: bool = False  # uint8: a value is the pixel
    planes: bool = True  # (channels, height, width)
    bgr: bool = False
    fit: str = "stretch"
    fill: tuple[float, ...] | None = None
    top_left: bool = False
    resize: int | None = None
    averaged: bool = True

    @classmethod
    def of(cls, said: dict[str, Any]) -> Preparation:
        """KeyError, TypeError or ValueError when the gateway would not take it either."""
        channels = int(said["channels"])
        mean = [float(it) for it in said.get("mean", [0.0] * channels)]
        if "std" in said:
            mean = [255 * it for it in mean]
            factor = [1 / (255 * float(it)) for it in said["std"]]
        else:
            factor = [float(it) for it in said.get("scale", [1.0] * channels)]
        fill = said.get("fill")
        if fill is not None:
            fill = tuple(float(it) for it in fill) * (channels if len(fill) == 1 else 1)
        return cls(
            int(said["width"]),
            int(said["height"]),
            channels,
            tuple(mean),
            tuple(factor),
            said.get("type") == "uint8",
            said.get("layout", "nchw") == "nchw",
            said.get("colors", "rgb") == "bgr",
            said.get("fit", "stretch"),
            fill,
            said.get("align", "center") == "top_left",
            said.get("resize"),
            bool(said.get("antialias", True)),
        )

    def picture(self, path: Path) -> np.ndarray:
        """A file as (height, width, channels) uint8. OSError: it cannot be read, or is gone."""
        with Image.open(path) as opened:
            seen = ImageOps.exif_transpose(opened)
            plain = np.asarray(seen.convert("L" if self.channels == 1 else "RGB"))
        return self.placed(plain.reshape((*plain.shape[:2], self.channels)))

    def placed(self, plain: np.ndarray) -> np.ndarray:
        """The same of pixels (rows, columns, channels)."""
        rows, columns = plain.shape[:2]
        x, y, width, height = self._place(columns, rows)
        down = _mixing(rows, height, y, self.height, self.averaged)
        across = _mixing(columns, width, x, self.width, self.averaged)
        seen = np.einsum("ys,sxc->yxc", down, plain.astype(np.float32), optimize=True)
        seen = np.einsum("xs,ysc->yxc", across, seen, optimize=True)
        margin = (down.sum(1)[:, None] * across.sum(1)[None]) < 0.5
        fill = self.fill or (self.mean[::-1] if self.bgr else self.mean)
        seen[margin] = fill
        return np.clip(np.rint(seen), 0, 255).astype(np.uint8)

    def tensor(self, pictures: Any) -> Any:
        """The values of (n, height, width, channels) pixels, in the graph's order."""
        values = pictures[..., ::-1] if self.bgr else pictures
        if not self.whole:
            mean, factor = np.float32(self.mean), np.float32(self.factor)
            values = (values.astype(np.float32) - mean) * factor
        return values.transpose(0, 3, 1, 2) if self.planes else values

    def _place(self, columns: int, rows: int) -> tuple[int, int, int, int]:
        """Where the whole picture lies in the input: x, y, width, height."""
        if self.fit == "stretch":
            return 0, 0, self.width, self.height
        if self.fit == "crop":
            wide, high = (self.resize, self.resize) if self.resize else (self.width, self.height)
            if wide * rows >= high * columns:
                inner = (wide, rows * wide // columns)
            else:
                inner = (columns * high // rows, high)
            x, y = (-round((a - b) / 2) for a, b in zip(inner, (self.width, self.height)))
            return x, y, *inner
        scale = min(self.width / columns, self.height / rows)
        inner = tuple(max(math.floor(side * scale + 0.5), 1) for side in (columns, rows))
        if self.top_left:
            return 0, 0, *inner
        return (self.width - inner[0]) // 2, (self.height - inner[1]) // 2, *inner


@lru_cache(maxsize=64)
def _mixing(source: int, inner: int, start: int, wanted: int, averaged: bool) -> np.ndarray:
    """How much of each source pixel there is in each of the input: (wanted, source).

    A picture of `inner` pixels that begins at `start`; rows of margins are 0.
    """
    weights = np.zeros((wanted, source), np.float32)
    step = source / inner
    for i in range(max(start, 0), min(start + inner, wanted)):
        first = (i - start) * step
        if averaged and step > _AVERAGED_FROM:
            pixels = np.arange(int(first), min(math.ceil(first + step), source))
            covered = np.minimum(pixels + 1, first + step) - np.maximum(pixels, first)
            weights[i, pixels] = covered / covered.sum()
            continue
        at = first + step / 2 - 0.5
        left = math.floor(at)
        weights[i, min(max(left, 0), source - 1)] += 1 - (at - left)
        weights[i, min(max(left + 1, 0), source - 1)] += at - left
    return weights
