"""Experiment A: pictures per second through Kafka by workers and batch, as on source A's Ray.

One producer puts real photographs of about 26 KB into a topic; workers of one group look at them
and write results. Three ways in one run: our library in Ray actors, the usual Python (Pillow and
ONNX Runtime, the same weights) in the same actors, and gwd. Then once more in Ray actors with a
fixed wait in place of decoding and model, the same for one picture as for many: as long as the
processors are idle that shows how far the rest scales.

Results are counted by their topic's offsets, by a client of its own. Each cell is a group of its
own that begins at the first picture.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import ray
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.report import machine
from experiments import photographs, scaling_plots
from experiments.ways import InRay, Waiting, Way, repository, ways
from testbed import places, stopping
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.worker import Names

REPORT = places.ROOT / "build-experiments" / "a"
PARTITIONS = 24  # of the topic of pictures: the workers' numbers divide it
MEAN = 26_000  # bytes of a picture
DISTINCT = 120
WAIT_S = 0.25
ROUNDS = 3  # of all workers' batches that a cell takes at least, ...
LONGER = 4  # ... unless that is so many times as long
BUSY = 0.95  # of the processors' time: beyond that the machine is measured
STORE = 100 << 20
STARTS_S = 12.0  # of a cell's workers, for the first guess of the time left


class Plan(NamedTuple):
    """How much is measured."""

    model: str
    workers: tuple[int, ...]
    batches: tuple[int, ...]
    waits: tuple[int, ...]  # workers of the second sweep
    pictures: int
    seconds: float  # of a cell, after its first results


FULL = Plan("resnet50", (1, 2, 4, 8, 12), (1, 5, 10, 20), (1, 2, 4, 8, 12), 24_000, 20.0)
QUICK = Plan("digits", (2,), (1, 10), (1, 3), 6_000, 2.0)


class Broker:
    """The topics, their producer, and who counts."""

    def __init__(self, folder: Path) -> None:
        self.kafka = Kafka(folder / "kafka")
        self.kafka.start()
        self.pictures = f"pictures-{uuid.uuid4().hex[:8]}"
        self.kafka.create_topics([self.pictures], PARTITIONS)

    def fill(self, pictures: list[bytes], count: int) -> float:
        """One producer; returns pictures per second."""
        producer = Producer(
            {"bootstrap.servers": self.kafka.brokers, "linger.ms": 5, "acks": "all"}
        )
        begin = time.monotonic()
        for number in range(count):
            camera = number % PARTITIONS
            while True:
                try:
                    producer.produce(
                        self.pictures,
                        pictures[number % len(pictures)],
                        f"cam{camera}",
                        partition=camera,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        if producer.flush(120) > 0:
            raise RuntimeError("the broker does not take the pictures")
        return count / (time.monotonic() - begin)

    def names(self) -> Names:
        """A group and topics of results that nobody has had."""
        names = Names.unique()._replace(pictures=self.pictures, topics=Topics.unique())
        self.kafka.create_topics(names.topics, 3)
        return names

    def counter(self, topic: str) -> "Counter":
        """Counts what is in a topic."""
        return Counter(self.kafka.brokers, topic)


class Counter:
    """How many records a topic has."""

    def __init__(self, brokers: str, topic: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": brokers, "group.id": "counter"})
        self._partitions = [TopicPartition(topic, number) for number in range(3)]

    def read(self) -> int:
        """Now."""
        return sum(self._consumer.get_watermark_offsets(it)[1] for it in self._partitions)

    def close(self) -> None:
        """Nobody asks any more."""
        self._consumer.close()


def processors() -> tuple[int, int]:
    """Time of all processors so far: at work, and in all."""
    words = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    ticks = [int(word) for word in words]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def count_results(counter: Counter, seconds: float, least: int, pictures: int) -> dict[str, Any]:
    """From the first results on, until the time is over and so many came, or all are there."""
    end = time.monotonic() + 120
    while (now := counter.read()) == 0:
        if time.monotonic() > end:
            raise RuntimeError("no result came in two minutes")
        stopping.pause(0.05)
    first = last = (time.monotonic(), now)
    busy = processors()
    until, latest = first[0] + seconds, first[0] + LONGER * seconds
    # They come in lumps: from one that has arrived to another.
    while last[1] < pictures and time.monotonic() < latest:
        if time.monotonic() >= until and last[1] - first[1] >= least:
            break
        stopping.pause(0.05)
        if (now := counter.read()) > last[1]:
            last = (time.monotonic(), now)
    after = processors()
    took = last[0] - first[0]
    return {
        "rate": (last[1] - first[1]) / took if took > 0 else 0.0,
        "results": last[1] - first[1],
        "seconds": took,
        "busy": (after[0] - busy[0]) / max(after[1] - busy[1], 1),
    }


class Sweep:
    """All cells, one after the other."""

    def __init__(self, plan: Plan, broker: Broker, folder: Path, cells: int) -> None:
        self._plan = plan
        self._broker = broker
        self._folder = folder
        self._left = cells
        self._spent: list[float] = []

    def measure(self, way: Way, model: str, workers: int, batch: int) -> dict[str, Any]:
        """One cell."""
        each = STARTS_S + self._plan.seconds
        if self._spent:
            each = sum(self._spent) / len(self._spent)
        print(
            f"experiment a: {way.name}, workers {workers}, batch {batch}; {self._left} to go,"
            f" {each * self._left / 60:.0f} min",
            file=sys.stderr,
            flush=True,
        )
        begin = time.monotonic()
        names = self._broker.names()
        counter = self._broker.counter(names.topics.results)
        models = repository(self._folder, model, batch) if model else self._folder
        try:
            way.start(self._broker.kafka, names, models, workers, batch)
            found = count_results(
                counter, self._plan.seconds, ROUNDS * workers * batch, self._plan.pictures
            )
        finally:
            way.stop()
            counter.close()
        self._left -= 1
        self._spent.append(time.monotonic() - begin)
        return {"way": way.name, "workers": workers, "batch": batch, **found}


def table(cells: list[dict[str, Any]], batches: tuple[int, ...]) -> str:
    """Pictures per second: a line for each way and number of workers."""
    ways_there = list(dict.fromkeys(cell["way"] for cell in cells))
    rows = [f"{'pictures/s':<30}{'workers':>8}" + "".join(f"{f'batch {b}':>11}" for b in batches)]
    for way in ways_there:
        for workers in sorted({cell["workers"] for cell in cells}):
            line = f"{way:<30}{workers:>8}"
            for batch in batches:
                for cell in cells:
                    if (cell["way"], cell["workers"], cell["batch"]) == (way, workers, batch):
                        mark = "*" if cell["busy"] >= BUSY else " "
                        line += f"{cell['rate']:>10.1f}{mark}"
            rows.append(line)
    return "\n".join(rows)


def _start_ray() -> None:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Where the workers find what they are told to run.
    paths = [str(places.ROOT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    ray.init(
        "local",
        num_cpus=max(*FULL.workers, os.cpu_count() or 1),
        object_store_memory=STORE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    # Ray has handlers of its own.
    stopping.raise_once()


def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    """Everything; what the report says."""
    load = os.getloadavg()[0]
    pictures = photographs.make(DISTINCT, MEAN)
    broker = Broker(folder)
    try:
        _start_ray()
        rate = broker.fill(pictures, plan.pictures)
        cells = [(w, b) for w in plan.workers for b in plan.batches]
        waits = [(w, b) for w in plan.waits for b in plan.batches]
        three = ways(plan.model)
        sweep = Sweep(plan, broker, folder, len(three) * len(cells) + len(waits))
        # Way by way within a cell: what else the machine does falls on all of them.
        found = [
            sweep.measure(way, plan.model, workers, batch)
            for workers, batch in cells
            for way in three
        ]
        waiting = InRay("a wait in Ray", str(WAIT_S), Waiting)
        waited = [sweep.measure(waiting, "", workers, batch) for workers, batch in waits]
    finally:
        ray.shutdown()
        broker.kafka.kill()
    return {
        "machine": machine(),
        "load_before": load,
        "model": plan.model,
        "pictures": {
            "count": plan.pictures,
            "mean_bytes": sum(map(len, pictures)) / len(pictures),
            "producer_rate": rate,
        },
        "wait_s": WAIT_S,
        "cells": found,
        "waits": waited,
    }


def run(options: list[str]) -> int:
    """The table on standard output; JSON and plots in build-experiments/a/."""
    parser = argparse.ArgumentParser(prog="./dev experiment a", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few cells with a small model")
    parser.add_argument("--model", choices=("resnet50", "digits"), help="instead of the usual one")
    parser.add_argument("--workers", help="1,2,4: these alone")
    parser.add_argument("--waits", help="1,2,4: these alone in the second sweep")
    parser.add_argument("--batches", help="1,20: these alone")
    parser.add_argument("--seconds", type=float, help="of each cell, after its first results")
    asked = parser.parse_args(options)
    plan = QUICK if asked.quick else FULL
    for name in ("workers", "waits", "batches"):
        if words := getattr(asked, name):
            plan = plan._replace(**{name: tuple(int(word) for word in words.split(","))})
    plan = plan._replace(model=asked.model or plan.model, seconds=asked.seconds or plan.seconds)
    REPORT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="framegate-a-") as name:
        report = measure(plan, Path(name))
    (REPORT / "a.json").write_text(json.dumps(report, indent=1) + "\n")
    scaling_plots.draw(report, REPORT)
    print(f"{plan.model}, {report['machine']}; *: the processors were busy, so that is their limit")
    print(table(report["cells"], plan.batches))
    print(f"a wait of {WAIT_S:g} s for each batch, in place of decoding and model")
    print(table(report["waits"], plan.batches))
    print(f"{REPORT}: a.json, *.png")
    return 0
