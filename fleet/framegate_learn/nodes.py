"""One node of a graph, as an operator asks it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from jax import numpy as jnp
from onnx import AttributeProto, helper, numpy_helper


class Unfit(Exception):
    """A graph that cannot be learned; the text is one line that says what is in the way."""


@dataclass(frozen=True)
class Node:
    """Its attributes as Python values; `opset` decides what the operator means."""

    operator: str
    name: str
    opset: int
    outputs: int
    attributes: dict[str, Any]

    def __str__(self) -> str:
        return f"operator {self.operator} ({self.name})"

    def whole(self, name: str, default: int) -> int:
        """A whole number."""
        return int(self.attributes.get(name, default))

    def number(self, name: str, default: float) -> float:
        """Any number."""
        return float(self.attributes.get(name, default))

    def text(self, name: str, default: str) -> str:
        """A word."""
        return self.attributes.get(name, default)

    def list(self, name: str, default: list[int]) -> list[int]:
        """Whole numbers."""
        return list(self.attributes.get(name, default))


def read(node: onnx.NodeProto, opset: int) -> Node:
    """The node for its operator; Unfit when it holds a graph of its own."""
    attributes = {}
    for it in node.attribute:
        value = helper.get_attribute_value(it)
        if it.type == AttributeProto.TENSOR:
            value = numpy_helper.to_array(value)
        elif it.type == AttributeProto.STRING:
            value = value.decode(errors="replace")
        elif it.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
            raise Unfit(
                f"operator {node.op_type} ({node.name or node.output[0]}) chooses among graphs: "
                "export the model without it"
            )
        attributes[it.name] = value
    name = node.name or (node.output[0] if node.output else "")
    return Node(node.op_type, name, opset, len(node.output), attributes)


def module_of(*values: Any) -> Any:
    """numpy where all are known, JAX where one of them is computed."""
    plain = all(isinstance(it, np.ndarray | np.generic) for it in values)
    return np if plain else jnp


def known(node: Node, value: Any, what: str) -> np.ndarray:
    """The value itself; Unfit when it depends on the picture."""
    if not isinstance(value, np.ndarray | np.generic):
        raise Unfit(f"{node}: its {what} depends on what the picture shows")
    return np.asarray(value)
