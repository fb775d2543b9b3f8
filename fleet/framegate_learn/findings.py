"""What a gateway's record says of a frame: docs/records.md has its form."""

import datetime
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Box:
    """What a detector found, in pixels of the picture as it is seen."""

    label: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        return max(self.right - self.left, 0) * max(self.bottom - self.top, 0)

    def shared(self, other: "Box") -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0) * max(height, 0)

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        both = self.shared(other)
        return both / (self.area + other.area - both) if both else 0.0


def captured_us(record: Record) -> int:
    """Capture time, since 1970, UTC."""
    at = datetime.datetime.fromisoformat(record["@timestamp"].replace("Z", "+00:00"))
    return round(at.timestamp() * 1000) * 1000


def name_of(model: str) -> str:
    """NAME of NAME:VERSION."""
    return model.split(":", 1)[0]


def best_class(record: Record, model: str) -> tuple[str, float] | None:
    """What the model took the picture for, and how sure it was; None: it did not look at it.

    An ensemble's opinion has the name of its first model. What was said of parts is left out.
    """
    if record.get("model", {}).get("name") == name_of(model):
        classes = record.get("classes", [])
    else:
        classes = [
            it
            for it in record.get("findings", [])
            if it["kind"] == "class" and "parent" not in it and name_of(it["model"]) == model
        ]
    best = max(classes, key=lambda it: it["confidence"], default=None)
    return (best["type"], best["confidence"]) if best else None


def boxes(record: Record, detector: str) -> list[Box]:
    """Those of one detector, the most confident first."""
    if record.get("model", {}).get("name") == name_of(detector):
        found = record.get("objects", [])
    else:
        found = [
            it
            for it in record.get("findings", [])
            if it["kind"] == "object" and "parent" not in it and name_of(it["model"]) == detector
        ]
    made = [
        Box(it["type"], it["confidence"], *(it["bbox"][side] for side in _SIDES)) for it in found
    ]
    return sorted(made, key=lambda it: -it.confidence)


_SIDES = ("leftX", "topY", "rightX", "bottomY")
