"""Reads a TensorFlow.js graph model: a JSON file with the graph, a binary file with the weights."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np


class GraphModel:
    """The nodes in the order of the file (inputs first), and the weights by name as float32."""

    def __init__(self, path: Path):
        model = json.loads(path.read_text())
        self.nodes = [Node(node) for node in model["modelTopology"]["node"]]
        self.weights = dict(_weights(model["weightsManifest"], path.parent))

    def leading_to(self, names: set[str]) -> list["Node"]:
        """Returns the nodes that compute `names`, and no others, in the order of the file."""
        needed = set(names)
        chosen = []
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.inputs)
                chosen.append(node)
        missing = needed - {node.name for node in chosen}
        if missing:
            raise ValueError(f"the graph has no node {min(missing)}")
        return chosen[::-1]


class Node:
    """One operation: its name, kind, the names of its inputs, and its attributes."""

    def __init__(self, node: dict):
        self.name = node["name"]
        self.kind = node["op"]
        self.inputs = [name.split(":")[0] for name in node.get("input", [])]
        self._attributes = node.get("attr", {})

    def text(self, name: str) -> str:
        """Returns the attribute `name` as a string."""
        return base64.b64decode(self._attributes[name]["s"]).decode()

    def texts(self, name: str) -> list[str]:
        """Returns the attribute `name` as a list of strings; empty when there is none."""
        values = self._attributes.get(name, {}).get("list", {}).get("s", [])
        return [base64.b64decode(value).decode() for value in values]

    def integers(self, name: str) -> list[int]:
        """Returns the attribute `name` as a list of integers."""
        return [int(value) for value in self._attributes[name]["list"]["i"]]

    def flag(self, name: str) -> bool:
        """Returns the attribute `name` as a truth value; false when there is none."""
        return bool(self._attributes.get(name, {}).get("b", False))


def _weights(manifest: list[dict], folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yields name and values of every weight; some are stored as half floats to save space."""
    for group in manifest:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        offset = 0
        for entry in group["weights"]:
            stored = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(data, stored, count, offset).reshape(entry["shape"])
            offset += count * stored.itemsize
            yield entry["name"], values.astype(entry["dtype"])
        if offset != len(data):
            raise ValueError(f"{len(data)} bytes of weights, the manifest describes {offset}")
