"""Parts of a frame that two detectors agree about, each with a label of the model that learns."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from framegate_learn.config import Crops
from framegate_learn.findings import Box, Record, boxes

_IOU = 0.5  # of two boxes that are one thing


@dataclass(frozen=True)
class Part:
    """A part of a frame; `label` None: the detectors do not agree."""

    box: Box
    label: str | None
    said: str | None  # what the first detector that has it says
    confidence: float | None


def parts(record: Record, crops: Crops, width: int, height: int) -> list[Part]:
    """The best `crops.most` of the frame, and background, not more than parts with a label. The
    same record gives the same parts.

    A box of the first detector and one of the second are one thing when they overlap by IoU 0.5.
    Both are `sure` and say the same: it has that label. One of them is sure and the other one says
    something else, or nothing: it is kept without one.
    """
    first, second = (boxes(record, name) for name in crops.detectors)
    found = sorted(_pairs(first, second, crops), key=lambda it: -(it.confidence or 0))
    kept = [it for it in found if _wide(it.box) >= crops.smallest][: crops.most]
    agreed = [it for it in kept if it.label is not None]
    wanted = min(crops.background, len(agreed))
    if wanted:
        kept += _background(record, crops, [*first, *second], agreed, wanted, width, height)
    return kept


def _wide(box: Box) -> float:
    return min(box.right - box.left, box.bottom - box.top)


def _label_of(box: Box, crops: Crops) -> str | None:
    return crops.labels.get(box.label, crops.other)


def _pairs(first: list[Box], second: list[Box], crops: Crops) -> Iterator[Part]:
    left = list(second)
    for box in first:
        twin = max(left, key=box.iou, default=None)
        if twin is not None and box.iou(twin) >= _IOU:
            left.remove(twin)
        else:
            twin = None
        sure = [it for it in (box, twin) if it is not None and it.confidence >= crops.sure]
        if not sure:
            continue
        agree = len(sure) == 2 and box.label == twin.label
        label = _label_of(box, crops) if agree else None
        # What both take for a thing that nobody wants to learn is left out.
        if not agree or label is not None:
            yield Part(box, label, box.label, box.confidence)
    for box in left:
        if box.confidence >= crops.sure:
            yield Part(box, None, box.label, box.confidence)


def _background(
    record: Record,
    crops: Crops,
    all_boxes: list[Box],
    like: list[Part],
    wanted: int,
    width: int,
    height: int,
) -> list[Part]:
    """Parts as large as those that were found, where neither detector has seen anything at all."""
    chance = random.Random(record["id"])
    made: list[Part] = []
    for _ in range(20 * wanted):
        if len(made) == wanted:
            break
        model = chance.choice(like).box
        wide, high = model.right - model.left, model.bottom - model.top
        left, top = chance.uniform(0, width - wide), chance.uniform(0, height - high)
        box = Box("", 0, left, top, left + wide, top + high)
        if not any(box.shared(it) for it in all_boxes) and not any(
            box.shared(it.box) for it in made
        ):
            made.append(Part(box, crops.other, None, None))
    return made
