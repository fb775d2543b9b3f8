"""The pictures that a site has to learn from: files, and what is known of them in SQLite.

    STATE/set.db           one row for each picture
    STATE/pictures/ab/abcd...jpg   its bytes, named by their SHA-256

A picture shows one thing with one label: a whole frame of a camera, or the part of it that a
detector found. One process writes, any number read; all are safe against a kill at any moment: the
file is on the disk before its row.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Who says what a picture shows; those behind give way to those before.
SOURCES = ("operator", "truth", "agreement")
# One of so many is kept back: it is never trained on, and says whether what was learned is better.
HELD_ONE_OF = 4

_SCHEMA = """
CREATE TABLE IF NOT EXISTS picture (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    camera TEXT NOT NULL,
    captured_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    label TEXT,
    source TEXT,
    held INTEGER NOT NULL,
    bytes INTEGER NOT NULL
)
"""


@dataclass(frozen=True)
class Example:
    """One picture of the set."""

    id: str  # of the frame (`ce_id`), with a `#n` behind it where it is a part of one
    camera: str
    captured_us: int  # since 1970, UTC
    path: Path  # a JPEG
    digest: str  # SHA-256 of its bytes, hexadecimal
    reason: str  # why it was chosen
    label: str | None
    source: str | None  # of SOURCES
    held: bool


class PictureSet:
    """The set in the folder STATE, which is made when it is not there. OSError, sqlite3.Error."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "pictures"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(state / "set.db", timeout=10, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(_SCHEMA)

    def close(self) -> None:
        """What was added stays."""
        self._db.close()

    def add(
        self,
        name: str,
        camera: str,
        captured_us: int,
        jpeg: bytes,
        reason: str,
        label: str | None = None,
        source: str | None = None,
    ) -> bool:
        """Keeps a picture; False: these bytes are there already."""
        digest = hashlib.sha256(jpeg).hexdigest()
        if self._db.execute("SELECT 1 FROM picture WHERE digest = ?", (digest,)).fetchone():
            return False
        _write(self._path(digest), jpeg)
        held = int(digest, 16) % HELD_ONE_OF == 0
        row = (name, digest, camera, captured_us, reason, label, source, held, len(jpeg))
        added = self._db.execute("INSERT OR IGNORE INTO picture VALUES (?,?,?,?,?,?,?,?,?)", row)
        return added.rowcount == 1

    def label(self, name: str, label: str, source: str) -> None:
        """Says what a picture shows. LookupError: there is none of that id."""
        told = self._db.execute(
            "UPDATE picture SET label = ?, source = ? WHERE id = ?", (label, source, name)
        )
        if told.rowcount == 0:
            raise LookupError(f"the set has no picture {name}")

    def examples(self, held: bool, labelled: bool = True) -> Iterator[Example]:
        """Those that are kept back, or those that are not; in the order of their digests."""
        rows = self._db.execute(
            "SELECT id, camera, captured_us, digest, reason, label, source, held FROM picture"
            " WHERE held = ? AND (label IS NOT NULL OR NOT ?) ORDER BY digest",
            (held, labelled),
        )
        for name, camera, at, digest, reason, label, source, kept in rows.fetchall():
            path = self._path(digest)
            yield Example(name, camera, at, path, digest, reason, label, source, bool(kept))

    def counts(self) -> dict[str, int]:
        """`pictures`, `labelled`, `held` (of those with a label) and `bytes`."""
        pictures, labelled, held, size = self._db.execute(
            "SELECT count(*), count(label), coalesce(sum(held AND label IS NOT NULL), 0),"
            " coalesce(sum(bytes), 0) FROM picture"
        ).fetchone()
        return {"pictures": pictures, "labelled": labelled, "held": held, "bytes": size}

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.jpg"


def _write(path: Path, content: bytes) -> None:
    """The whole file is there after it, or none."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
