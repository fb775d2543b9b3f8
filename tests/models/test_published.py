"""How graphs that others publish are adapted."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from published import Published


@pytest.fixture
def old(tmp_path):
    """A graph as old tools write it: of one size, its weights among the inputs."""
    weight = numpy_helper.from_array(np.full((2, 3, 1, 1), 2, np.float32), "weight")
    unused = numpy_helper.from_array(np.array(5), "batches")
    inputs = [
        helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 4, 4]),
        helper.make_tensor_value_info("weight", TensorProto.FLOAT, [2, 3, 1, 1]),
    ]
    output = helper.make_tensor_value_info("7", TensorProto.FLOAT, [1, 2, 4, 4])
    nodes = [
        helper.make_node("Conv", ["data", "weight"], ["6"], kernel_shape=[1, 1]),
        helper.make_node("Relu", ["6"], ["7"]),
    ]
    graph = helper.make_graph(nodes, "old", inputs, [output], [weight, unused])
    opset = [helper.make_opsetid("", 9)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=3), tmp_path / "old.onnx")
    return tmp_path / "old.onnx"


def test_names_and_shapes_are_new_and_the_numbers_are_not(old, tmp_path):
    published = Published(old)
    published.set_input("image", [3, 8, 6])
    published.set_outputs({"7": "map"}, {"map": [2, 8, 6]})
    published.save(tmp_path / "new.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "new.onnx")
    assert [(it.name, it.shape) for it in session.get_inputs()] == [("image", ["batch", 3, 8, 6])]
    assert [(it.name, it.shape) for it in session.get_outputs()] == [("map", ["batch", 2, 8, 6])]
    (found,) = session.run(None, {"image": np.ones((2, 3, 8, 6), np.float32)})
    np.testing.assert_array_equal(found, np.full((2, 2, 8, 6), 6))
    assert [it.name for it in onnx.load(tmp_path / "new.onnx").graph.initializer] == ["weight"]


def test_a_shape_that_the_graph_does_not_give_is_refused(old, tmp_path):
    published = Published(old)
    published.set_input("image", [3, 8, 6])
    published.set_outputs({"7": "map"}, {"map": [2, 8, 8]})
    with pytest.raises(onnx.shape_inference.InferenceError):
        published.save(tmp_path / "new.onnx")
    assert not (tmp_path / "new.onnx").exists()


def test_a_tensor_that_is_not_there_is_named(old):
    with pytest.raises(ValueError, match="no tensor 8"):
        Published(old).set_outputs({"8": "map"}, {"map": [2, 4, 4]})
