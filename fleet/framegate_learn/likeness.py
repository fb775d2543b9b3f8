"""Whether two pictures look alike: 16x16 grey levels of each, whatever its light and contrast.

The measure is the correlation of the two (normalised cross-correlation): 1 for the same picture
brighter or paler, 0 for pictures that have nothing to do with each other. On handwritten digits,
two shots of one with a camera's noise have 0.99 and more; one in a thousand has another so near.
"""

import cv2
import numpy as np

# Beside a gateway that needs the processors.
cv2.setNumThreads(1)

SIDE = 16
LONG = SIDE * SIDE  # numbers of one picture
_FLAT = 1.0  # grey levels of standard deviation that are nothing but noise
_SCALE = 127


def look_of(jpeg: bytes) -> bytes:
    """What is compared of a picture, LONG bytes. ValueError: no picture can be read from it."""
    grey = None
    if jpeg:
        grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("no picture can be read from these bytes")
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    if small.std() < _FLAT:
        return bytes(LONG)
    # The largest value uses all of a byte: that is scaled back when it is compared.
    return np.rint(small / np.abs(small).max() * _SCALE).astype(np.int8).tobytes()


def _rows(looks: bytes) -> np.ndarray:
    rows = np.frombuffer(looks, np.int8).reshape(-1, LONG).astype(np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    # Pictures of nothing are alike: they get a direction that no other has.
    flat = np.full(LONG, LONG**-0.5, np.float32)
    return np.where(length > 0, rows / np.maximum(length, 1e-9), flat)


class Looks:
    """Those of many pictures, to find the one that is most like another."""

    def __init__(self) -> None:
        self._rows = np.empty((64, LONG), np.float32)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, looks: bytes) -> None:
        """One more, or several one behind the other; they are numbered from 0."""
        rows = _rows(looks)
        need = self._count + len(rows)
        if need > len(self._rows):
            room = np.empty((max(need, 2 * len(self._rows)), LONG), np.float32)
            room[: self._count] = self._rows[: self._count]
            self._rows = room
        self._rows[self._count : need] = rows
        self._count = need

    def near(self, look: bytes, least: float) -> list[int]:
        """The numbers of those that are so much alike, the nearest first."""
        if self._count == 0:
            return []
        alike = self._rows[: self._count] @ _rows(look)[0]
        found = np.flatnonzero(alike >= least)
        return [int(i) for i in found[np.argsort(-alike[found], kind="stable")]]
