"""Which records are done with, so that no offset is committed before all up to it are."""

from collections import deque
from dataclasses import dataclass

At = tuple[str, int]  # a partition: its topic and its number


@dataclass
class Entry:
    """A record that was read; `done` when nobody has to read it again."""

    offset: int
    done: bool = False


class Offsets:
    """What was read of each partition, in order, and is not committed. One thread."""

    def __init__(self) -> None:
        self._partitions: dict[At, deque[Entry]] = {}

    def begin(self, at: At, offset: int) -> Entry:
        """A record was read."""
        entry = Entry(offset)
        self._partitions.setdefault(at, deque()).append(entry)
        return entry

    def ready(self) -> dict[At, int]:
        """What can be committed: of each partition the offset after the last that is done, when
        all before it are."""
        found = {}
        for at, entries in self._partitions.items():
            for entry in entries:
                if not entry.done:
                    break
                found[at] = entry.offset + 1
        return found

    def committed(self, at: At, offset: int) -> None:
        """The brokers have it."""
        entries = self._partitions.get(at, deque())
        while entries and entries[0].offset < offset:
            entries.popleft()

    def forget(self, at: At) -> None:
        """The partition is somebody else's, who begins at what was committed."""
        self._partitions.pop(at, None)

    def __len__(self) -> int:
        """Records that would be read again after a power cut."""
        return sum(len(entries) for entries in self._partitions.values())

    @property
    def undone(self) -> int:
        """Records whose results are not delivered."""
        return sum(not entry.done for them in self._partitions.values() for entry in them)
