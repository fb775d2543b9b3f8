"""What a run has done so far: files that are written whole or not at all, and read by anybody.

RUN/flow.yaml           as it was declared
RUN/flow.json           the same, with what it left out
RUN/steps/NAME.json     how far each step is, what it was given and what it gave
RUN/sites/NAME.json     what has to be known of a site before it is changed
RUN/artifacts/          the training's epochs, the model
RUN/card.json, card.md, page.html
"""

import fcntl
import itertools
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from framegate_files import whole
from framegate_flow.declaration import Flow, undump
from framegate_flow.mistakes import Failure


@dataclass
class Step:
    """One step, as far as it is."""

    name: str
    # waiting, running, retrying, done, failed
    state: str = "waiting"
    attempts: int = 0
    began: float = 0
    ended: float = 0
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    # How far the last try is, or was when it ended.
    progress: str = ""
    # Why each try that failed did.
    errors: list[str] = field(default_factory=list)


class Run:
    """The folder of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name

    @classmethod
    def make(cls, state: Path, name: str) -> "Run":
        """The folder of a new one. Nobody sees it before something is declared in it."""
        runs = state / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            folder = runs / f"{name}-{number}"
            try:
                folder.mkdir()
                break
            except FileExistsError:
                continue
        for part in ("steps", "sites", "artifacts"):
            (folder / part).mkdir()
        return cls(folder)

    def declare(self, flow: Flow, text: str) -> None:
        """What it is about; whoever does so drives it, or it would look broken off."""
        write_text(self.folder / "flow.yaml", text)
        # The last: a run that has it is whole.
        write(self.folder / "flow.json", {"began": time.time(), "flow": flow.dump()})

    @property
    def flow(self) -> Flow:
        """What was declared when it began."""
        return undump(read(self.folder / "flow.json")["flow"])

    @property
    def began(self) -> float:
        """When, in seconds since 1970."""
        return read(self.folder / "flow.json")["began"]

    @property
    def artifacts(self) -> Path:
        """For what is large."""
        return self.folder / "artifacts"

    def step(self, name: str) -> Step:
        """How far it is."""
        told = read(self.folder / "steps" / f"{name}.json")
        return Step(**told) if told else Step(name)

    def keep(self, step: Step) -> None:
        """On the disk when it returns."""
        write(self.folder / "steps" / f"{step.name}.json", asdict(step))

    def site(self, name: str) -> dict[str, Any]:
        """What was noted of it."""
        return read(self.folder / "sites" / f"{name}.json") or {}

    def note_of_site(self, name: str, **more: Any) -> dict[str, Any]:
        """Notes what is not noted yet; a second try finds what the first one has noted."""
        told = {**more, **self.site(name)}
        write(self.folder / "sites" / f"{name}.json", told)
        return told

    @contextmanager
    def alone(self, name: str) -> Iterator[int]:
        """One process at a time carries the step out, with the programs that it has started: they
        hold what is given here open. Waits for those that a killed run has left."""
        with (self.folder / "steps" / f"{name}.lock").open("w") as lock:
            os.set_inheritable(lock.fileno(), True)
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock.fileno()

    @contextmanager
    def driven(self, patience: float = 2) -> Iterator[None]:
        """One process drives a run. Who only looks has the lock for a moment, too: that is waited
        for."""
        end = time.monotonic() + patience
        with (self.folder / "lock").open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= end:
                        raise Failure(f"{self.id} is under way already") from None
                    time.sleep(0.05)
            yield

    @property
    def under_way(self) -> bool:
        """Whether a process drives it."""
        try:
            with self.driven(patience=0):
                return False
        except Failure:
            return True


def runs(state: Path) -> list[Run]:
    """All of them, the oldest first."""
    files = sorted((state / "runs").glob("*/flow.json"), key=lambda it: read(it)["began"])
    return [Run(file.parent) for file in files]


def read(file: Path) -> Any:
    """What was written there; None: nothing was."""
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Failure(f"{file} cannot be read: {error}: delete the run's folder") from None


def write(file: Path, told: object) -> None:
    """Whole or not at all, and on the disk when it returns."""
    write_text(file, json.dumps(told, indent=1))


def write_text(file: Path, text: str) -> None:
    """The same of a text; another process may write it at the same time."""
    whole.write(file, text, many=True)
