"""Which node of Spark runs which task, and what an even assignment changes.

MNIST's evaluation in 40 items of 250 pictures, in 1 to 40 partitions, all of which lie on the first
of 1 to 5 nodes with 8 tasks at a time each; Spark waits 0, 1 or 3 s for the node where they lie.
Then the same with partitions that lie on the nodes in turn, and, where items take unlike times, in
partitions of equal cost.

`timed` items take 0.8 s and no processor of ours; `LeNet` is the evaluation itself.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import schedule
from experiments import spark_tasks, task_plots
from experiments.spark_tasks import Evaluate, Job, Tasks, by_cost, ranges, timed
from testbed import places, scenes

REPORT = places.ROOT / "build-experiments" / "c"
CORES = 8
FIRST, TURN, COST = "first node", "in turn", "in turn, by cost"
ENOUGH_RIGHT = 0.98


@dataclass(frozen=True)
class Size:
    """How much of it."""

    nodes: tuple[int, ...]
    partitions: tuple[int, ...]
    waits: tuple[int, ...]
    item_s: float
    works: tuple[str, ...] = ("timed", "LeNet")


WHOLE = Size((1, 2, 3, 4, 5), (1, 2, 4, 8, 10, 20, 40), (0, 1, 3), 0.8)
QUICK = Size((1, 2), (2, 16), (0, 3), 0.05, ("timed",))


def costs(item_s: float) -> list[float]:
    """Seconds of 40 unlike items, as long in all as 40 like ones: the dear ones come first."""
    shares = [1 / (4 + item) for item in range(spark_tasks.ITEMS)]
    return [item_s * spark_tasks.ITEMS * it / sum(shares) for it in shares]


class Experiment:
    """All jobs of one cluster that grows."""

    def __init__(self, size: Size, folder: Path) -> None:
        self.size = size
        self.tasks = Tasks(folder / "spark", CORES)
        self._begin = time.monotonic()
        self._steps = len(size.nodes) + 1
        works: dict[str, tuple[list[Any], Any]] = {}
        if "timed" in size.works:
            works["timed"] = ([size.item_s] * spark_tasks.ITEMS, timed)
        if "LeNet" in size.works:
            labels = scenes.digits(0, spark_tasks.PICTURES)[1].tolist()
            per_item = spark_tasks.PER_ITEM
            shown = [labels[it * per_item :][:per_item] for it in range(spark_tasks.ITEMS)]
            works["LeNet"] = (list(zip(spark_tasks.jpegs(), shown)), Evaluate())
        self.works = works

    def say(self, step: int, text: str) -> None:
        """A line, with the time that is left as far as it can be told."""
        took = time.monotonic() - self._begin
        left = f", about {took / step * (self._steps - step):.0f} s left" if step else ""
        print(f"c: [{step}/{self._steps}] {text}{left}", file=sys.stderr, flush=True)

    def run(self) -> list[Job]:
        """Grows the cluster node by node; the even assignment comes at the end."""
        try:
            lying = {
                (work, count): self.tasks.on_the_first(ranges(count), items)
                for work, (items, _) in self.works.items()
                for count in self.size.partitions
            }
            for step, nodes in enumerate(self.size.nodes):
                self.say(step, f"{nodes} nodes")
                self.tasks.grow(nodes)
                self._warm()
                for (work, count), rdd in lying.items():
                    # Nothing to choose where there is one node, or one partition.
                    waits = self.size.waits if count > 1 else ()
                    for wait in waits if nodes > 1 else (0,):
                        self.tasks.run(rdd, self.works[work][1], wait, work=work, how=FIRST)
            self.say(len(self.size.nodes), "the even assignment")
            self._even()
        finally:
            jobs = self.tasks.close()
        return jobs

    def _warm(self) -> None:
        """Every process has its engine before a time is taken."""
        if "LeNet" in self.works:
            items, work = self.works["LeNet"]
            count = CORES * self.tasks.nodes
            few = [[(items[0][0][:8], items[0][1][:8])] for _ in range(count)]
            self.tasks.context.parallelize(few, count).map(work).count()

    def _even(self) -> None:
        for work, (items, run) in self.works.items():
            for count in self.size.partitions:
                rdd = self.tasks.in_turn(ranges(count), items)
                self.tasks.run(rdd, run, max(self.size.waits), work=work, how=TURN)
        if "timed" not in self.works:
            return
        unlike = costs(self.size.item_s)
        for count in self.size.partitions:
            for how, parts in ((TURN, ranges(count)), (COST, by_cost(unlike, count))):
                if count == 1:
                    continue
                dearest = max(sum(unlike[it] for it in part) for part in parts) / sum(unlike)
                rdd = self.tasks.in_turn(parts, unlike)
                self.tasks.run(
                    rdd, timed, max(self.size.waits), work="unlike", how=how, dearest=dearest
                )


def cells(jobs: list[Job]) -> list[dict[str, Any]]:
    """Each job's figures."""
    return [
        {
            **job.facts,
            "seconds": round(job.seconds, 3),
            "jain": round(job.jain(job.facts["nodes"]), 3),
            "busy_jain": round(job.busy_jain(job.facts["nodes"]), 3),
            "largest": round(job.largest(), 3),
            "right": job.right,
        }
        for job in jobs
    ]


