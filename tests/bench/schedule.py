"""How evenly work is spread over devices, and what a wait for locality does to it.

An experiment with Spark gave 40 items of MNIST's evaluation in 1 to 40 partitions to 1 to 5 nodes,
with a wait for locality of 0, 1 and 3 s. Here the gateway's own batcher and scheduler give the same
partitions to devices; all partitions belong to the first one, as Spark's belonged to the node that
had the file. Times are scaled: the 10,000 pictures take a device about 0.4 s, so that a wait of
1 s is 0.1 s here.

Two kinds of work. `LeNet` is the real evaluation by the gateway's engine; devices are processors,
in turn, and where there are fewer of them than devices, run time falls only as far as there are
processors. `timed` is a device that needs no processor of ours: an item takes it 20 ms.

Figures are medians of the rounds. The whole grid, and plots of run time, fairness and of single
runs, are left in build-results/schedule.
"""

import json
import os
import statistics
import subprocess
from typing import Any, NamedTuple

from bench import plots
from bench.report import Row, machine, progress, row
from testbed import places

DEVICES = [1, 2, 3, 4, 5]
PARTITIONS = [1, 2, 4, 5, 8, 10, 20, 40]
WAITS_S = [0, 1, 3]
SCALE = 10
WORKS = {"LeNet": "lenet", "timed": "timed"}
ROUNDS = 3
TIMEOUT = 60
PICTURES = 10000
ENOUGH_RIGHT = 0.98
SECONDS = "s"
JAIN = "Jain's index"


class Case(NamedTuple):
    """One cell of the grid."""

    work: str
    devices: int
    partitions: int
    wait_s: int

    def run(self) -> dict[str, Any]:
        """One turn of `schedule_bench`; what it evaluated must be right."""
        command = [
            places.need(places.build() / "tests/schedule_bench", "run ./dev build"),
            places.models() / "digits/1",
            places.mnist(),
            places.onnxruntime(),
            str(self.devices),
            str(self.partitions),
            str(self.wait_s * 1000 // SCALE),
            WORKS[self.work],
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        said: dict[str, Any] = json.loads(done.stdout)
        if self.work == "LeNet" and said["right"] < ENOUGH_RIGHT * PICTURES:
            raise RuntimeError(f"only {said['right']} of {PICTURES} are right: {self}")
        return said


Grid = dict[Case, list[dict[str, Any]]]


def _median(turns: list[dict[str, Any]], what: str) -> float:
    return statistics.median(turn[what] for turn in turns)


def _measure(rounds: int) -> Grid:
    grid: Grid = {}
    for work in WORKS:
        for devices in DEVICES:
            progress(f"schedule: {work}, {devices} devices")
            for partitions in PARTITIONS:
                # One device has nobody to wait for.
                for wait in WAITS_S if devices > 1 else [0]:
                    case = Case(work, devices, partitions, wait)
                    grid[case] = [case.run() for _ in range(rounds)]
    return grid


def _draw(grid: Grid) -> None:
    folder = places.ROOT / "build-results" / "schedule"
    folder.mkdir(parents=True, exist_ok=True)
    for work in WORKS:
        for wait in WAITS_S:
            for what, title in (("seconds", "Run time"), ("jain", JAIN)):
                curves = {
                    f"{devices} devices": [
                        (p, _median(grid[Case(work, devices, p, wait)], what)) for p in PARTITIONS
                    ]
                    for devices in DEVICES[1:]
                }
                curves["1 device"] = [
                    (p, _median(grid[Case(work, 1, p, 0)], what)) for p in PARTITIONS
                ]
                plots.lines(
                    folder / f"{work}-{what}-wait-{wait}.svg",
                    f"{title}, {work}, wait {wait} s",
                    "partitions",
                    SECONDS if what == "seconds" else "",
                    curves,
                )
            for partitions in (8, 40):
                turn = grid[Case(work, DEVICES[-1], partitions, wait)][0]
                bars = [
                    plots.Bar(t["device"], t["begin"], t["end"], f"partition {t['partition']}")
                    for t in turn["timeline"]
                ]
                plots.timeline(
                    folder / f"{work}-timeline-{partitions}-wait-{wait}.svg",
                    f"{partitions} partitions, {work}, wait {wait} s",
                    DEVICES[-1],
                    bars,
                )
    cells = [
        {
            **case._asdict(),
            "seconds": _median(turns, "seconds"),
            "jain": _median(turns, "jain"),
            "items": turns[0]["items"],
        }
        for case, turns in grid.items()
    ]
    facts = {"machine": machine(), "processors": os.cpu_count(), "scale": SCALE, "cells": cells}
    (folder / "schedule.json").write_text(json.dumps(facts, indent=1))
    progress(f"schedule: grid and plots are in {folder}")


def _figures(turns: list[dict[str, Any]], what: str) -> list[float]:
    return [turn[what] for turn in turns]


def rows(rounds: int | None) -> list[Row]:
    """Run time against one device, and fairness against a wait of 3 s."""
    grid = _measure(rounds or ROUNDS)
    _draw(grid)
    table = []
    for work in WORKS:
        for devices in DEVICES[1:]:
            table.append(
                row(
                    f"{work}, 40 partitions, {devices} devices, wait 0",
                    SECONDS,
                    "1 device",
                    _figures(grid[Case(work, devices, 40, 0)], "seconds"),
                    _figures(grid[Case(work, 1, 40, 0)], "seconds"),
                )
            )
        for partitions in (2, 5, 8, 10, 20, 40):
            table.append(
                row(
                    f"{work}, {partitions} partitions, 5 devices, wait 0",
                    JAIN,
                    f"wait 3 s (1/{SCALE})",
                    _figures(grid[Case(work, 5, partitions, 0)], "jain"),
                    _figures(grid[Case(work, 5, partitions, 3)], "jain"),
                )
            )
    return table
