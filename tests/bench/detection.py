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
    p50_beside_ms: float  # ... of what is neither decoding nor the model
    p99_beside_ms: float
    boxes: float  # of a picture


def _times(trace: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Of each frame: from its last packet to its record; what was neither decode nor model.

    A batch has one picture, so that they come in the order of the frames.
    """
    slices = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    frames: dict[int, dict[str, dict[str, Any]]] = {}
    for event in slices:
        if event["cat"] == "frame" and not event["args"]["dropped"]:
            frames.setdefault(event["args"]["frame"], {})[event["name"]] = event
    batches = sorted((event for event in slices if event["cat"] == "batch"), key=lambda e: e["ts"])
    whole = [frames[number] for number in sorted(frames) if len(frames[number]) == len(STEPS)]
    if len(whole) <= WARM or len(whole) != len(batches):
        raise RuntimeError(f"{len(whole)} frames, but {len(batches)} batches were recorded")
    took, beside = [], []
    for frame, batch in list(zip(whole, batches, strict=True))[WARM:]:
        receive, decode, deliver = (frame[step] for step in STEPS)
        took.append((deliver["ts"] - receive["ts"] - receive["dur"]) / 1000)
        beside.append(took[-1] - (decode["dur"] + batch["dur"]) / 1000)
    return took, beside


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
            took, beside = _times(json.loads(trace.read_text()))
        finally:
            gateway.remove()
            net.remove()
    results = [json.loads(line)["result"] for line in lines]
    return Run(
        len(results) / (count + WARM),
        len(results) / seconds,
        float(np.percentile(took, 99)),
        float(np.percentile(beside, 50)),
        float(np.percentile(beside, 99)),
        sum(len(result["objects"]) for result in results) / len(results),
    )
