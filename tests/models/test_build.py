"""How the model repository is made: what is kept, what is made again, what is refused."""

import hashlib
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import build
import downloads
import mnist
import numpy as np
import pytest
import yaml

NPM = """#!{python}
# Stands in for npm: hands out the package file that lies beside it, or fails as npm does.
import shutil, sys
from pathlib import Path
if not Path({archive!r}).exists():
    sys.exit("npm error 404 not found")
shutil.copy({archive!r}, "thing-1.0.0.tgz")
"""


@pytest.fixture
def archive(tmp_path):
    """A package with two files."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "data").write_text("data")
    (tmp_path / "package" / "other").write_text("other")
    path = tmp_path / "made.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "package", "package")
    return path


@pytest.fixture
def package(archive, tmp_path, monkeypatch):
    """That package as it is pinned; `npm` gives it."""
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(NPM.format(python=sys.executable, archive=str(archive)))
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(npm.parent), prepend=os.pathsep)
    return downloads.Package("npm", "thing", "1.0.0", downloads.sha256(archive))


def test_a_package_leaves_only_the_files_that_are_needed(package, tmp_path):
    downloads.provide(package, ("data",), tmp_path / "kept")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [".package", "data"]
    assert (tmp_path / "kept" / "data").read_text() == "data"


def test_a_package_is_fetched_once(package, archive, tmp_path):
    downloads.provide(package, ("data",), tmp_path / "kept")
    archive.unlink()
    downloads.provide(package, ("data",), tmp_path / "kept")
    (tmp_path / "kept" / "data").unlink()
    with pytest.raises(RuntimeError, match=r"cannot fetch thing@1\.0\.0: npm error 404"):
        downloads.provide(package, ("data",), tmp_path / "kept")


def test_a_package_with_another_sum_is_refused(package, archive, tmp_path):
    archive.write_bytes(archive.read_bytes() + b"more")
    with pytest.raises(RuntimeError, match="pinned is"):
        downloads.provide(package, ("data",), tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.fixture
def repository(objects, cache, tmp_path):
    """A repository with `objects`, and a function that brings it up to date again."""

    def again(*options):
        command = [sys.executable, build.HERE / "build.py", "--repository", tmp_path]
        command += ["--cache", cache, "--only", "objects", *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert "making it" in again()
    return tmp_path / "objects" / "1", again


def test_a_model_that_is_up_to_date_is_kept(repository):
    _, again = repository
    assert "up to date" in again()
    assert "making it" in again("--force")


def test_a_damaged_model_is_made_again(repository):
    folder, again = repository
    whole = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(whole[:-1])
    assert "making it" in again()
    assert (folder / "model.onnx").read_bytes() == whole


def test_a_changed_description_does_not_make_the_model_again(repository):
    folder, again = repository
    described = (folder / "model.yaml").read_bytes()
    (folder / "model.yaml").write_bytes(b"task: other\n")
    assert "up to date" in again()
    assert (folder / "model.yaml").read_bytes() == described


def test_nothing_but_the_model_and_its_description_is_visible(repository):
    folder, _ = repository
    visible = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    assert sorted(visible) == ["model.onnx", "model.yaml"]


def test_the_recipe_changes_with_every_script(tmp_path, monkeypatch):
    scripts = tmp_path / "digits"
    scripts.mkdir()
    (tmp_path / "requirements.txt").write_text("numpy==1\n")
    (scripts / "train.py").write_text("print(1)\n")
    monkeypatch.setattr(build, "HERE", tmp_path)
    before = build.recipe(build.MODELS[0])
    (scripts / "train.py").write_text("print(2)\n")
    changed = build.recipe(build.MODELS[0])
    (tmp_path / "requirements.txt").write_text("numpy==2\n")
    assert len({before, changed, build.recipe(build.MODELS[0])}) == 3


def test_a_model_that_knows_too_little_is_not_written(mnist_folder, tmp_path, monkeypatch, capsys):
    import jax
    import lenet
    import train

    monkeypatch.setattr(train, "train", lambda folder: lenet.initial(jax.random.key(1)))
    output = tmp_path / "model.onnx"
    options = ["train.py", "--mnist", str(mnist_folder), "--output", str(output)]
    monkeypatch.setattr(sys, "argv", options)
    assert train.main() == 1
    assert "below 99.0 %" in capsys.readouterr().err
    assert not output.exists()


def test_classes_that_are_not_the_published_ones_are_refused(cache, objects, tmp_path):
    import convert

    labels = (cache / "human" / "labels.ts").read_text()
    (tmp_path / "labels.ts").write_text(labels)
    described = yaml.safe_load((Path(convert.__file__).parent / "model.yaml").read_text())
    assert convert.published_labels(tmp_path / "labels.ts") == described["labels"]
    (tmp_path / "labels.ts").write_text(labels.replace("class: 7,", "class: 77,"))
    with pytest.raises(ValueError, match="in order"):
        convert.published_labels(tmp_path / "labels.ts")


@pytest.mark.parametrize("damage", ["short", "magic", "count"])
def test_a_damaged_idx_file_is_refused(tmp_path, damage):
    good = b"\0\0\x08\x02" + np.array([2, 3], ">u4").tobytes() + bytes(range(6))
    (tmp_path / "file").write_bytes(good)
    assert mnist.read_idx(tmp_path / "file").tolist() == [[0, 1, 2], [3, 4, 5]]
    bad = {"short": good[:2], "magic": b"\0\0\x0d" + good[3:], "count": good[:-1]}[damage]
    (tmp_path / "file").write_bytes(bad)
    with pytest.raises(ValueError, match="file"):
        mnist.read_idx(tmp_path / "file")


def test_every_pin_is_a_whole_sum():
    for model in build.MODELS:
        pin = downloads.pinned(model.package)
        assert pin.kind == "npm"
        assert len(pin.sha256) == hashlib.sha256().digest_size * 2
