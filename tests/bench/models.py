"""Pictures per second of every model, ours from decoded pictures to results against ONNX Runtime's
own runner on ready tensors.

Both run the same library with one thread and batches of the size that model.yaml says, in turns,
and go by processor time: what ours spends on preparing pictures, on batches and on reading outputs
is in its figure. The pictures are frames of a real surveillance video, decoded beforehand.

Each model is also run by our own kernels on the first OpenCL device, against ONNX Runtime in the
same place. On a device that is no processor the figure says nothing, as its time is not in it.

The last row has no model at all: how many pictures of 640x640 the gateway brings to an engine that
computes nothing, by the clock, against one thread that does nothing but prepare them. It is above 1
where there are processors for more than one.
"""

import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
import yaml

from bench import decode
from bench.report import Row, progress, row
from testbed import places

UNIT = "pictures/s of a core"
CLOCK = "pictures/s by the clock"
PEER = "ONNX Runtime's session.run() on ready tensors"
ROUNDS = 9
OPENCL_ROUNDS = 3
SECONDS = 1.0
TIMEOUT = 120
NO_MODEL = 3
# Threads that help the engine, as the gateway has them by default.
HELPERS = 2
NO_ENGINE = """\
task: classify
labels: [a, b, c, d]
input:
  tensor: in
  width: 640
  height: 640
  channels: 3
  mean: [0, 0, 0]
  scale: [0.004, 0.004, 0.004]
  fit: letterbox
classify: {tensor: out, top_k: 1}
batch: {max: 8, deadline_ms: 20}
"""
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


class Rates(NamedTuple):
    """Pictures in a second of processor time, and in a second."""

    of_a_core: float
    by_the_clock: float


def ours(bench: Path, folder: Path, engine: str, pictures: list[Path]) -> Rates:
    """The same of an engine with everything around it."""
    command = [bench, folder, engine, library(), str(HELPERS), str(SECONDS), *pictures]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode == NO_MODEL:
        raise Unreadable(done.stderr.strip())
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    of_a_core, by_the_clock = done.stdout.split()
    return Rates(float(of_a_core), float(by_the_clock))


def measure(bench: Path, folder: Path, pictures: list[Path], rounds: int) -> Row:
    """One model."""
    runner = Runner(folder)
    runner.rate(0.5)
    our, peer = [], []
    for _ in range(rounds):
        our.append(ours(bench, folder, "ort", pictures).of_a_core)
        peer.append(runner.rate(SECONDS))
    return row(folder.parent.name, UNIT, PEER, our, peer)


def on_opencl(bench: Path, folder: Path, pictures: list[Path], rounds: int) -> Row:
    """One model on the first OpenCL device, against ONNX Runtime in the same gateway."""
    our, peer = [], []
    for _ in range(rounds):
        our.append(ours(bench, folder, "opencl", pictures).of_a_core)
        peer.append(ours(bench, folder, "ort", pictures).of_a_core)
    return row(f"{folder.parent.name}, opencl", UNIT, "engine ort", our, peer)


def without_engine(bench: Path, scratch: Path, pictures: list[Path], rounds: int) -> Row:
    """What preparing pictures alone allows."""
    folder = scratch / "none" / "1"
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text(NO_ENGINE)
    (folder / "model.onnx").write_bytes(b"\b\1")
    our, peer = [], []
    for _ in range(rounds):
        our.append(ours(bench, folder, "null", pictures).by_the_clock)
        peer.append(ours(bench, folder, "thread", pictures).by_the_clock)
    return row("no model, 640x640", CLOCK, "one thread that only prepares", our, peer)


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
                continue
            try:
                measured.append(on_opencl(bench, folder, pictures, rounds or OPENCL_ROUNDS))
            except RuntimeError as why:
                progress(f"model {folder.parent.name} on OpenCL is left out: {why}")
        progress("no model")
        measured.append(without_engine(bench, Path(name), pictures, rounds or ROUNDS))
    return measured
