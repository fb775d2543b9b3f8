"""Reads a network in the format of Darknet: a .cfg with the layers, a .weights with the numbers."""

from pathlib import Path

import numpy as np

HEADER = 5 * 4  # version in three numbers, then the pictures seen: 32 bits each in these files
# What Darknet adds to the deviation so as not to divide by nothing.
EPSILON = 1e-6


class Layer:
    """One section of the .cfg: its kind and its options, as text."""

    def __init__(self, kind: str):
        self.kind = kind
        self.options = {}

    def number(self, name: str, otherwise: int | None = None) -> int:
        """Returns the option `name`; raises ValueError without one and without `otherwise`."""
        if name not in self.options and otherwise is None:
            raise ValueError(f"a layer [{self.kind}] has no {name}")
        return int(self.options.get(name, otherwise))

    def numbers(self, name: str) -> list[int]:
        """Returns the option `name`, a list."""
        return [int(part) for part in self.options[name].split(",")]


def read_layers(path: Path) -> list[Layer]:
    """Returns the sections of a .cfg in their order; the first is [net]."""
    layers = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.split("#")[0].strip()
        if text.startswith("[") and text.endswith("]"):
            layers.append(Layer(text[1:-1]))
        elif text and "=" in text and layers:
            name, value = text.split("=", 1)
            layers[-1].options[name.strip()] = value.strip()
        elif text:
            raise ValueError(f"{path}:{number}: not a section and not an option: {text}")
    if not layers or layers[0].kind != "net":
        raise ValueError(f"{path} does not begin with [net]")
    return layers


class Weights:
    """The numbers of a .weights file, taken in the order of the layers."""

    def __init__(self, path: Path):
        data = path.read_bytes()
        if len(data) < HEADER or len(data) % 4:
            raise ValueError(f"{path} has {len(data)} bytes: not a file of weights")
        self._path = path
        self._values = np.frombuffer(data, "<f4", offset=HEADER)
        self._taken = 0

    def convolution(
        self, filters: int, channels: int, size: int, normalised: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Takes one convolution; returns its kernels (filters, channels, size, size) and biases.

        A batch normalisation that follows it is multiplied into both.
        """
        bias = self._take(filters)
        if not normalised:
            return self._take(filters, channels, size, size), bias
        scale, mean, variance = (self._take(filters) for _ in range(3))
        kernels = self._take(filters, channels, size, size)
        factor = scale / (np.sqrt(variance) + EPSILON)
        return kernels * factor[:, None, None, None], bias - mean * factor

    def _take(self, *shape: int) -> np.ndarray:
        count = int(np.prod(shape))
        values = self._values[self._taken : self._taken + count]
        if values.size != count:
            raise ValueError(f"{self._path} ends before the last layer")
        self._taken += count
        return values.reshape(shape)

    def end(self) -> None:
        """Raises ValueError when a number was not taken."""
        rest = self._values.size - self._taken
        if rest:
            raise ValueError(f"{self._path} has {rest} more numbers than the layers")
