"""What an apply has done so far, on the disk before it is done: a killed one goes on from it."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from framegate_fleet.health import Health
from framegate_fleet.mistakes import Failure

# Of one gateway: nothing yet; its commit is asked for; it waits for its confirmation; confirmed; it
# was so already; it was not there; taken back.
STATES = ("waiting", "asked", "committed", "confirmed", "same", "away", "back")


@dataclass
class Swap:
    """How far one model of one gateway is."""

    wanted: int
    # waiting; asked for; its share rises; done; same: it was so already; back
    state: str = "waiting"
    # The version that had all pictures, and the one that had a share of them beside it.
    before: int = 0
    canary: int = 0
    share: float = 0
    # When the last rollout before this one ended there.
    ended: str = ""
    note: str = ""


@dataclass
class Entry:
    """How far one gateway is."""

    state: str = "waiting"
    before: int = 0
    made: int = 0
    health: Health | None = None
    note: str = ""
    models: dict[str, Swap] = field(default_factory=dict)

    @property
    def touched(self) -> bool:
        """Whether there is something to take back."""
        swapped = any(swap.state in ("asked", "rolling", "done") for swap in self.models.values())
        return swapped or self.state in ("asked", "committed", "confirmed")

    @property
    def shown(self) -> str:
        """Of configuration and models together."""
        states = [swap.state for swap in self.models.values()]
        if self.state == "same" and "back" in states:
            return "back"
        return "confirmed" if self.state == "same" and "done" in states else self.state

    @property
    def said(self) -> str:
        """What there is to say of it."""
        return "; ".join(n for n in (self.note, *(s.note for s in self.models.values())) if n)


@dataclass
class Journal:
    """One apply."""

    revision: str
    waves: list[list[str]]
    wave: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    # Why everything goes back; empty: it does not.
    stopped: str = ""
    # Whether a gateway was worse with it, so that it would be so again.
    worse: bool = False

    @property
    def comment(self) -> str:
        """What its commits are known by."""
        return f"fleet {self.revision[:12]}"


def read(file: Path) -> Any:
    """What was written there; None: nothing was. Fails when it is not that any more."""
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise unreadable(file, str(error)) from None


def unreadable(file: Path, why: str) -> Failure:
    """Nothing is made of such a file: who reads it anew begins as if nothing had been."""
    return Failure(f"{file} cannot be read: {why}: bring it back from a backup, or delete it")


def write(file: Path, what: object) -> None:
    """On the disk when it returns, also where the power goes then; before that, what was there."""
    new = file.with_suffix(".new")
    with new.open("w") as out:
        json.dump(what, out)
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _entry(**kept: Any) -> Entry:
    models = {name: Swap(**swap) for name, swap in kept.pop("models", {}).items()}
    return Entry(**kept, models=models)


class Desk:
    """Where the journal lies. One process works at a time."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "apply.json"
        self._lock: IO[str] = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure("another apply or rollback is under way here") from None

    def read(self) -> Journal | None:
        """The one that did not come to its end; None: there is none."""
        kept = read(self._file)
        if kept is None:
            return None
        kept["entries"] = {name: _entry(**entry) for name, entry in kept["entries"].items()}
        return Journal(**kept)

    def write(self, journal: Journal) -> None:
        """On the disk when it returns."""
        write(self._file, asdict(journal))

    def clear(self) -> None:
        """The apply came to its end."""
        self._file.unlink(missing_ok=True)
