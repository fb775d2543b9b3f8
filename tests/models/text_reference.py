"""What the engine must compute for models that find and read text, once more with numpy.

Finding (Liao et al., Differentiable Binarization, 2020) gives a map with a confidence per input
pixel that it belongs to the core of a line of text:

1. Pixels above `threshold` that touch, also at a corner, are one region.
2. A region's confidence is the mean of the map over its pixels; below `box_threshold` it is none.
3. Its box is the smallest with level sides that holds it. Regions of which a side of the box is
   less than 3 pixels are none.
4. The core is smaller than the text: the box grows on every side by
   unclip * width * height / (2 * (width + height)).
5. Boxes are scaled back to source pixels and clipped to the picture; most confident first, among
   equals the upper one, then the left one.

Reading gives the most likely character for each of some places along a line, and its confidence:
equal neighbours are one, blanks (label 0) are none (Graves et al., Connectionist Temporal
Classification, 2006). The confidence of the line is the mean of the characters' that are left, each
the first of its equal neighbours; that of an empty line is 0.
"""

from pathlib import Path

import numpy as np
from centernet_reference import Box
from detector_reference import Served
from scipy import ndimage

LEAST_SIDE = 3
BLANK = 0


class TextFinder:
    """A model of the repository that finds text."""

    def __init__(self, folder: Path):
        self.served = Served(folder)
        self.description = self.served.description

    def detect(self, picture: np.ndarray) -> list[Box]:
        """Returns the lines of text in `picture` (rows, columns, 3) uint8 RGB."""
        (probability,), placement = self.served.run(picture, [self.description["text"]["tensor"]])
        width, height = placement.source_width, placement.source_height
        boxes = []
        for confidence, left, top, right, bottom in self.regions(probability[0]):
            sides = [*placement.to_source(left, top), *placement.to_source(right, bottom)]
            sides = np.clip(sides, 0, [width, height, width, height])
            boxes.append(Box(0, "text", confidence, *sides.tolist()))
        return [box for box in boxes if box.left < box.right and box.top < box.bottom]

    def regions(self, probability: np.ndarray) -> list[tuple[float, ...]]:
        """Returns confidence, left, top, right and bottom in input pixels, best first."""
        wanted = self.description["text"]
        touching, _ = ndimage.label(probability > wanted["threshold"], np.ones((3, 3)))
        found = []
        for number, (rows, columns) in enumerate(ndimage.find_objects(touching), 1):
            height, width = rows.stop - rows.start, columns.stop - columns.start
            inside = touching[rows, columns] == number
            confidence = float(probability[rows, columns][inside].mean(dtype=np.float64))
            if confidence < wanted["box_threshold"] or min(height, width) < LEAST_SIDE:
                continue
            more = wanted["unclip"] * width * height / (2 * (width + height))
            sides = (columns.start - more, rows.start - more)
            sides += (columns.stop + more, rows.stop + more)
            found.append((confidence, *sides))
        return sorted(found, key=lambda it: (-it[0], it[2], it[1]))


class TextReader:
    """A model of the repository that reads one line."""

    def __init__(self, folder: Path):
        self.served = Served(folder)
        names = (folder / self.served.description["labels_file"]).read_text()
        self.labels = names.removesuffix("\n").split("\n")

    def read(self, picture: np.ndarray) -> tuple[str, float]:
        """Returns the text of `picture` (rows, columns, 3) uint8 RGB, and its confidence 0..1."""
        heads = self.served.description["read"]
        names = [heads["character"], heads["confidence"]]
        (characters, confidences), _ = self.served.run(picture, names)
        return self.line(characters, confidences)

    def line(self, characters: np.ndarray, confidences: np.ndarray) -> tuple[str, float]:
        """Returns the text of the numbers and confidences along one line."""
        numbers = characters.astype(int)
        first = np.concatenate([[True], numbers[1:] != numbers[:-1]]) & (numbers != BLANK)
        text = "".join(self.labels[number] for number in numbers[first])
        return text, float(confidences[first].mean()) if first.any() else 0.0


def cut(picture: np.ndarray, box: Box) -> np.ndarray:
    """Returns what `box` shows of `picture`, whole pixels."""
    left, top = int(np.floor(box.left)), int(np.floor(box.top))
    return picture[top : int(np.ceil(box.bottom)), left : int(np.ceil(box.right))]
