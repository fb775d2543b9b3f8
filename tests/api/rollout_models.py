"""Versions of a model that names the brightest quarter of a picture: good ones and bad ones."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 32
LABELS = ["upper_left", "upper_right", "lower_left", "lower_right"]
YAML = f"""task: classify
labels: [{", ".join(LABELS)}]
input: {{tensor: in, width: {SIDE}, height: {SIDE}, channels: 1, mean: [0], scale: [0.1]}}
classify: {{tensor: out, top_k: 2}}
batch: {{max: 4, deadline_ms: 20}}
"""
CHANNELS = 112
LAYERS = 5


def _slowly(nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto]) -> None:
    """Convolutions that cost some hundreds of milliseconds and change nothing."""
    before, channels = "in", 1
    for layer in range(LAYERS):
        shape = (CHANNELS, channels, 5, 5)
        weights.append(numpy_helper.from_array(np.zeros(shape, np.float32), f"w{layer}"))
        nodes.append(
            helper.make_node("Conv", [before, f"w{layer}"], [f"c{layer}"], pads=[2, 2, 2, 2])
        )
        before, channels = f"c{layer}", CHANNELS
    nodes.append(helper.make_node("ReduceMax", [before], ["none"], axes=[1], keepdims=1))
    nodes.append(helper.make_node("Add", ["in", "none"], ["seen"]))


def graph(kind: str) -> onnx.ModelProto:
    """The model; `kind` is good, different, failing or slow."""
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    seen, half = "in", SIDE // 2
    if kind == "slow":
        _slowly(nodes, weights)
        seen = "seen"
    nodes.append(
        helper.make_node(
            "AveragePool", [seen], ["quarters"], kernel_shape=[half, half], strides=[half, half]
        )
    )
    nodes.append(helper.make_node("Flatten", ["quarters"], ["flat"]))
    last = "flat"
    if kind == "different":
        nodes.append(helper.make_node("Neg", ["flat"], ["turned"]))
        last = "turned"
    if kind == "failing":
        # The logarithm of what is below zero is no number.
        nodes.append(helper.make_node("Neg", ["flat"], ["turned"]))
        nodes.append(helper.make_node("Log", ["turned"], ["nothing"]))
        last = "nothing"
    nodes.append(helper.make_node("Softmax", [last], ["out"], axis=1))
    made = helper.make_graph(
        nodes,
        kind,
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, ["N", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", 4])],
        weights,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def write(folder: Path, kind: str = "good") -> Path:
    """A folder with model.onnx and model.yaml; `kind` may be broken, too."""
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text(YAML)
    if kind == "broken":
        model = graph("good")
        model.graph.node[0].op_type = "NoSuchOperator"
        (folder / "model.onnx").write_bytes(model.SerializeToString())
    else:
        (folder / "model.onnx").write_bytes(graph(kind).SerializeToString())
    return folder
