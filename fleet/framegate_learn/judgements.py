"""How often pictures that were kept back have judged: the more often, the more must be shown.

Each judgement on the same pictures is one more chance to be accepted by luck. So the k-th of them
gets the share 1 / (k (k + 1)) of the probability that is allowed for all of them together: these
shares come to 1 and no more, however many there are, and by Bonferroni's inequality so does the
probability, whatever the judgements have to do with each other (alpha spending: Foster and Stine,
2008; Tian and Ramdas, 2021).

k is one more than any of the pictures has judged before. The j-th judgement that a picture has a
part in has a k of j at least, so that the shares of all these come to 1 at most; judgements that
have no picture in common are no second chance for each other.

    STATE/set.db   `judged`: how often each picture did; `judgement`: whose number the last one is
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

# Of so many pictures that gave way it is known how often they judged: bytes may come again.
_GONE = 100_000
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS judged"
    " (number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, times INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS judgement (run TEXT NOT NULL, number INTEGER NOT NULL)",
)


def share(number: int) -> float:
    """What the judgement of this number gets of the probability that all together may have."""
    return 1 / (number * (number + 1))


def begin(state: Path, run: str, digests: Iterable[str]) -> int:
    """The number of a run's judgement by these pictures, from 1 on; on the disk when this returns.

    It is to be asked for before anything is known of the judgement. A run that was cut off and asks
    again has the number that it had. sqlite3.Error.
    """
    with contextlib.closing(
        sqlite3.connect(state / "set.db", timeout=30, isolation_level=None)
    ) as db:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            db.execute(statement)
        row = db.execute("SELECT number FROM judgement WHERE run = ?", (run,)).fetchone()
        number = row[0] if row else _count(db, list(digests))
        if not row:
            # One trains at a time.
            db.execute("DELETE FROM judgement")
            db.execute("INSERT INTO judgement VALUES (?, ?)", (run, number))
        db.execute("COMMIT")
    return number


def _count(db: sqlite3.Connection, digests: list[str]) -> int:
    db.executemany(
        "INSERT INTO judged (digest, times) VALUES (?, 1)"
        " ON CONFLICT (digest) DO UPDATE SET times = times + 1",
        [(it,) for it in digests],
    )
    asked = (
        db.execute("SELECT times FROM judged WHERE digest = ?", (it,)).fetchone() for it in digests
    )
    number = max((times for [times] in asked), default=1)
    db.execute(
        "DELETE FROM judged WHERE digest NOT IN (SELECT digest FROM picture)"
        " AND number <= (SELECT max(number) FROM judged) - ?",
        (_GONE,),
    )
    return number
