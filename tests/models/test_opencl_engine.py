"""The same pictures through the engine `opencl` and through ONNX Runtime: the same findings.

Sums of float32 are in another order, so confidences may differ in their fifth digit, boxes by a
hundredth of their area, samples of a made picture by a level.
"""

import io
from pathlib import Path
from typing import Any

import mnist
import numpy as np
import pytest
from centernet_reference import Box
from engine import Engine, frames
from PIL import Image, ImageDraw, ImageFont

CONFIDENCE = 0.002
IOU = 0.99
LEVELS = 2


@pytest.fixture(scope="module")
def ours(engine: Engine):
    """A function that runs pictures both ways, and returns both results of each."""

    def run(model: Path, pictures: list[np.ndarray]) -> list[tuple[dict, dict]]:
        usual = engine.run(model, pictures)
        try:
            found = engine.run(model, pictures, backend="opencl")
        except AssertionError as error:
            if "no device" in str(error) or "was not found" in str(error):
                pytest.skip(str(error))
            raise
        return list(zip(found, usual, strict=True))

    return run


def _box(found: dict[str, Any]) -> Box:
    box = found["bbox"]
    x, y = box["x"], box["y"]
    corners = (x, y, x + box["width"], y + box["height"])
    return Box(found["index"], found["label"], found["confidence"], *corners)


def _assert_same_objects(found: dict, usual: dict) -> int:
    """Each has its counterpart of the same class at the same place."""
    left = [_box(one) for one in usual["objects"]]
    assert len(found["objects"]) == len(left)
    for one in map(_box, found["objects"]):
        best = max(left, key=one.iou)
        assert best.label == one.label
        assert one.iou(best) >= IOU
        assert abs(best.confidence - one.confidence) <= CONFIDENCE
        left.remove(best)
    return len(found["objects"])


@pytest.mark.parametrize("model", ["objects", "yolo"])
def test_objects_of_a_street(model: str, request: pytest.FixtureRequest, video, ours) -> None:
    pairs = ours(request.getfixturevalue(model), frames(video, 100, 5))
    assert sum(_assert_same_objects(*pair) for pair in pairs) > 10


def test_objects_of_photographs(objects: Path, photograph, ours) -> None:
    names = ["astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg"]
    pairs = ours(objects, [photograph(name) for name in names])
    assert sum(_assert_same_objects(*pair) for pair in pairs) > 3


def test_faces(faces: Path, photograph, ours) -> None:
    pairs = ours(faces, [photograph("astronaut.png"), photograph("grace_hopper.jpg")])
    assert sum(_assert_same_objects(*pair) for pair in pairs) == 2


def test_lines_of_a_scan(text: Path, photograph, ours) -> None:
    ((found, usual),) = ours(text, [photograph("page.png")])
    assert _assert_same_objects(found, usual) > 5


def test_text_of_lines(text_lines: Path, ours) -> None:
    font = ImageFont.load_default(30)
    words = ["GATE 7 CLOSED", "B-2041 KX", "Deliveries: back door"]
    pictures = []
    for line in words:
        picture = Image.new("RGB", (int(font.getlength(line)) + 20, 44), "white")
        ImageDraw.Draw(picture).text((10, 4), line, "black", font)
        pictures.append(np.asarray(picture))
    for (found, usual), line in zip(ours(text_lines, pictures), words, strict=True):
        assert found["lines"][0]["text"] == usual["lines"][0]["text"] == line
        difference = found["lines"][0]["confidence"] - usual["lines"][0]["confidence"]
        assert abs(difference) <= CONFIDENCE


def _assert_same_classes(found: dict, usual: dict) -> None:
    assert [one["label"] for one in found["classes"]] == [one["label"] for one in usual["classes"]]
    for one, other in zip(found["classes"], usual["classes"], strict=True):
        assert abs(one["confidence"] - other["confidence"]) <= CONFIDENCE


def test_classes_of_photographs(resnet50: Path, photograph, ours) -> None:
    names = ["chelsea.png", "coffee.png", "rocket.jpg"]
    for pair in ours(resnet50, [photograph(name) for name in names]):
        _assert_same_classes(*pair)


def test_written_digits(digits: Path, mnist_folder: Path, ours) -> None:
    pictures, _ = mnist.load(mnist_folder, "test")
    for pair in ours(digits, list(pictures[:64])):
        _assert_same_classes(*pair)


def test_a_better_picture(upscale: Path, photograph, ours) -> None:
    ((found, usual),) = ours(upscale, [photograph("chelsea.png")])
    found_picture, usual_picture = (
        np.asarray(Image.open(io.BytesIO(bytes.fromhex(one["jpeg"])))).astype(int)
        for one in (found, usual)
    )
    assert np.abs(found_picture - usual_picture).max() <= LEVELS
