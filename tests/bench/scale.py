"""Cycles per packet of the receive stage by the number of cameras and of lanes.

The very stage that gwd runs, on a port whose packets are made in memory where a driver would put
them: the same pictures, by any number of cameras. Two loads. `a link each`: a picture comes as fast
as a link of 1 Gbit/s lets it, 25 times a second, so that about one camera in 50 sends at any time.
`all at once`: every packet is of another camera than the one before; as many frames are open as
there are cameras, and each packet finds all it needs far away.

Ours and the peer, one camera or one lane, run in turns; processor time is what counts, so that
other load disturbs little; each figure is a median, each ratio the median of the rounds' ratios.
What the port and the making of packets cost is in all of them, and in a row of its own.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from bench.report import Row, progress, row
from testbed import places

CAMERAS = [16, 256, 1024, 4096]
SECONDS = 0.4
# From so many open frames on more time is needed.
MANY = 1000
SECONDS_OF_MANY = 1.5
TIMEOUT = 120
ROUNDS = 9
ONE_CAMERA = "1 camera"
ONE_LANE = "1 lane"
TWO_PROCESSES = "2 processes with 1 lane each, at the same time"


class Case(NamedTuple):
    """One turn of `scale_bench`."""

    cameras: int
    at_once: int
    lanes: int
    way: str
    cores: Sequence[int]

    def start(self) -> subprocess.Popen[str]:
        """Starts it and does not wait."""
        bench = places.build() / "dataplane/scale_bench"
        # A round of all cameras must be over before the end.
        seconds = SECONDS if self.at_once < MANY else SECONDS_OF_MANY
        cores = ",".join(str(core) for core in self.cores)
        numbers = [str(number) for number in self[:3]]
        return subprocess.Popen(
            ["taskset", "-c", cores, bench, *numbers, self.way, str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> dict[str, float]:
        """What it says, when it has made frames and lost nothing."""
        try:
            said, complaint = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            raise RuntimeError(complaint.strip())
        turn: dict[str, float] = json.loads(said)
        if self.way != "port" and turn["frames"] == 0:
            raise RuntimeError(f"no frame was delivered: {self}")
        if self.way == "own" and turn["drops"] > 0:
            raise RuntimeError(f"something was dropped: {self}: {said}")
        return turn

    def run(self, what: str) -> float:
        """One figure of a turn."""
        return self.finish(self.start())[what]


def by_cameras(rounds: int, core: int) -> list[Row]:
    """One lane, more and more cameras."""
    unit = "cycles/packet"
    cases = {
        "the port alone": Case(1, 1, 1, "port", [core]),
        **{
            f"{n} cameras, a link each": Case(n, max(1, n // 50), 1, "own", [core]) for n in CAMERAS
        },
        **{f"{n} cameras, all at once": Case(n, n, 1, "own", [core]) for n in CAMERAS},
    }
    turns: dict[str, list[float]] = {what: [] for what in cases}
    one: list[float] = []
    for _ in range(rounds):
        one.append(Case(1, 1, 1, "own", [core]).run("cycles_per_packet"))
        for what, case in cases.items():
            turns[what].append(case.run("cycles_per_packet"))
    return [row(what, unit, ONE_CAMERA, figures, one) for what, figures in turns.items()]


def by_lanes(rounds: int, cores: list[int]) -> list[Row]:
    """Two lanes on two cores, 256 cameras with a link each."""
    half = [Case(128, 3, 1, "own", [core]) for core in cores]
    one: list[float] = []
    two: list[float] = []
    crossed: list[float] = []
    apart: list[float] = []
    for _ in range(rounds):
        one.append(Case(256, 5, 1, "own", cores[1:]).run("mpps"))
        two.append(Case(256, 5, 2, "own", cores).run("mpps"))
        crossed.append(Case(256, 5, 2, "crossed", cores).run("mpps"))
        processes = [case.start() for case in half]
        turns = [case.finish(process) for case, process in zip(half, processes)]
        apart.append(sum(turn["mpps"] for turn in turns))
    return [
        row("2 lanes", "Mpps", ONE_LANE, two, one),
        row("2 lanes", "Mpps", TWO_PROCESSES, two, apart),
        row("2 lanes, every second packet handed over", "Mpps", ONE_LANE, crossed, one),
    ]


def rows(rounds: int | None) -> list[Row]:
    """Measures every case; `rounds` turns each."""
    places.need(places.build() / "dataplane/scale_bench", "run ./dev build")
    cores = sorted(os.sched_getaffinity(0))[-2:]
    progress("scale: by cameras")
    found = by_cameras(rounds or ROUNDS, cores[-1])
    if len(cores) < 2:
        progress("scale: two lanes are left out: there is one core")
        return found
    progress("scale: by lanes")
    return found + by_lanes(rounds or ROUNDS, cores)
