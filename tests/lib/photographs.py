"""Photographs as cameras send them: baseline JPEG files of several sizes and qualities."""

import io
from pathlib import Path

from PIL import Image

from testbed import places

PHOTOGRAPHS = (
    "matplotlib/grace_hopper.jpg",
    "scikit-image/astronaut.png",
    "scikit-image/chelsea.png",
    "scikit-image/coffee.png",
    "scikit-image/motorcycle_left.png",
    "scikit-image/page.png",
    "scikit-image/rocket.jpg",
)


def photograph(name: str) -> Image.Image:
    """One of them, in colour."""
    path: Path = places.need(places.cache() / name, "run ./dev models")
    return Image.open(path).convert("RGB")


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """As RTP/JPEG has room for it: 4:2:0, with the standard Huffman tables."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return file.getvalue()


def jpegs() -> list[bytes]:
    """Each photograph in a size of its own, and lines of a printed page."""
    found = []
    for number, name in enumerate(PHOTOGRAPHS):
        image = photograph(name)
        width = (208, 1280, 640)[number % 3] + 16 * number
        height = round(width * image.height / image.width / 8) * 8
        found.append(jpeg(image.resize((width, height)), 60 + 5 * number))
    page = photograph("scikit-image/page.png")
    found += [jpeg(page.crop((0, top, 384, top + 24))) for top in range(0, 120, 24)]
    return found
