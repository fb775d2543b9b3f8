"""LeNet-5 (LeCun et al., 1998) with ReLU and max pooling: in JAX to train, in ONNX to serve.

Both take pixels as 0..1 and give ten logits: softmax is the engine's part.
"""

import jax
import numpy as np
import onnx
from jax import lax
from jax import numpy as jnp
from onnx import TensorProto, helper, numpy_helper

# name -> weight shape. Convolutions are height, width, in, out; the others are in, out.
LAYERS = {
    "conv1": (5, 5, 1, 6),
    "conv2": (5, 5, 6, 16),
    "full1": (400, 120),
    "full2": (120, 84),
    "full3": (84, 10),
}


def initial(key: jax.Array) -> dict:
    """Returns {layer: {weight, bias}}: weights by He et al. (2015), biases 0."""
    parameters = {}
    for name, shape in LAYERS.items():
        key, own = jax.random.split(key)
        spread = np.sqrt(2 / np.prod(shape[:-1]))
        weight = spread * jax.random.normal(own, shape, jnp.float32)
        parameters[name] = {"weight": weight, "bias": jnp.zeros(shape[-1], jnp.float32)}
    return parameters


def forward(parameters: dict, images: jax.Array) -> jax.Array:
    """Returns the logits (n, 10) of `images` (n, 28, 28), 0..1."""
    x = images[..., None]
    x = _convolve(x, parameters["conv1"], 2)
    x = _convolve(x, parameters["conv2"], 0)
    # Channels first, as the served graph flattens them.
    x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
    x = jax.nn.relu(x @ parameters["full1"]["weight"] + parameters["full1"]["bias"])
    x = jax.nn.relu(x @ parameters["full2"]["weight"] + parameters["full2"]["bias"])
    return x @ parameters["full3"]["weight"] + parameters["full3"]["bias"]


def _convolve(x: jax.Array, layer: dict, margin: int) -> jax.Array:
    """Convolution, ReLU and 2x2 max pooling of `x` (n, height, width, channels)."""
    margins = ((margin, margin), (margin, margin))
    order = ("NHWC", "HWIO", "NHWC")
    x = lax.conv_general_dilated(x, layer["weight"], (1, 1), margins, dimension_numbers=order)
    x = jax.nn.relu(x + layer["bias"])
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))


def to_onnx(parameters: dict) -> onnx.ModelProto:
    """Returns the graph: `image` (batch, 1, 28, 28) 0..1 in, `logits` (batch, 10) out."""
    weights = []
    for name, layer in parameters.items():
        weight = np.asarray(layer["weight"])
        if weight.ndim == 4:
            weight = weight.transpose(3, 2, 0, 1)
        weights.append(numpy_helper.from_array(np.ascontiguousarray(weight), f"{name}_weight"))
        weights.append(numpy_helper.from_array(np.asarray(layer["bias"]), f"{name}_bias"))

    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [
        _node("Conv", "image", "conv1", kernel_shape=[5, 5], pads=[2, 2, 2, 2]),
        helper.make_node("Relu", ["conv1"], ["relu1"]),
        helper.make_node("MaxPool", ["relu1"], ["pool1"], **pool),
        _node("Conv", "pool1", "conv2", kernel_shape=[5, 5]),
        helper.make_node("Relu", ["conv2"], ["relu2"]),
        helper.make_node("MaxPool", ["relu2"], ["pool2"], **pool),
        helper.make_node("Flatten", ["pool2"], ["flat"]),
        _node("Gemm", "flat", "full1"),
        helper.make_node("Relu", ["full1"], ["relu3"]),
        _node("Gemm", "relu3", "full2"),
        helper.make_node("Relu", ["full2"], ["relu4"]),
        _node("Gemm", "relu4", "full3", output="logits"),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 28, 28])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, "lenet5", [image], [logits], weights)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="framegate")
    onnx.checker.check_model(model, full_check=True)
    return model


def _node(kind: str, source: str, layer: str, output: str = "", **attributes) -> onnx.NodeProto:
    """A node with the weight and the bias of `layer`."""
    inputs = [source, f"{layer}_weight", f"{layer}_bias"]
    return helper.make_node(kind, inputs, [output or layer], **attributes)
