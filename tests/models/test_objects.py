"""The model `objects` in the C engine and in the Python reference, on a surveillance video."""

import numpy as np
import pytest
from centernet_reference import Box, CenterNet, differences
from engine import frames

PICTURES = 20
EVERY = 39  # 20 pictures spread over the whole video


@pytest.fixture(scope="module")
def pictures(video):
    """The pictures (576, 768, 3)."""
    found = frames(video, EVERY, PICTURES)
    assert {picture.shape for picture in found} == {(576, 768, 3)}
    return found


@pytest.fixture(scope="module")
def reference(objects):
    """The model as Python runs it."""
    return CenterNet(objects)


@pytest.fixture(scope="module")
def expected(reference, pictures):
    """The boxes of the reference, a list per picture."""
    return [reference.detect(picture) for picture in pictures]


@pytest.fixture(scope="module")
def found(engine, objects, pictures):
    """The boxes of the C engine, a list per picture."""
    results = engine.run(objects, pictures)
    assert {result["task"] for result in results} == {"detect"}
    return [[as_box(entry) for entry in result["objects"]] for result in results]


def test_the_engine_finds_the_boxes_of_the_reference(found, expected, reference):
    threshold = reference.description["detect"]["threshold"]
    for number, (boxes, wanted) in enumerate(zip(found, expected, strict=True)):
        assert differences(wanted, boxes, threshold) == [], f"picture {number}"


def test_the_engine_gives_the_most_confident_box_first(found):
    for boxes in found:
        confidences = [box.confidence for box in boxes]
        assert confidences == sorted(confidences, reverse=True)


def test_the_engine_gives_the_same_boxes_to_a_picture_alone_as_among_others(
    engine, objects, pictures, found, reference
):
    threshold = reference.description["detect"]["threshold"]
    for number in (0, 7, 19):
        (alone,) = engine.run(objects, [pictures[number]])
        boxes = [as_box(entry) for entry in alone["objects"]]
        assert differences(found[number], boxes, threshold) == []


def test_people_are_found_in_nearly_every_picture(expected):
    with_people = [
        boxes
        for boxes in expected
        if any(box.label == "person" and box.confidence >= 0.5 for box in boxes)
    ]
    assert len(with_people) >= 18


def test_the_parked_vehicles_are_found_where_they_stand(expected):
    def is_parked(box):
        return box.label in ("car", "truck") and box.left > 620 and box.bottom < 120

    assert sum(any(is_parked(box) for box in boxes) for boxes in expected) >= 18


def test_the_graph_gives_a_picture_the_same_heads_alone_as_in_a_batch(reference, pictures):
    tensors = np.stack([reference.tensor(picture) for picture in pictures[:4]])
    together = reference.heads(tensors)
    for number in range(4):
        alone = reference.heads(tensors[number : number + 1])
        np.testing.assert_allclose(alone[0][0], together[0][number], atol=1e-5)
        np.testing.assert_allclose(alone[1][0], together[1][number], atol=1e-2)


def as_box(entry: dict) -> Box:
    """Returns an object of the engine's output as a box."""
    bbox = entry["bbox"]
    return Box(
        index=entry["index"],
        label=entry["label"],
        confidence=entry["confidence"],
        left=bbox["x"],
        top=bbox["y"],
        right=bbox["x"] + bbox["width"],
        bottom=bbox["y"] + bbox["height"],
    )
