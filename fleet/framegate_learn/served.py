"""A version of a classifier as the gateway has it: `model.onnx` and the `model.yaml` beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from framegate_learn.inputs import Preparation
from framegate_learn.mistakes import Failure
from framegate_learn.network import Network


@dataclass(frozen=True)
class Served:
    """What was read of one version's folder.

    ends -- what makes confidences of the graph's output: "Softmax", "Sigmoid", or "" where the
    graph gives them as they are
    """

    folder: Path
    document: dict[str, Any]
    labels: list[str]
    tensor: str
    ends: str
    preparation: Preparation

    @property
    def graph(self) -> Path:
        """The ONNX file."""
        return self.folder / "model.onnx"

    def network(self) -> Network:
        """What can be learned of it."""
        network = Network.load(self.graph)
        if self.tensor not in network.outputs:
            raise Failure(f"{self.graph}: it has no output {self.tensor}, as model.yaml says")
        return network


def read(folder: Path) -> Served:
    """Failure when it is no classifier, or model.yaml is not as the gateway takes it."""
    path = folder / "model.yaml"
    try:
        text = path.read_text()
        document = yaml.safe_load(text)
        as_written = yaml.load(text, yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Failure(f"{path}: {_first_line(error)}") from None
    if not isinstance(document, dict):
        raise Failure(f"{path}: it is empty")
    if isinstance(document.get("labels"), list):
        # To the gateway `no` and `010` are text, to YAML false and 8.
        document["labels"] = as_written["labels"]
    task = document.get("task")
    if task != "classify":
        raise Failure(f"{path}: its task is {task}; only classifiers are learned at the edge")
    try:
        head = document["classify"]
        ends = "Softmax" if head.get("softmax") else "Sigmoid" if head.get("sigmoid") else ""
        preparation = Preparation.of(document["input"])
        return Served(
            folder, document, _labels(folder, document), head["tensor"], ends, preparation
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Failure(
            f"{path}: {type(error).__name__}: {error}; `gwctl model check` says what the gateway "
            "takes"
        ) from None


def digest(path: Path) -> str:
    """As the gateway writes the digest of a graph without files beside it."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _labels(folder: Path, document: dict[str, Any]) -> list[str]:
    if "labels_file" in document:
        path = folder / document["labels_file"]
        try:
            return [line for line in path.read_text().split("\n") if line]
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(f"{path}: {_first_line(error)}") from None
    return [str(label) for label in document["labels"]]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
