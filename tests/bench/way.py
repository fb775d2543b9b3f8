"""Detection from end to end, per core, against a plain script.

Ours is a real gwd: it receives a camera's packets over a veth, puts pictures together, decodes,
detects and writes records. The script (bench/plain_detector.py) has the JPEG pictures in memory and
takes Pillow, numpy and ONNX Runtime, as one would write it; both run the same weights on one thread
of the same library. GStreamer 1.22 of Debian has no element that runs such a model: its row adds
the processor time of its decoding and scaling (from RTP packets in a file) to that of ONNX
Runtime's run in the script. The rate is 60 % of what the script can do.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import decode, detection
from bench.report import Row, progress, row
from testbed import places

ROUNDS = 3
LOAD = 0.6
PICTURES = 200
TIMEOUT = 300
UNIT = "frames/s per core"
LATENCY = "ms at p99"
SCRIPT = "Pillow, numpy, ONNX Runtime"
GSTREAMER = "gst jpegdec ! videoscale, and the run"
TOLERANCE = 0.1  # of the number of boxes


def script(rate: float, count: int, pictures: list[Path]) -> dict[str, Any]:
    """The plain script, as a process of its own."""
    command = [sys.executable, "-m", "bench.plain_detector", detection.folder(), str(rate)]
    done = subprocess.run(
        [*command, str(count), *pictures],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def rows(rounds: int | None) -> list[Row]:
    """All in turn, in each round."""
    places.need(places.build() / "gwgen", "run ./dev build")
    ours: list[detection.Run] = []
    plain: list[dict[str, Any]] = []
    stream: list[float] = []
    side = 416
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        folder = Path(name)
        pictures = decode.make_pictures(folder, detection.WIDTH, detection.HEIGHT)
        short = decode.make_packets(folder, detection.WIDTH, detection.HEIGHT, decode.FILES)
        long = decode.make_packets(
            folder, detection.WIDTH, detection.HEIGHT, decode.FILES + PICTURES
        )
        only = folder / "pictures"
        only.mkdir()
        for picture in pictures:
            (only / picture.name).hardlink_to(picture)
        able = script(1000, PICTURES // 4, pictures)
        rate = LOAD * (PICTURES // 4) / able["seconds"]
        for number in range(rounds or ROUNDS):
            progress(f"way: round {number + 1}, {rate:.1f} pictures/s")
            plain.append(script(rate, PICTURES, pictures))
            ours.append(detection.detect(only, rate, PICTURES))
            progress(f"way: {100 * ours[-1].complete:.1f} % of the pictures have a record")
            if abs(ours[-1].boxes / plain[-1]["boxes"] - 1) > TOLERANCE:
                raise RuntimeError(
                    f"not the same work: {ours[-1].boxes} and {plain[-1]['boxes']} boxes a picture"
                )
            decoded = 1 / decode.gstreamer_rate(short, long, PICTURES, (side, side, "RGB"))
            stream.append(1 / (decoded + plain[-1]["model_seconds"] / PICTURES))
    what = f"{detection.MODEL}, {detection.WIDTH}x{detection.HEIGHT}"
    per_core = [run.per_core for run in ours]
    return [
        row(what, UNIT, SCRIPT, per_core, [PICTURES / run["seconds"] for run in plain]),
        row(what, UNIT, GSTREAMER, per_core, stream),
        row(what, LATENCY, SCRIPT, [r.p99_ms for r in ours], [r["p99_ms"] for r in plain]),
    ]
