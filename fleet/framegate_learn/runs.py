"""The runs of training at a site: what each has come to, on the disk at every step.

STATE/runs/ID/run.json   what is said of it; the rest of the folder is gone when it has ended
STATE/reports/ID.json    the same, for the fleet: figures and digests, no pictures
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from framegate_learn import files
from framegate_learn.mistakes import Failure

# How it goes: one behind the other, and one of the last three ends it.
PREPARING, TRAINING, JUDGING, ROLLING_OUT = "preparing", "training", "judging", "rolling out"
ACCEPTED, NOT_ACCEPTED, FAILED = "accepted", "not accepted", "failed"
ENDS = (ACCEPTED, NOT_ACCEPTED, FAILED)
_KEPT = 200


class Run:
    """One of them. `told` is what `runs --json` says; `save` writes it."""

    def __init__(self, folder: Path, told: dict[str, Any]) -> None:
        self.folder = folder
        self.told = told

    @property
    def state(self) -> str:
        """One of those above."""
        return self.told["state"]

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state in ENDS

    @property
    def added(self) -> bool:
        """Whether its version is in the gateway's repository, as far as is known."""
        return "version" in self.told and not self.told.get("removed")

    def save(self, **changes: Any) -> None:
        """Takes these in, and is on the disk when this returns."""
        self.told.update(changes)
        files.write_json(self.folder / "run.json", self.told)

    def end(self, state: str, reason: str) -> None:
        """It is over: its figures stay, what it has learned goes where it was not accepted."""
        self.told.update(
            state=state, accepted=state == ACCEPTED, reason=reason, ended=round(time.time(), 3)
        )
        # First for the fleet: a run that has ended has its report.
        reports = self.folder.parents[1] / "reports"
        reports.mkdir(exist_ok=True)
        files.write_json(reports / f"{self.told['id']}.json", {"schema": 1, **self.told})
        self.save()
        self.clear()

    def clear(self) -> None:
        """Leaves nothing but what is said of it."""
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != "run.json":
                path.unlink(missing_ok=True)


class Runs:
    """Those of one folder STATE."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.folder = state / "runs"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One process trains at a time. Failure: another one does, or the runs are another user's.

        Training goes on with what it finds there, and clears it away: it does so for nobody else.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = self.folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            raise Failure(
                f"{self.folder} is not a folder of the user who trains: train as the one who made "
                "it, or move it away"
            )
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Failure(
                    f"{self._state}: a run is under way: `framegate-learn runs` shows it"
                ) from None
            yield
        finally:
            os.close(lock)

    def listed(self) -> list[Run]:
        """The oldest first."""
        found = []
        for path in sorted(self.folder.glob("*/run.json")):
            try:
                found.append(Run(path.parent, json.loads(path.read_text())))
            except (OSError, ValueError):
                continue
        return found

    def unfinished(self) -> Run | None:
        """The one that was cut off, if one was."""
        return next((run for run in self.listed() if not run.over), None)

    def begin(self, **told: Any) -> Run:
        """A new one, and the oldest go where there are very many."""
        now = time.time()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
        number = 1
        while (self.folder / f"{stamp}-{number}").exists():
            number += 1
        folder = self.folder / f"{stamp}-{number}"
        folder.mkdir(parents=True)
        run = Run(folder, {"id": folder.name, "state": PREPARING, "began": round(now, 3), **told})
        run.save(accepted=None, reason="", figures={})
        # One whose version is still there says whose that is.
        for old in [it for it in self.listed()[:-_KEPT] if it.over and not it.added]:
            shutil.rmtree(old.folder, ignore_errors=True)
            (self._state / "reports" / f"{old.told['id']}.json").unlink(missing_ok=True)
        return run

    def sweep(self) -> None:
        """Removes what a kill has left between two steps."""
        for path in self.folder.iterdir():
            if path.is_dir() and not (path / "run.json").exists():
                shutil.rmtree(path, ignore_errors=True)
        for run in self.listed():
            if run.over:
                run.clear()
