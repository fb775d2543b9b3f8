"""A real `gwd` that detects: one camera over a veth, at a given rate, its records in a file."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.live import processor_seconds
from testbed import places
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet

MODEL = "yolo"
WIDTH, HEIGHT = 768, 576
WARM = 10  # pictures before the first that counts
TIMEOUT = 60
STEPS = ("receive", "decode", "deliver")
MOST_SECONDS = 55  # of a recording
CAMERA = {
    "name": "cam0",
    "source": "10.1.0.1",
    "destination": "10.0.0.2",
    "port": 5004,
    "width": WIDTH,
    "height": HEIGHT,
    "model": MODEL,
}


def folder() -> Path:
    """Of the model that detects."""
    return places.models() / MODEL / "1"


class Run(NamedTuple):
    """What came of it."""

    complete: float  # part of the pictures that have a record
    per_core: float  # pictures in a second of processor time, of all of gwd's threads
    p99_ms: float  # from the last packet to the record
    p50_added_ms: float  # ... beyond what decoding and the model, one after the other, would take
    p99_added_ms: float
    boxes: float  # of a picture


class Timed(NamedTuple):
    """A frame's way, in ms: when its last packet came, when its record was there, and what of
    that were decoding and the model."""

    came: float
    done: float
    worked: float


def added(frames: list[Timed]) -> list[float]:
    """What each frame took beyond a loop that decodes and infers one after the other.

    The loop is computed, for the very times that these frames came at and that their work took: a
    picture waits there for those before it (Lindley's recursion for one server, 1952), and that
    wait is no one's fault here either. Below zero where work on two pictures went on at once.
    """
    free, beyond = frames[0].came, []
    for frame in frames:
        free = max(free, frame.came) + frame.worked
        beyond.append(frame.done - free)
    return beyond


def _timed(trace: dict[str, Any]) -> list[Timed]:
    """The frames of a recording; a batch has one picture, so that they come in this order."""
    slices = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    frames: dict[int, dict[str, dict[str, Any]]] = {}
    for event in slices:
        if event["cat"] == "frame" and not event["args"]["dropped"]:
            frames.setdefault(event["args"]["frame"], {})[event["name"]] = event
    batches = sorted((event for event in slices if event["cat"] == "batch"), key=lambda e: e["ts"])
    whole = [frames[number] for number in sorted(frames) if len(frames[number]) == len(STEPS)]
    if len(whole) <= WARM or len(whole) != len(batches):
        raise RuntimeError(f"{len(whole)} frames, but {len(batches)} batches were recorded")
    found = []
    for frame, batch in zip(whole, batches, strict=True):
        receive, decode, deliver = (frame[step] for step in STEPS)
        came = (receive["ts"] + receive["dur"]) / 1000
        found.append(Timed(came, deliver["ts"] / 1000, (decode["dur"] + batch["dur"]) / 1000))
    return found


def detect(pictures: Path, rate: float, count: int) -> Run:
    """Plays the pictures of a folder in turn, at most so many."""
    net = CameraNet()
    count = min(count, int(MOST_SECONDS * rate) - WARM)
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        out, trace = Path(name) / "out", Path(name) / "trace.json"
        asked = configuration(net.port, [CAMERA], None)
        asked["kafka"] = {"backend": "file", "directory": str(out)}
        gateway = Gateway(asked)
        try:
            gateway.start()
            pid = gateway.process.pid
            recording = subprocess.Popen(
                [
                    *(places.gwctl(), "--socket", gateway.socket),
                    *("trace", f"{(count + WARM) / rate + 2:.1f}", trace),
                ],
                stdout=subprocess.DEVNULL,
            )
            before = processor_seconds(pid)
            sender = net.start(
                [
                    *(places.build() / "gwgen", "send", "--quiet", "--picture", pictures),
                    *("--port", f"net_af_packet0,iface={net.inside}", "--rate", rate),
                    *("--frames", count + WARM),
                ],
                Path(name) / "sender.log",
            )
            # 1: not every packet went in time.
            if sender.wait((count + WARM) / rate + TIMEOUT) not in (0, 1):
                raise RuntimeError(sender.text())
            seconds = processor_seconds(pid) - before
            if recording.wait(TIMEOUT) != 0:
                raise RuntimeError("gwctl trace failed")
            gateway.stop()
            lines = (out / "frames.jsonl").read_text().splitlines()
            frames = _timed(json.loads(trace.read_text()))
        finally:
            gateway.remove()
            net.remove()
    results = [json.loads(line)["result"] for line in lines]
    took = [frame.done - frame.came for frame in frames[WARM:]]
    beyond = added(frames)[WARM:]
    return Run(
        len(results) / (count + WARM),
        len(results) / seconds,
        float(np.percentile(took, 99)),
        float(np.percentile(beyond, 50)),
        float(np.percentile(beyond, 99)),
        sum(len(result["objects"]) for result in results) / len(results),
    )
