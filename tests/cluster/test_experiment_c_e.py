"""The quick forms of the experiments with Spark's tasks and with training."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.spark_tasks import ITEMS, Job, Task, by_cost, ranges
from testbed import places

# On a machine that has other things to do, too.
PATIENCE = 800


def run(name: str) -> dict[str, Any]:
    """Runs it as ./dev does; what it found."""
    words = [sys.executable, "-m", "experiments", name, "--quick"]
    done = subprocess.run(
        words,
        cwd=places.ROOT / "tests",
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    folder = places.ROOT / "build-experiments" / name
    assert_pictures(folder)
    return json.loads((folder / f"{name}.json").read_text())


def assert_pictures(folder: Path) -> None:
    plots = list(folder.glob("*.png"))
    assert plots
    assert all(plot.read_bytes().startswith(b"\x89PNG") for plot in plots)


@pytest.mark.parametrize("partitions", [1, 3, 8, 40])
def test_every_item_is_in_one_partition(partitions: int) -> None:
    costs = [1 / (4 + item) for item in range(ITEMS)]
    for parts in (ranges(partitions), by_cost(costs, partitions)):
        assert len(parts) == partitions
        assert sorted(item for part in parts for item in part) == list(range(ITEMS))


def test_jains_index_is_one_over_the_nodes_when_one_does_all() -> None:
    job = Job({}, 0, 0, [Task(0, 1, 0, 2, ""), Task(1, 1, 0, 1, "")])
    assert (job.jain(4), job.busy_jain(4), job.largest()) == (0.25, 0.25, 1)
    job.tasks.append(Task(2, 0, 0, 3, ""))
    job.tasks.append(Task(3, 0, 0, 0, ""))
    assert (job.jain(2), job.busy_jain(2), job.largest()) == (1, 1, 0.5)


@pytest.mark.timeout(PATIENCE + 60)
def test_tasks_go_where_the_pictures_lie_and_evenly_when_they_lie_evenly() -> None:
    facts = run("c")
    of = {
        (it["nodes"], it["partitions"], it["wait"], it["how"]): it
        for it in facts["spark"]
        if it["work"] == "timed"
    }
    assert of[2, 2, 3, "first node"]["jain"] == 0.5
    # The node where they lie has room for eight.
    assert of[2, 16, 0, "first node"]["jain"] > 0.5
    assert of[2, 16, 3, "in turn"]["jain"] == 1
    unlike = {it["how"]: it for it in facts["spark"] if it["work"] == "unlike"}
    assert unlike["in turn, by cost"]["dearest"] < unlike["in turn"]["dearest"]
    trace = json.loads((places.ROOT / "build-experiments" / "c" / "c-trace.json").read_text())
    assert {event["ph"] for event in trace["traceEvents"]} == {"X", "M"}


@pytest.mark.timeout(PATIENCE + 60)
@pytest.mark.usefixtures("need_root")
def test_engines_learn_what_one_process_learns_also_when_one_is_killed() -> None:
    facts = run("e")
    alone, *others = facts["trainings"]
    assert {it["engine"] for it in others} == {"Ray Train", "Spark"}
    assert all(it["killed"] and it["begins"][-1] > 0 for it in others)
    for it in others:
        losses = [epoch["loss"] for epoch in it["epochs"]]
        assert losses == pytest.approx([epoch["loss"] for epoch in alone["epochs"]], rel=0.02)
    before, after = facts["camera"]
    assert after["version"] == 2
    assert after["accuracy"] >= before["accuracy"]
