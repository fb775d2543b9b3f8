"""Members become one version of the model: one graph that gives the mean of their confidences.

Members begin with the same weights, and where only their heads have learned, all before them is
still the same: nodes that do the same with the same stand once in the graph, so that such an
ensemble takes hardly longer than one member. Its metadata says which tensors are its members: when
an ensemble learns again, they learn, and it does not become one of ensembles.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

from framegate_learn import files
from framegate_learn.mistakes import Failure
from framegate_learn.served import Served

OUTPUT = "confidences"
_MEMBERS = "framegate.members"
# What the gateway is told of a graph that gives confidences as they are.
_HEAD_KEYS = ("softmax", "sigmoid")


class _Joined:
    """One graph that grows by a member at a time; `_seen` finds what is there already."""

    def __init__(self, source: str) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[TensorProto] = []
        self._source = source
        self._seen: dict[tuple[Any, ...], list[str]] = {}
        self._taken: set[str] = {OUTPUT}

    def add(self, graph: onnx.GraphProto) -> dict[str, str]:
        """Takes a member's nodes in; returns what its tensors are called here."""
        names = {"": ""}
        given = {it.name for it in graph.initializer}
        for it in graph.input:
            if it.name not in given:
                names[it.name] = it.name
                self._taken.add(it.name)
        for it in graph.initializer:
            names[it.name] = self._constant(it)
        for node in graph.node:
            self._node(node, names)
        return names

    def append(self, operator: str, inputs: list[str], wish: str, **attributes: Any) -> str:
        """One more node; returns its output."""
        output = wish if wish == OUTPUT else self._name(wish)
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def number(self, value: Any) -> str:
        """A constant of one number; returns what it is called."""
        return self._constant(numpy_helper.from_array(value, "part"))

    def _constant(self, tensor: TensorProto) -> str:
        value = numpy_helper.to_array(tensor)
        key = ("constant", tensor.data_type, value.shape, value.tobytes())
        if key not in self._seen:
            self._seen[key] = [self._name(tensor.name)]
            self.constants.append(numpy_helper.from_array(value, self._seen[key][0]))
        return self._seen[key][0]

    def _node(self, node: onnx.NodeProto, names: dict[str, str]) -> None:
        try:
            inputs = [names[name] for name in node.input]
        except KeyError as error:
            raise Failure(f"{self._source}: nothing gives {error}") from None
        attributes = sorted(it.SerializeToString(deterministic=True) for it in node.attribute)
        key = ("node", node.domain, node.op_type, tuple(inputs), tuple(attributes))
        if key not in self._seen:
            new = copy.deepcopy(node)
            del new.input[:]
            new.input.extend(inputs)
            outputs = [self._name(name) if name else "" for name in node.output]
            del new.output[:]
            new.output.extend(outputs)
            new.name = outputs[0]
            self.nodes.append(new)
            self._seen[key] = outputs
        names.update(zip(node.output, self._seen[key]))

    def _name(self, wish: str) -> str:
        name, number = wish, 1
        while name in self._taken:
            number += 1
            name = f"{wish}.{number}"
        self._taken.add(name)
        return name


def join(
    members: Sequence[onnx.ModelProto], tensors: str | Sequence[str], ends: str
) -> onnx.ModelProto:
    """One graph of members that have the same input and opset.

    tensors -- the output that counts: of each member, or of all the same
    ends -- "Softmax" or "Sigmoid", which make confidences of it, or "" where it has them
    """
    first = members[0]
    wanted = [tensors] * len(members) if isinstance(tensors, str) else tensors
    joined = _Joined("ensemble")
    found = [joined.add(member.graph)[name] for member, name in zip(members, wanted)]
    confidences = found
    if ends:
        more = {"axis": 1} if ends == "Softmax" else {}
        confidences = [
            joined.append(ends, [name], f"member{number}", **more)
            for number, name in enumerate(found, 1)
        ]
    total = confidences[0]
    for number, one in enumerate(confidences[1:], 2):
        total = joined.append("Add", [total, one], f"sum{number}")
    joined.append("Mul", [total, joined.number(_part(first, len(members)))], OUTPUT)
    output = copy.deepcopy(_output(first, wanted[0]))
    output.name = OUTPUT
    given = {it.name for it in first.graph.initializer}
    graph = helper.make_graph(
        joined.nodes,
        "ensemble",
        [it for it in first.graph.input if it.name not in given],
        [output],
        joined.constants,
    )
    model = helper.make_model(
        graph,
        opset_imports=list(first.opset_import),
        ir_version=first.ir_version,
        functions=list(first.functions),
        producer_name="framegate-learn",
    )
    helper.set_model_props(model, {_MEMBERS: json.dumps({"tensors": found, "ends": ends})})
    onnx.checker.check_model(model, full_check=True)
    return model


def apart(model: onnx.ModelProto) -> tuple[list[onnx.ModelProto], list[str], str]:
    """The members of an ensemble that was joined here, with what `join` takes; else none."""
    said = next((it.value for it in model.metadata_props if it.key == _MEMBERS), None)
    try:
        told = json.loads(said or "{}")
        tensors, ends = told.get("tensors", []), told.get("ends", "")
        return [_only(model, name) for name in tensors], tensors, ends
    except (ValueError, AttributeError, TypeError):
        # Somebody else's key.
        return [], [], ""


def _only(model: onnx.ModelProto, tensor: str) -> onnx.ModelProto:
    """What is behind this tensor, which is its only output."""
    made = copy.deepcopy(model)
    wanted, nodes = {tensor}, []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output):
            nodes.append(node)
            wanted.update(node.input)
    output = copy.deepcopy(_output(model, tensor))
    output.name = tensor
    for field, new in (
        (made.graph.node, nodes[::-1]),
        (made.graph.initializer, [it for it in model.graph.initializer if it.name in wanted]),
        (made.graph.output, [output]),
        (made.metadata_props, []),
    ):
        del field[:]
        field.extend(new)
    return made


def _output(model: onnx.ModelProto, tensor: str) -> onnx.ValueInfoProto:
    """How large it is; all that count in a classifier are as large as its output."""
    outputs = list(model.graph.output)
    return next((it for it in outputs if it.name == tensor), outputs[0])


def write(
    folder: Path,
    model: onnx.ModelProto,
    served: Served,
    about: str,
    tensor: str = OUTPUT,
    ends: str = "",
) -> None:
    """A folder that `gwctl model add` takes: the graph, and what the gateway is to know of it.

    tensor, ends -- the output that counts, and what the gateway makes confidences of it by
    """
    folder.mkdir(exist_ok=True)
    files.write(folder / "model.onnx", model.SerializeToString())
    document = copy.deepcopy(served.document)
    document["classify"]["tensor"] = tensor
    for key in _HEAD_KEYS:
        document["classify"].pop(key, None)
    if ends:
        document["classify"][ends.lower()] = True
    if "labels_file" in document:
        name = document["labels_file"]
        files.write(folder / Path(name).name, (served.folder / name).read_bytes())
        document["labels_file"] = Path(name).name
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=100)
    files.write(folder / "model.yaml", f"# {about}\n{text}".encode())


def _part(model: onnx.ModelProto, count: int) -> Any:
    """What one member counts, in the type of the graph's output."""
    kind = model.graph.output[0].type.tensor_type.elem_type
    return helper.tensor_dtype_to_np_dtype(kind).type(1 / count)
