"""The model `resnet50`: the published graph with weights of ours."""

from itertools import pairwise

import convert_resnet
import numpy as np
import onnx
import onnxruntime
import pytest
from detector_reference import Served
from input_reference import prepare
from onnx import numpy_helper
from published import Published

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")


@pytest.fixture(scope="module")
def served(resnet50):
    """The model as Python runs it."""
    return Served(resnet50)


@pytest.fixture(scope="module")
def answers(served, photograph):
    """The probabilities (1000,) of each photograph."""
    return [served.run(photograph(name), ["probabilities"])[0][0] for name in PHOTOGRAPHS]


def test_what_it_says_is_a_probability_for_each_label(served, answers):
    assert len(served.description["labels"]) == 1000
    for answer in answers:
        assert answer.shape == (1000,)
        assert answer.sum() == pytest.approx(1, abs=1e-4)


def test_its_answer_depends_on_the_picture(answers):
    for one, other in pairwise(answers):
        assert np.abs(one - other).max() > 0.005


def test_a_picture_gets_the_same_answer_alone_as_in_a_batch(served, answers, photograph):
    wanted = served.description["input"]
    tensors = np.stack([prepare(photograph(name), wanted)[0] for name in PHOTOGRAPHS])
    (together,) = served.session.run(None, {"image": tensors})
    np.testing.assert_allclose(together, answers, atol=1e-5)


def test_it_is_the_published_graph(resnet50, cache):
    """With the published weights in it again it gives the published answer."""
    folder = cache / "onnx"
    ours, theirs = Published(resnet50 / "model.onnx"), Published(folder / "light_resnet50.onnx")
    shapes = convert_resnet.shapes_of(theirs)
    values = {name: np.full(shape, 0.02, np.float32) for name, shape in shapes.items()}
    given = {it.name: numpy_helper.to_array(it) for it in theirs.graph.initializer}
    values |= {name: given[name] for name in shapes if name in given}
    convert_resnet.replace_weights(ours, values)
    session = onnxruntime.InferenceSession(ours.model.SerializeToString())
    image = np.random.default_rng(1).random((1, 3, 224, 224), np.float32)
    (found,) = session.run(None, {"image": image})
    expected = onnx.load_tensor(folder / "light_resnet50_output_0.pb")
    np.testing.assert_allclose(found, numpy_helper.to_array(expected), rtol=1e-3)


def test_it_has_the_size_of_the_real_one(resnet50):
    model = onnx.load(resnet50 / "model.onnx")
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 53
    weights = sum(np.prod(it.dims, dtype=int) for it in model.graph.initializer)
    assert 25.5e6 < weights < 25.7e6
