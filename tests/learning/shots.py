"""Pictures as cameras of a site take them: digits and noise, as JPEG."""

import io

import numpy as np
from PIL import Image

from testbed import scenes


def jpeg(pixels: np.ndarray, quality: int = 90) -> bytes:
    """Grey or colour, 0 to 255."""
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def noise(number: int, side: int = 16) -> bytes:
    """A picture that looks like no other of another number."""
    random = np.random.default_rng(number)
    return jpeg(np.kron(random.integers(0, 256, (side, side)), np.ones((2, 2))))


def digits(count: int, first: int = 0) -> list[tuple[str, bytes]]:
    """Labels and pictures of MNIST's test set."""
    images, labels = scenes.digits(first, count)
    pictures = zip(labels, images, strict=True)
    return [(str(label), jpeg(np.kron(image, np.ones((4, 4))))) for label, image in pictures]


def again(
    picture: bytes, number: int, noise: float = 3, light: float = 1, base: float = 0
) -> bytes:
    """The same thing once more, as a camera would see it a moment later."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)), np.float64)
    random = np.random.default_rng(number)
    return jpeg(base + light * pixels + random.normal(0, noise, pixels.shape))
