"""The files of models' versions, by digest: too large for Git, which knows their digests alone."""

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import yaml

from framegate_fleet.mistakes import Failure
from framegate_fleet.models import Version
from framegate_fleet.repository import MODELS, Repository

# Below the store, below a shelf, and after its URL.
DIGESTS = "sha256"
_CHUNK = 1024 * 1024
_NAMED = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9._-]{0,62}):([1-9][0-9]{0,9})")
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


class Store:
    """A folder of files that are called as their content is; it is backed up like the tokens."""

    def __init__(self, fleet: str) -> None:
        named = os.environ.get("FRAMEGATE_FLEET_STORE")
        data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
        self.folder = (Path(named) if named else Path(data) / "framegate-fleet" / fleet) / DIGESTS

    def take(self, file: Path) -> tuple[str, int]:
        """Copies one in; returns its digest and size."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file.open("rb") as source:
            return copy(source, self.folder)

    def missing(self, version: Version) -> list[str]:
        """Names of its files that are not here."""
        return [
            name for name, (digest, size) in version.files.items()
            if not is_there(self.folder / digest, size)
        ]  # fmt: skip

    def hand_out(self, versions: Iterable[Version], shelf: Path) -> None:
        """Puts their files on a shelf; nothing that lies there is written anew."""
        to = shelf / DIGESTS
        to.mkdir(parents=True, exist_ok=True)
        for version in versions:
            missing = self.missing(version)
            for name, (digest, size) in version.files.items():
                if is_there(to / digest, size):
                    continue
                if name in missing:
                    named = f"{version.name}:{version.number}"
                    text = (
                        f"{name} of model {named} is not in {self.folder}: bring it back from a "
                        f"backup, or `framegate-fleet model add {named} FOLDER`"
                    )
                    raise Failure(text)
                with (self.folder / digest).open("rb") as source:
                    copied, _ = copy(source, to)
                if copied != digest:
                    (to / copied).unlink()
                    text = f"{self.folder / digest} was changed: bring it back from a backup"
                    raise Failure(text)


def is_there(file: Path, size: int) -> bool:
    """Whether a file of this size is."""
    try:
        return file.stat().st_size == size
    except FileNotFoundError:
        return False


def digest_of(file: Path) -> str:
    """SHA-256, in hexadecimal."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def copy(source: IO[bytes], folder: Path, longest: int | None = None) -> tuple[str, int]:
    """Into a file that is called as its digest, whole or not at all; returns digest and size.

    Reads no more than one byte beyond `longest`.
    """
    new = folder / f".{os.getpid()}.new"
    sum_, size = hashlib.sha256(), 0
    try:
        with new.open("wb") as out:
            while chunk := source.read(
                _CHUNK if longest is None else min(_CHUNK, longest + 1 - size)
            ):
                sum_.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        new.chmod(0o644)
        new.replace(folder / sum_.hexdigest())
    finally:
        new.unlink(missing_ok=True)
    return sum_.hexdigest(), size


def add(repository: Repository, store: Store, named: str, folder: Path) -> tuple[Version, bool]:
    """Keeps a version's files and commits what they are; false: it was known already.

    What a version is never changes: other files under the same number are refused.
    """
    found = _NAMED.fullmatch(named)
    if not found:
        raise Failure(f"'{named}' is no NAME:VERSION, as in gate:2")
    name, number = found[1], int(found[2])
    files = _files(folder)
    made = Version(name, number, {file.name: store.take(file) for file in files})
    known = repository.folder / MODELS / name / f"{number}.yaml"
    said = {"files": {n: {"sha256": d, "bytes": s} for n, (d, s) in made.files.items()}}
    if known.exists():
        if yaml.safe_load(known.read_text()) != said:
            text = f"{named} is known with other files: a version never changes, so take the next"
            raise Failure(text)
    else:
        known.parent.mkdir(parents=True, exist_ok=True)
        whole = repository.state / "version.new"
        whole.write_text(yaml.safe_dump(said))
        whole.replace(known)
    path = str(known.relative_to(repository.folder))
    # Who was killed before the commit has left it to this one.
    if not repository.git("status", "--porcelain", "--", path):
        return made, False
    repository.git("add", path)
    repository.commit(f"model {named}", path)
    return made, True


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise Failure(f"{folder} is no folder: name the one that holds model.onnx and model.yaml")
    files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    for file in files:
        if not file.is_file() or not _FILE.fullmatch(file.name):
            text = f"{file}: a version is plain files, named with letters, digits and ._- alone"
            raise Failure(text)
    for name in ("model.onnx", "model.yaml"):
        if folder / name not in files:
            raise Failure(f"{folder} has no {name}")
    return files
