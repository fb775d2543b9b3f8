"""Pixels of a frame: as it is seen, and the part of it that a model sees."""

import math

import cv2
import numpy as np

from framegate_learn.findings import Box

_QUALITY = 95

# How to turn stored pixels so that they are what is seen, by Exif's numbers (tag 274).
_TURNS = {
    1: lambda it: it,
    2: lambda it: it[:, ::-1],
    3: lambda it: it[::-1, ::-1],
    4: lambda it: it[::-1],
    5: lambda it: it.swapaxes(0, 1),
    6: lambda it: np.rot90(it, -1),
    7: lambda it: np.rot90(it, 2).swapaxes(0, 1),
    8: lambda it: np.rot90(it),
}


def seen(jpeg: bytes, orientation: int = 1) -> np.ndarray:
    """Grey (height, width) or blue, green, red (height, width, 3). ValueError: it is no picture."""
    pixels = None
    if jpeg:
        pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("no picture can be read from these bytes")
    return np.ascontiguousarray(_TURNS[orientation](pixels))


def cut(pixels: np.ndarray, box: Box, margin: float = 0.0) -> np.ndarray:
    """A box as a plan's step would see it: grown by `margin` of its sides, half of it at each end,
    in whole pixels and within the picture. Empty where it lies outside."""
    height, width = pixels.shape[:2]
    wide = (box.right - box.left) * margin / 2
    high = (box.bottom - box.top) * margin / 2
    left, top = max(math.floor(box.left - wide), 0), max(math.floor(box.top - high), 0)
    right = min(math.ceil(box.right + wide), width)
    bottom = min(math.ceil(box.bottom + high), height)
    return pixels[top : max(bottom, top), left : max(right, left)]


def encoded(pixels: np.ndarray) -> bytes:
    """As a JPEG in which colours have as many pixels as light."""
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    if pixels.ndim == 3:
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    well, content = cv2.imencode(".jpg", np.ascontiguousarray(pixels), options)
    if not well:
        raise ValueError("these pixels cannot be encoded")
    return content.tobytes()
