"""A network that doubles the width and height of a picture: in JAX to train, in ONNX to serve.

After ESPCN (Shi et al., 2016): all layers work on the small picture, and the last gives the four
pixels that become of each. They are added to what bicubic interpolation gives, so that the network
learns the difference alone, and knows nothing else than bicubic interpolation at first.
"""

import jax
import numpy as np
import onnx
from jax import lax
from jax import numpy as jnp
from onnx import TensorProto, helper, numpy_helper

FACTOR = 2
COLOURS = 3
WIDTH = 24
# name -> weight shape: height, width, in, out.
LAYERS = {
    "features": (5, 5, COLOURS, WIDTH),
    "inner1": (3, 3, WIDTH, WIDTH),
    "inner2": (3, 3, WIDTH, WIDTH),
    "pixels": (3, 3, WIDTH, COLOURS * FACTOR**2),
}
SLOPE = 0.1  # of the rectifiers below 0
# So that the steps of training are of the right size from the first: pixels are centred, and what
# is learned is a small difference.
GREY = 0.5
DIFFERENCE = 0.1
MARGIN = 2  # pixels that the first layer and the interpolation reach beyond the picture
ORDER = ("NHWC", "HWIO", "NHWC")


def initial(key: jax.Array) -> dict:
    """Returns {layer: {weight, bias}}: weights by He et al. (2015), the last layer all 0."""
    parameters = {}
    for name, shape in LAYERS.items():
        key, own = jax.random.split(key)
        spread = 0 if name == "pixels" else np.sqrt(2 / np.prod(shape[:-1]))
        weight = spread * jax.random.normal(own, shape, jnp.float32)
        parameters[name] = {"weight": weight, "bias": jnp.zeros(shape[-1], jnp.float32)}
    return parameters


def forward(parameters: dict, images: jax.Array) -> jax.Array:
    """Returns `images` (n, height, width, 3), 0..1, at twice their size, not clipped."""
    around = ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))
    wide = jnp.pad(images, around, mode="edge")
    x = _leaky(_convolve(wide - GREY, parameters["features"], "VALID"))
    x = _leaky(_convolve(x, parameters["inner1"], "SAME"))
    x = _leaky(_convolve(x, parameters["inner2"], "SAME"))
    x = DIFFERENCE * _convolve(x, parameters["pixels"], "SAME")
    kernels = jnp.asarray(bicubic_kernels().transpose(2, 3, 1, 0))
    x = x + lax.conv_general_dilated(
        wide, kernels, (1, 1), "VALID", dimension_numbers=ORDER, feature_group_count=COLOURS
    )
    n, height, width, _ = x.shape
    x = x.reshape(n, height, width, COLOURS, FACTOR, FACTOR)
    return x.transpose(0, 1, 4, 2, 5, 3).reshape(n, FACTOR * height, FACTOR * width, COLOURS)


def _leaky(x: jax.Array) -> jax.Array:
    return jax.nn.leaky_relu(x, SLOPE)


def _convolve(x: jax.Array, layer: dict, padding: str) -> jax.Array:
    weight = layer["weight"]
    x = lax.conv_general_dilated(x, weight, (1, 1), padding, dimension_numbers=ORDER)
    return x + layer["bias"]


def bicubic_kernels() -> np.ndarray:
    """Returns (12, 1, 5, 5): for each colour and each of its four new pixels, what it is made of.

    Keys's kernel (1981) with a = -1/2; the new pixels lie a quarter of a pixel off the old one.
    """
    taps = np.arange(-MARGIN, MARGIN + 1)
    lines = np.array([_keys(np.abs(taps - at)) for at in (-0.25, 0.25)])
    kernels = np.einsum("py,qx->pqyx", lines, lines).reshape(4, 1, 5, 5)
    return np.tile(kernels, (COLOURS, 1, 1, 1)).astype(np.float32)


def _keys(distance: np.ndarray) -> np.ndarray:
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0))


def to_onnx(parameters: dict) -> onnx.ModelProto:
    """Returns the graph: pixels as 0..255 in and out, of any size.

    image  (batch, 3, height, width) RGB
    large  (batch, 3, 2 height, 2 width)
    """
    # What is learned is for 0..1 less GREY: the first layer divides, the last multiplies.
    scales = {"features": 1 / 255, "pixels": 255 * DIFFERENCE}
    weights = [
        numpy_helper.from_array(bicubic_kernels(), "bicubic_weight"),
        numpy_helper.from_array(np.array([0, 0, MARGIN, MARGIN] * 2, np.int64), "margins"),
        numpy_helper.from_array(np.float32(0), "black"),
        numpy_helper.from_array(np.float32(255), "white"),
    ]
    for name, layer in parameters.items():
        weight = np.asarray(layer["weight"]).transpose(3, 2, 0, 1)
        bias = np.asarray(layer["bias"])
        if name == "features":
            bias = bias - GREY * weight.sum((1, 2, 3))
        else:
            bias = bias * np.float32(scales.get(name, 1))
        weight = weight * np.float32(scales.get(name, 1))
        weights.append(numpy_helper.from_array(np.ascontiguousarray(weight), f"{name}_weight"))
        weights.append(numpy_helper.from_array(bias, f"{name}_bias"))
    nodes = [
        helper.make_node("Pad", ["image", "margins"], ["wide"], mode="edge"),
        _layer("wide", "features", 0),
        helper.make_node("LeakyRelu", ["features"], ["known"], alpha=SLOPE),
        _layer("known", "inner1", 1),
        helper.make_node("LeakyRelu", ["inner1"], ["known1"], alpha=SLOPE),
        _layer("known1", "inner2", 1),
        helper.make_node("LeakyRelu", ["inner2"], ["known2"], alpha=SLOPE),
        _layer("known2", "pixels", 1),
        helper.make_node("Conv", ["wide", "bicubic_weight"], ["bicubic"], group=COLOURS),
        helper.make_node("Add", ["bicubic", "pixels"], ["sum"]),
        helper.make_node("DepthToSpace", ["sum"], ["free"], blocksize=FACTOR, mode="CRD"),
        helper.make_node("Clip", ["free", "black", "white"], ["large"]),
    ]
    sizes = (("image", ("height", "width")), ("large", ("twice_height", "twice_width")))
    image, large = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", COLOURS, *size])
        for name, size in sizes
    )
    graph = helper.make_graph(nodes, "upscale", [image], [large], weights)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="framegate")
    onnx.checker.check_model(model, full_check=True)
    return model


def _layer(source: str, name: str, margin: int) -> onnx.NodeProto:
    inputs = [source, f"{name}_weight", f"{name}_bias"]
    return helper.make_node("Conv", inputs, [name], pads=[margin] * 4)
