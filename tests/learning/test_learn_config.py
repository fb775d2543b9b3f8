"""learn.yaml is strict: each mistake is one line with file and line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from framegate_learn.cli import run
from framegate_learn.config import load
from framegate_learn.mistakes import Failure
from testbed import places

WHOLE = """\
gateway: api.sock
state: learned
model: digits
cameras: [door, yard]
looks: 2
choose: {confidence: 0.7, disagreement: 0.5, seconds: 60}
label: {agreement: 0.9, truth: truth.yaml, operator: true}
set: {pictures: 1000, mib: 64, near: 0.98, held_block: 600}
more: {contrast: 0.2, brightness: 0.2, noise: 8, blur: 2, rotation: 10, crop: 0.1, jpeg: 50}
"""


def _load(folder: Path, text: str) -> list[str]:
    file = folder / "learn.yaml"
    file.write_text(text)
    with pytest.raises(Failure) as failure:
        load(file)
    return [line.removeprefix(f"{file}:") for line in str(failure.value).split("\n")]


def test_all_keys_are_read_and_paths_begin_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "learn.yaml").write_text(WHOLE)
    config = load(tmp_path / "learn.yaml")
    assert config.gateway == tmp_path / "api.sock"
    assert config.state == tmp_path / "learned"
    assert config.cameras == ("door", "yard")
    assert (config.choose.confidence, config.choose.disagreement, config.choose.seconds) == (
        *(0.7, 0.5),
        60,
    )
    assert config.label.truth == tmp_path / "truth.yaml"
    assert config.limits.bytes == 64 << 20
    assert (config.limits.near, config.limits.held_block_s) == (0.98, 600)


def test_the_model_alone_is_enough(tmp_path: Path) -> None:
    (tmp_path / "learn.yaml").write_text("model: digits\n")
    config = load(tmp_path / "learn.yaml")
    assert str(config.gateway) == "/run/framegate/api.sock"
    assert config.cameras == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "model: is missing"),
        ("model: 7\n", "1: model: must be the name of a model, not 7: put it into quotes"),
        ("model: a\nlook: 1\n", "2: look: is not known; there are gateway,"),
        ("model: a\nlooks: 50\n", "2: looks: must be 0.01 to 5, not 50"),
        ("model: a\nlooks: yes\n", "2: looks: must be a number, not True"),
        ("model: a\ncameras: [x, x]\n", "2: cameras.1: 'x' stands here twice"),
        ("model: a\nmodel: b\n", "2: 'model' stands here twice"),
        ("model: a\nset:\n  pictures: 1.5\n", "3: set.pictures: must be a whole number, not 1.5"),
        ("model: a\nchoose: 0.8\n", "2: choose: must have keys: confidence,"),
        ("model: a\nmore: {flip: 1}\n", "2: more.flip: must be true or false, not 1"),
        ("model: a\nmore: {crop: .2\n", "no YAML: "),
        ("model: &a x\nstate: *a\n", "2: '*a': write it out"),
        ("model: a\ncrops: {detectors: [o]}\n", "2: crops.detectors: must have 2 to 2 of them"),
        (
            "model: a\ncrops:\n  detectors: [o, y]\n  labels: {p: p}\n  background: 2\n",
            "5: crops.background: say with `other` what label it gets",
        ),
        (
            "model: a\nlabel: {agreement: 0.9}\ncrops: {detectors: [o, y], labels: {p: p}}\n",
            "2: label.agreement: is for whole pictures",
        ),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in _load(tmp_path, text))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert len(_load(tmp_path, "looks: 9\nset: {near: 2}\nchose: {}\n")) == 4


def test_the_command_says_them_and_ends_not_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "learn.yaml"
    file.write_text("model: digits\nlooks: 9\n")
    assert run(["collect", "--config", str(file), "--check"]) == 1
    assert f"framegate-learn: {file}:2: looks: must be 0.01 to 5, not 9" in capsys.readouterr().err
    file.write_text("model: digits\nlabel: {truth: none.yaml}\n")
    assert run(["collect", "--config", str(file), "--check"]) == 1
    assert "none.yaml" in capsys.readouterr().err
    file.write_text("model: digits\n")
    assert run(["collect", "--config", str(file), "--check"]) == 0
    assert run(["collect", "--config", str(tmp_path / "other.yaml")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_what_is_large_is_not_loaded_to_read_the_command_line() -> None:
    """The collector, which runs all the time, needs nothing of what trains."""
    code = "import sys; from framegate_learn import cli; cli.parser(); print(*sys.modules)"
    surroundings = {**os.environ, "PYTHONPATH": str(places.ROOT / "fleet")}
    words = [sys.executable, "-c", code]
    said = subprocess.run(words, env=surroundings, capture_output=True, text=True, check=True)
    large = {"jax", "onnx", "onnxruntime", "optax", "albumentations"}
    assert large.isdisjoint(said.stdout.split())
