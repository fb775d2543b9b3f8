"""What the gateway adds to decoding and the model alone, at the 99th percentile.

The load is 70 % of what one loop does that decodes a picture and runs the model on it, one after
the other. `alone_bench` is that loop: its pictures are in memory and due at their times. A real gwd
gets the same pictures at the same rate from a camera over a veth; there a picture's time goes from
its last packet to its record. The second row has the gateway's own account of the same frames: what
each took beyond a loop that decodes and infers with the very times of these frames, waits for the
picture before included (detection.added). Then the aim is 1 ms.

Both go by the clock: what else runs on the machine is in both figures.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench import detection, models
from bench.decode import make_pictures
from bench.report import Row, progress, row
from testbed import places

ROUNDS = 3
LOAD = 0.7
PICTURES = 200
TIMEOUT = 300
AIM_MS = 1.0
UNIT = "ms at p99"


def alone(rate: float, count: int, pictures: list[Path]) -> dict[str, Any]:
    """The loop; at rate 0 as fast as it can."""
    bench = places.need(places.build() / "tests" / "alone_bench", "run ./dev build")
    command = [bench, detection.folder(), models.library(), str(rate), str(count), *pictures]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def rows(rounds: int | None) -> list[Row]:
    """Both in turn, in each round."""
    places.need(places.build() / "gwgen", "run ./dev build")
    ours, loop, added = [], [], []
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        pictures = make_pictures(Path(name), detection.WIDTH, detection.HEIGHT)
        for number in range(rounds or ROUNDS):
            rate = LOAD * alone(0, PICTURES // 4, pictures)["rate"]
            progress(f"latency: round {number + 1}, {rate:.1f} pictures/s")
            loop.append(alone(rate, PICTURES, pictures)["p99_ms"])
            run = detection.detect(Path(name), rate, PICTURES)
            progress(
                f"latency: {100 * run.complete:.1f} % of the pictures have a record,"
                f" {run.p50_added_ms:.2f} ms more than such a loop in the median"
            )
            ours.append(run.p99_ms)
            added.append(run.p99_added_ms)
    what = f"{detection.MODEL}, {detection.WIDTH}x{detection.HEIGHT}, 70 % load"
    return [
        row(f"{what}: last packet to record", UNIT, "decode and model in a loop", ours, loop),
        row(f"{what}: added to both", UNIT, "the aim", added, [AIM_MS] * len(added)),
    ]
