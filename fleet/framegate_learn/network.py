"""A classifier's ONNX graph as a JAX function whose weights can be learned.

What is learned begins with the version that the gateway runs and goes back into the same graph: no
other format is between them, and nothing has to be told about the network.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from jax import numpy as jnp
from onnx import numpy_helper

from framegate_learn.mistakes import Failure
from framegate_learn.nodes import Node, Unfit, read
from framegate_learn.operators import LEARNED, OPERATORS

Weights = dict[str, Any]

# Behind one of these an output is no logit any more.
ENDS = ("Softmax", "Sigmoid")


class Network:
    """One graph with one picture as its input.

    weights -- what can be learned, as it was read: name -> float32
    """

    def __init__(self, model: onnx.ModelProto, source: str = "model") -> None:
        """Failure when it holds an operator that is not known, or nothing to learn."""
        self.model = model
        self.source = source
        graph = model.graph
        given = {it.name: it for it in graph.initializer}
        inputs = [it.name for it in graph.input if it.name not in given]
        if len(inputs) != 1:
            raise Failure(
                f"{source}: it has {len(inputs)} inputs, only one picture is learned from"
            )
        self.input = inputs[0]
        self.outputs = [it.name for it in graph.output]
        opset = next((it.version for it in model.opset_import if it.domain in ("", "ai.onnx")), 0)
        self._nodes = self._read(opset)
        names = self._learned(given)
        if not names:
            raise Failure(f"{source}: it has no weights that can be learned")
        self._constants = {
            name: numpy_helper.to_array(it) for name, it in given.items() if name not in names
        }
        self._constants = {name: _single(value) for name, value in self._constants.items()}
        self.weights: Weights = {
            name: numpy_helper.to_array(given[name]).astype(np.float32) for name in names
        }

    @classmethod
    def load(cls, path: Path) -> Network:
        """Of a file, with weights that lie beside it."""
        try:
            return cls(onnx.load(path), str(path))
        except (OSError, DecodeError, ValueError) as error:
            raise Failure(f"{path}: it cannot be read as ONNX: {error}") from None

    def apply(self, weights: Weights, pictures: Any, *outputs: str) -> Any:
        """The values of these tensors, or of the graph's first output, for (n, ...) pictures.

        `weights` may be some of them: the others stay as they were read.
        """
        wanted = outputs or (self.outputs[0],)
        values: dict[str, Any] = {**self._constants, **self.weights, **weights}
        values[self.input] = pictures
        for node, source in self._needed(wanted):
            given = [values[name] if name else None for name in source.input]
            while given and given[-1] is None:
                given.pop()
            try:
                said = OPERATORS[node.operator].compute(node, *given)
            except Unfit as refused:
                raise Failure(f"{self.source}: {refused}") from None
            said = said if isinstance(said, tuple) else (said,)
            values.update(zip(source.output, said))
        found = tuple(jnp.asarray(values[name]) for name in wanted)
        return found if len(found) > 1 else found[0]

    def logits(self, output: str) -> tuple[str, str]:
        """The tensor that training looks at in place of `output`, and what makes this of it.

        That is "Softmax" or "Sigmoid" where one of these ends the graph (its gradient is better
        taken together with the loss), else "".
        """
        for _, source in reversed(self._nodes):
            if output in source.output:
                if source.op_type in ENDS:
                    return source.input[0], source.op_type
                if source.op_type in ("Identity", "Cast"):
                    return self.logits(source.input[0])
                break
        return output, ""

    def head(self, output: str) -> list[str]:
        """The weights of the last layer before `output`: its matrix, and what is added to it."""
        found: list[str] = []
        for node, source in reversed(self._needed((output,))):
            of_it = [name for name in source.input if name in self.weights]
            found += [name for name in of_it if name not in found]
            if node.operator in ("Conv", "Gemm", "MatMul") and of_it:
                break
        return found

    def with_weights(self, weights: Weights) -> onnx.ModelProto:
        """The same graph with these in place of those that were read."""
        model = copy.deepcopy(self.model)
        for it in model.graph.initializer:
            if it.name in weights:
                kind = numpy_helper.to_array(it).dtype
                value = np.ascontiguousarray(np.asarray(weights[it.name]), dtype=kind)
                it.CopyFrom(numpy_helper.from_array(value, it.name))
        return model

    def _read(self, opset: int) -> list[tuple[Node, onnx.NodeProto]]:
        nodes = []
        for source in self.model.graph.node:
            known = source.domain in ("", "ai.onnx") and source.op_type in OPERATORS
            if not known:
                domain = f"{source.domain}." if source.domain not in ("", "ai.onnx") else ""
                where = source.name or source.output[0]
                raise Failure(
                    f"{self.source}: operator {domain}{source.op_type} ({where}) is not one that "
                    "can be learned: export the model without it, or train it elsewhere"
                )
            try:
                nodes.append((_used(read(source, opset), source, self._names()), source))
            except Unfit as refused:
                raise Failure(f"{self.source}: {refused}") from None
        return nodes

    def _names(self) -> set[str]:
        """Tensors that somebody reads."""
        graph = self.model.graph
        return {name for node in graph.node for name in node.input} | set(self.outputs)

    def _learned(self, given: dict[str, onnx.TensorProto]) -> list[str]:
        """The constants that stand where an operator has weights, and nowhere else."""
        weights, others = [], set()
        for node, source in self._nodes:
            for i, name in enumerate(source.input):
                if name not in given:
                    continue
                if i in OPERATORS[node.operator].weights:
                    weights.append(name)
                else:
                    others.add(name)
        weights = [it for it in dict.fromkeys(weights) if it not in others]
        return [it for it in weights if given[it].data_type in LEARNED and _many(given[it])]

    def _needed(self, outputs: tuple[str, ...]) -> list[tuple[Node, onnx.NodeProto]]:
        """The nodes behind these tensors, in their order."""
        wanted, needed = set(outputs), []
        for node, source in reversed(self._nodes):
            if wanted.intersection(source.output):
                needed.append((node, source))
                wanted.update(source.input)
        return needed[::-1]


def _single(value: np.ndarray) -> np.ndarray:
    """Half precision is for serving: what is learned keeps its digits."""
    return value.astype(np.float32) if value.dtype == np.float16 else value


def _many(tensor: onnx.TensorProto) -> bool:
    """A single number is a setting of the graph, not a weight."""
    return int(np.prod(tensor.dims)) > 1


def _used(node: Node, source: onnx.NodeProto, names: set[str]) -> Node:
    """With the number of outputs that are used: nobody may read the mask of a Dropout."""
    used = [i for i, name in enumerate(source.output) if name in names]
    if node.operator == "Split":
        return node
    if node.operator in ("Dropout", "BatchNormalization") and used and used[-1] > 0:
        raise Unfit(f"{node}: only its first output is known")
    return Node(node.operator, node.name, node.opset, max(used, default=0) + 1, node.attributes)
