"""What the engine must make of a picture before the model sees it, written down with numpy.

The definition:

1. Place. `stretch`: the whole input. `letterbox`: the largest picture of the same shape that fits
   into the input, its sides rounded to whole pixels; in the middle (an odd pixel is right or below)
   or at the top left. `crop`: the smallest that covers the input, or with `resize` the one whose
   shorter side has so many pixels; its longer side is rounded down. What hangs over is not seen:
   the same on both sides, and when one pixel is over, an even number is cut left and above.
2. Resize, each direction on its own. Input pixel i of a picture resized from `source` to `inner`
   pixels lies at s = (i + 0.5) * source / inner - 0.5. Up to twice smaller, it is the bilinear mix
   of its two neighbours, clamped to the picture. Beyond, it is the mean of the source's pixels that
   the input pixel covers, the ones at the borders by the part of them that is covered.
3. Values. (pixel 0..255 - mean) * scale, or (pixel / 255 - mean) / std, per channel. The margins of
   a letterbox hold the pixel value `fill`; without one, the mean (so that they are 0).
4. Order. RGB or BGR, planes (channels, height, width) or pixels (height, width, channels).
"""

from dataclasses import dataclass

import numpy as np

AREA_FROM = 2  # source pixels per input pixel


@dataclass(frozen=True)
class Placement:
    """Where the picture lies in the input (pixels of the input), and how large its source is."""

    x: int
    y: int
    width: int
    height: int
    source_width: int
    source_height: int

    def to_source(self, x: float, y: float) -> tuple[float, float]:
        """Returns the place in the source of one in the input."""
        across = (x - self.x) * self.source_width / self.width
        down = (y - self.y) * self.source_height / self.height
        return float(across), float(down)


def place(wanted: dict, width: int, height: int) -> Placement:
    """Returns where a picture of `width` x `height` goes; `wanted` is `input` of model.yaml."""
    columns, rows = wanted["width"], wanted["height"]
    fit = wanted.get("fit", "stretch")
    if fit == "stretch":
        return Placement(0, 0, columns, rows, width, height)
    if fit == "crop":
        whole = (wanted["resize"],) * 2 if "resize" in wanted else (columns, rows)
        if whole[0] * height >= whole[1] * width:
            inner = (whole[0], height * whole[0] // width)
        else:
            inner = (width * whole[1] // height, whole[1])
        x, y = (-round((side - seen) / 2) for side, seen in zip(inner, (columns, rows)))
        return Placement(x, y, *inner, width, height)
    scale = min(columns / width, rows / height)
    inner = [max(int(np.floor(side * scale + 0.5)), 1) for side in (width, height)]
    if wanted.get("align", "center") == "top_left":
        return Placement(0, 0, *inner, width, height)
    return Placement((columns - inner[0]) // 2, (rows - inner[1]) // 2, *inner, width, height)


def prepare(picture: np.ndarray, wanted: dict) -> tuple[np.ndarray, Placement]:
    """Returns the input tensor of one picture (rows, columns, 3) uint8 RGB, and where it lies."""
    placement = place(wanted, picture.shape[1], picture.shape[0])
    down = _weights(placement.source_height, placement.height, placement.y, wanted["height"])
    across = _weights(placement.source_width, placement.width, placement.x, wanted["width"])
    seen = np.einsum("ys,sxc->yxc", down, picture.astype(np.float64), optimize=True)
    seen = np.einsum("xs,ysc->yxc", across, seen, optimize=True)
    if wanted["channels"] == 1:
        seen = seen @ np.array([[0.299], [0.587], [0.114]])
    if wanted.get("colors", "rgb") == "bgr":
        seen = seen[..., ::-1]
    mean = np.array(wanted["mean"], np.float64)
    if "std" in wanted:
        factor = 1 / (255 * np.array(wanted["std"], np.float64))
        mean = mean * 255
    else:
        factor = np.array(wanted["scale"], np.float64)
    margin = (down.sum(1)[:, None] * across.sum(1)[None]) < 0.5
    seen[margin] = wanted.get("fill", mean)
    values = ((seen - mean) * factor).astype(wanted.get("type", "float32"))
    if wanted.get("layout", "nchw") == "nchw":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values), placement


def _weights(source: int, inner: int, start: int, wanted: int) -> np.ndarray:
    """Returns (wanted, source): how much of each source pixel there is in each input pixel.

    The rows of margins are all 0.
    """
    weights = np.zeros((wanted, source))
    step = source / inner
    for i in range(max(start, 0), min(start + inner, wanted)):
        first = (i - start) * step
        if step > AREA_FROM:
            pixels = np.arange(int(first), min(int(np.ceil(first + step)), source))
            covered = np.minimum(pixels + 1, first + step) - np.maximum(pixels, first)
            weights[i, pixels] = covered / covered.sum()
        else:
            at = first + step / 2 - 0.5
            left = int(np.floor(at))
            weights[i, np.clip(left, 0, source - 1)] += 1 - (at - left)
            weights[i, np.clip(left + 1, 0, source - 1)] += at - left
    return weights
