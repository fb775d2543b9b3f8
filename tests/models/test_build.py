"""How the model repository is made: what is kept, what is made again, what is refused."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import build
import catalogue
import downloads
import mnist
import numpy as np
import onnx
import pytest
import yaml

from conftest import there

# What the pinned engine reads.
NEWEST_IR = 13
NEWEST_OPSET = 26


@pytest.fixture
def repository(objects, cache, tmp_path):
    """A repository with `objects`, and a function that brings it up to date again."""

    def again(*options):
        command = [sys.executable, catalogue.HERE / "build.py", "--repository", tmp_path]
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


def test_a_model_of_which_another_file_is_damaged_is_not_up_to_date(tmp_path):
    model = replace(catalogue.MODELS[0], also=("labels.txt",))
    for name in ("model.onnx", "labels.txt"):
        (tmp_path / name).write_text("whole")
    (tmp_path / ".recipe").write_text(f"stamp {build.sums_of(model, tmp_path)}\n")
    assert build.is_current(model, tmp_path, "stamp")
    assert not build.is_current(model, tmp_path, "other")
    (tmp_path / "labels.txt").write_text("broken")
    assert not build.is_current(model, tmp_path, "stamp")
    (tmp_path / "labels.txt").unlink()
    assert not build.is_current(model, tmp_path, "stamp")


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
    model = replace(catalogue.MODELS[0], modules=("shared.py",))
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(catalogue, "HERE", tmp_path)
    (tmp_path / model.name).mkdir()
    found = set()
    for path in ("requirements.txt", "shared.py", f"{model.name}/train.py"):
        (tmp_path / path).write_text("1")
    for path in ("requirements.txt", "shared.py", f"{model.name}/train.py"):
        found.add(build.recipe(model))
        (tmp_path / path).write_text("2")
    found.add(build.recipe(model))
    assert len(found) == 4


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


@pytest.mark.parametrize("model", catalogue.MODELS, ids=lambda model: model.name)
def test_every_model_can_be_read_by_the_engine_and_takes_any_batch(model, cache):
    folder = there(cache / "models" / model.name / str(model.version) / "model.onnx").parent
    made = onnx.load(folder / "model.onnx", load_external_data=False)
    assert made.ir_version <= NEWEST_IR
    assert all(it.domain == "" and it.version <= NEWEST_OPSET for it in made.opset_import)
    described = yaml.safe_load((folder / "model.yaml").read_text())
    (image,) = made.graph.input
    batch, *sizes = image.type.tensor_type.shape.dim
    assert image.name == described["input"]["tensor"]
    assert batch.dim_param == "batch"
    wanted = [described["input"][key] for key in ("channels", "height", "width")]
    assert [it.dim_value or wanted[axis] for axis, it in enumerate(sizes)] == wanted
    for name in model.also:
        assert (folder / name).is_file()


def all_sources():
    return {source for model in catalogue.MODELS for source in (*model.sources, *model.shown)}


def test_every_pin_is_a_whole_sum():
    for source in all_sources():
        pin = downloads.pinned(source.package)
        assert pin.kind in ("npm", "wheel", "sdist", "deb")
        assert len(pin.sha256) == hashlib.sha256().digest_size * 2


def test_models_that_share_a_folder_want_the_same_files_of_it():
    sources = all_sources()
    assert len({source.folder for source in sources}) == len(sources)
