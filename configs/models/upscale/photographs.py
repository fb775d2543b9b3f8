"""Pairs of large and small pictures, made from photographs."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

FACTOR = 2
PATCH = 32  # of the small picture
# Finer than their files' own compression: photographs are halved until they are about so wide.
WIDEST = 1400


def large(path: Path) -> Image.Image:
    """Returns a photograph in RGB, its sides even, without the traces of its compression."""
    image = Image.open(path).convert("RGB")
    while image.width > WIDEST:
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
    width, height = (side // FACTOR * FACTOR for side in image.size)
    return image.crop((0, 0, width, height))


def small(image: Image.Image) -> Image.Image:
    """Returns `image` at half its size."""
    size = (image.width // FACTOR, image.height // FACTOR)
    return image.resize(size, Image.Resampling.BICUBIC)


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Returns `image` as a camera sends it."""
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def patches(
    paths: list[Path], count: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Returns `count` small (n, 32, 32, 3) and large (n, 64, 64, 3) patches, uint8.

    Of each three places the one with the most detail is taken. Every other photograph was a JPEG
    when it was small, of good quality.
    """
    smalls = np.empty((count, PATCH, PATCH, 3), np.uint8)
    larges = np.empty((count, PATCH * FACTOR, PATCH * FACTOR, 3), np.uint8)
    shares = np.array_split(np.arange(count), 2 * len(paths))
    for number, share in enumerate(shares):
        original = large(paths[number // 2])
        tiny = small(original)
        if number % 2:
            tiny = as_jpeg(tiny, int(random.integers(80, 96)))
        original, tiny = np.asarray(original), np.asarray(tiny)
        for slot in share:
            rows = random.integers(0, tiny.shape[0] - PATCH + 1, 3)
            columns = random.integers(0, tiny.shape[1] - PATCH + 1, 3)
            places = [
                (slice(row, row + PATCH), slice(column, column + PATCH))
                for row, column in zip(rows, columns, strict=True)
            ]
            best = max(places, key=lambda at: _detail(tiny[at]))
            smalls[slot] = tiny[best]
            twice = tuple(slice(it.start * FACTOR, it.stop * FACTOR) for it in best)
            larges[slot] = original[twice]
    return smalls, larges


def _detail(patch: np.ndarray) -> float:
    green = patch[..., 1].astype(np.int16)
    return float(np.abs(np.diff(green, axis=0)).sum() + np.abs(np.diff(green, axis=1)).sum())
