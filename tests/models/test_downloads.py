"""How packages are fetched: what is kept, what is refused, and what is never run."""

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import downloads
import pytest

# Stands in for a registry's client: hands out the package file, or fails with the client's words.
CLIENT = """#!{python}
import shutil, sys
from pathlib import Path
if not Path({archive!r}).exists():
    sys.exit({sorry!r})
shutil.copy({archive!r}, {name!r})
"""

METADATA = "Metadata-Version: 2.1\nName: thing\nVersion: 1.0.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
SETUP = """
import setuptools
from pathlib import Path
Path({mark!r}).touch()
setuptools.setup(name="thing", version="1.0.0")
"""


class Packaged:
    """The same two files as a package of one kind, and the file that its registry hands out."""

    def __init__(self, kind: str, archive: Path):
        self.archive = archive
        self.package = downloads.Package(kind, "thing", "1.0.0", downloads.sha256(archive))

    def provide(self, folder: Path, member: str = "data") -> None:
        """Fetches the one file into `folder`."""
        downloads.provide(self.package, (member,), folder)


def as_client(monkeypatch, folder: Path, name: str, archive: Path, sorry: str) -> None:
    """Puts a program `name` in front of the real one."""
    program = folder / "bin" / name
    program.parent.mkdir()
    text = CLIENT.format(
        python=sys.executable, archive=str(archive), sorry=sorry, name=archive.name
    )
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


def as_index(monkeypatch, folder: Path) -> None:
    """Lets pip know nothing but the files of `folder`."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def tar(path: Path, files: dict[str, str]) -> Path:
    """Writes a compressed tar file."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def of_npm(folder: Path, monkeypatch) -> Packaged:
    archive = tar(folder / "thing-1.0.0.tgz", {"package/data": "data", "package/other": "other"})
    as_client(monkeypatch, folder, "npm", archive, "npm error 404 not found")
    return Packaged("npm", archive)


def of_wheel(folder: Path, monkeypatch) -> Packaged:
    archive = folder / "thing-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(archive, "w") as wheel:
        wheel.writestr("data", "data")
        wheel.writestr("other", "other")
        wheel.writestr("thing-1.0.0.dist-info/METADATA", METADATA)
        wheel.writestr("thing-1.0.0.dist-info/WHEEL", WHEEL)
        wheel.writestr("thing-1.0.0.dist-info/RECORD", "")
    as_index(monkeypatch, folder)
    return Packaged("wheel", archive)


def of_sdist(folder: Path, monkeypatch) -> Packaged:
    files = {
        "PKG-INFO": METADATA,
        "setup.py": SETUP.format(mark=str(folder / "was run")),
        "data": "data",
        "other": "other",
    }
    named = {f"thing-1.0.0/{name}": text for name, text in files.items()}
    archive = tar(folder / "thing-1.0.0.tar.gz", named)
    as_index(monkeypatch, folder)
    return Packaged("sdist", archive)


def of_deb(folder: Path, monkeypatch) -> Packaged:
    root = folder / "root"
    (root / "DEBIAN").mkdir(parents=True)
    control = "Package: thing\nVersion: 1.0.0\nArchitecture: all\nMaintainer: us\nDescription: it\n"
    (root / "DEBIAN" / "control").write_text(control)
    for name in ("data", "other"):
        (root / name).write_text(name)
    archive = folder / "thing_1.0.0_all.deb"
    subprocess.run(["dpkg-deb", "-b", root, archive], check=True, capture_output=True)
    as_client(monkeypatch, folder, "apt-get", archive, "E: Version '1.0.0' was not found")
    return Packaged("deb", archive)


@pytest.fixture(params=[of_npm, of_wheel, of_sdist, of_deb], ids=["npm", "wheel", "sdist", "deb"])
def packaged(request, tmp_path, monkeypatch):
    """A package with the files `data` and `other`, of each kind."""
    folder = tmp_path / "registry"
    folder.mkdir()
    return request.param(folder, monkeypatch)


def test_a_package_leaves_only_the_files_that_are_needed(packaged, tmp_path):
    packaged.provide(tmp_path / "kept")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [".package", "data"]
    assert (tmp_path / "kept" / "data").read_text() == "data"


def test_a_package_is_fetched_once(packaged, tmp_path, capsys):
    packaged.provide(tmp_path / "kept")
    assert capsys.readouterr().out == f"fetching {packaged.package.wanted}\n"
    packaged.archive.unlink()
    packaged.provide(tmp_path / "kept")
    assert capsys.readouterr().out == ""
    (tmp_path / "kept" / "data").unlink()
    with pytest.raises(RuntimeError, match=r"^cannot fetch thing(@|=|==)1\.0\.0: .*(not|No) .*"):
        packaged.provide(tmp_path / "kept")


def test_a_package_with_another_sum_is_refused(packaged, tmp_path):
    packaged.archive.write_bytes(packaged.archive.read_bytes() + b"more")
    found = downloads.sha256(packaged.archive)
    said = f"has sha256 {found}, pinned is {packaged.package.sha256}"
    with pytest.raises(RuntimeError, match=said):
        packaged.provide(tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_file_that_the_package_lacks_is_named(packaged, tmp_path):
    with pytest.raises(RuntimeError, match="has no file absent"):
        packaged.provide(tmp_path / "kept", "absent")


def test_a_source_package_with_another_sum_is_not_run(tmp_path, monkeypatch):
    packaged = of_sdist(tmp_path, monkeypatch)
    whole = packaged.archive.read_bytes()
    packaged.archive.write_bytes(whole + b"more")
    with pytest.raises(RuntimeError, match="pinned is"):
        packaged.provide(tmp_path / "kept")
    assert not (tmp_path / "was run").exists()
    # The control: pip does run the one that is pinned, to learn its name.
    packaged.archive.write_bytes(whole)
    packaged.provide(tmp_path / "kept")
    assert (tmp_path / "was run").exists()
