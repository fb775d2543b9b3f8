"""What the engine must compute for a CenterNet head of the usual layout, once more with numpy.

The definition (Zhou et al., Objects as Points, 2019; CenterFace by Xu et al., 2019):

1. Peaks of the heat map as in `centernet_reference`: no cell around is higher.
2. The centre lies at (column + shift + right, row + shift + down) * stride input pixels. Right and
   down are the two channels of the offset at the cell, or down and right with `vertical_first`.
3. Width and height are the two channels of the size (height first with `vertical_first`), in
   pixels, in cells, or as natural logarithms of cells.
4. Every peak is a box of its own: there is no suppression, unless `iou` asks for it.

CenterFace has five landmarks besides: channels 2i and 2i + 1 say where the point lies down and
right of the box's top left corner, as parts of its height and width.
"""

from pathlib import Path

import numpy as np
from centernet_reference import Box, peaks
from detector_reference import Raw, Served, boxes_of

LANDMARKS = ("right eye", "left eye", "nose", "right of mouth", "left of mouth")


class CenterFace:
    """A model of the repository with heat map, size and offset."""

    def __init__(self, folder: Path):
        self.served = Served(folder)
        self.description = self.served.description

    def detect(self, picture: np.ndarray) -> list[Box]:
        """Returns the boxes of `picture` (rows, columns, 3) uint8 RGB."""
        names = [self.description["detect"][head] for head in ("heatmap", "size", "offset")]
        heads, placement = self.served.run(picture, names)
        found = [raw for raw, _ in self.candidates(*heads)]
        return boxes_of(found, self.description, placement)

    def landmarks(self, picture: np.ndarray) -> dict[str, tuple[float, float]]:
        """Returns the places of the most confident face's landmarks in source pixels."""
        names = [self.description["detect"][head] for head in ("heatmap", "size", "offset")]
        (*heads, marks), placement = self.served.run(picture, [*names, "landmarks"])
        raw, (row, column) = max(self.candidates(*heads), key=lambda it: it[0].confidence)
        down, across = marks[:, row, column].reshape(-1, 2).T
        x = raw.left + across * (raw.right - raw.left)
        y = raw.top + down * (raw.bottom - raw.top)
        return {name: placement.to_source(*at) for name, *at in zip(LANDMARKS, x, y, strict=True)}

    def candidates(
        self, heatmap: np.ndarray, size: np.ndarray, offset: np.ndarray
    ) -> list[tuple[Raw, tuple[int, int]]]:
        """Returns what the heads of one picture say, each with its cell: row, column."""
        head = self.description["detect"]
        stride = head["stride"]
        if head["size_is"] == "log_cells":
            size = np.exp(size.astype(np.float64))
        if head["size_is"] in ("cells", "log_cells"):
            size = size * stride
        if head.get("vertical_first"):
            size, offset = size[::-1], offset[::-1]
        found = []
        for index, row, column in peaks(heatmap, head["threshold"]):
            x, y = (
                stride * (at + head.get("shift", 0) + float(moved))
                for at, moved in zip((column, row), offset[:, row, column], strict=True)
            )
            width, height = (float(side) for side in size[:, row, column])
            sides = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            sure = float(heatmap[index, row, column])
            found.append((Raw(int(index), sure, *sides), (int(row), int(column))))
        return found
