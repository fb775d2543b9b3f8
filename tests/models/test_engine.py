"""The models of ours in the C engine, against the Python reference on the same weights."""

import numpy as np
import pytest
from centerface_reference import CenterFace
from centernet_reference import Box, differences
from detector_reference import Served
from engine import frames
from text_reference import TextFinder
from yolov3_reference import YoloV3

PICTURES = 50
EVERY = 15  # 50 pictures spread over the whole video


def boxes(result: dict) -> list[Box]:
    """The objects of the engine's output."""
    return [
        Box(
            index=entry["index"],
            label=entry["label"],
            confidence=entry["confidence"],
            left=entry["bbox"]["x"],
            top=entry["bbox"]["y"],
            right=entry["bbox"]["x"] + entry["bbox"]["width"],
            bottom=entry["bbox"]["y"] + entry["bbox"]["height"],
        )
        for entry in result["objects"]
    ]


def test_yolo_finds_the_boxes_of_the_reference(engine, yolo, video):
    pictures = frames(video, EVERY, PICTURES)
    reference = YoloV3(yolo)
    threshold = reference.description["detect"]["threshold"]
    results = engine.run(yolo, pictures)
    expected = [reference.detect(picture) for picture in pictures]
    assert sum(map(len, expected)) > PICTURES
    for number, (result, wanted) in enumerate(zip(results, expected, strict=True)):
        assert result["task"] == "detect"
        assert differences(wanted, boxes(result), threshold) == [], f"picture {number}"


@pytest.mark.parametrize(
    "name", ["astronaut.png", "grace_hopper.jpg", "coffee.png", "motorcycle_left.png"]
)
def test_faces_are_those_of_the_reference(engine, faces, photograph, name):
    reference = CenterFace(faces)
    picture = photograph(name)
    (result,) = engine.run(faces, [picture])
    threshold = reference.description["detect"]["threshold"]
    assert differences(reference.detect(picture), boxes(result), threshold) == []


def test_text_is_found_where_the_reference_finds_it(engine, text, photograph):
    reference = TextFinder(text)
    for name in ("page.png", "grace_hopper.jpg"):
        picture = photograph(name)
        (result,) = engine.run(text, [picture])
        found, expected = boxes(result), reference.detect(picture)
        assert result["task"] == "text"
        assert len(found) == len(expected)
        # Ours are rotated to the line: the upright box around them is a little larger.
        for box in expected:
            best = max(found, key=box.iou)
            assert box.iou(best) >= 0.8
            assert best.confidence == pytest.approx(box.confidence, abs=0.02)


def test_classes_and_confidences_are_those_of_the_reference(engine, resnet50, photograph):
    served = Served(resnet50)
    for name in ("astronaut.png", "coffee.png"):
        probabilities = served.run(photograph(name), ["probabilities"])[0]
        (result,) = engine.run(resnet50, [photograph(name)])
        best = np.argsort(-probabilities[0])[: len(result["classes"])]
        assert [entry["index"] for entry in result["classes"]] == best.tolist()
        for entry in result["classes"]:
            assert entry["confidence"] == pytest.approx(probabilities[0][entry["index"]], abs=0.002)
