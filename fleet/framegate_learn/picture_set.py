"""The pictures that a site has to learn from: files, and what is known of them in SQLite.

    STATE/set.db           one row for each picture, and one for each that gave way; `judgements`
                           counts there how often pictures judged
    STATE/pictures/ab/abcd...jpg   its bytes, named by their SHA-256

A picture shows one thing with one label: a whole frame of a camera, or the part of it that a
detector found. Any number of processes may write and read. Each is safe against a kill at any
moment: the file is on the disk before its row, and what a kill left without a row is swept.

What is kept back to judge by is never trained on, and nothing that looks like it is: of pictures
that look alike one is kept, and one that looks like another that gave way stays on that one's side.
One that looks like pictures of both sides is trained on; those that judged give way to it.
"""

from __future__ import annotations

import contextlib
import enum
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from framegate_files import whole
from framegate_learn.likeness import Looks, look_of
from framegate_learn.mistakes import Failure

# Who says what a picture shows; those behind give way to those before.
SOURCES = ("operator", "truth", "agreement")
# One of so many is kept back: it is never trained on, and says whether what was learned is better.
HELD_ONE_OF = 4

_VERSION = 1
_SCHEMA = """
CREATE TABLE picture (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL UNIQUE,
    camera TEXT NOT NULL,
    captured_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    label TEXT,
    source TEXT,
    held INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    said TEXT,
    confidence REAL,
    look BLOB NOT NULL
);
CREATE TABLE gone (
    number INTEGER PRIMARY KEY,
    held INTEGER NOT NULL,
    look BLOB NOT NULL
);
"""


class Kept(enum.Enum):
    """What became of a picture that was given to the set. True is only what is kept."""

    NEW = "kept"
    SAME = "same"  # its bytes, or its name, are there already
    NEAR = "near"  # one that looks like it is there
    FULL = "full"  # the set is full, and holds nothing that is of less use

    def __bool__(self) -> bool:
        return self is Kept.NEW


@dataclass(frozen=True)
class Limits:
    """How large the set may be, and which pictures are alike."""

    pictures: int = 20_000
    bytes: int = 512 << 20  # of the pictures' files
    near: float = 0.99  # likeness of two that are taken for one; 1: only equal bytes are
    held_block_s: int = 0  # a camera's pictures of so many seconds are kept back together; 0: each


@dataclass(frozen=True)
class Example:
    """One picture of the set. Its file may be gone by the time that it is read."""

    id: str  # of the frame (`ce_id`), with a `#n` behind it where it is a part of one
    camera: str
    captured_us: int  # since 1970, UTC
    path: Path  # a JPEG
    digest: str  # SHA-256 of its bytes, hexadecimal
    reason: str  # why it was chosen
    label: str | None
    source: str | None  # of SOURCES
    held: bool
    said: str | None = None  # what the gateway's model took it for
    confidence: float | None = None  # ... how sure it was


