"""A graph in JAX is the graph that the gateway runs: ONNX Runtime says so, and ONNX's own cases."""

import importlib.util
import random
import sys
import warnings
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

from framegate_learn.mistakes import Failure
from framegate_learn.network import Network
from framegate_learn.nodes import read
from framegate_learn.operators import OPERATORS
from testbed import places

# Of sums in another order, relative to the largest value.
TOLERANCE = 2e-5
PUBLISHED = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
EACH = 2


def _export_graphs() -> ModuleType:
    path = places.ROOT / "tests" / "models" / "export_graphs.py"
    spec = importlib.util.spec_from_file_location("export_graphs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _told(model: bytes, pictures: np.ndarray) -> np.ndarray:
    """What ONNX Runtime makes of them."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: pictures})[0]


def _assert_same(model: bytes, network: Network, pictures: np.ndarray) -> np.ndarray:
    wanted = _told(model, pictures)
    found = np.asarray(jax.jit(network.apply)(network.weights, pictures))
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= TOLERANCE * np.abs(wanted).max()
    return found


def _pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 1, shape).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "shape"), [("digits", (5, 1, 28, 28)), ("resnet50", (2, 3, 224, 224))]
)
def test_the_gateways_classifiers_say_the_same(name: str, shape: tuple[int, ...]) -> None:
    path = places.models() / name / "1" / "model.onnx"
    _assert_same(path.read_bytes(), Network.load(path), _pictures(*shape))


def _drawn(path: Path) -> onnx.ModelProto:
    """A published graph with random weights in place of the nodes that stand for them."""
    model = onnx.load(path)
    given = {it.name: numpy_helper.to_array(it) for it in model.graph.initializer}
    drawn = np.random.default_rng(2)
    for node in list(model.graph.node):
        if node.op_type == "ConstantOfShape":
            shape = given[node.input[0]].tolist()
            # Some of them are variances; sums of what is positive must not grow without end.
            value = drawn.uniform(0, 2 / max(np.prod(shape[1:]), 1), shape).astype(np.float32)
            model.graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
            model.graph.node.remove(node)
    return model


@pytest.mark.parametrize("name", ["inception_v1", "shufflenet", "squeezenet"])
def test_published_networks_say_the_same(name: str) -> None:
    model = _drawn(PUBLISHED / f"light_{name}.onnx")
    _assert_same(model.SerializeToString(), Network(model), _pictures(1, 3, 224, 224))


def test_what_exporters_write_says_the_same(tmp_path: Path) -> None:
    export_graphs = _export_graphs()
    scores = np.random.default_rng(3).normal(size=(1, 7)).astype(np.float32)
    source = ("images", TensorProto.FLOAT, ["batch", 3, 32, 32])
    folder = export_graphs.save(tmp_path / "hats", source, {"output0": (scores, ["batch", 7])})
    path = folder / "model.onnx"
    _assert_same(path.read_bytes(), Network.load(path), _pictures(1, 3, 32, 32))


def _of_onnx() -> dict[str, list[Any]]:
    """Some of ONNX's own cases for each operator: one node, the picture and all that it needs."""
    found: dict[str, list[Any]] = {}
    with warnings.catch_warnings():
        # They compute infinities, too.
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases:
        [node, *others] = case.model.graph.node
        # Training, and what a classifier does not use.
        other = ("training", "argmax", "pad_axes", "negative_axes", "empty_set", "training_dropout")
        if others or node.domain or any(word in case.name for word in other):
            continue
        given, _ = case.data_sets[0]
        if all(isinstance(it, np.ndarray | np.generic) for it in given) and any(
            it.dtype == np.float32 for it in given
        ):
            found.setdefault(node.op_type, []).append(case)
    choose = random.Random(4)
    return {
        name: choose.sample(some, min(EACH, len(some)))
        for name, some in sorted(found.items())
        if name in OPERATORS
    }


def _run(case: Any) -> None:
    graph, (given, wanted) = case.model.graph, case.data_sets[0]
    [source] = graph.node
    opset = max(it.version for it in case.model.opset_import if not it.domain)
    node = read(source, opset)
    by_name = dict(zip((it.name for it in graph.input), given))
    inputs = [by_name.get(name) for name in source.input]
    # What is computed, as a picture would be; the others are known, as weights and shapes are.
    at = next(i for i, it in enumerate(inputs) if it is not None and it.dtype == np.float32)

    def compute(value: Any) -> Any:
        return OPERATORS[node.operator].compute(node, *inputs[:at], value, *inputs[at + 1 :])

    found = jax.jit(compute)(inputs[at])
    for one, other in zip(found if isinstance(found, tuple) else (found,), wanted):
        np.testing.assert_allclose(
            np.asarray(one, np.float64),
            np.asarray(other, np.float64),
            1e-3,
            1e-5,
            err_msg=case.name,
        )


def test_operators_do_what_onnx_says_of_them() -> None:
    tried: Counter[str] = Counter()
    for name, cases in _of_onnx().items():
        for case in cases:
            _run(case)
            tried[name] += 1
    # Their cases have no floats, or no inputs at all.
    missing = set(OPERATORS) - set(tried)
    assert missing <= {"Cast", "Constant", "ConstantOfShape", "Equal"}


def _model(*nodes: onnx.NodeProto, **weights: np.ndarray) -> onnx.ModelProto:
    graph = helper.make_graph(
        list(nodes),
        "made",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_an_operator_that_is_not_known_is_one_line_with_its_name() -> None:
    model = _model(helper.make_node("Det", ["image"], ["scores"], name="the_odd_one"))
    with pytest.raises(Failure) as said:
        Network(model, "m.onnx")
    assert str(said.value) == (
        "m.onnx: operator Det (the_odd_one) is not one that can be learned: export the model "
        "without it, or train it elsewhere"
    )


def test_a_graph_without_weights_is_refused() -> None:
    model = _model(helper.make_node("Relu", ["image"], ["scores"]))
    with pytest.raises(Failure, match="no weights that can be learned"):
        Network(model)


def test_what_is_no_model_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\xff no graph")
    with pytest.raises(Failure, match="cannot be read as ONNX"):
        Network.load(path)


def test_what_was_learned_goes_back_into_the_same_graph() -> None:
    path = places.models() / "digits" / "1" / "model.onnx"
    network = Network.load(path)
    learned = {name: value + 0.01 for name, value in network.weights.items()}
    model = network.with_weights(learned)
    pictures = _pictures(3, 1, 28, 28)
    wanted = np.asarray(network.apply(learned, pictures))
    found = _told(model.SerializeToString(), pictures)
    assert np.abs(found - wanted).max() <= TOLERANCE * np.abs(wanted).max()
    assert np.abs(found - _told(path.read_bytes(), pictures)).max() > 0.1
    assert [it.op_type for it in model.graph.node] == [
        it.op_type for it in network.model.graph.node
    ]


def test_settings_of_a_graph_are_no_weights() -> None:
    ones = np.ones(4, np.float32)
    model = _model(
        helper.make_node(
            "BatchNormalization", ["image", "scale", "shift", "mean", "spread"], ["normal"]
        ),
        helper.make_node("Mul", ["normal", "twice"], ["doubled"]),
        helper.make_node("Gemm", ["doubled", "matrix", "more"], ["scores"]),
        scale=ones,
        shift=ones,
        mean=ones,
        spread=ones,
        twice=np.float32(2),
        matrix=np.ones((4, 3), np.float32),
        more=np.ones(3, np.float32),
    )
    network = Network(model)
    assert list(network.weights) == ["scale", "shift", "matrix", "more"]
    assert network.head("scores") == ["matrix", "more"]
