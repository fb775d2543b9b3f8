"""What the engine must compute for a YOLOv3 model, written down once more with numpy.

The definition (Redmon and Farhadi, YOLOv3, 2018). A head (anchors * (5 + classes), rows, columns)
has, for each anchor and cell, x, y, width, height, objectness and a value per class:

1. The centre lies at ((column + sigmoid(x)) / columns, (row + sigmoid(y)) / rows) of the input, the
   box is exp(width) * anchor wide and exp(height) * anchor high, in input pixels.
2. The confidence of a class is sigmoid(objectness) * sigmoid(class). Every class that reaches the
   threshold is a candidate of its own.
3. Candidates go through non-maximum suppression class by class, over all heads together.
"""

from pathlib import Path

import numpy as np
from centernet_reference import Box
from detector_reference import Raw, Served, boxes_of, sigmoid


class YoloV3:
    """A model of the repository with raw YOLOv3 heads."""

    def __init__(self, folder: Path):
        self.served = Served(folder)
        self.description = self.served.description

    def detect(self, picture: np.ndarray) -> list[Box]:
        """Returns the boxes of `picture` (rows, columns, 3) uint8 RGB."""
        outputs = self.description["detect"]["outputs"]
        heads, placement = self.served.run(picture, [output["tensor"] for output in outputs])
        found = []
        for head, output in zip(heads, outputs, strict=True):
            found += self.candidates(head, output["anchors"])
        return boxes_of(found, self.description, placement)

    def candidates(self, head: np.ndarray, anchors: list[int]) -> list[Raw]:
        """Returns what one head (channels, rows, columns) says."""
        width, height = (self.description["input"][side] for side in ("width", "height"))
        rows, columns = head.shape[1:]
        pairs = np.reshape(anchors, (-1, 2))
        values = head.reshape(len(pairs), -1, rows, columns)
        confidence = sigmoid(values[:, 4:5]) * sigmoid(values[:, 5:])
        threshold = self.description["detect"]["threshold"]
        found = []
        for anchor, index, row, column in np.argwhere(confidence >= threshold):
            cell = values[anchor, :4, row, column].astype(np.float64)
            across, down = np.exp(cell[2:]) * pairs[anchor] / 2
            x = (column + sigmoid(cell[0])) * width / columns
            y = (row + sigmoid(cell[1])) * height / rows
            sure = float(confidence[anchor, index, row, column])
            sides = (x - across, y - down, x + across, y + down)
            found.append(Raw(int(index), sure, *map(float, sides)))
        return found