class PictureSet:
    """The set in the folder STATE, which is made when it is not there. OSError, sqlite3.Error."""

    def __init__(self, state: Path, limits: Limits | None = None) -> None:
        self.folder = state / "pictures"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.limits = limits or Limits()
        self._looks = Looks()
        # Of each look: the picture's digest, or None for one that gave way, and the side it is on.
        self._known: list[tuple[str | None, bool]] = []
        self._seen = -1  # SQLite's data_version that these are of
        # What is autocommit here is said with BEGIN where it is not.
        self._db = sqlite3.connect(state / "set.db", timeout=30, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        with self._change():
            [version] = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                text = f"{state / 'set.db'} is of version {version}, this program reads {_VERSION}"
                raise Failure(f"{text}: use the program that made it, or another folder")

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
        said: str | None = None,
        confidence: float | None = None,
    ) -> Kept:
        """Keeps a picture, if it is worth it. ValueError: no picture can be read from the bytes.

        When the set is full, others give way: those without a label first, the oldest of them; then
        those of the label that has the most, where an operator's word is worth more than the known
        truth, that more than an agreement, and a younger one more than an older.
        What an operator has labelled is kept though it looks like another. Where the same picture
        is there already, it gets the label, if no better source has said one.
        """
        digest = hashlib.sha256(jpeg).hexdigest()
        look = look_of(jpeg)
        row = (name, digest, camera, captured_us, reason, label, source)
        path = self._path(digest)
        with self._change() as leave:
            if self._is_there(name, digest):
                if label is not None and source is not None:
                    self._say(self._named(name, digest), label, source)
                return Kept.SAME
            alike = [self._known[i] for i in self._near(look)]
            if source != "operator" and any(it is not None for it, _ in alike):
                return leave(Kept.NEAR)
            held = alike[0][1] if alike else self._side(digest, camera, captured_us)
            there = [(it, judges) for it, judges in alike if it is not None]
            # What looks like a picture that is trained on does not judge.
            held = held and all(judges for _, judges in there)
            given_way = [it for it, judges in there if judges and not held]
            for it in given_way:
                self._give_way(it)
            rest = (held, len(jpeg), said, confidence, look)
            self._db.execute(
                "INSERT INTO picture (id, digest, camera, captured_us, reason, label, source, held,"
                " bytes, said, confidence, look) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                (*row, *rest),
            )
            given_way += self._make_room()
            if digest in given_way:
                return leave(Kept.FULL)
            _write(path, jpeg)
        self._looks.add(look)
        self._known.append((digest, held))
        self._forget(given_way)
        return Kept.NEW

    def label(self, name: str, label: str | None, source: str) -> bool:
        """Says what a picture shows; None: nobody knows. False: a better source has said it.

        LookupError: there is none of that id.
        """
        with self._change():
            return self._say(name, label, source)

    def label_all(
        self, wanted: Iterable[tuple[str, str | None]], source: str, confirm: bool = True
    ) -> list[str]:
        """The same of several, each by what `find` takes: all of them, or none. Their ids.

        confirm -- False: what has that label already keeps its source, and is not among these
        LookupError: one of them is not there; its arguments are the line, and the number of it.
        """
        names = []
        with self._change():
            for number, (word, label) in enumerate(wanted):
                try:
                    name = self.find(word)
                except LookupError as error:
                    raise LookupError(error.args[0], number) from None
                if not confirm and self._label_of(name) == label:
                    continue
                self._say(name, label, source)
                names.append(name)
        return names

    def remove(self, name: str) -> bool:
        """Takes a picture out; False: there is none of that id. It is forgotten that it was there,
        but for the side that pictures like it are on."""
        with self._change():
            row = self._db.execute("SELECT digest FROM picture WHERE id = ?", (name,)).fetchone()
            if row:
                self._give_way(row[0])
        if row:
            self._forget([row[0]])
        return row is not None

    def find(self, word: str) -> str:
        """The id of the picture that has it, or whose digest begins so. LookupError."""
        rows = self._db.execute(
            "SELECT id FROM picture WHERE id = ?"
            " OR (length(?) >= 6 AND substr(digest, 1, length(?)) = ?)",
            (word, word, word, word),
        ).fetchall()
        if len(rows) != 1:
            raise LookupError(
                f"the set has {len(rows) or 'no'} picture{'s' * (len(rows) > 1)} {word}"
            )
        return rows[0][0]

    def examples(self, held: bool, labelled: bool = True) -> Iterator[Example]:
        """Those that are kept back, or those that are not; in the order of their digests."""
        rows = self._db.execute(
            "SELECT id, camera, captured_us, digest, reason, label, source, held, said, confidence"
            " FROM picture WHERE held = ? AND (label IS NOT NULL OR NOT ?) ORDER BY digest",
            (held, labelled),
        )
        for name, camera, at, digest, reason, label, source, kept, *rest in rows.fetchall():
            path = self._path(digest)
            yield Example(name, camera, at, path, digest, reason, label, source, bool(kept), *rest)

    def counts(self) -> dict[str, int]:
        """`pictures`, `labelled`, `held` (of those with a label) and `bytes`."""
        pictures, labelled, held, size = self._db.execute(
            "SELECT count(*), count(label), coalesce(sum(held AND label IS NOT NULL), 0),"
            " coalesce(sum(bytes), 0) FROM picture"
        ).fetchone()
        return {"pictures": pictures, "labelled": labelled, "held": held, "bytes": size}

    def counts_by(self, column: str) -> dict[str, int]:
        """Pictures by `label`, `source`, `reason` or `camera`; those without are left out."""
        if column not in ("label", "source", "reason", "camera"):
            raise ValueError(column)
        return dict(
            self._db.execute(
                f"SELECT {column}, count(*) FROM picture WHERE {column} IS NOT NULL"
                f" GROUP BY {column} ORDER BY {column}"
            )
        )

    def sweep(self) -> tuple[int, int]:
        """Removes files that have no row, and rows that have no file; how many of each.

        A kill leaves the first, somebody who removed files the second.
        """
        files = 0
        # While nobody adds: a file that is being added has no row yet.
        with self._change():
            rows = {digest for [digest] in self._db.execute("SELECT digest FROM picture")}
            there = set()
            for path in self.folder.glob("??/*"):
                if path.suffix == ".jpg" and path.stem in rows:
                    there.add(path.stem)
                else:
                    path.unlink()
                    files += 1
            lost = sorted(rows - there)
            for digest in lost:
                self._give_way(digest)
        self._seen = -1
        return files, len(lost)

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.jpg"

    @contextlib.contextmanager
    def _change(self) -> Iterator[Leave]:
        """All that is done within it is done, or nothing; one process at a time."""
        self._db.execute("BEGIN IMMEDIATE")
        leave = Leave()
        try:
            yield leave
            self._db.execute("ROLLBACK" if leave.left else "COMMIT")
        except BaseException:
            # On a disk that is full SQLite may have done it itself.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _is_there(self, name: str, digest: str) -> bool:
        question = "SELECT 1 FROM picture WHERE digest = ? OR id = ?"
        return self._db.execute(question, (digest, name)).fetchone() is not None

    def _named(self, name: str, digest: str) -> str:
        """The id of the picture of these bytes, else the one that has the name."""
        question = "SELECT id FROM picture WHERE digest = ? OR id = ? ORDER BY digest = ? DESC"
        return self._db.execute(question, (digest, name, digest)).fetchone()[0]

    def _label_of(self, name: str) -> str | None:
        return self._db.execute("SELECT label FROM picture WHERE id = ?", (name,)).fetchone()[0]

    def _say(self, name: str, label: str | None, source: str) -> bool:
        row = self._db.execute("SELECT source FROM picture WHERE id = ?", (name,)).fetchone()
        if row is None:
            raise LookupError(f"the set has no picture {name}")
        if row[0] is not None and SOURCES.index(row[0]) < SOURCES.index(source):
            return False
        self._db.execute(
            "UPDATE picture SET label = ?, source = ? WHERE id = ?",
            (label, source if label is not None else None, name),
        )
        return True

    def _near(self, look: bytes) -> list[int]:
        """Those that look like it, the nearest first; what others have changed is read before."""
        [version] = self._db.execute("PRAGMA data_version").fetchone()
        if version != self._seen:
            rows = self._db.execute(
                "SELECT NULL, held, look FROM gone UNION ALL SELECT digest, held, look FROM picture"
            ).fetchall()
            self._known = [(digest, bool(held)) for digest, held, _ in rows]
            self._looks = Looks()
            self._looks.add(b"".join(look for *_, look in rows))
            self._seen = version
        # Rounding takes two that are alike in all for a little more or less.
        return self._looks.near(look, self.limits.near if self.limits.near < 1 else 2)

    def _side(self, digest: str, camera: str, captured_us: int) -> bool:
        """Whether a picture that looks like no other is kept back."""
        if self.limits.held_block_s:
            block = captured_us // 1_000_000 // self.limits.held_block_s
            digest = hashlib.sha256(f"{camera} {block}".encode()).hexdigest()
        return int(digest, 16) % HELD_ONE_OF == 0

    def _make_room(self) -> list[str]:
        """Takes the rows out that must give way; their digests."""
        given_way: list[str] = []
        count, size = self._db.execute("SELECT count(*), sum(bytes) FROM picture").fetchone()
        while count > self.limits.pictures or size > self.limits.bytes:
            digest, taken = self._least_useful()
            self._give_way(digest)
            given_way.append(digest)
            count, size = count - 1, size - taken
        return given_way

    def _least_useful(self) -> tuple[str, int]:
        unlabelled = self._db.execute(
            "SELECT digest, bytes FROM picture WHERE label IS NULL ORDER BY number LIMIT 1"
        ).fetchone()
        if unlabelled:
            return unlabelled
        label, trained, held = self._db.execute(
            "SELECT label, sum(NOT held), sum(held) FROM picture GROUP BY label"
            " ORDER BY count(*) DESC, label LIMIT 1"
        ).fetchone()
        # What is kept back is a smaller part of each label, and is to stay that part.
        side = held * (HELD_ONE_OF - 1) > trained
        return self._db.execute(
            "SELECT digest, bytes FROM picture WHERE label = ? AND held = ?"
            " ORDER BY CASE source WHEN 'operator' THEN 2 WHEN 'truth' THEN 1 ELSE 0 END, number"
            " LIMIT 1",
            (label, side),
        ).fetchone()

    def _give_way(self, digest: str) -> None:
        self._db.execute(
            "INSERT INTO gone (held, look) SELECT held, look FROM picture WHERE digest = ?",
            (digest,),
        )
        self._db.execute("DELETE FROM picture WHERE digest = ?", (digest,))
        # Of so many that gave way it is known what they looked like.
        self._db.execute(
            "DELETE FROM gone WHERE number <= (SELECT max(number) FROM gone) - ?",
            (self.limits.pictures,),
        )

    def _forget(self, digests: list[str]) -> None:
        """Their rows are gone: then their files go, unless another process has added them again."""
        if not digests:
            return
        with self._change():
            for digest in digests:
                if not self._is_there("", digest):
                    self._path(digest).unlink(missing_ok=True)
        # A set that is full loses some with each one that comes: not all are read again for that.
        gone = set(digests)
        self._known = [(None if it in gone else it, held) for it, held in self._known]
        most = 2 * self.limits.pictures
        if len(self._known) > most + most // 10:
            self._seen = -1


class Leave:
    """Ends a change with nothing done."""

    def __init__(self) -> None:
        self.left = False

    def __call__(self, outcome: Kept) -> Kept:
        self.left = True
        return outcome


def _write(path: Path, content: bytes) -> None:
    """The whole file is there after it, or none; also when the power is cut."""
    path.parent.mkdir(exist_ok=True)
    whole.write(path, content)
    whole.sync_folder(path.parent.parent)
