"""Pictures per second of every model, ours from decoded pictures to results against ONNX Runtime's
own runner on ready tensors.

Both run the same library with one thread and batches of the size that model.yaml says, in turns,
and go by processor time: what ours spends on preparing pictures, on batches and on reading outputs
is in its figure. The pictures are frames of a real surveillance video, decoded beforehand.
"""

import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import yaml

from bench import decode
from bench.report import Row, progress, row
from testbed import places

UNIT = "pictures/s of a core"
PEER = "ONNX Runtime's session.run() on ready tensors"
ROUNDS = 9
SECONDS = 1.0
TIMEOUT = 120
NO_MODEL = 3
TYPES = {"float32": np.float32, "float16": np.float16, "uint8": np.uint8}


class Unreadable(Exception):
    """A model of a kind that the gateway does not run by itself."""


def library() -> Path:
    """The library that the peer runs on, too."""
    return next(Path(onnxruntime.__file__).with_name("capi").glob("libonnxruntime.so.*"))


class Runner:
    """The peer: a session, and a batch that is ready."""

    def __init__(self, folder: Path) -> None:
        described = yaml.safe_load((folder / "model.yaml").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options)
        self._batch = described["batch"]["max"]
        self._feed = {described["input"]["tensor"]: self._tensor(described["input"])}

    def _tensor(self, described: dict[str, Any]) -> np.ndarray:
        sides = [described["height"], described["width"]]
        if described.get("layout", "nchw") == "nchw":
            shape = [described["channels"], *sides]
        else:
            shape = [*sides, described["channels"]]
        values = np.random.default_rng(1).random((self._batch, *shape))
        return values.astype(TYPES[described.get("type", "float32")])

    def rate(self, seconds: float) -> float:
        """Pictures in a second of processor time."""
        until, pictures = time.monotonic() + seconds, 0
        before = time.process_time()
        while time.monotonic() < until:
            self._session.run(None, self._feed)
            pictures += self._batch
        return pictures / (time.process_time() - before)


def ours(bench: Path, folder: Path, pictures: list[Path]) -> float:
    """The same of the engine with everything around it."""
    command = [bench, folder, library(), str(SECONDS), *pictures]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode == NO_MODEL:
        raise Unreadable(done.stderr.strip())
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return float(done.stdout)


def measure(bench: Path, folder: Path, pictures: list[Path], rounds: int) -> Row:
    """One model."""
    runner = Runner(folder)
    runner.rate(0.5)
    our, peer = [], []
    for _ in range(rounds):
        our.append(ours(bench, folder, pictures))
        peer.append(runner.rate(SECONDS))
    return row(folder.parent.name, UNIT, PEER, our, peer)


def rows(rounds: int | None) -> list[Row]:
    """One row for each model of the repository."""
    bench = places.need(places.build() / "tests" / "model_bench", "run ./dev build")
    measured = []
    with tempfile.TemporaryDirectory() as name:
        pictures = decode.make_pictures(Path(name), 768, 576)
        for folder in sorted(places.models().glob("*/*")):
            progress(f"model {folder.parent.name}")
            try:
                measured.append(measure(bench, folder, pictures, rounds or ROUNDS))
            except Unreadable as why:
                progress(f"model {folder.parent.name} is left out: {why}")
    return measured
