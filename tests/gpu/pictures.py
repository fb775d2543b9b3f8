"""Pictures as a camera sends them, of so many bytes: frames of a real surveillance video."""

import io
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from testbed import places

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
KILOBYTES = (40, 250)
FRAMES = 6
NEAR = 0.03  # of the wanted bytes
QUALITY = (5, 92)


def _frame(second: int, width: int, height: int) -> np.ndarray:
    command = ["ffmpeg", "-v", "error", "-ss", str(second), "-i", str(places.video())]
    command += ["-frames:v", "1", "-vf", f"scale={width}:{height}", "-f", "rawvideo"]
    raw = subprocess.run(
        [*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True, timeout=60
    )
    return np.frombuffer(raw.stdout, np.uint8).reshape(height, width, 3)


def _jpeg(pixels: np.ndarray, quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()


def _noisy(pixels: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def _of_size(pixels: np.ndarray, wanted: int) -> bytes:
    """By its quality; where the best is too small, a sensor's noise is added."""
    sigma = 0.0
    while len(best := _jpeg(_noisy(pixels, sigma), QUALITY[1])) < wanted:
        sigma += 1.0
    noisy, (low, high) = _noisy(pixels, sigma), QUALITY
    while low <= high and abs(len(best) - wanted) > NEAR * wanted:
        middle = (low + high) // 2
        best = _jpeg(noisy, middle)
        low, high = (middle + 1, high) if len(best) < wanted else (low, middle - 1)
    return best


def write(folder: Path, frames: int = FRAMES) -> None:
    """`folder`/720p-40KB/0.jpg and so on."""
    for name, (width, height) in SIZES.items():
        originals = [_frame(10 + 8 * number, width, height) for number in range(frames)]
        for kilobytes in KILOBYTES:
            place = folder / f"{name}-{kilobytes}KB"
            place.mkdir(parents=True)
            for number, pixels in enumerate(originals):
                (place / f"{number}.jpg").write_bytes(_of_size(pixels, 1000 * kilobytes))
