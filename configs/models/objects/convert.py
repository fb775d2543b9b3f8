#!/usr/bin/env python3
"""Converts MobileNetV3-CenterNet with its COCO weights from TensorFlow.js to ONNX.

The published graph is channels last with a batch of one; what is written is channels first with a
batch of any size, and ends at the two heads (the engine finds the peaks):
  image    (batch, 3, 512, 512) RGB, 0..255
  heatmap  (batch, 80, 128, 128) confidence 0..1 that an object of the class has its centre there
  size     (batch, 4, 128, 128) distances in input pixels from the cell's corner (4x, 4y) to the
           left, top, right and bottom side of the box
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import yaml
from graph_model import GraphModel, Node
from onnx import TensorProto, helper, numpy_helper

INPUT_SIZE = 512
STRIDE = 4
CLASSES = 80
IMAGE = "tower_0/images"
HEATMAP = "tower_0/keypoints"
SIZE = "tower_0/wh"
PUBLIC = {IMAGE: "image", HEATMAP: "heatmap", SIZE: "size"}
SIMPLE = {"Mul": "Mul", "Add": "Add", "Relu": "Relu", "Sigmoid": "Sigmoid", "Identity": "Identity"}


class Converter:
    """Collects the ONNX nodes and weights of one graph."""

    def __init__(self, model: GraphModel):
        self.model = model
        self.nodes = []
        self.weights = {}

    def convert(self) -> onnx.ModelProto:
        """Returns the whole model, checked, shapes inferred."""
        for node in self.model.leading_to({HEATMAP, SIZE}):
            self._convert_node(node)
        cells = INPUT_SIZE // STRIDE
        image = _tensor("image", 3, INPUT_SIZE)
        heads = [_tensor("heatmap", CLASSES, cells), _tensor("size", 4, cells)]
        weights = [numpy_helper.from_array(value, name) for name, value in self.weights.items()]
        graph = helper.make_graph(self.nodes, "centernet", [image], heads, weights)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(
            graph, opset_imports=opset, ir_version=8, producer_name="framegate"
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _convert_node(self, node: Node) -> None:
        if node.kind in ("Placeholder", "Const"):
            return
        if node.kind.endswith("Conv2D") or "DepthwiseConv2d" in node.kind:
            self._convolution(node)
        elif node.kind in SIMPLE:
            self._emit(SIMPLE[node.kind], node.name, [self._value(name) for name in node.inputs])
        elif node.kind == "Relu6":
            limits = [self._weight("zero", np.float32(0)), self._weight("six", np.float32(6))]
            self._emit("Clip", node.name, [self._value(node.inputs[0]), *limits])
        elif node.kind == "Mean":
            self._mean(node)
        elif node.kind == "ConcatV2":
            self._concatenation(node)
        elif node.kind == "ResizeBilinear":
            self._upsampling(node)
        else:
            raise ValueError(f"{node.name}: no conversion for {node.kind}")

    def _convolution(self, node: Node) -> None:
        kernel = self.model.weights[node.inputs[1]]
        height, width, channels, outputs = kernel.shape
        if "Depthwise" in node.kind:
            group = channels
            kernel = kernel.reshape(height, width, 1, channels * outputs)
        else:
            group = 1
        weight = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        inputs = [self._value(node.inputs[0]), self._weight(node.inputs[1], weight)]

        then = node.texts("fused_ops")
        if then not in ([], ["BiasAdd"], ["BiasAdd", "Relu"]):
            raise ValueError(f"{node.name}: no conversion for {then}")
        if then:
            inputs.append(self._value(node.inputs[2]))
        strides = node.integers("strides")[1:3]
        if node.integers("dilations") != [1, 1, 1, 1]:
            raise ValueError(f"{node.name}: no conversion for dilated kernels")
        before, after = _margins(node.text("padding"), (height, width), strides)
        attributes = {
            "kernel_shape": [height, width],
            "strides": strides,
            "pads": [*before, *after],
            "group": group,
        }
        if "Relu" in then:
            self._emit("Conv", f"{node.name}/sum", inputs, **attributes)
            self._emit("Relu", node.name, [f"{node.name}/sum"])
        else:
            self._emit("Conv", node.name, inputs, **attributes)

    def _mean(self, node: Node) -> None:
        if self.model.weights[node.inputs[1]].tolist() != [1, 2] or not node.flag("keep_dims"):
            raise ValueError(f"{node.name}: only the mean over a whole picture is converted")
        self._emit("GlobalAveragePool", node.name, [self._value(node.inputs[0])])

    def _concatenation(self, node: Node) -> None:
        *parts, axis = node.inputs
        if int(self.model.weights[axis]) not in (3, -1):
            raise ValueError(f"{node.name}: only channels are concatenated")
        self._emit("Concat", node.name, [self._value(name) for name in parts], axis=1)

    def _upsampling(self, node: Node) -> None:
        if node.flag("align_corners") or node.flag("half_pixel_centers"):
            raise ValueError(f"{node.name}: only asymmetric coordinates are converted")
        # The file has absolute sizes; in this graph each of them is twice what comes in.
        scales = self._weight("twice", np.array([1, 1, 2, 2], np.float32))
        self._emit(
            "Resize",
            node.name,
            [self._value(node.inputs[0]), "", scales],
            mode="linear",
            coordinate_transformation_mode="asymmetric",
        )

    def _emit(self, kind: str, name: str, inputs: list[str], **attributes) -> None:
        output = PUBLIC.get(name, name)
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def _value(self, name: str) -> str:
        """Returns the ONNX name of a tensor; a weight that is used as it is becomes known."""
        if name in self.model.weights:
            value = self.model.weights[name]
            if value.ndim > 1:
                raise ValueError(f"{name}: a constant of shape {value.shape} has no layout")
            return self._weight(name, value)
        return PUBLIC.get(name, name)

    def _weight(self, name: str, value: np.ndarray) -> str:
        self.weights[name] = np.asarray(value)
        return name


def _tensor(name: str, channels: int, size: int) -> onnx.ValueInfoProto:
    shape = ["batch", channels, size, size]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _margins(padding: str, kernel: tuple, strides: list) -> tuple[list[int], list[int]]:
    """Returns the padding before and after, (height, width) each.

    TensorFlow's SAME gives the odd pixel to the end. Every size in this graph is a multiple of its
    stride, so the padding does not depend on the size.
    """
    if padding == "VALID":
        return [0, 0], [0, 0]
    if padding != "SAME":
        raise ValueError(f"no conversion for {padding} padding")
    whole = [max(k - s, 0) for k, s in zip(kernel, strides, strict=True)]
    before = [total // 2 for total in whole]
    return before, [total - first for total, first in zip(whole, before, strict=True)]


def published_labels(path: Path) -> list[str]:
    """Returns the names of the classes in the order of the published list (classes from 1)."""
    entries = re.findall(r"class:\s*(\d+),\s*label:\s*'([^']+)'", path.read_text())
    if [int(number) for number, _ in entries] != list(range(1, CLASSES + 1)):
        raise ValueError(f"{path} does not list the classes 1 to {CLASSES} in order")
    return [label for _, label in entries]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--human", type=Path, required=True, help="folder of the published files")
    parser.add_argument("--output", type=Path, required=True, help="model.onnx to write")
    arguments = parser.parse_args()
    described = yaml.safe_load(Path(__file__).with_name("model.yaml").read_text())["labels"]
    if described != published_labels(arguments.human / "labels.ts"):
        print("objects: model.yaml names other classes than the published list", file=sys.stderr)
        return 1
    model = Converter(GraphModel(arguments.human / "centernet.json")).convert()
    weights = sum(np.prod(weight.dims, dtype=int) for weight in model.graph.initializer)
    print(f"objects: {len(model.graph.node)} operations, {weights} weights", flush=True)
    arguments.output.write_bytes(model.SerializeToString())
    return 0


if __name__ == "__main__":
    sys.exit(main())
