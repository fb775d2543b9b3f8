"""LeNet-5 learns MNIST on Ray and on Spark, by 1, 2 and 4 processes, and goes to a gateway.

Every process count learns the same batches, so that they can be held against one process without
an engine. A process is killed in mid-training on each engine. The model that comes out takes the
place of the one of the first epoch in a gateway whose camera plays on.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from experiments import rollout
from experiments.train_spark import Spark
from framegate_flow import training
from framegate_flow.train_ray import Ray
from framegate_flow.training import Alone, Epoch, Plan, Run
from testbed import places

RECIPE = places.ROOT / "configs" / "models" / "digits"

REPORT = places.ROOT / "build-experiments" / "e"
# What the source reached: four machines, and two.
SOURCE = [{"machines": 4, "percent": 98.57, "seconds": 1898}]
SOURCE += [{"machines": 2, "percent": 98.71, "seconds": 13825}]
# Three times the chance of 10,000 pictures at 99 %.
NOISE = 0.003


@dataclass(frozen=True)
class Size:
    """How much of it."""

    plan: Plan
    workers: tuple[int, ...]
    least: float  # accuracy, 0 to 1
    scenes: int

    @property
    def trainings(self) -> int:
        """How many there are, those with a kill too."""
        return 4 + 2 * len(self.workers) - (not self.workers)


def _sizes(quick: bool, workers: tuple[int, ...]) -> Size:
    plan = Plan(str(places.mnist()), str(RECIPE), epochs=6)
    if quick:
        return Size(replace(plan, epochs=3, pictures=5120), (), 0.8, 60)
    return Size(plan, workers, 0.99, 500)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(it) for it in text.split(","))


class Progress:
    """A line for each epoch, with the time that is left."""

    def __init__(self, trainings: int) -> None:
        self._trainings, self._done = trainings, 0
        self._begin = time.monotonic()

    def say(self, text: str) -> None:
        """One line."""
        print(f"e: {text}", file=sys.stderr, flush=True)

    def done(self, name: str, run: Run, accuracy: float) -> None:
        """One training more."""
        self._done += 1
        left = (time.monotonic() - self._begin) / self._done * (self._trainings - self._done)
        told = f"{name}: {100 * accuracy:.2f} % in {run.seconds:.0f} s"
        self.say(f"[{self._done}/{self._trainings}] {told}, about {left:.0f} s left")


class Killer:
    """Kills one process of a training behind its second epoch.

    Ray may not yet have noted the checkpoint of the last one: it goes on behind the first, then.
    """

    def __init__(self, folder: Path, rank: int) -> None:
        self.killed: int | None = None
        self._folder, self._rank = folder, rank
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def _wait(self) -> None:
        while not (self._folder / "epoch-002").exists():
            if self._over.wait(0.05):
                return
        pid = int((self._folder / f"process-{self._rank}").read_text())
        os.kill(pid, signal.SIGKILL)
        self.killed = pid

    def close(self) -> None:
        """No more."""
        self._over.set()
        self._thread.join()


class Experiment:
    """What is learned from one run of it."""

    def __init__(self, size: Size, folder: Path) -> None:
        self.size, self.folder = size, folder
        self.progress = Progress(size.trainings)
        self.trainings: list[dict[str, Any]] = []
        self.failures: list[str] = []

    def train(self, engine: Any, workers: int, plan: Plan, kill: bool = False) -> list[Epoch]:
        """One training; its epochs."""
        folder = self.folder / f"training-{len(self.trainings)}"
        folder.mkdir()
        killer = Killer(folder, workers - 1) if kill else None
        try:
            run = engine.train(plan, workers, folder)
        finally:
            if killer:
                killer.close()
        accuracy = training.accuracy(plan, training.model_of(plan, run.epochs[-1].state))
        name = f"{engine.name}, {workers}" + (", one killed" if kill else "")
        self.progress.done(name, run, accuracy)
        if kill and killer.killed is None:
            self.failures.append(f"{name}: it was over before one could be killed")
        begins = training.begins(folder)
        if kill and (len(begins) < 2 or begins[-1] == 0):
            self.failures.append(f"{name}: it did not go on where it was: {begins}")
        self.trainings.append(
            {
                "engine": engine.name,
                "workers": workers,
                "killed": kill,
                "begins": begins,
                "seconds": run.seconds,
                "accuracy": accuracy,
                "plan": vars(plan),
                "epochs": [{"loss": it.loss, "seconds": it.seconds} for it in run.epochs],
            }
        )
        return run.epochs

    def compare(self, first: dict[str, Any], other: dict[str, Any]) -> None:
        """Both learned the same, within noise."""
        name = f"{other['engine']} with {other['workers']}"
        if len(first["epochs"]) != len(other["epochs"]):
            self.failures.append(f"{name}: {len(other['epochs'])} epochs were kept")
        if abs(first["accuracy"] - other["accuracy"]) > NOISE:
            told = f"{first['accuracy']:.4f} and {other['accuracy']:.4f}"
            self.failures.append(f"{name}: not what one process learns: {told}")

    def run(self) -> dict[str, Any]:
        """All of it."""
        size = self.size
        # What is broken off need not be long.
        short = replace(size.plan, epochs=3, pictures=min(size.plan.pictures, 5120))
        epochs = self.train(Alone(), 1, size.plan)
        if size.plan != short:
            self.train(Alone(), 1, short)
        most = max((2, *size.workers))
        for begin in (lambda: Ray(most), lambda: Spark(most, self.folder)):
            engine = begin()
            try:
                for workers in size.workers:
                    self.train(engine, workers, size.plan)
                self.train(engine, 2, short, kill=True)
            finally:
                engine.close()
        whole = self.trainings[0]
        alone = {
            tuple(it["plan"].values()): it for it in self.trainings if it["engine"] == Alone.name
        }
        for it in self.trainings:
            self.compare(alone[tuple(it["plan"].values())], it)
        if whole["accuracy"] < size.least:
            self.failures.append(f"only {100 * whole['accuracy']:.2f} % are right")
        self.progress.say("a gateway's camera, before and after")
        models = [training.model_of(size.plan, it.state) for it in (epochs[0], epochs[-1])]
        seen = rollout.before_and_after(self.folder / "site", *models, size.scenes)
        for it in seen:
            told = f"{100 * it.accuracy:.1f} % of {it.pictures} pictures"
            self.progress.say(f"version {it.version}: {told}")
        if seen[1].accuracy < seen[0].accuracy:
            self.failures.append("the camera's digits are read worse than before")
        return {
            "processors": os.cpu_count(),
            "load": os.getloadavg()[2],
            "source": SOURCE,
            "trainings": self.trainings,
            "camera": rollout.told(seen),
            "failures": self.failures,
        }


def _plot(facts: dict[str, Any], folder: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    whole = [it for it in facts["trainings"] if it["plan"] == facts["trainings"][0]["plan"]]
    names = [f"{it['engine']}, {it['workers']}" for it in whole]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, it in zip(names, whole):
        losses = [epoch["loss"] for epoch in it["epochs"]]
        left.plot(range(1, len(losses) + 1), losses, marker=".", label=name)
    left.set(xlabel="epoch", ylabel="loss in training", yscale="log", title="The same is learned")
    left.legend()
    right.barh(names, [it["seconds"] for it in whole])
    right.invert_yaxis()
    right.set(xlabel="s, start and end of the processes included", title="Time")
    for at, it in enumerate(whole):
        right.text(0, at, f" {100 * it['accuracy']:.2f} %", va="center", color="white")
    figure.savefig(folder / "e.png", dpi=90)


def run(options: list[str]) -> int:
    """`./dev experiment e`."""
    parser = argparse.ArgumentParser(prog="./dev experiment e", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small part of it, in minutes")
    parser.add_argument(
        "--workers", type=_numbers, default=(1, 2, 4), help="processes that train: 1,2,4"
    )
    asked = parser.parse_args(options)
    REPORT.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="framegate-e-"))
    try:
        facts = Experiment(_sizes(asked.quick, asked.workers), folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    (REPORT / "e.json").write_text(json.dumps({"quick": asked.quick, **facts}, indent=1))
    _plot(facts, REPORT)
    print(json.dumps(facts["camera"]))
    for failure in facts["failures"]:
        print(f"e: FAILED: {failure}", file=sys.stderr)
    print(f"e: figures and plot are in {REPORT}", file=sys.stderr)
    return 1 if facts["failures"] else 0
