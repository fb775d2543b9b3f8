"""What is learned from is what the gateway shows its models: the same answers to pictures."""

import json
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import yaml
from PIL import Image

from framegate_learn import served
from framegate_learn.inputs import Preparation
from framegate_learn.mistakes import Failure
from testbed import places, scenes


def _model(folder: Path, **changes: object) -> Path:
    """`digits` with other inputs."""
    folder.mkdir()
    source = places.models() / "digits" / "1"
    (folder / "model.onnx").write_bytes((source / "model.onnx").read_bytes())
    document = yaml.safe_load((source / "model.yaml").read_text())
    document["input"].update(changes)
    (folder / "model.yaml").write_text(yaml.safe_dump(document))
    return folder


def _gateway_says(folder: Path, pictures: list[Path]) -> list[dict[str, float]]:
    """The confidences of `gwctl model check`, which prepares pictures as gwd does."""
    words = [places.gwctl(), "model", "check", "--json"]
    words += ["--output", folder / "drawn", "--library", places.onnxruntime(), folder, *pictures]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    found = [json.loads(line)["classes"] for line in done.stdout.splitlines()]
    return [{it["type"]: it["confidence"] for it in classes} for classes in found]


def _we_say(folder: Path, pictures: list[Path]) -> np.ndarray:
    model = served.read(folder)
    seen = np.stack([model.preparation.picture(path) for path in pictures])
    session = onnxruntime.InferenceSession(model.graph, providers=["CPUExecutionProvider"])
    [logits] = session.run([model.tensor], {"image": model.preparation.tensor(seen)})
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"fit": "stretch"},
        {"fit": "letterbox", "fill": [114]},
        {"fit": "crop"},
        {"fit": "crop", "resize": 32, "mean": [30], "scale": [0.005]},
    ],
    ids=["stretch", "letterbox", "crop", "resize"],
)
def test_pictures_are_prepared_as_the_gateway_does(tmp_path: Path, changes: dict) -> None:
    drawn = scenes.draw(tmp_path / "drawn", first=0, count=6, kind="jpg")
    folder = _model(tmp_path / "model", **changes)
    pictures = [drawn.path(number) for number in range(6)]
    for said, ours in zip(_gateway_says(folder, pictures), _we_say(folder, pictures)):
        for label, confidence in said.items():
            assert ours[int(label)] == pytest.approx(confidence, abs=0.03)


def test_values_are_made_as_the_key_says() -> None:
    torchvision = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.2, 0.1]}
    size = {"width": 2, "height": 1, "channels": 3}
    pixels = np.array([[[[255, 0, 51], [0, 0, 0]]]], np.uint8)
    planes = Preparation.of({**size, **torchvision}).tensor(pixels)
    np.testing.assert_allclose(planes[0, :, 0, 0], [2.5, -2, -1], rtol=1e-5)
    turned = Preparation.of({**size, "colors": "bgr", "layout": "nhwc", "type": "uint8"})
    assert turned.tensor(pixels)[0, 0, 0].tolist() == [51, 0, 255]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("task: detect\n", "its task is detect; only classifiers are learned"),
        ("", "it is empty"),
        ("task: [", "model.yaml: "),
        ("task: classify\nclassify: {tensor: x}\n", "KeyError: 'input'"),
    ],
)
def test_what_is_no_classifier_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "model.yaml").write_text(text)
    with pytest.raises(Failure) as said:
        served.read(tmp_path)
    assert words in str(said.value)
    assert "\n" not in str(said.value)


def test_the_picture_that_is_seen_is_turned_as_its_file_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    plain = np.zeros((20, 40), np.uint8)
    plain[:, :10] = 250
    Image.fromarray(plain).save(tmp_path / "a.jpg", exif=exif)
    seen = Preparation.of({"width": 4, "height": 8, "channels": 1}).picture(tmp_path / "a.jpg")
    assert seen[:2].min() > 200
    assert seen[3:].max() < 60
