"""What the API costs the pipeline, and how fast it answers.

16 cameras send to a real gwd over a virtual cable, and a model looks at each picture; in turns
nobody asks it anything, and 50 viewers of the grid (bench/viewers.py) and a scrape every second do.
Frames that began to come and did not get through, and the 99th percentile from a frame's first
packet to its record, are those of the gateway itself. Viewers stand for other machines: they run in
what processor time is left over, and how many of their requests were answered is a row of its own;
what they take of caches and memory is still in the difference. `/status` is
asked again and again by one client, of a gateway with 4,096 cameras that send nothing, against one
with 16.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench.memory import cameras
from bench.report import Row, progress, row, rows_of
from testbed import places
from testbed.api import Api
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet

CAMERAS = 16
VIEWERS = 50
MANY = 4096
RATE = 5  # pictures a second of each camera
SIZE = (320, 240)
SECONDS = 10
WARM = 2
ROUNDS = 3
ASKING_S = 3.0
TIMEOUT = 60
NOBODY = "nobody asks"
WANTED = VIEWERS * (CAMERAS + 0.5) + 1  # requests a second


class Turn(NamedTuple):
    """One gateway with its cameras."""

    complete: float  # per cent of the frames that began to come
    p99_ms: float
    per_second: float  # requests


def _cameras(count: int) -> list[dict[str, object]]:
    width, height = SIZE
    return [{**camera, "width": width, "height": height} for camera in cameras(count)]


def _sender(net: CameraNet, folder: Path) -> list[object]:
    return [
        *(places.build() / "gwgen", "send", "--quiet"),
        *("--size", f"{SIZE[0]}x{SIZE[1]}", "--pacing", "burst", "--link", 100),
        *("--port", f"net_af_packet0,iface={net.inside}", "--cameras", CAMERAS),
        *("--rate", RATE, "--seconds", SECONDS + WARM),
    ]


def _watch(gateway: Gateway, names: list[str]) -> float:
    """Has the viewers ask; returns how many well answers came a second."""
    words = [sys.executable, "-m", "bench.viewers", gateway.socket, VIEWERS, SECONDS, *names]
    done = subprocess.run(
        list(map(str, words)), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    said = json.loads(done.stdout)
    good = said["statuses"].get("200", 0) + said["statuses"].get("304", 0)
    wrong = [status for status in said["statuses"] if status[0] not in "25" and status != "304"]
    if wrong or not good:
        raise RuntimeError(f"the viewers were answered {said['statuses']}")
    return good / said["seconds"]


def turn(viewers: bool) -> Turn:
    """Plays the cameras to a gateway, with viewers or without."""
    net = CameraNet()
    told = _cameras(CAMERAS)
    gateway = Gateway(configuration(net.port, told, None))
    try:
        with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
            gateway.start()
            sender = net.start(_sender(net, Path(name)), Path(name) / "sender.log")
            time.sleep(WARM)
            per_second = 0.0
            if viewers:
                per_second = _watch(gateway, [str(camera["name"]) for camera in told])
            # 1: not every packet went in time.
            if sender.wait(SECONDS + TIMEOUT) not in (0, 1):
                raise RuntimeError(sender.text())
            time.sleep(1)
            frames = gateway.status()["frames"]
            stages = gateway.ask("latency")["stages"]
            total = next(stage for stage in stages if stage["stage"] == "total")
            if viewers:
                progress(f"api: dropped: {gateway.dropped()}")
            return Turn(
                100 * frames["delivered"] / frames["received"], total["p99_us"] / 1000, per_second
            )
    finally:
        gateway.remove()
        net.remove()


def asking(count: int) -> float:
    """How often a second one client is told the status."""
    net = CameraNet()
    gateway = Gateway(configuration(net.port, _cameras(count), None))
    try:
        gateway.start(TIMEOUT)
        with Api(gateway.socket) as api:
            begin, asked = time.monotonic(), 0
            while time.monotonic() - begin < ASKING_S:
                api.get("status")
                asked += 1
            return asked / (time.monotonic() - begin)
    finally:
        gateway.remove()
        net.remove()


def rows(rounds: int | None) -> list[Row]:
    """Both in turn, in each round."""
    places.need(places.build() / "gwgen", "run ./dev build")
    alone: list[Turn] = []
    watched: list[Turn] = []
    many: list[float] = []
    few: list[float] = []
    for number in range(rounds or ROUNDS):
        progress(f"api: round {number + 1}")
        alone.append(turn(False))
        watched.append(turn(True))
        many.append(asking(MANY))
        few.append(asking(CAMERAS))
    what = f"{CAMERAS} cameras, {VIEWERS} viewers and a scrape"
    wanted = [WANTED] * len(watched)
    return [
        *rows_of(
            what,
            NOBODY,
            watched,
            alone,
            {"% complete": "complete", "ms at p99 of the way": "p99_ms"},
        ),
        row(what, "requests/s", "asked for", [one.per_second for one in watched], wanted),
        row(f"/status of {MANY} cameras", "requests/s", f"{CAMERAS} cameras", many, few),
    ]
