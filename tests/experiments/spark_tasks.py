"""The evaluation of MNIST as tasks of Spark, and who ran which of them when.

40 items of 250 pictures each are cut into partitions. They lie where somebody put them: all on the
first node, as a file does that one node has; or in turn on all nodes.
"""

import io
import itertools
import json
import os
import pickle
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pyspark import RDD, SparkContext, StorageLevel
from pyspark.serializers import CPickleSerializer

from testbed import places, scenes
from testbed.spark import Spark

ITEMS = 40
PICTURES = 10000
PER_ITEM = PICTURES // ITEMS


class Task(NamedTuple):
    """One task: seconds since the first one of its job began."""

    partition: int
    node: int  # from 0
    begin: float
    end: float
    locality: str


@dataclass
class Job:
    """One run of all items, and where they went."""

    facts: dict[str, Any]
    seconds: float
    right: int  # of 10,000; 0 when nothing was looked at
    tasks: list[Task] = field(default_factory=list)

    def jain(self, nodes: int) -> float:
        """(sum x)^2 / (k sum x^2) of the tasks of each node; 1: all the same."""
        each = self.per_node()
        return sum(each.values()) ** 2 / (nodes * sum(it * it for it in each.values()))

    def busy_jain(self, nodes: int) -> float:
        """The same of the seconds that each node's tasks took."""
        each: Counter[int] = Counter()
        for task in self.tasks:
            each[task.node] += task.end - task.begin
        return sum(each.values()) ** 2 / (nodes * sum(it * it for it in each.values()))

    def largest(self) -> float:
        """The share of the tasks that went to one node, at most."""
        each = self.per_node()
        return max(each.values()) / sum(each.values())

    def per_node(self) -> Counter[int]:
        """How many tasks each node ran."""
        return Counter(task.node for task in self.tasks)


def jpegs() -> list[list[bytes]]:
    """MNIST's test pictures, by item."""
    from PIL import Image

    images, _ = scenes.digits(0, PICTURES)
    made = []
    for image in images:
        out = io.BytesIO()
        Image.fromarray(image).save(out, "JPEG", quality=95)
        made.append(out.getvalue())
    return [made[first : first + PER_ITEM] for first in range(0, PICTURES, PER_ITEM)]


