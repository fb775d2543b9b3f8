"""Digits as ten sites see them: the same handwriting on other paper, in other light, askew.

A picture is a camera's whole view of one digit, 480x480, baseline 4:2:0 with the standard Huffman
tables. A look is a function of the digit's 28x28 pixels (0 to 1, white on black) and a generator of
random numbers; it returns SIZE x SIZE grey values 0 to 1.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from testbed import stopping

SIZE = 480
_SENSOR = 0.02
Look = Callable[[Image.Image, np.random.Generator], np.ndarray]


def _grown(image: np.ndarray) -> Image.Image:
    grey = Image.fromarray((image * 255).astype(np.uint8) if image.dtype != np.uint8 else image)
    return grey.resize((SIZE, SIZE), Image.Resampling.BICUBIC)


def _values(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float32) / 255


def _turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BILINEAR)


def _leaning(image: Image.Image, share: float) -> Image.Image:
    matrix = (1, share, -share * SIZE / 2, 0, 1, 0)
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _small(image: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    side = int(SIZE * share)
    whole = Image.new("L", (SIZE, SIZE))
    spare = SIZE - side
    at = tuple(int(it) for it in random.uniform(0.3, 0.7, 2) * spare)
    whole.paste(image.resize((side, side)), at)
    return whole


def _ruled(digit: np.ndarray, across: bool, random: np.random.Generator) -> np.ndarray:
    """Dark ink on light paper with lines."""
    paper = np.full_like(digit, 0.86)
    first = int(random.integers(0, 60))
    paper[first::60] = paper[first + 1 :: 60] = 0.45
    if across:
        paper[:, first::60] = paper[:, first + 1 :: 60] = 0.45
    return paper * (1 - 0.85 * digit)


def _inverted(image: Image.Image, _: np.random.Generator) -> np.ndarray:
    return 1 - _values(image)


def _rotated(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    return _values(_turned(image, 35 + random.normal(0, 4)))


def _dim(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    return 0.12 + 0.16 * _values(image) + 0.03 * random.standard_normal((SIZE, SIZE), np.float32)


def _blurred(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    blur = ImageFilter.GaussianBlur(32 + random.uniform(-4, 4))
    return _values(image.filter(blur))


def _lined(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    return _ruled(_values(image), False, random)


def _squared(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    return _ruled(_values(image.filter(ImageFilter.GaussianBlur(8))), True, random)


def _noisy(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    # Coarse, so that it is not gone at 28x28.
    grain = Image.fromarray(random.integers(0, 256, (48, 48), np.uint8), "L")
    return 0.45 * _values(image) + 0.55 * _values(grain.resize((SIZE, SIZE)))


def _far(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    return _values(_small(image, 0.6, random))


def _slanted(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    return 0.1 + 0.5 * _values(_leaning(image, 0.7 + random.normal(0, 0.05)))


def _negative(image: Image.Image, random: np.random.Generator) -> np.ndarray:
    """Dark on light, and turned the other way."""
    return 0.9 - 0.6 * _values(_turned(image, -30 + random.normal(0, 4)))


LOOKS: dict[str, Look] = {
    "inverted": _inverted,
    "rotated": _rotated,
    "dim": _dim,
    "blurred": _blurred,
    "lined": _lined,
    "squared": _squared,
    "noisy": _noisy,
    "far": _far,
    "slanted": _slanted,
    "negative": _negative,
}


def pictures(look: str, digits: np.ndarray, seed: int) -> Iterator[bytes]:
    """The JPEG of each of `digits` (n, 28, 28), bytes, as that site's camera has it."""
    random = np.random.default_rng([seed, *look.encode()])
    for digit in digits:
        stopping.check()
        noise = random.standard_normal((SIZE, SIZE), np.float32)
        seen = LOOKS[look](_grown(digit), random) + _SENSOR * noise
        grey = Image.fromarray((seen.clip(0, 1) * 255).astype(np.uint8), "L")
        file = io.BytesIO()
        grey.convert("RGB").save(file, "JPEG", quality=90, subsampling="4:2:0")
        yield file.getvalue()


def draw(folder: Path, look: str, digits: np.ndarray, labels: np.ndarray, seed: int) -> None:
    """Writes them as FOLDER/LABEL/NNNNN.jpg."""
    for label in sorted(set(labels.tolist())):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
    for number, (label, jpeg) in enumerate(zip(labels.tolist(), pictures(look, digits, seed))):
        (folder / str(label) / f"{number:05d}.jpg").write_bytes(jpeg)
