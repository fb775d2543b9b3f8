"""Detection as a plain script does it: Pillow, numpy and ONNX Runtime.

    plain_detector MODEL_DIR RATE COUNT FILE...

RATE pictures/s are due at their times; a picture's time goes from then until its boxes are there.
Prints one JSON object. It reads the same model.yaml as the gateway, of a YOLOv3 head.
"""

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import yaml
from PIL import Image

WARM = 5  # pictures before the first that counts


class Detector:
    """A model with raw YOLOv3 heads."""

    def __init__(self, folder: Path) -> None:
        self._is = yaml.safe_load((folder / "model.yaml").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options)
        self._heads = self._is["detect"]["outputs"]
        self.model_seconds = 0.0  # of processor time

    def look(self, jpeg: bytes) -> list[tuple[int, float, np.ndarray]]:
        """Label, confidence and box in pixels of the picture."""
        source = self._is["input"]
        picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
        scale = min(source["width"] / picture.width, source["height"] / picture.height)
        size = (round(picture.width * scale), round(picture.height * scale))
        left, top = (source["width"] - size[0]) // 2, (source["height"] - size[1]) // 2
        canvas = Image.new("RGB", (source["width"], source["height"]), (128, 128, 128))
        canvas.paste(picture.resize(size, Image.Resampling.BILINEAR), (left, top))
        tensor = np.asarray(canvas, np.float32).transpose(2, 0, 1)[None] / 255
        before = time.process_time()
        names = [head["tensor"] for head in self._heads]
        outputs = self._session.run(names, {source["tensor"]: tensor})
        self.model_seconds += time.process_time() - before
        boxes = [self._decode(out[0], head) for out, head in zip(outputs, self._heads)]
        found = np.concatenate(boxes)
        found[:, 2:] = (found[:, 2:] - [left, top, left, top]) / scale
        return self._suppress(found)

    def _decode(self, head: np.ndarray, described: dict[str, Any]) -> np.ndarray:
        """Rows of label, confidence and box in pixels of the input."""
        anchors = np.reshape(described["anchors"], (-1, 2))
        rows, columns = head.shape[1:]
        values = head.reshape(len(anchors), -1, rows, columns)
        sure = 1 / (1 + np.exp(-values[:, 4:]))
        sure = sure[:, :1] * sure[:, 1:]
        anchor, label, row, column = np.nonzero(sure >= self._is["detect"]["threshold"])
        x, y, wide, high = values[anchor, :4, row, column].T
        x = (column + 1 / (1 + np.exp(-x))) * self._is["input"]["width"] / columns
        y = (row + 1 / (1 + np.exp(-y))) * self._is["input"]["height"] / rows
        wide, high = np.exp(wide) * anchors[anchor, 0] / 2, np.exp(high) * anchors[anchor, 1] / 2
        confidence = sure[anchor, label, row, column]
        return np.stack([label, confidence, x - wide, y - high, x + wide, y + high], axis=1)

    def _suppress(self, found: np.ndarray) -> list[tuple[int, float, np.ndarray]]:
        kept: list[tuple[int, float, np.ndarray]] = []
        for row in found[np.argsort(-found[:, 1])]:
            if all(row[0] != label or self._overlap(row[2:], box) for label, _, box in kept):
                kept.append((int(row[0]), float(row[1]), row[2:]))
        return kept

    def _overlap(self, a: np.ndarray, b: np.ndarray) -> bool:
        """Whether both may stay."""
        sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        shared = max(sides[0], 0) * max(sides[1], 0)
        both = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared
        return bool(shared / both <= self._is["detect"]["iou"])


def main() -> None:
    """Looks at the pictures in turn."""
    folder, rate, count = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    files = [Path(name).read_bytes() for name in sys.argv[4:]]
    detector = Detector(folder)
    for i in range(WARM):
        detector.look(files[i % len(files)])
    detector.model_seconds = 0
    begin, before, boxes, took = time.monotonic(), time.process_time(), 0, []
    for i in range(count):
        due = begin + i / rate
        time.sleep(max(due - time.monotonic(), 0))
        boxes += len(detector.look(files[i % len(files)]))
        took.append(1000 * (time.monotonic() - due))
    said = {
        "seconds": time.process_time() - before,
        "model_seconds": detector.model_seconds,
        "p99_ms": float(np.percentile(took, 99)),
        "boxes": boxes / count,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