def ranges(partitions: int) -> list[list[int]]:
    """Items in their order, as evenly as whole ones can be: what Spark does."""
    ends = [ITEMS * part // partitions for part in range(partitions + 1)]
    return [list(range(first, end)) for first, end in itertools.pairwise(ends)]


def by_cost(costs: Sequence[float], partitions: int) -> list[list[int]]:
    """Each item, the dearest first, to the partition that has the least (Graham, 1969)."""
    parts: list[list[int]] = [[] for _ in range(partitions)]
    for item in sorted(range(len(costs)), key=lambda it: -costs[it]):
        min(parts, key=lambda part: sum(costs[it] for it in part)).append(item)
    return parts


def _host(node: int) -> str:
    return f"127.0.0.{node + 2}"


class Tasks:
    """A cluster that grows, and jobs on it."""

    def __init__(self, folder: Path, cores: int) -> None:
        self._events = folder / "events"
        self._events.mkdir(parents=True)
        self._cluster = Spark(folder, cores=cores)
        self._cluster.start(1)
        session = self._cluster.open(
            "framegate: tasks",
            spark__executorEnv__PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
            spark__eventLog__enabled="true",
            spark__eventLog__dir=self._events.as_uri(),
            spark__eventLog__rolling__enabled="false",
            spark__eventLog__compress="false",
        )
        self.context: SparkContext = session.sparkContext
        self.nodes = 1
        self.jobs: list[Job] = []
        self._cluster.wait_for_executors(1)

    def grow(self, nodes: int) -> None:
        """Adds nodes until there are so many, and has their Python ready."""
        while self.nodes < nodes:
            self._cluster.add_worker()
            self.nodes += 1
        self._cluster.wait_for_executors(nodes)
        self._wait(0)
        slots = nodes * self._cluster.cores
        # Each process has loaded this file before a time is taken.
        self.context.parallelize([[0.5]] * slots, slots).map(timed).count()

    def _wait(self, seconds: int) -> None:
        # A job reads it when it begins.
        self.context._jsc.sc().conf().set("spark.locality.wait", f"{seconds}s")

    def on_the_first(self, parts: list[list[int]], items: list[Any]) -> RDD:
        """What is put there while there is no other node."""
        assert self.nodes == 1
        made = self._placed([[items[it] for it in part] for part in parts], [0] * len(parts))
        made = made.map(lambda it: it).persist(StorageLevel.DISK_ONLY)
        made.count()
        return made

    def in_turn(self, parts: list[list[int]], items: list[Any]) -> RDD:
        """Partition after partition to node after node."""
        nodes = [part % self.nodes for part in range(len(parts))]
        return self._placed([[items[it] for it in part] for part in parts], nodes)

    def _placed(self, parts: list[list[Any]], nodes: list[int]) -> RDD:
        jvm = self.context._jvm
        listed = jvm.java.util.ArrayList()
        for part, node in zip(parts, nodes):
            wanted = jvm.java.util.ArrayList()
            wanted.add(_host(node))
            pair = jvm.scala.Tuple2(pickle.dumps(part), _seq(jvm, wanted))
            listed.add(pair)
        tag = jvm.scala.reflect.ClassTag.apply(jvm.java.lang.Class.forName("[B"))
        made = self.context._jsc.sc().makeRDD(_seq(jvm, listed), tag)
        return RDD(made.toJavaRDD(), self.context, CPickleSerializer())

    def run(self, rdd: RDD, look: Any, wait: int, **facts: Any) -> Job:
        """One job; its tasks are known when the cluster is closed."""
        self._wait(wait)
        facts = {"nodes": self.nodes, "partitions": rdd.getNumPartitions(), "wait": wait, **facts}
        self.context.setJobDescription(str(len(self.jobs)))
        job = Job(facts, 0, 0)
        self.jobs.append(job)
        begin = time.monotonic()
        job.right = rdd.map(look).sum()
        job.seconds = time.monotonic() - begin
        self.context.setJobDescription(None)
        return job

    def close(self) -> list[Job]:
        """Ends the cluster; all jobs with their tasks."""
        self._cluster.close()
        for path in self._events.iterdir():
            self._read(path)
        return self.jobs

    def _read(self, path: Path) -> None:
        stages: dict[int, Job] = {}
        for line in path.open():
            event = json.loads(line)
            if event["Event"] == "SparkListenerJobStart":
                number = (event.get("Properties") or {}).get("spark.job.description")
                if number is not None:
                    stages.update(dict.fromkeys(event["Stage IDs"], self.jobs[int(number)]))
            elif event["Event"] == "SparkListenerTaskEnd" and event["Stage ID"] in stages:
                told = event["Task Info"]
                stages[event["Stage ID"]].tasks.append(
                    Task(
                        told["Index"],
                        int(told["Host"].rsplit(".", 1)[1]) - 2,
                        told["Launch Time"] / 1000,
                        told["Finish Time"] / 1000,
                        told["Locality"],
                    )
                )
        for job in self.jobs:
            first = min((task.begin for task in job.tasks), default=0)
            job.tasks = [
                it._replace(begin=it.begin - first, end=it.end - first) for it in job.tasks
            ]


def _seq(jvm: Any, listed: Any) -> Any:
    return jvm.org.apache.spark.api.python.PythonUtils.toSeq(listed)


def timed(part: list[float]) -> int:
    """A device that needs no processor of ours: items are the seconds that they take it."""
    time.sleep(sum(part))
    return 0


class Evaluate:
    """The evaluation itself, by the library; items are pictures and what they show."""

    def __init__(self) -> None:
        self.repository = str(places.models())

    def __call__(self, part: list[tuple[list[bytes], list[int]]]) -> int:
        from framegate.spark import findings, mapping

        engine = mapping._engine(findings(self.repository, "digits"))
        right = 0
        for pictures, labels in part:
            for found, label in zip(engine.run(pictures), labels):
                right += found["classes"][0]["index"] == label
        return right
