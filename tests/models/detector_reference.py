"""What the references of all detectors share: the session, and what becomes of raw boxes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import yaml
from centernet_reference import Box
from input_reference import Placement, prepare


@dataclass(frozen=True)
class Raw:
    """One candidate in input pixels."""

    index: int
    confidence: float
    left: float
    top: float
    right: float
    bottom: float


class Served:
    """A model of the repository, run by ONNX Runtime from Python."""

    def __init__(self, folder: Path):
        self.description = yaml.safe_load((folder / "model.yaml").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            folder / "model.onnx", options, providers=["CPUExecutionProvider"]
        )

    def run(self, picture: np.ndarray, names: list[str]) -> tuple[list[np.ndarray], Placement]:
        """Returns the outputs `names` for `picture` (rows, columns, 3), without the batch."""
        tensor, placement = prepare(picture, self.description["input"])
        outputs = self.session.run(names, {self.description["input"]["tensor"]: tensor[None]})
        return [output[0] for output in outputs], placement


def boxes_of(found: list[Raw], description: dict, placement: Placement) -> list[Box]:
    """Returns the boxes that a record names: in source pixels, clipped, most confident first.

    Of two boxes of a class that overlap by more than `iou` the more confident one stays; among
    equals the first. It is done before they are clipped.
    """
    detect = description["detect"]
    kept = suppress(found, detect.get("iou", 1))
    boxes = []
    for raw in kept:
        left, top = placement.to_source(raw.left, raw.top)
        right, bottom = placement.to_source(raw.right, raw.bottom)
        across, down = placement.source_width, placement.source_height
        sides = np.clip([left, top, right, bottom], 0, [across, down, across, down])
        box = Box(raw.index, description["labels"][raw.index], raw.confidence, *sides.tolist())
        if box.left < box.right and box.top < box.bottom:
            boxes.append(box)
    return boxes[: detect["max_boxes"]]


def suppress(found: list[Raw], limit: float) -> list[Raw]:
    """Returns `found` by confidence without those that a better one of their class covers."""
    ordered = sorted(found, key=lambda raw: -raw.confidence)
    kept = []
    for raw in ordered:
        if all(raw.index != other.index or overlap(raw, other) <= limit for other in kept):
            kept.append(raw)
    return kept


def overlap(one: Raw, other: Raw) -> float:
    """Returns intersection over union, 0..1."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    common = max(width, 0) * max(height, 0)
    union = sum((it.right - it.left) * (it.bottom - it.top) for it in (one, other)) - common
    return common / union if union > 0 else 0.0


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Returns 1 / (1 + exp(-values)) as float64."""
    return 1 / (1 + np.exp(-values.astype(np.float64)))
