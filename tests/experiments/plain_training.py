"""How a person fine-tunes a digits model: one network, settings of his own, a look, and again.

    python3 plain_training.py MODEL PICTURES OUT --rate 1e-3 --epochs 20 [--move] [--light]

PICTURES holds a folder for each label. Every fourth picture of a label is kept back; the last line
says the accuracy on those. MODEL and OUT are ONNX files. What learns is LeNet-5 of
configs/models/digits, from MODEL's weights.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import numpy as np
import onnx
import optax
from onnx import numpy_helper
from PIL import Image

sys.path.append(str(Path(__file__).parents[2] / "configs" / "models" / "digits"))
import lenet

SIDE = 28
BATCH = 64


def _weights(model: Path) -> dict[str, Any]:
    stored = {it.name: numpy_helper.to_array(it) for it in onnx.load(model).graph.initializer}
    parameters = {}
    for layer, shape in lenet.LAYERS.items():
        weight = stored[f"{layer}_weight"]
        if weight.ndim == 4:
            weight = weight.transpose(2, 3, 1, 0)
        if weight.shape != shape:
            weight = weight.T
        parameters[layer] = {"weight": weight, "bias": stored[f"{layer}_bias"]}
    return jax.tree.map(jax.numpy.asarray, parameters)


def _read(folder: Path) -> tuple[Any, Any, Any, Any]:
    """Pictures and labels to learn from, and those kept back."""
    parts: tuple[list[Any], ...] = ([], [], [], [])
    for label in sorted(int(it.name) for it in folder.iterdir()):
        for number, path in enumerate(sorted((folder / str(label)).glob("*.jpg"))):
            picture = Image.open(path).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
            at = 2 if number % 4 == 0 else 0
            parts[at].append(np.asarray(picture, np.float32) / 255)
            parts[at + 1].append(label)
    x, y, held_x, held_y = (np.stack(it) for it in parts)
    return x, y, held_x, held_y


def _changed(x: Any, random: np.random.Generator, move: bool, light: bool) -> Any:
    if move:
        x = np.stack([np.roll(it, random.integers(-2, 3, 2), (0, 1)) for it in x])
    if light:
        shape = (len(x), 1, 1)
        x = x * random.uniform(0.7, 1.3, shape) + random.uniform(-0.15, 0.15, shape)
    return x.astype(np.float32).clip(0, 1)


def train(asked: argparse.Namespace) -> float:
    """Learns, writes the model and returns the accuracy on what is kept back."""
    x, y, held_x, held_y = _read(asked.pictures)
    parameters = _weights(asked.model)
    optimiser = optax.adam(asked.rate)
    state = optimiser.init(parameters)

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        logits = lenet.forward(parameters, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    @jax.jit
    def step(parameters: Any, state: Any, x: Any, y: Any) -> Any:
        gradients = jax.grad(loss)(parameters, x, y)
        updates, state = optimiser.update(gradients, state)
        return optax.apply_updates(parameters, updates), state

    random = np.random.default_rng(asked.seed)
    for _ in range(asked.epochs):
        order = random.permutation(len(x))
        for at in range(0, len(x) - BATCH + 1, BATCH):
            some = order[at : at + BATCH]
            seen = _changed(x[some], random, asked.move, asked.light)
            parameters, state = step(parameters, state, seen, y[some])
    onnx.save(lenet.to_onnx(jax.device_get(parameters)), asked.out)
    answers = np.asarray(lenet.forward(parameters, held_x)).argmax(1)
    return float((answers == held_y).mean())


def main() -> None:
    """One trial."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "pictures", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--move", action="store_true", help="pictures are shifted")
    parser.add_argument("--light", action="store_true", help="contrast and brightness change")
    print(train(parser.parse_args()))


if __name__ == "__main__":
    main()
