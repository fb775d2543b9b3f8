"""What an apply has done so far, on the disk before it is done: a killed one goes on from it."""

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from framegate_files import whole
from framegate_files.whole import sync_folder
from framegate_fleet.health import Health
from framegate_fleet.mistakes import Failure


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

    # waiting; asked: its commit is; committed: it waits for its confirmation; confirmed; same: it
    # was so already; away; back
    state: str = "waiting"
    before: int = 0
    made: int = 0
    health: Health | None = None
    note: str = ""
    models: dict[str, Swap] = field(default_factory=dict)
    # Of the gateway.
    name: str = ""

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
    whole.write(file, json.dumps(what))


def _cut_torn(file: Path) -> None:
    """Takes away the beginning of a line that a kill has left."""
    if file.exists():
        whole = file.read_bytes()
        os.truncate(file, whole.rfind(b"\n") + 1)


def _entry(**kept: Any) -> Entry:
    models = {name: Swap(**swap) for name, swap in kept.pop("models", {}).items()}
    return Entry(**kept, models=models)


# Waits for the disk. Where many gateways are asked at a time, the others go on meanwhile.
sync: Callable[[int], None] = os.fsync


class Desk:
    """Where the journal lies. One process works at a time.

    It is written whole at its beginning and with each wave. What comes of one gateway in between is
    a line of its own beside it: with a thousand gateways, all of it for each step of each would be
    most of what an apply does.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "apply.json"
        self._notes_file = folder / "apply.notes"
        self._notes: IO[str] | None = None
        # Lines that were written, and those of them that are on the disk.
        self._written = self._synced = 0
        self._writing, self._syncing = threading.Lock(), threading.Lock()
        # Which whole journal the lines belong to: a kill may leave those of the one before.
        self._generation = 0
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
        self._generation = kept.pop("generation", 0)
        for name, entry in self._read_notes():
            kept["entries"][name] = entry
        kept["entries"] = {
            name: _entry(**{**entry, "name": name}) for name, entry in kept["entries"].items()
        }
        return Journal(**kept)

    def write(self, journal: Journal) -> None:
        """All of it; on the disk when it returns."""
        self._generation += 1
        write(self._file, {**asdict(journal), "generation": self._generation})
        if self._notes:
            self._notes.close()
        self._notes = self._notes_file.open("w")
        sync_folder(self._notes_file.parent)

    def note(self, entry: Entry) -> None:
        """What has come of one gateway since; on the disk when it returns."""
        if self._notes is None:
            # After a kill: behind what was noted before it.
            _cut_torn(self._notes_file)
            self._notes = self._notes_file.open("a")
            sync_folder(self._notes_file.parent)
        line = json.dumps({"of": self._generation, "entry": asdict(entry)}) + "\n"
        with self._writing:
            self._notes.write(line)
            self._written += 1
            mine = self._written
        with self._syncing:
            # Who has waited for another's turn is on the disk with all that came until then.
            if self._synced < mine:
                with self._writing:
                    until = self._written
                    self._notes.flush()
                sync(self._notes.fileno())
                self._synced = until

    def clear(self) -> None:
        """The apply came to its end."""
        self._file.unlink(missing_ok=True)
        sync_folder(self._file.parent)
        if self._notes:
            self._notes.close()
            self._notes = None
        self._notes_file.unlink(missing_ok=True)

    def _read_notes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        try:
            text = self._notes_file.read_text()
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise unreadable(self._notes_file, str(error)) from None
        # A line without its end was never relied on: it was not on the disk when the kill came.
        for line in text.split("\n")[:-1]:
            try:
                noted = json.loads(line)
                generation, entry = noted["of"], noted["entry"]
                name = entry["name"]
            except (ValueError, KeyError, TypeError) as error:
                raise unreadable(self._notes_file, str(error)) from None
            if generation == self._generation:
                yield name, entry
