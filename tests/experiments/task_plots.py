"""What the tasks of Spark look like: curves over partitions, and who ran what when."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from experiments.spark_tasks import Job


def curves(path: Path, jobs: Iterable[Job], title: str) -> None:
    """Run time, Jain's index and the largest share, for each wait and number of nodes."""
    jobs = [job for job in jobs if job.facts["how"] == "first node"]
    kinds: dict[str, Callable[[Job], float]] = {
        "run time, s": lambda job: job.seconds,
        "Jain's index of tasks": lambda job: job.jain(job.facts["nodes"]),
        "largest share of the tasks": lambda job: job.largest(),
    }
    waits = sorted({job.facts["wait"] for job in jobs})
    nodes = sorted({job.facts["nodes"] for job in jobs})
    figure, axes = pyplot.subplots(
        len(kinds), len(waits), figsize=(4 * len(waits), 9), layout="constrained", squeeze=False
    )
    for row, (name, value) in zip(axes, kinds.items()):
        for place, wait in zip(row, waits):
            for count in nodes:
                own = [it for it in jobs if (it.facts["nodes"], it.facts["wait"]) == (count, wait)]
                own.sort(key=lambda it: it.facts["partitions"])
                x = [it.facts["partitions"] for it in own]
                place.plot(x, list(map(value, own)), marker=".", label=f"{count} nodes")
            place.set(title=f"wait {wait} s", xlabel="partitions", ylabel=name)
            place.set_ylim(bottom=0)
    axes[0][0].legend()
    figure.suptitle(title)
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def timelines(path: Path, jobs: list[Job], nodes: int) -> None:
    """A bar for each task, in the rows of its node."""
    figure, axes = pyplot.subplots(
        len(jobs), 1, figsize=(9, 1.7 * len(jobs)), layout="constrained", squeeze=False
    )
    for (place,), job in zip(axes, jobs):
        ends: list[list[float]] = [[] for _ in range(nodes)]
        for task in sorted(job.tasks, key=lambda it: it.begin):
            rows = ends[task.node]
            free = next((n for n, end in enumerate(rows) if end <= task.begin), len(rows))
            rows[free:] = [task.end, *rows[free + 1 :]]
            place.barh(
                task.node + 0.1 * free,
                task.end - task.begin,
                left=task.begin,
                height=0.09,
                color=f"C{task.node}",
            )
        place.set(yticks=range(nodes), ylim=(-0.2, nodes), title=name(job), xlim=(0, None))
        place.set_ylabel("node")
    axes[-1][0].set_xlabel("s")
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def name(job: Job) -> str:
    """What the job was, in words."""
    facts = job.facts
    return (
        f"{facts['work']}, {facts['partitions']} partitions, {facts['how']}, wait {facts['wait']} s"
    )


def trace(path: Path, jobs: Iterable[Job]) -> None:
    """The tasks in Chrome's trace format, which Perfetto opens; one job after the other."""
    events: list[dict[str, object]] = []
    at = 0.0
    for job in jobs:
        for task in job.tasks:
            events.append(
                {
                    "name": f"partition {task.partition}",
                    "cat": task.locality,
                    "ph": "X",
                    "ts": round(1e6 * (at + task.begin)),
                    "dur": round(1e6 * (task.end - task.begin)),
                    "pid": task.node,
                    "tid": task.partition,
                    "args": {"job": name(job), "locality": task.locality},
                }
            )
        at += max((task.end for task in job.tasks), default=0) + 1
    for node in {event["pid"] for event in events}:
        events.append(
            {"name": "process_name", "ph": "M", "pid": node, "args": {"name": f"node {node + 1}"}}
        )
    path.write_text(json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}))
