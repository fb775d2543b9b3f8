"""Several networks learn at the same time, each in a process of its own and of other pictures."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framegate_learn import beside, files
from framegate_learn.mistakes import Failure

# One that was killed is begun again so often: whoever kills it may have a reason.
_TRIES = 3
_LOOK_S = 0.05

# What one learns as another does would not help the other.
RECIPES: tuple[dict[str, Any], ...] = (
    {"rate": 1e-3, "decay": 1e-4, "batch": 32},
    {"rate": 2e-3, "decay": 1e-3, "batch": 32},
    {"rate": 1.5e-3, "decay": 1e-2, "batch": 32},
)


@dataclass(frozen=True)
class Plan:
    """What one member learns."""

    model: str  # the folder of the version to begin with
    material: str
    seed: int
    what: str = "whole"  # or "head"
    rate: float = 1e-3
    decay: float = 1e-4
    batch: int = 32
    share: float = 0.8  # of the pictures that are not for its own proof
    epochs: int = 30
    patience: int = 5
    more: dict[str, Any] = dataclasses.field(default_factory=dict)


def prepare(folder: Path, plan: Plan) -> None:
    """A folder for a member that has not begun."""
    folder.mkdir(exist_ok=True)
    files.write_json(folder / "plan.json", dataclasses.asdict(plan))


def plan(folder: Path) -> Plan:
    """What a member learns."""
    return Plan(**json.loads((folder / "plan.json").read_text()))


def done(folder: Path) -> dict[str, Any] | None:
    """What a member came to; None: it has not ended."""
    try:
        return json.loads((folder / "done.json").read_text())
    except FileNotFoundError:
        return None


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    folder: Path


class Crew:
    """Members at work, as many at a time as there are processors for them."""

    def __init__(
        self,
        folders: list[Path],
        cores: int,
        say: Callable[[str], None],
        nice: int = beside.NICE,
    ) -> None:
        self._waiting = [it for it in folders if done(it) is None]
        self._cores = max(cores, 1)
        self._say = say
        self._nice = nice
        self._tries: dict[Path, int] = {}
        self._running: list[_Running] = []

    def run(self) -> None:
        """Until all have ended. Failure: one of them cannot learn; the others are ended."""
        try:
            while self._waiting or self._running:
                while self._waiting and len(self._running) < self._cores:
                    self._begin(self._waiting.pop(0))
                for member in [it for it in self._running if it.process.poll() is not None]:
                    self._running.remove(member)
                    self._ended(member)
                time.sleep(_LOOK_S)
        finally:
            for member in self._running:
                member.process.kill()
                member.process.wait()

    def _begin(self, folder: Path) -> None:
        self._tries[folder] = self._tries.get(folder, 0) + 1
        words = [sys.executable, "-m", "framegate_learn.training", str(folder)]
        words += [str(os.getpid()), str(self._nice)]
        surroundings = beside.environment()
        surroundings["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
        # What one has compiled, the others need not.
        surroundings.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder.parent / "compiled"))
        surroundings["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.1"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                words, env=surroundings, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._running.append(_Running(process, folder))

    def _ended(self, member: _Running) -> None:
        code, folder = member.process.returncode, member.folder
        said = done(folder)
        if code == 0 and said:
            self._say(
                f"{folder.name}: {said['epochs']} epochs of {said['pictures']} pictures, "
                f"{100 * said['proof_accuracy']:.1f} % of its own proof, {said['seconds']:.1f} s"
            )
        elif code < 0 and self._tries[folder] < _TRIES:
            name = signal.Signals(-code).name
            self._say(f"{folder.name}: ended by {name}; it goes on from its last epoch")
            self._waiting.insert(0, folder)
        else:
            raise Failure(f"{folder.name} cannot learn: {_why(folder, code)}")


def _why(folder: Path, code: int) -> str:
    lines = (folder / "log").read_text(errors="replace").strip().splitlines()
    if code < 0:
        return f"ended by {signal.Signals(-code).name} {_TRIES} times"
    return lines[-1] if lines else f"exit code {code}"
