"""Runs pictures through the C engine: preprocessing, ONNX Runtime and post-processing of `gwd`."""

import json
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime

TIMEOUT_S = 240


class Engine:
    """The test programs that the build makes of the engine and of the decoder."""

    def __init__(self, program: Path, decoder: Path):
        assert program.is_file(), f"{program} is missing: run ./dev build"
        assert decoder.is_file(), f"{decoder} is missing: run ./dev build"
        self._program = program
        self._decoder = decoder
        libraries = Path(onnxruntime.__file__).with_name("capi").glob("libonnxruntime.so.*")
        self._library = next(libraries)

    def run(
        self,
        model: Path,
        pictures: list[np.ndarray],
        source: tuple[int, int] | None = None,
        backend: str = "ort",
    ) -> list[dict]:
        """Returns the result of each picture: (rows, columns) grey or (rows, columns, 3) RGB.

        `source` is the width and height that they had before they were decoded.
        """
        options = ["--source", f"{source[0]}x{source[1]}"] if source else []
        options += ["--backend", backend]
        done = subprocess.run(
            [self._program, model, "--library", self._library, *options],
            input=b"".join(netpbm(picture) for picture in pictures),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        results = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(results) == len(pictures)
        return results

    def decode(self, files: list[Path], width: int, height: int, fit: str) -> list[np.ndarray]:
        """Returns JPEG files as the gateway's decoder gives them to a model with such an input."""
        done = subprocess.run(
            [self._decoder, str(width), str(height), fit, *files],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        pictures = parse_netpbm(done.stdout)
        assert len(pictures) == len(files)
        return pictures


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
    pictures = parse_netpbm(stream)
    assert len(pictures) == count
    return pictures


def parse_netpbm(stream: bytes) -> list[np.ndarray]:
    """Returns the pictures (rows, columns, 3) of concatenated binary PPM."""
    pictures = []
    while stream:
        kind, size, depth, rest = stream.split(b"\n", 3)
        assert (kind, depth) == (b"P6", b"255")
        columns, rows = map(int, size.split())
        pixels = np.frombuffer(rest, np.uint8, rows * columns * 3)
        pictures.append(pixels.reshape(rows, columns, 3))
        stream = rest[pixels.size :]
    return pictures
