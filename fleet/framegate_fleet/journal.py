"""What an apply has done so far, on the disk before it is done: a killed one goes on from it."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from framegate_fleet.health import Health
from framegate_fleet.mistakes import Failure

# Of one gateway: nothing yet; its commit is asked for; it waits for its confirmation; confirmed; it
# was so already; it was not there; taken back.
STATES = ("waiting", "asked", "committed", "confirmed", "same", "away", "back")


@dataclass
class Entry:
    """How far one gateway is."""

    state: str = "waiting"
    before: int = 0
    made: int = 0
    health: Health | None = None
    note: str = ""


@dataclass
class Journal:
    """One apply."""

    revision: str
    waves: list[list[str]]
    wave: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    # Why everything goes back; empty: it does not.
    stopped: str = ""

    @property
    def comment(self) -> str:
        """What its commits are known by."""
        return f"fleet {self.revision[:12]}"


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
        try:
            kept = json.loads(self._file.read_text())
        except FileNotFoundError:
            return None
        kept["entries"] = {name: Entry(**entry) for name, entry in kept["entries"].items()}
        return Journal(**kept)

    def write(self, journal: Journal) -> None:
        """On the disk when it returns."""
        new = self._file.with_suffix(".new")
        with new.open("w") as out:
            json.dump(asdict(journal), out)
            out.flush()
            os.fsync(out.fileno())
        new.replace(self._file)

    def clear(self) -> None:
        """The apply came to its end."""
        self._file.unlink(missing_ok=True)
