"""Adapts ONNX files that others publish: names and shapes that suit a batch of fixed pictures."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

IR_VERSION = 8  # at least


class Published:
    """One published graph. What is changed here changes no number that it computes."""

    def __init__(self, path: Path):
        self.model = onnx.load(path)
        self.graph = self.model.graph
        # In old files every weight is an input too, which keeps engines from computing ahead, and
        # the format of then insists on it.
        self.model.ir_version = max(self.model.ir_version, IR_VERSION)
        weights = {weight.name for weight in self.graph.initializer}
        self._replace(self.graph.input, [it for it in self.graph.input if it.name not in weights])

    def set_input(self, name: str, shape: list[int]) -> None:
        """Names the only input `name`, and makes it float32 of `shape` with any batch before."""
        (old,) = self.graph.input
        self.rename(old.name, name)
        self._replace(self.graph.input, [_value(name, shape)])

    def set_outputs(self, outputs: dict[str, str], shapes: dict[str, list[int]]) -> None:
        """Makes the tensors `outputs` (new name for each old one) the outputs, of `shapes`."""
        for old, new in outputs.items():
            self.rename(old, new)
        self._replace(self.graph.output, [_value(new, shapes[new]) for new in outputs.values()])

    def rename(self, old: str, new: str) -> None:
        """Gives a tensor another name; raises ValueError when there is none of the old name."""
        found = old in (it.name for it in self.graph.input)
        for node in self.graph.node:
            for names in (node.input, node.output):
                for number, name in enumerate(names):
                    if name == old:
                        names[number] = new
                        found = True
        if not found:
            raise ValueError(f"the published graph has no tensor {old}")

    def save(self, path: Path) -> None:
        """Writes the graph, once the shapes of its outputs prove to be what was said."""
        # What was written down for the published sizes is inferred anew.
        self._replace(self.graph.value_info, [])
        read = {name for node in self.graph.node for name in node.input}
        weights = [weight for weight in self.graph.initializer if weight.name in read]
        self._replace(self.graph.initializer, weights)
        self.model.producer_name = "framegate"
        onnx.checker.check_model(self.model, full_check=True)
        path.write_bytes(self.model.SerializeToString())

    @staticmethod
    def _replace(field, values: list) -> None:
        kept = list(values)
        del field[:]
        field.extend(kept)


def _value(name: str, shape: list[int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])