def gateways(size: Size) -> list[dict[str, Any]]:
    """The gateway's scheduler on the same 40 items; its times are a tenth: `timed` takes 20 ms."""
    told = []
    for count in size.partitions:
        for wait in size.waits:
            case = schedule.Case("timed", size.nodes[-1], count, wait)
            turns = [case.run() for _ in range(3)]
            told.append(
                {
                    "devices": case.devices,
                    "partitions": count,
                    "wait": wait,
                    "seconds": statistics.median(turn["seconds"] for turn in turns),
                    "jain": statistics.median(turn["jain"] for turn in turns),
                }
            )
    return told


def failures(size: Size, told: list[dict[str, Any]]) -> list[str]:
    """What must be so on any machine."""
    found = []
    most = size.nodes[-1]
    for it in told:
        name = f"{it['work']}, {it['partitions']} partitions, {it['how']}, wait {it['wait']}"
        if it["work"] == "LeNet" and it["right"] < ENOUGH_RIGHT * spark_tasks.PICTURES:
            found.append(f"{name}: only {it['right']} are right")
        # All have room there at once, so that none waits.
        lies = it["how"] == FIRST and it["wait"] == max(size.waits) and it["nodes"] > 1
        if lies and it["work"] == "timed" and 1 < it["partitions"] <= CORES and it["largest"] < 1:
            found.append(f"{name}: not all where it lies")
        even = it["nodes"] == most and it["partitions"] % most == 0
        if it["how"] != FIRST and it["work"] != "LeNet" and even and it["jain"] < 0.999:
            found.append(f"{name}: not even: {it['jain']}")
    return found


def _draw(size: Size, jobs: list[Job]) -> None:
    for work in {job.facts["work"] for job in jobs if job.facts["how"] == FIRST}:
        own = [job for job in jobs if job.facts["work"] == work]
        task_plots.curves(
            REPORT / f"c-{work}.png", own, f"{work}: all partitions on the first node"
        )
    last = [job for job in jobs if job.facts["nodes"] == size.nodes[-1]]
    shown = [
        job
        for job in last
        if job.facts["work"] != "LeNet"
        and job.facts["wait"] in (size.waits[0], size.waits[-1])
        and job.facts["partitions"] in (size.partitions[-1], min(size.partitions[-1], 10))
    ]
    task_plots.timelines(REPORT / "c-timelines.png", shown, size.nodes[-1])
    task_plots.trace(REPORT / "c-trace.json", last)


def run(options: list[str]) -> int:
    """`./dev experiment c`."""
    parser = argparse.ArgumentParser(prog="./dev experiment c", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two nodes, in a minute")
    parser.add_argument("--work", choices=WHOLE.works, help="only this one")
    asked = parser.parse_args(options)
    size = QUICK if asked.quick else WHOLE
    if asked.work:
        size = replace(size, works=(asked.work,))
    REPORT.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="framegate-c-"))
    try:
        jobs = Experiment(size, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    told = cells(jobs)
    wrong = failures(size, told)
    facts = {
        "quick": asked.quick,
        "processors": os.cpu_count(),
        "load": os.getloadavg()[2],
        "cores_per_node": CORES,
        "item_s": size.item_s,
        "spark": told,
        "gateway": gateways(size),
        "failures": wrong,
    }
    (REPORT / "c.json").write_text(json.dumps(facts, indent=1))
    _draw(size, jobs)
    for it in wrong:
        print(f"c: FAILED: {it}", file=sys.stderr)
    print(f"c: figures, plots and a trace are in {REPORT}", file=sys.stderr)
    return 1 if wrong else 0
