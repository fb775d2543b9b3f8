"""ONNX operators in JAX: what a classifier is made of, with the gradients that training needs.

What depends on shapes and constants alone stays numpy, so that it is known when the function is
compiled: a graph that works out its own reshaping needs nothing special.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp
from onnx import TensorProto, helper

from framegate_learn import windows
from framegate_learn.nodes import Node, Unfit, known, module_of

Values = Any


@dataclass(frozen=True)
class Operator:
    """How it is computed, and which of its inputs may be learned if they are constants."""

    compute: Callable[..., Values]
    weights: tuple[int, ...] = ()


def _relu(_: Node, x: Values) -> Values:
    return jnp.maximum(x, 0)


def _leaky(node: Node, x: Values) -> Values:
    return jnp.where(x < 0, node.number("alpha", 0.01) * x, x)


def _prelu(_: Node, x: Values, slope: Values) -> Values:
    return jnp.where(x < 0, slope * x, x)


def _elu(node: Node, x: Values) -> Values:
    return jax.nn.elu(x, node.number("alpha", 1.0))


def _selu(node: Node, x: Values) -> Values:
    alpha = node.number("alpha", 1.6732632423543772)
    return node.number("gamma", 1.0507009873554805) * jax.nn.elu(x, alpha)


def _hard_sigmoid(node: Node, x: Values) -> Values:
    return jnp.clip(node.number("alpha", 0.2) * x + node.number("beta", 0.5), 0, 1)


def _hard_swish(_: Node, x: Values) -> Values:
    return x * jnp.clip(x / 6 + 0.5, 0, 1)


def _gelu(node: Node, x: Values) -> Values:
    return jax.nn.gelu(x, approximate=node.text("approximate", "none") == "tanh")


def _mish(_: Node, x: Values) -> Values:
    return x * jnp.tanh(jax.nn.softplus(x))


def _clip(node: Node, x: Values, low: Values = None, high: Values = None) -> Values:
    if node.opset < 11:
        low, high = node.attributes.get("min"), node.attributes.get("max")
    return module_of(x).clip(x, low, high)


def _softmax(node: Node, x: Values, function: Callable[..., Values] = jax.nn.softmax) -> Values:
    if node.opset >= 13:
        return function(x, axis=node.whole("axis", -1))
    # Along all axes from that one on.
    axis = node.whole("axis", 1) % x.ndim
    return function(x.reshape((*x.shape[:axis], -1)), axis=-1).reshape(x.shape)


def _log_softmax(node: Node, x: Values) -> Values:
    return _softmax(node, x, jax.nn.log_softmax)


def _elementwise(name: str) -> Callable[..., Values]:
    def compute(_: Node, *inputs: Values) -> Values:
        return getattr(module_of(*inputs), name)(*inputs)

    return compute


def _divide(_: Node, a: Values, b: Values) -> Values:
    if np.issubdtype(a.dtype, np.integer):
        # Towards zero, as C divides; shapes are not negative.
        return module_of(a, b).floor_divide(a, b)
    return module_of(a, b).divide(a, b)


def _fold(name: str) -> Callable[..., Values]:
    def compute(_: Node, first: Values, *more: Values) -> Values:
        for value in more:
            first = getattr(module_of(first, value), name)(first, value)
        return first

    return compute


def _mean(node: Node, *values: Values) -> Values:
    return _fold("add")(node, *values) / len(values)


def _batch_normalization(
    node: Node, x: Values, scale: Values, bias: Values, mean: Values, variance: Values
) -> Values:
    """With the mean and the variance that it was given: so does the gateway use it."""
    if node.whole("training_mode", 0):
        raise Unfit(f"{node}: it was exported for training")
    shape = (1, -1, *(1,) * (x.ndim - 2))
    factor = scale / jnp.sqrt(variance + node.number("epsilon", 1e-5))
    return x * factor.reshape(shape) + (bias - mean * factor).reshape(shape)


def _normalised(x: Values, axes: tuple[int, ...], epsilon: float) -> Values:
    mean = x.mean(axes, keepdims=True)
    variance = jnp.square(x - mean).mean(axes, keepdims=True)
    return (x - mean) / jnp.sqrt(variance + epsilon)


def _instance_normalization(node: Node, x: Values, scale: Values, bias: Values) -> Values:
    shape = (1, -1, *(1,) * (x.ndim - 2))
    normal = _normalised(x, tuple(range(2, x.ndim)), node.number("epsilon", 1e-5))
    return normal * scale.reshape(shape) + bias.reshape(shape)


def _layer_normalization(node: Node, x: Values, scale: Values, bias: Values = 0) -> Values:
    axis = node.whole("axis", -1) % x.ndim
    return _normalised(x, tuple(range(axis, x.ndim)), node.number("epsilon", 1e-5)) * scale + bias


def _lrn(node: Node, x: Values) -> Values:
    """Among neighbouring channels (Krizhevsky et al., 2012)."""
    size, channels = node.whole("size", 1), x.shape[1]
    before = (size - 1) // 2
    margins = [(0, 0)] * x.ndim
    margins[1] = (before, size - 1 - before)
    squares = jnp.pad(jnp.square(x), margins)
    total = sum(squares[:, k : k + channels] for k in range(size))
    base = node.number("bias", 1.0) + node.number("alpha", 1e-4) / size * total
    return x / base ** node.number("beta", 0.75)


def _gemm(node: Node, a: Values, b: Values, c: Values = 0) -> Values:
    a = a.T if node.whole("transA", 0) else a
    b = b.T if node.whole("transB", 0) else b
    product = a @ b
    alpha, beta = node.number("alpha", 1.0), node.number("beta", 1.0)
    return (product if alpha == 1 else alpha * product) + (c if beta == 1 else beta * c)


def _matmul(_: Node, a: Values, b: Values) -> Values:
    return a @ b


def _reduce(name: str) -> Callable[..., Values]:
    def compute(node: Node, x: Values, axes: Values = None) -> Values:
        given = node.attributes.get("axes") if axes is None else known(node, axes, "axes").tolist()
        if not given and node.whole("noop_with_empty_axes", 0):
            return x
        along = tuple(given) if given else None
        keep = bool(node.whole("keepdims", 1))
        return getattr(module_of(x), name)(x, axis=along, keepdims=keep)

    return compute


def _flatten(node: Node, x: Values) -> Values:
    axis = node.whole("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape((int(np.prod(x.shape[:axis])), -1))


def _reshape(node: Node, x: Values, shape: Values = None) -> Values:
    wanted = node.attributes["shape"] if shape is None else known(node, shape, "shape").tolist()
    if not node.whole("allowzero", 0):
        wanted = [x.shape[i] if n == 0 else n for i, n in enumerate(wanted)]
    # A batch of one that was fixed at the export stands for any.
    if -1 not in wanted and int(np.prod(wanted)) != x.size and wanted[0] == 1:
        wanted = [-1, *wanted[1:]]
    return x.reshape(tuple(wanted))


def _axes(node: Node, axes: Values) -> list[int] | None:
    if axes is None:
        return node.attributes.get("axes")
    return known(node, axes, "axes").reshape(-1).tolist()


def _squeeze(node: Node, x: Values, axes: Values = None) -> Values:
    along = _axes(node, axes)
    return module_of(x).squeeze(x, None if along is None else tuple(along))


def _unsqueeze(node: Node, x: Values, axes: Values = None) -> Values:
    return module_of(x).expand_dims(x, tuple(_axes(node, axes) or ()))


def _transpose(node: Node, x: Values) -> Values:
    return module_of(x).transpose(x, node.attributes.get("perm"))


def _concat(node: Node, *values: Values) -> Values:
    return module_of(*values).concatenate(values, node.whole("axis", 1))


def _split(node: Node, x: Values, sizes: Values = None) -> Values:
    axis = node.whole("axis", 0)
    given = node.attributes.get("split") if sizes is None else known(node, sizes, "split").tolist()
    if given is None:
        count = node.whole("num_outputs", node.outputs)
        part = -(-x.shape[axis] // count)
        given = [part] * (count - 1)
        given.append(x.shape[axis] - sum(given))
    return tuple(module_of(x).split(x, np.cumsum(given)[:-1].tolist(), axis))


def _slice(
    node: Node,
    x: Values,
    starts: Values = None,
    ends: Values = None,
    axes: Values = None,
    steps: Values = None,
) -> Values:
    if starts is None:
        first, last = node.attributes["starts"], node.attributes["ends"]
        along = node.attributes.get("axes")
    else:
        first, last = known(node, starts, "starts").tolist(), known(node, ends, "ends").tolist()
        along = None if axes is None else known(node, axes, "axes").tolist()
    along = range(len(first)) if along is None else along
    by = [1] * len(first) if steps is None else known(node, steps, "steps").tolist()
    cut = [slice(None)] * x.ndim
    for axis, a, b, step in zip(along, first, last, by):
        # To the very beginning, backwards, has no number: -1 would be the last one.
        end = None if step < 0 and b < -x.shape[axis] else b
        cut[axis] = slice(a, end, step)
    return x[tuple(cut)]


def _gather(node: Node, x: Values, indices: Values) -> Values:
    return module_of(x, indices).take(x, indices, axis=node.whole("axis", 0))


def _shape(node: Node, x: Values) -> Values:
    end = node.attributes.get("end")
    return np.array(x.shape[node.whole("start", 0) : end], np.int64)


def _cast(node: Node, x: Values) -> Values:
    wanted = helper.tensor_dtype_to_np_dtype(node.attributes["to"])
    if isinstance(x, np.ndarray | np.generic):
        return np.asarray(x).astype(wanted)
    # Half precision is for serving: what is learned keeps its digits.
    return x.astype(np.float32 if np.issubdtype(wanted, np.floating) else wanted)


def _constant(node: Node) -> Values:
    for name in ("value_float", "value_int", "value_floats", "value_ints"):
        if name in node.attributes:
            kind = np.float32 if "float" in name else np.int64
            return np.array(node.attributes[name], kind)
    if not isinstance(node.attributes.get("value"), np.ndarray):
        raise Unfit(f"{node}: such a constant")
    return node.attributes["value"]


def _constant_of_shape(node: Node, shape: Values) -> Values:
    value = node.attributes.get("value", np.zeros(1, np.float32))
    return np.full(known(node, shape, "shape").tolist(), value[0], value.dtype)


def _expand(node: Node, x: Values, shape: Values) -> Values:
    wanted = np.broadcast_shapes(x.shape, tuple(known(node, shape, "shape").tolist()))
    return module_of(x).broadcast_to(x, wanted)


def _pad(node: Node, x: Values, pads: Values = None, value: Values = None, axes: Any = None) -> Any:
    if axes is not None:
        raise Unfit(f"{node}: margins of some axes only")
    given = node.attributes["pads"] if pads is None else known(node, pads, "pads").tolist()
    fill = node.number("value", 0.0) if value is None else known(node, value, "value").item()
    margins = [(int(a), int(b)) for a, b in zip(given[: x.ndim], given[x.ndim :])]
    mode = node.text("mode", "constant")
    if mode == "constant":
        return lax.pad(jnp.asarray(x), jnp.asarray(fill, x.dtype), [(*m, 0) for m in margins])
    return jnp.pad(x, margins, mode=mode)


def _where(_: Node, condition: Values, a: Values, b: Values) -> Values:
    return module_of(condition, a, b).where(condition, a, b)


def _same(_: Node, x: Values, *__: Values) -> Values:
    return x


def _erf(_: Node, x: Values) -> Values:
    return lax.erf(x)


def _reciprocal(_: Node, x: Values) -> Values:
    return 1 / x


_ACTIVATIONS = {
    "Relu": Operator(_relu),
    "LeakyRelu": Operator(_leaky),
    "PRelu": Operator(_prelu, (1,)),
    "Elu": Operator(_elu),
    "Selu": Operator(_selu),
    "Celu": Operator(lambda node, x: jax.nn.celu(x, node.number("alpha", 1.0))),
    "Clip": Operator(_clip),
    "Sigmoid": Operator(lambda _, x: jax.nn.sigmoid(x)),
    "HardSigmoid": Operator(_hard_sigmoid),
    "HardSwish": Operator(_hard_swish),
    "Gelu": Operator(_gelu),
    "Mish": Operator(_mish),
    "Softplus": Operator(lambda _, x: jax.nn.softplus(x)),
    "Softsign": Operator(lambda _, x: jax.nn.soft_sign(x)),
    "Softmax": Operator(_softmax),
    "LogSoftmax": Operator(_log_softmax),
    "Erf": Operator(_erf),
    "Tanh": Operator(_elementwise("tanh")),
}
_ARITHMETIC = {
    "Add": Operator(_elementwise("add"), (0, 1)),
    "Sub": Operator(_elementwise("subtract"), (0, 1)),
    "Mul": Operator(_elementwise("multiply"), (0, 1)),
    "Div": Operator(_divide),
    "Pow": Operator(_elementwise("power")),
    "Sum": Operator(_fold("add")),
    "Max": Operator(_fold("maximum")),
    "Min": Operator(_fold("minimum")),
    "Mean": Operator(_mean),
    "Reciprocal": Operator(_reciprocal),
    "Equal": Operator(_elementwise("equal")),
    "Greater": Operator(_elementwise("greater")),
    "Less": Operator(_elementwise("less")),
    "Where": Operator(_where),
    **{
        onnx_name: Operator(_elementwise(name))
        for onnx_name, name in [
            ("Abs", "abs"),
            ("Ceil", "ceil"),
            ("Exp", "exp"),
            ("Floor", "floor"),
            ("Log", "log"),
            ("Neg", "negative"),
            ("Round", "round"),
            ("Sqrt", "sqrt"),
        ]
    },
}
_LAYERS = {
    "Conv": Operator(windows.conv, (1, 2)),
    "MaxPool": Operator(windows.max_pool),
    "AveragePool": Operator(windows.average_pool),
    "GlobalAveragePool": Operator(lambda _, x: x.mean(tuple(range(2, x.ndim)), keepdims=True)),
    "GlobalMaxPool": Operator(lambda _, x: x.max(tuple(range(2, x.ndim)), keepdims=True)),
    "BatchNormalization": Operator(_batch_normalization, (1, 2)),
    "InstanceNormalization": Operator(_instance_normalization, (1, 2)),
    "LayerNormalization": Operator(_layer_normalization, (1, 2)),
    "LRN": Operator(_lrn),
    "Gemm": Operator(_gemm, (1, 2)),
    "MatMul": Operator(_matmul, (0, 1)),
    "Dropout": Operator(_same),
    "Pad": Operator(_pad),
    "ReduceMean": Operator(_reduce("mean")),
    "ReduceSum": Operator(_reduce("sum")),
    "ReduceMax": Operator(_reduce("max")),
    "ReduceMin": Operator(_reduce("min")),
}
_SHAPES = {
    "Cast": Operator(_cast),
    "Concat": Operator(_concat),
    "Constant": Operator(_constant),
    "ConstantOfShape": Operator(_constant_of_shape),
    "Expand": Operator(_expand),
    "Flatten": Operator(_flatten),
    "Gather": Operator(_gather),
    "Identity": Operator(_same),
    "Reshape": Operator(_reshape),
    "Shape": Operator(_shape),
    "Slice": Operator(_slice),
    "Split": Operator(_split),
    "Squeeze": Operator(_squeeze),
    "Transpose": Operator(_transpose),
    "Unsqueeze": Operator(_unsqueeze),
}

OPERATORS = {**_ACTIVATIONS, **_ARITHMETIC, **_LAYERS, **_SHAPES}

# What a weight may be; others (an integer table, a quantised weight) stay as they are.
LEARNED = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
