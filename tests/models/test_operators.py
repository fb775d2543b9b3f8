"""Our own operators, as C and on the OpenCL device, against ONNX Runtime."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

onnxruntime = pytest.importorskip("onnxruntime")
BUILD = Path(__file__).resolve().parents[2] / os.environ.get("FRAMEGATE_BUILD", "build")
RUN = BUILD / "accel" / "graph_run"

# Of float32 sums in another order; relative to the largest value.
TOLERANCE = 1e-5


@dataclass
class Case:
    """Nodes from `in` to `out`: (operator, inputs, output, attributes)."""

    name: str
    shape: tuple[int, ...]
    nodes: list[tuple[str, list[str], str, dict[str, Any]]]
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    opset: int = 17
    steps: int | None = None  # that are left of it; None: whatever
    low: float = -2
    domain: str = ""  # of the opset


def floats(*shape: int) -> np.ndarray:
    """Random constants."""
    return np.random.default_rng(len(shape)).uniform(-1, 1, shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    """Whole numbers."""
    return np.array(values, np.int64)


def scalar(value: float) -> np.ndarray:
    """A number without dimensions."""
    return np.array(value, np.float32)


def one(operator: str, shape: tuple[int, ...], *constants: np.ndarray | None, **rest: Any) -> Case:
    """One node whose further inputs are constants."""
    opset = rest.pop("opset", 17)
    low = rest.pop("low", -2)
    name = "-".join([operator, "x".join(map(str, shape)), *map(_word, rest.values())])
    inputs = ["in", *(f"c{i}" if c is not None else "" for i, c in enumerate(constants))]
    values = {f"c{i}": c for i, c in enumerate(constants) if c is not None}
    return Case(name, shape, [(operator, inputs, "out", rest)], values, opset, None, low)


def _word(value: object) -> str:
    return str(value).replace(" ", "").strip("[]")


def _conv(shape: tuple[int, ...], rows: int, kernel: tuple[int, int], **rest: Any) -> Case:
    channels = shape[1] // rest.get("group", 1)
    return one("Conv", shape, floats(rows, channels, *kernel), floats(rows), **rest)


def chain(name: str, shape: tuple[int, ...], steps: int, *nodes: tuple, **constants: Any) -> Case:
    """Nodes of which so many steps are left."""
    full = [(node[0], node[1], node[2], node[3] if len(node) > 3 else {}) for node in nodes]
    return Case(name, shape, full, constants, 17, steps)


PICTURE = (2, 5, 13, 37)
ELEMENTWISE = [
    *(one(name, PICTURE) for name in ["Abs", "Erf", "Exp", "Floor", "HardSwish", "Neg", "Relu"]),
    *(one(name, PICTURE) for name in ["Sigmoid", "Softplus", "Tanh", "Identity", "Elu"]),
    *(one(name, PICTURE, low=0.1) for name in ["Log", "Sqrt", "Reciprocal"]),
    one("LeakyRelu", PICTURE, alpha=0.3),
    one("HardSigmoid", PICTURE, alpha=0.3, beta=0.4),
    one("Clip", PICTURE, scalar(-0.5), scalar(0.7)),
    one("Clip", PICTURE, None, scalar(0.7)),
    one("Clip", PICTURE, opset=6, min=-0.5, max=0.5),
    one("Add", PICTURE, floats(37)),
    one("Sub", PICTURE, floats(5, 1, 1)),
    one("Mul", PICTURE, floats(2, 5, 13, 37)),
    one("Div", PICTURE, scalar(3)),
    one("Pow", PICTURE, scalar(2)),
    one("Max", PICTURE, floats(13, 1)),
    one("Min", PICTURE, scalar(0.25)),
    one("Add", (3, 1, 4), floats(2, 1, 5, 1)),
    one("Cast", PICTURE, to=int(TensorProto.FLOAT)),
]
CONVOLUTIONS = [
    _conv(PICTURE, 11, (1, 1)),
    _conv(PICTURE, 8, (3, 3), pads=[1, 1, 1, 1]),
    _conv(PICTURE, 9, (5, 3), pads=[2, 0, 1, 3], strides=[2, 2]),
    _conv(PICTURE, 4, (2, 2), auto_pad="SAME_UPPER", strides=[2, 1]),
    _conv(PICTURE, 4, (2, 2), auto_pad="SAME_LOWER"),
    _conv(PICTURE, 16, (3, 3), dilations=[2, 3], strides=[1, 3]),
    _conv(PICTURE, 10, (3, 3), group=5, pads=[1, 1, 1, 1]),
    _conv((1, 6, 9, 9), 6, (3, 3), group=6, strides=[2, 2], pads=[0, 0, 1, 1]),
    _conv((1, 8, 5, 7), 4, (3, 3), group=2),
    _conv((1, 3, 1, 1), 20, (1, 1)),
    one("ConvTranspose", PICTURE, floats(5, 7, 2, 2), floats(7), strides=[2, 2]),
    one("ConvTranspose", PICTURE, floats(5, 3, 3, 1), strides=[3, 1]),
    one("Gemm", (3, 19), floats(19, 21), floats(21)),
    one("Gemm", (9, 7), floats(40, 7), floats(40), transB=1, alpha=0.5, beta=2.0),
    one("MatMul", (2, 3, 10, 7), floats(7, 33)),
    one("BatchNormalization", PICTURE, floats(5), floats(5), floats(5), np.abs(floats(5))),
]
WINDOWS = [
    one("MaxPool", PICTURE, kernel_shape=[2, 2], strides=[2, 2]),
    one("MaxPool", PICTURE, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    one("MaxPool", PICTURE, kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
    one("MaxPool", PICTURE, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    one("AveragePool", PICTURE, kernel_shape=[3, 2], strides=[3, 2]),
    one("AveragePool", PICTURE, kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    one("AveragePool", PICTURE, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    one("GlobalAveragePool", PICTURE),
    one("GlobalMaxPool", PICTURE),
    one("ReduceMean", PICTURE, axes=[2, 3]),
    one("ReduceMean", PICTURE, axes=[-1], keepdims=0),
    one("ReduceMax", PICTURE, axes=[1]),
    one("ReduceMin", PICTURE, axes=[1, 2], keepdims=0),
    one("ReduceSum", PICTURE, ints(0, 1)),
    one("ReduceSum", PICTURE),
    one("Softmax", PICTURE, axis=1),
    one("Softmax", PICTURE),
    one("Softmax", PICTURE, axis=2, opset=11),
]
FACTORS = np.array([1, 1, 2, 3], np.float32)
MOVES = [
    one(
        "Resize",
        PICTURE,
        None,
        FACTORS,
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    ),
    *(
        one("Resize", PICTURE, None, FACTORS, mode="linear", coordinate_transformation_mode=mode)
        for mode in ["asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"]
    ),
    *(
        one("Resize", PICTURE, None, None, ints(2, 5, 20, 30), mode="nearest", nearest_mode=mode)
        for mode in ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]
    ),
    one("Upsample", PICTURE, FACTORS, mode="nearest", opset=9),
    *(
        one("Pad", PICTURE, ints(0, 0, 2, 1, 0, 0, 0, 3), mode=mode)
        for mode in ["constant", "edge", "reflect"]
    ),
    one("Pad", PICTURE, ints(0, 0, 0, 20, 0, 0, 1, 0), scalar(0.5)),
    one("Transpose", PICTURE, perm=[0, 2, 3, 1]),
    one("Transpose", (3, 40), perm=[1, 0]),
    one("Transpose", (2, 3, 4)),
    one("Transpose", (2, 3, 4, 5, 6), perm=[2, 0, 3, 1, 4]),
    one("Slice", PICTURE, ints(1, 3), ints(9, 2**31), ints(2, 3), ints(2, 5)),
    one("Slice", PICTURE, ints(-4), ints(-1), ints(-1)),
    one("Slice", PICTURE, opset=9, starts=[1], ends=[4], axes=[1]),
    one("Concat", PICTURE, floats(2, 5, 13, 4), floats(2, 5, 13, 20), axis=3),
    one("Concat", PICTURE, floats(2, 1, 13, 37), axis=1),
    one("DepthToSpace", (2, 12, 5, 20), blocksize=2, mode="CRD"),
    one("DepthToSpace", (2, 12, 5, 3), blocksize=2, mode="DCR"),
    one("Expand", (3, 1, 4), ints(2, 3, 5, 4)),
    one("Gather", PICTURE, ints(4, 0, -1), axis=1),
    one("Gather", PICTURE, np.array(2, np.int64), axis=3),
    one("Reshape", PICTURE, ints(0, -1, 37)),
    one("Flatten", PICTURE, axis=2),
    one("Squeeze", (1, 3, 1, 4), ints(0)),
    one("Squeeze", (1, 3, 1, 4)),
    one("Unsqueeze", (3, 4), ints(0, 3)),
]
CHAINS = [
    chain(
        "relu in a convolution",
        PICTURE,
        1,
        ("Conv", ["in", "w"], "a"),
        ("Relu", ["a"], "out"),
        w=floats(7, 5, 1, 1),
    ),
    chain(
        "factors of channels",
        PICTURE,
        1,
        ("Conv", ["in", "w", "b"], "a"),
        ("Mul", ["a", "f"], "c"),
        ("Add", ["g", "c"], "d"),
        ("Mul", ["d", "h"], "out"),
        w=floats(7, 5, 1, 1),
        b=floats(7),
        f=floats(1, 7, 1, 1),
        g=floats(7, 1, 1),
        h=scalar(0.5),
    ),
    chain(
        "normalisation in a convolution",
        PICTURE,
        1,
        ("Conv", ["in", "w"], "a"),
        ("BatchNormalization", ["a", "b", "b", "b", "v"], "c"),
        ("Sigmoid", ["c"], "out"),
        w=floats(7, 5, 1, 1),
        b=floats(7),
        v=np.abs(floats(7)),
    ),
    chain(
        "hard swish of parts",
        PICTURE,
        1,
        ("Conv", ["in", "w"], "a"),
        ("Mul", ["s", "a"], "b"),
        ("Add", ["a", "t"], "c"),
        ("Clip", ["c", "z", "x"], "d"),
        ("Mul", ["b", "d"], "out"),
        w=floats(7, 5, 1, 1),
        s=scalar(1 / 6),
        t=scalar(3),
        z=scalar(0),
        x=scalar(6),
    ),
    chain(
        "gelu of parts",
        PICTURE,
        1,
        ("Div", ["in", "r"], "a"),
        ("Erf", ["a"], "b"),
        ("Add", ["b", "o"], "c"),
        ("Mul", ["in", "c"], "d"),
        ("Mul", ["d", "h"], "out"),
        r=scalar(2**0.5),
        o=scalar(1),
        h=scalar(0.5),
    ),
    chain(
        "swish of what was added",
        PICTURE,
        2,
        ("Conv", ["in", "w"], "a"),
        ("Conv", ["in", "u"], "b"),
        ("Add", ["a", "b"], "c"),
        ("Sigmoid", ["c"], "d"),
        ("Mul", ["c", "d"], "out"),
        w=floats(7, 5, 1, 1),
        u=floats(7, 5, 1, 1),
    ),
    chain(
        "a value that two read",
        PICTURE,
        3,
        ("Conv", ["in", "w"], "a"),
        ("Relu", ["a"], "b"),
        ("MaxPool", ["a"], "c", {"kernel_shape": [1, 1]}),
        ("Add", ["b", "c"], "out"),
        w=floats(7, 5, 1, 1),
    ),
    chain(
        "numbers from numbers",
        PICTURE,
        1,
        ("Add", ["p", "q"], "a"),
        ("Sqrt", ["a"], "b"),
        ("Div", ["in", "b"], "out"),
        p=scalar(2),
        q=scalar(7),
    ),
    chain(
        "a shape from the input",
        PICTURE,
        2,
        ("Relu", ["in"], "r"),
        ("Shape", ["r"], "s"),
        ("Slice", ["s", "zero", "two"], "t"),
        ("Concat", ["t", "minus"], "u", {"axis": 0}),
        ("Reshape", ["r", "u"], "v"),
        ("Transpose", ["v"], "out", {"perm": [0, 2, 1]}),
        zero=ints(0),
        two=ints(2),
        minus=ints(-1),
    ),
    chain(
        "attention",
        (2, 12, 16),
        7,
        ("MatMul", ["in", "w"], "q"),
        ("Transpose", ["in"], "k", {"perm": [0, 2, 1]}),
        ("MatMul", ["q", "k"], "s"),
        ("Softmax", ["s"], "p"),
        ("MatMul", ["p", "in"], "a"),
        ("Relu", ["a"], "r"),
        ("ArgMax", ["r"], "m", {"axis": 2, "keepdims": 0}),
        ("Cast", ["m"], "f", {"to": 1}),
        ("Neg", ["f"], "n"),
        ("Unsqueeze", ["n", "two"], "e"),
        ("Add", ["e", "r"], "out"),
        w=floats(16, 16),
        two=ints(2),
    ),
    chain(
        "parts of channels",
        PICTURE,
        5,
        ("Split", ["in", "l"], "a", {"axis": 1}),
        ("Concat", ["a2", "a"], "b", {"axis": 1}),
        ("Relu", ["b"], "out"),
        l=ints(2, 3),
    ),
    chain(
        "a function that is squared",
        PICTURE,
        1,
        ("Sigmoid", ["in"], "y"),
        ("Mul", ["y", "y"], "out"),
    ),
    chain(
        "swish of a function",
        PICTURE,
        1,
        ("Relu", ["in"], "y"),
        ("Sigmoid", ["y"], "s"),
        ("Mul", ["y", "s"], "out"),
    ),
    chain(
        "swish of a hard swish",
        PICTURE,
        1,
        ("HardSwish", ["in"], "y"),
        ("Sigmoid", ["y"], "s"),
        ("Mul", ["y", "s"], "out"),
    ),
    chain(
        "a function of joined parts that is squared",
        PICTURE,
        3,
        ("Concat", ["in", "w"], "c", {"axis": 1}),
        ("Sigmoid", ["c"], "y"),
        ("Mul", ["y", "y"], "out"),
        w=floats(2, 3, 13, 37),
    ),
]
INT, FLOAT = int(TensorProto.INT64), int(TensorProto.FLOAT)
WHOLE = [
    chain(
        "a shape as floats is divided as such",
        (1, 3, 2),
        1,
        ("Shape", ["in"], "s"),
        ("Cast", ["s"], "f", {"to": FLOAT}),
        ("Gather", ["f", "one"], "w"),
        ("Gather", ["f", "two"], "h"),
        ("Div", ["w", "h"], "r"),
        ("Mul", ["in", "r"], "out"),
        one=np.array(1, np.int64),
        two=np.array(2, np.int64),
    ),
    chain(
        "floats as whole numbers are divided as such",
        PICTURE,
        3,
        ("Mul", ["in", "nine"], "m"),
        ("Cast", ["m"], "a", {"to": INT}),
        ("Div", ["a", "two"], "d"),
        ("Cast", ["d"], "f", {"to": FLOAT}),
        ("Add", ["f", "half"], "out"),
        nine=scalar(9),
        two=ints(2),
        half=scalar(0.5),
    ),
    chain(
        "places are divided as whole numbers",
        (3, 41),
        2,
        ("ArgMax", ["in"], "a", {"axis": 1, "keepdims": 1}),
        ("Div", ["a", "two"], "d"),
        ("Cast", ["d"], "out", {"to": FLOAT}),
        two=ints(2),
    ),
    chain(
        "a mean of whole numbers is one",
        (3, 7, 41),
        3,
        ("Mul", ["in", "nine"], "m"),
        ("Cast", ["m"], "a", {"to": int(TensorProto.INT32)}),
        ("ReduceMean", ["a"], "d", {"axes": [1]}),
        ("Cast", ["d"], "out", {"to": FLOAT}),
        nine=scalar(9),
    ),
    Case(
        "an opset by its full name",
        (2, 3, 4),
        [("Softmax", ["in"], "out", {"axis": 1})],
        domain="ai.onnx",
    ),
]


def _model(case: Case, path: Path) -> onnx.ModelProto:
    nodes = []
    for operator, inputs, output, attributes in case.nodes:
        outputs = [output, f"{output}2"] if operator == "Split" else [output]
        nodes.append(helper.make_node(operator, inputs, outputs, **attributes))
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, case.shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in case.constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(case.domain, case.opset)], ir_version=8
    )
    onnx.save(model, path)
    return model


def run(way: str, path: Path, values: np.ndarray) -> tuple[np.ndarray, int]:
    """What comes of it, all outputs in a row, and how many steps that were."""
    done = subprocess.run(
        [RUN, way, path, *map(str, values.shape)],
        input=values.tobytes(),
        capture_output=True,
        check=False,
        timeout=300,
    )
    line = done.stderr.decode()
    if "no device" in line or "was not found" in line:
        pytest.skip(line)
    assert done.returncode == 0, line
    return np.frombuffer(done.stdout, np.float32), int(line.split()[0])


@pytest.mark.parametrize("way", ["c", "opencl"])
@pytest.mark.parametrize(
    "case",
    [*ELEMENTWISE, *CONVOLUTIONS, *WINDOWS, *MOVES, *CHAINS, *WHOLE],
    ids=lambda case: case.name,
)
def test_an_operator_gives_what_onnx_runtime_gives(case: Case, way: str, tmp_path: Path) -> None:
    path = tmp_path / "case.onnx"
    _model(case, path)
    values = np.random.default_rng(7).uniform(case.low, 2, case.shape).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    expected = np.ravel(session.run(None, {"in": values})[0])
    ours, steps = run(way, path, values)
    assert ours.shape == expected.shape
    most = TOLERANCE * max(1, np.abs(expected).max())
    assert np.abs(ours - expected).max() <= most
    if case.steps is not None:
        assert steps == case.steps


def _refusal(path: Path, *shape: int) -> str:
    done = subprocess.run(
        [RUN, "c", path, *map(str, shape)], input=b"", capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 1
    return done.stderr.decode()


def test_a_size_beyond_what_can_be_counted_is_refused(tmp_path: Path) -> None:
    width = 2**22 + 1
    path = tmp_path / "case.onnx"
    scales = np.array([1, 1, 1, 1024], np.float32)
    _model(one("Resize", (1, 1, 1, width), None, scales, mode="nearest"), path)
    assert "such a size" in _refusal(path, 1, 1, 1, width)


def test_constants_that_share_their_bytes_cost_no_more_than_these(tmp_path: Path) -> None:
    path = tmp_path / "case.onnx"
    shares = {f"c{i}": np.zeros(4096, np.uint8) for i in range(32)}
    model = _model(Case("shares", (1, 4), [("Relu", ["in"], "out", {})], shares), path)
    (tmp_path / "weights").write_bytes(bytes(4096))
    for tensor in model.graph.initializer:
        onnx.external_data_helper.set_external_data(tensor, "weights")
        tensor.ClearField("raw_data")
    path.write_bytes(model.SerializeToString())
    assert "more values than its files have bytes" in _refusal(path, 1, 4)
