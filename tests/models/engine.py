"""Runs pictures through the C engine: preprocessing, ONNX Runtime and post-processing of `gwd`."""

import json
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime

TIMEOUT_S = 240


class Engine:
    """The test program that the build makes of the engine."""

    def __init__(self, program: Path):
        assert program.is_file(), f"{program} is missing: run ./dev build"
        self._program = program
        libraries = Path(onnxruntime.__file__).with_name("capi").glob("libonnxruntime.so.*")
        self._library = next(libraries)

    def run(self, model: Path, pictures: list[np.ndarray]) -> list[dict]:
        """Returns the result of each picture: (rows, columns) grey or (rows, columns, 3) RGB."""
        done = subprocess.run(
            [self._program, model, "--library", self._library],
            input=b"".join(netpbm(picture) for picture in pictures),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        results = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(results) == len(pictures)
        return results


def netpbm(picture: np.ndarray) -> bytes:
    """Returns a uint8 picture as binary PGM (grey) or PPM (RGB)."""
    rows, columns = picture.shape[:2]
    kind = "P5" if picture.ndim == 2 else "P6"
    return f"{kind}\n{columns} {rows}\n255\n".encode() + picture.tobytes()


def frames(video: Path, every: int, count: int) -> list[np.ndarray]:
    """Returns `count` pictures (rows, columns, 3) of the video, one out of `every`, by ffmpeg."""
    command = ["ffmpeg", "-v", "error", "-i", video, "-vf", rf"select=not(mod(n\,{every}))"]
    command += ["-vsync", "passthrough", "-frames:v", str(count), "-f", "image2pipe"]
    command += ["-c:v", "ppm", "-"]
    stream = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=True).stdout
    pictures = []
    while stream:
        kind, size, depth, rest = stream.split(b"\n", 3)
        assert (kind, depth) == (b"P6", b"255")
        columns, rows = map(int, size.split())
        pixels = np.frombuffer(rest, np.uint8, rows * columns * 3)
        pictures.append(pixels.reshape(rows, columns, 3))
        stream = rest[pixels.size :]
    assert len(pictures) == count
    return pictures
