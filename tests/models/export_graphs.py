"""Graphs as the exporters of PyTorch, Ultralytics and TensorFlow write them, made without those:
names, shapes, layouts and metadata are theirs, and the answers are known."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

COCO = {number: f"class{number}" for number in range(80)}
ULTRALYTICS = {"stride": "32", "imgsz": "[640, 640]", "batch": "1", "names": str(COCO)}


def said_of_any(values: dict[str, np.ndarray], source: str) -> tuple[list, list]:
    """Nodes and constants that give these outputs, whatever the picture."""
    nodes = [
        helper.make_node("Cast", [source], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["floats"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
    ]
    constants = [helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])]
    for name, value in values.items():
        nodes.append(helper.make_node("Add", ["nothing", f"{name}/value"], [name]))
        constants.append(onnx.numpy_helper.from_array(value.astype(np.float32), f"{name}/value"))
    return nodes, constants


def save(
    folder: Path,
    source: tuple[str, int, list],
    outputs: dict[str, tuple[np.ndarray, list]],
    metadata: dict[str, str] | None = None,
    producer: str = "pytorch",
) -> Path:
    """Writes the graph; an output is its values and the shape that the graph states."""
    folder.mkdir(parents=True)
    name, kind, shape = source
    nodes, constants = said_of_any({key: value for key, (value, _) in outputs.items()}, name)
    # Ultralytics' confidences come out of a Sigmoid, and nothing else tells them from logits.
    nodes.append(helper.make_node("Sigmoid", ["nothing"], ["unused"]))
    graph = helper.make_graph(
        nodes,
        "main_graph",
        [helper.make_tensor_value_info(name, kind, shape)],
        [
            helper.make_tensor_value_info(key, TensorProto.FLOAT, stated)
            for key, (_, stated) in outputs.items()
        ],
        constants,
    )
    model = helper.make_model(
        graph, ir_version=8, opset_imports=[helper.make_opsetid("", 18)], producer_name=producer
    )
    helper.set_model_props(model, metadata or {})
    onnx.save(model, folder / "model.onnx")
    return folder


def rows(seed: int, count: int, more: int) -> np.ndarray:
    """Boxes far from each other among 8,400 anchors, with what follows the 80 labels."""
    random = np.random.default_rng(seed)
    values = np.zeros((84 + more, 8400), np.float32)
    for number in range(count):
        anchor = int(random.integers(8400))
        across, down = number % 4, number // 4
        values[:4, anchor] = [100 + 150 * across, 100 + 150 * down, 60 + 8 * number, 50]
        values[4 + int(random.integers(80)), anchor] = 0.9 - 0.05 * number
        values[84:, anchor] = random.normal(size=more)
    return values


def order(values: np.ndarray) -> np.ndarray:
    """The anchors with a box, best first."""
    best = values[4:84].max(0)
    return np.argsort(-best)[: int((best > 0.3).sum())]
