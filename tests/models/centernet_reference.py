"""What the engine must compute for a CenterNet model, written down once more with numpy.

The definition:

1. Resize. The whole picture is stretched to the input size, bilinear, with half-pixel centres and
   without antialiasing: input pixel i lies at s = (i + 0.5) * source / input - 0.5 in the source;
   its two neighbours are floor(s) and floor(s) + 1, weighted by the fraction, each clamped to the
   picture. The same in both directions. Nothing is rounded to whole grey levels.
2. Tensor. RGB, each value (pixel 0..255 - mean) * scale of its channel, planes (3, height, width).
3. Peaks. A cell of the heat map (class, y, x) counts when it is at least the threshold and equals
   the maximum of the 3x3 cells around it in its class (what lies outside does not count).
4. Box. Its sides lie at stride*x - left, stride*y - top, stride*x + right, stride*y + bottom in
   input pixels, from the four channels of the size map at (y, x). They are scaled back to source
   pixels and clipped to the picture. A box of which nothing is left is none.
5. The `max_boxes` most confident ones, most confident first; among equals the lower class, then the
   upper row, then the left column comes first.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import yaml

LEAST_IOU = 0.95
TOLERANCE = 0.002


@dataclass
class Box:
    """One object: `index` and `label` of its class, sides in source pixels."""

    index: int
    label: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    def iou(self, other: "Box") -> float:
        """Returns intersection over union, 0..1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        common = max(width, 0) * max(height, 0)
        union = self.area() + other.area() - common
        return common / union if union > 0 else 0.0

    def area(self) -> float:
        """Returns the area in square pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


class CenterNet:
    """A model of the repository, run by ONNX Runtime from Python."""

    def __init__(self, folder: Path):
        self.description = yaml.safe_load((folder / "model.yaml").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            folder / "model.onnx", options, providers=["CPUExecutionProvider"]
        )

    def tensor(self, picture: np.ndarray) -> np.ndarray:
        """Returns the input (3, height, width) float32 for `picture` (rows, columns, 3) uint8."""
        wanted = self.description["input"]
        resized = resize(picture, wanted["width"], wanted["height"])
        values = (resized - np.array(wanted["mean"])) * np.array(wanted["scale"])
        return values.astype(np.float32).transpose(2, 0, 1)

    def heads(self, tensors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns heat maps (n, classes, y, x) and sizes (n, 4, y, x) of n input tensors."""
        names = [self.description["detect"][head] for head in ("heatmap", "size")]
        return tuple(self._session.run(names, {self.description["input"]["tensor"]: tensors}))

    def detect(self, picture: np.ndarray) -> list[Box]:
        """Returns the boxes of `picture` (rows, columns, 3) uint8."""
        heatmap, size = self.heads(self.tensor(picture)[None])
        return self.boxes(heatmap[0], size[0], picture.shape[1], picture.shape[0])

    def boxes(self, heatmap: np.ndarray, size: np.ndarray, width: int, height: int) -> list[Box]:
        """Returns the boxes of one picture of `width` x `height` source pixels."""
        head = self.description["detect"]
        across = width / self.description["input"]["width"]
        down = height / self.description["input"]["height"]
        boxes = []
        for index, y, x in peaks(heatmap, head["threshold"]):
            left, top, right, bottom = size[:, y, x]
            box = Box(
                index=int(index),
                label=self.description["labels"][index],
                confidence=float(heatmap[index, y, x]),
                left=float(np.clip((head["stride"] * x - left) * across, 0, width)),
                top=float(np.clip((head["stride"] * y - top) * down, 0, height)),
                right=float(np.clip((head["stride"] * x + right) * across, 0, width)),
                bottom=float(np.clip((head["stride"] * y + bottom) * down, 0, height)),
            )
            if box.left < box.right and box.top < box.bottom:
                boxes.append(box)
        # The sort is stable: equals stay in the order class, row, column.
        boxes.sort(key=lambda box: -box.confidence)
        return boxes[: head["max_boxes"]]


def differences(expected: list[Box], found: list[Box], threshold: float) -> list[str]:
    """Returns what is wrong with `found`, one sentence each; nothing when both say the same.

    Each expected box needs one of its own among the found: the same class, an intersection over
    union of at least 0.95 and a confidence within TOLERANCE; nothing may be left over. A box whose
    confidence is within TOLERANCE of the threshold may be in one list only.
    """
    wrong = []
    rest = list(found)
    for box in expected:
        same = [other for other in rest if other.index == box.index]
        best = max(same, key=box.iou, default=None)
        if best is None or box.iou(best) < LEAST_IOU:
            if box.confidence > threshold + TOLERANCE:
                wrong.append(f"{box} is not found, the nearest is {best}")
            continue
        rest.remove(best)
        if abs(best.confidence - box.confidence) > TOLERANCE or best.label != box.label:
            wrong.append(f"{best} should be {box}")
    wrong += [f"{box} is too many" for box in rest if box.confidence > threshold + TOLERANCE]
    return wrong


def resize(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns `picture` (rows, columns, channels) as float64 (height, width, channels)."""
    upper, lower, down = _neighbours(picture.shape[0], height)
    left, right, across = _neighbours(picture.shape[1], width)
    rows = picture[upper] * (1 - down)[:, None, None] + picture[lower] * down[:, None, None]
    return rows[:, left] * (1 - across)[:, None] + rows[:, right] * across[:, None]


def _neighbours(source: int, wanted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns, for each of `wanted` pixels, its two source pixels and the second one's weight."""
    place = (np.arange(wanted) + 0.5) * source / wanted - 0.5
    first = np.floor(place)
    neighbours = np.clip([first, first + 1], 0, source - 1).astype(int)
    return neighbours[0], neighbours[1], place - first


def peaks(heatmap: np.ndarray, threshold: float) -> np.ndarray:
    """Returns the peaks (n, 3) of `heatmap` (classes, y, x) as class, y, x, in that order."""
    rows, columns = heatmap.shape[1:]
    margins = ((0, 0), (1, 1), (1, 1))
    padded = np.pad(heatmap, margins, constant_values=-np.inf)
    shifted = [padded[:, y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    highest = np.max(shifted, axis=0)
    return np.argwhere((heatmap >= threshold) & (heatmap == highest))
