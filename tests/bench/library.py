"""Pictures per second of a core from JPEG files to answers: the library and what one would write.

In Python: Pillow decodes and resizes, numpy makes the tensor, ONNX Runtime runs the same weights on
one thread; nothing is read of its answers. Ours is the package `framegate`, with dicts of what was
found. In C: a loop of one thread around the same decoder, preprocessing and runtime, against the
library; there, too, only the library reads what comes out. Both go by processor time.

`batch` is how many pictures a call is given. The models run as many together as model.yaml says, at
most; the peers as many as there are.
"""

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import yaml
from PIL import Image

from bench import decode
from bench.report import Row, progress, row
from testbed import places

UNIT = "pictures/s of a core"
SCRIPT = "Pillow, numpy, ONNX Runtime"
LOOP = "a loop in C"
ROUNDS = 5
SECONDS = 0.7
TIMEOUT = 120
BATCHES = (1, 8, 64)
# Models, and the pictures that they get. `objects` runs one picture at a time.
CASES = (
    ("digits", (160, 120), BATCHES),
    ("objects", (1280, 720), (1, 8)),
    ("resnet50", (768, 576), (1, 8)),
)


class Script:
    """The usual Python."""

    def __init__(self, model: Path) -> None:
        described = yaml.safe_load((model / "model.yaml").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(model / "model.onnx", options)
        self._input = described["input"]
        if "std" in self._input:
            self._scale = 1 / (255 * np.array(self._input["std"], np.float32))
            self._mean = 255 * np.array(self._input["mean"], np.float32)
        else:
            self._scale = np.array(self._input["scale"], np.float32)
            self._mean = np.array(self._input["mean"], np.float32)

    def _tensor(self, jpeg: bytes) -> np.ndarray:
        wanted = (self._input["width"], self._input["height"])
        picture = Image.open(io.BytesIO(jpeg))
        picture = picture.convert("L" if self._input["channels"] == 1 else "RGB")
        pixels = np.asarray(picture.resize(wanted, Image.Resampling.BILINEAR), np.float32)
        pixels = pixels.reshape(wanted[1], wanted[0], -1)
        return ((pixels - self._mean) * self._scale).transpose(2, 0, 1)

    def run(self, jpegs: list[bytes]) -> object:
        """Looks at the pictures, all together."""
        tensors = np.stack([self._tensor(jpeg) for jpeg in jpegs])
        return self._session.run(None, {self._input["tensor"]: tensors})


def rate(run: Callable[[list[bytes]], Any], jpegs: list[bytes], seconds: float) -> float:
    """Pictures in a second of processor time, of all threads."""
    until, done = time.monotonic() + seconds, 0
    before = time.process_time()
    while time.monotonic() < until:
        run(jpegs)
        done += len(jpegs)
    return done / (time.process_time() - before)


def in_c(way: str, model: str, batch: int, pictures: list[Path]) -> float:
    """The same of a program."""
    command = [places.build() / "tests" / "library_bench", way, places.models(), model]
    command += [places.onnxruntime(), str(batch), str(SECONDS), *pictures]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return float(done.stdout)


def measure(
    model: str, size: tuple[int, int], batch: int, pictures: list[Path], rounds: int
) -> list[Row]:
    """One model on so many pictures at a time, against both peers."""
    from framegate import Engine

    files = [path.read_bytes() for path in pictures]
    jpegs = [files[i % len(files)] for i in range(batch)]
    script = Script(places.models() / model / "1")
    ours: list[float] = []
    theirs: list[float] = []
    library: list[float] = []
    loop: list[float] = []
    with Engine(places.models(), model, onnxruntime=places.onnxruntime()) as engine:
        for run in (engine.run, script.run):
            rate(run, jpegs, 0.3)
        for _ in range(rounds):
            ours.append(rate(engine.run, jpegs, SECONDS))
            theirs.append(rate(script.run, jpegs, SECONDS))
            library.append(in_c("library", model, batch, pictures))
            loop.append(in_c("loop", model, batch, pictures))
    what = f"{model}, {size[0]}x{size[1]}, batch {batch}"
    return [row(what, UNIT, SCRIPT, ours, theirs), row(what, UNIT, LOOP, library, loop)]


def rows(rounds: int | None) -> list[Row]:
    """All models and batches."""
    places.need(places.build() / "tests" / "library_bench", "run ./dev build")
    library = places.need(places.build() / "lib" / "libframegate.so.0", "run ./dev build")
    os.environ.setdefault("FRAMEGATE_LIBRARY", str(library))
    sys.path.insert(0, str(places.ROOT / "lib" / "python"))
    measured: list[Row] = []
    for model, size, batches in CASES:
        with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
            pictures = decode.make_pictures(Path(name), *size)
            for batch in batches:
                progress(f"library: {model}, batch {batch}")
                measured += measure(model, size, batch, pictures, rounds or ROUNDS)
    return measured
