#!/usr/bin/env python3
"""Adapts ResNet-50, as it is published among ONNX's own tests, to batches of any size.

  image          (batch, 3, 224, 224) RGB, normalised
  probabilities  (batch, 1000)

The published file has the whole graph and in place of weights a single number, so that every
picture gives the same. Ours are drawn at random (He et al., 2015) from a fixed seed: it recognises
nothing, but its answers depend on the picture, and it costs what the real one costs.
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
from onnx import helper, numpy_helper
from published import Published

SEED = 50
CLASSES = 1000
# What each block adds is made smaller than what it adds it to, or the sums would grow with depth.
ADDED = 0.3
LOGITS = 0.5  # spread of the weights of the last layer, relative to He et al.


def weights_of(published: Published) -> dict[str, np.ndarray]:
    """Returns a value for each weight of the graph, by name."""
    random = np.random.default_rng(SEED)
    values = {}
    for name, shape in sorted(shapes_of(published).items()):
        if name.endswith("_w_0"):
            spread = np.sqrt(2 / np.prod(shape[1:])) * (LOGITS if "pred" in name else 1)
            values[name] = random.normal(0, spread, shape)
        elif re.search(r"branch2c_bn_s_0$", name):
            values[name] = np.full(shape, ADDED)
        else:
            one = name.endswith(("_bn_s_0", "_bn_riv_0"))
            values[name] = np.full(shape, 1 if one else 0)
    return {name: value.astype(np.float32) for name, value in values.items()}


def shapes_of(published: Published) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each weight of the graph, by name."""
    given = {it.name: numpy_helper.to_array(it) for it in published.graph.initializer}
    shapes = {name: value.shape for name, value in given.items() if value.dtype == np.float32}
    for node in published.graph.node:
        if node.op_type == "ConstantOfShape":
            shapes[node.output[0]] = tuple(given[node.input[0]].tolist())
    return shapes


def replace_weights(published: Published, values: dict[str, np.ndarray]) -> None:
    """Puts `values` in the place of all weights, and of the nodes that made some of them."""
    graph = published.graph
    kept = [it for it in graph.initializer if it.name not in values]
    kept += [numpy_helper.from_array(value, name) for name, value in values.items()]
    nodes = [node for node in graph.node if node.op_type != "ConstantOfShape"]
    for field, new in ((graph.initializer, kept), (graph.node, nodes)):
        del field[:]
        field.extend(new)


def free_batch(published: Published) -> None:
    """Replaces the only reshaping, to a batch of one, by one to any batch."""
    (node,) = (node for node in published.graph.node if node.op_type == "Reshape")
    node.CopyFrom(helper.make_node("Flatten", [node.input[0]], list(node.output)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--onnx", type=Path, required=True, help="folder of the published file")
    parser.add_argument("--output", type=Path, required=True, help="model.onnx to write")
    arguments = parser.parse_args()
    published = Published(arguments.onnx / "light_resnet50.onnx")
    values = weights_of(published)
    replace_weights(published, values)
    free_batch(published)
    published.set_input("image", [3, 224, 224])
    published.set_outputs({"gpu_0/softmax_1": "probabilities"}, {"probabilities": [CLASSES]})
    published.save(arguments.output)
    weights = sum(value.size for value in values.values())
    print(f"resnet50: {len(published.graph.node)} operations, {weights} weights", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
