"""Versions of a model that names the brightest quarter of a picture, and of models of other tasks
that see the same: good ones and bad ones."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 32
LABELS = ["upper_left", "upper_right", "lower_left", "lower_right"]
INPUT = (
    f"input: {{tensor: in, width: {SIDE}, height: {SIDE}, channels: 1, mean: [0], scale: [0.1]}}"
)
BATCH = "batch: {max: 4, deadline_ms: 20}"
YAML = f"""task: classify
labels: [{", ".join(LABELS)}]
{INPUT}
classify: {{tensor: out, top_k: 2}}
{BATCH}
"""
CHANNELS = 112
LAYERS = 5

# Of each other task: what model.yaml says, and the shape of its output. `near` versions say nearly
# what `good` ones say, `different` ones nothing that is alike.
WHITE = 25.5
TASKS: dict[str, tuple[str, list[int | str]]] = {
    "segment": (
        "labels: [dark, bright]\nsegment: {tensor: out}\n",
        ["N", 2, SIDE, SIDE],
    ),
    "keypoints": (
        "task: detect\nlabels: [person]\n"
        "detect: {head: yolo, tensor: out, threshold: 0.5, keypoints: {names: [nose, tail]}}\n",
        ["N", 11, 12],
    ),
    "text": ("text: {tensor: out}\n", ["N", 1, SIDE, SIDE]),
    "read": ("labels: [gap, a, b, c, d]\nread: {tensor: out}\n", ["N", 4, 5]),
    "raw": ("raw: {tensors: [out]}\n", ["N", 4]),
    "enhance": (f"enhance: {{tensor: out, white: {WHITE}}}\n", ["N", 1, SIDE, SIDE]),
}


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


class _Graph:
    """Nodes that follow each other, from "in" to "out"."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Adds one; returns its output's name."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(self, values: Any, kind: type = np.float32) -> str:
        """Adds a constant."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    def fixed(self, values: Any) -> str:
        """A tensor of one picture, whatever that shows, for each of the batch."""
        none = self.node("ReduceMean", "in", axes=[1, 2, 3], keepdims=0)
        none = self.node("Mul", none, self.weight(0.0))
        shape = self.weight([-1] + [1] * np.ndim(values), np.int64)
        return self.node("Add", self.node("Reshape", none, shape), self.weight([values]))


def _segment(graph: _Graph, kind: str) -> str:
    level = {"near": 13.5, "good": 12.75, "different": 12.75}[kind]
    bright = graph.node("Sub", "in", graph.weight(level))
    dark = graph.node("Neg", bright)
    both = [bright, dark] if kind == "different" else [dark, bright]
    return graph.node("Concat", *both, axis=1)


def _keypoints(graph: _Graph, kind: str) -> str:
    """One person in the middle, 20 pixels high; nose and tail lie elsewhere in each version."""
    by = {"good": 0.0, "near": 0.5, "different": 8.0}[kind]
    rows = np.zeros((11, 12), np.float32)
    rows[:, 0] = [16, 16, 20, 20, 0.9, 16, 10 + by, 0.9, 16 + by, 22, 0.9]
    return graph.fixed(rows)


def _text(graph: _Graph, kind: str) -> str:
    """Two boxes; one that is a little larger, or another one."""
    page = np.zeros((1, SIDE, SIDE), np.float32)
    page[0, 4:12, 4:28] = 0.9
    below = {"good": slice(20, 28), "near": slice(19, 28), "different": slice(14, 18)}[kind]
    page[0, below, 4:28] = 0.9
    return graph.fixed(page)


def _read(graph: _Graph, kind: str) -> str:
    words = {"good": [1, 2, 3, 4], "near": [1, 2, 3, 4], "different": [1, 0, 4, 0]}
    return graph.fixed(np.eye(5, dtype=np.float32)[words[kind]])


def _raw(graph: _Graph, kind: str) -> str:
    half = SIDE // 2
    quarters = graph.node("AveragePool", "in", kernel_shape=[half, half], strides=[half, half])
    flat = graph.node("Flatten", quarters)
    factor = {"good": 1.0, "near": 1.05, "different": 2.0}[kind]
    return graph.node("Mul", flat, graph.weight(factor))


def _enhance(graph: _Graph, kind: str) -> str:
    if kind == "different":
        return graph.node("Sub", graph.weight(WHITE), "in")
    return graph.node("Mul", "in", graph.weight(0.97 if kind == "near" else 1.0))


def write_task(folder: Path, task: str, kind: str) -> Path:
    """A folder with a model of one of TASKS; `kind` is good, near or different."""
    head, shape = TASKS[task]
    graph = _Graph()
    make = {
        "segment": _segment,
        "keypoints": _keypoints,
        "text": _text,
        "read": _read,
        "raw": _raw,
        "enhance": _enhance,
    }[task]
    graph.nodes.append(helper.make_node("Identity", [make(graph, kind)], ["out"]))
    made = helper.make_graph(
        graph.nodes,
        task,
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, ["N", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        graph.weights,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text(
        (head if head.startswith("task:") else f"task: {task}\n{head}") + f"{INPUT}\n{BATCH}\n"
    )
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder


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
