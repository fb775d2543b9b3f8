"""Real photographs as JPEG files of so many bytes in the mean, in several sizes and qualities."""

import io
import itertools

from PIL import Image

from testbed import places

SIZES = ((500, 375), (375, 500), (480, 360), (400, 400), (320, 240))
SOURCES = ("scikit-image", "mate-backgrounds")
QUALITIES = (70, 78, 86)
LIGHTEST, BEST = 10, 97
# Pixels: the views are smaller.
LARGE = 1000


def _sources() -> list[Image.Image]:
    paths = [
        path
        for name in SOURCES
        for path in sorted(places.need(places.cache() / name, "run ./dev models").iterdir())
        if path.suffix in (".jpg", ".png")
    ]
    found = []
    for path in paths:
        if path.name not in ("page.png", "camera.png"):
            image = Image.open(path)
            # A JPEG file need not be decoded whole for it.
            image.draft("RGB", (LARGE, LARGE))
            image = image.convert("RGB")
            image.thumbnail((LARGE, LARGE))
            found.append(image)
    return found


def _views(count: int) -> list[Image.Image]:
    """Parts of the photographs, each in a size of its own."""
    views = []
    for number, source in zip(range(count), itertools.cycle(_sources())):
        width, height = SIZES[number % len(SIZES)]
        scale = max(width / source.width, height / source.height) * (1 + number % 3 / 4)
        image = source.resize((round(source.width * scale) + 1, round(source.height * scale) + 1))
        left = (image.width - width) * (number * 7 % 10) // 10
        top = (image.height - height) * (number * 3 % 10) // 10
        views.append(image.crop((left, top, left + width, top + height)))
    return views


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=min(max(quality, LIGHTEST), BEST), subsampling="4:2:0")
    return file.getvalue()


def make(count: int, mean: int) -> list[bytes]:
    """So many pictures, whose mean size is as near to `mean` bytes as their qualities allow."""
    views = _views(count)

    def jpegs(more: int) -> list[bytes]:
        """All of them, so much better than their own quality."""
        return [
            _jpeg(view, quality + more) for view, quality in zip(views, itertools.cycle(QUALITIES))
        ]

    low, high = LIGHTEST - max(QUALITIES), BEST - min(QUALITIES)
    while low < high:
        more = (low + high + 1) // 2
        if sum(map(len, jpegs(more))) > mean * count:
            high = more - 1
        else:
            low = more
    found, rest = jpegs(low), mean * count
    rest -= sum(map(len, found))
    for number, better in enumerate(jpegs(low + 1)):
        more = len(better) - len(found[number])
        if more <= rest:
            found[number], rest = better, rest - more
    return found
