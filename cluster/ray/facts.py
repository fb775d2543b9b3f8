"""What a worker says of itself: plain numbers and lines, for whoever asks it."""

import itertools
import logging
import os
import threading
import time
import uuid
from collections import Counter
from typing import Any

# Lines that are kept for who asks.
LINES = 50
# Of one cause or trouble, the first of so many seconds is told.
QUIET_S = 10.0

_log = logging.getLogger(__name__)

Facts = dict[str, Any]


class Account:
    """A worker's books: one thread writes, others read."""

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._lines: list[tuple[int, str]] = []
        self._told: dict[str, float] = {}
        self._bad: Counter[str] = Counter()
        self._facts: Facts = {
            "name": name,
            "begun": uuid.uuid4().hex,  # another one after a restart
            "pid": os.getpid(),
            "state": "opening",
            "trouble": None,
            "pictures": 0,  # that the engine looked at
            "results": 0,  # that were delivered
            "batches": 0,
            "busy_s": 0.0,  # in the engine
            "partitions": 0,
            "in_flight": 0,  # records that were read and are not committed
            "begun_again": 0,  # memberships after the first
        }

    def set(self, **facts: object) -> None:
        """Says what is."""
        with self._lock:
            self._facts.update(facts)

    def add(self, **counts: float) -> None:
        """Counts."""
        with self._lock:
            for name, count in counts.items():
                self._facts[name] += count

    def trouble(self, line: str | None, again: bool = False) -> None:
        """What stands in the way, told when it changes; None: nothing does.

        again -- it came once more, and did not last: that is told, too
        """
        with self._lock:
            before, self._facts["trouble"] = self._facts["trouble"], line
        if line is not None and (again or line != before) and self._is_news(line):
            self.say(line)

    def bad(self, cause: str, where: str, why: str) -> None:
        """Counts a record without a result, and tells of it."""
        with self._lock:
            self._bad[cause] += 1
            count = self._bad[cause]
        if self._is_news(cause):
            self.say(f"{where}: {cause}: {why} ({count} of them)")

    def _is_news(self, what: str) -> bool:
        """False when it was told a moment ago. The thread that writes."""
        now = time.monotonic()
        news = now - self._told.get(what, -QUIET_S) >= QUIET_S
        if news:
            self._told[what] = now
        return news

    def say(self, line: str) -> None:
        """A line for people."""
        _log.warning("%s: %s", self._facts["name"], line)
        with self._lock:
            self._lines = [*self._lines, (next(self._numbers), line)][-LINES:]

    def read(self) -> Facts:
        """Everything as it is now."""
        with self._lock:
            return {**self._facts, "bad": dict(self._bad), "lines": list(self._lines)}
