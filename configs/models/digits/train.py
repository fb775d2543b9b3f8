#!/usr/bin/env python3
"""Trains LeNet-5 on MNIST on the CPU and writes it as ONNX.

The model is written only when the served graph itself, not the one in training, knows the whole
test set well enough. Takes one to two minutes on two cores.
"""

import argparse
import sys
import time
from pathlib import Path

import jax
import lenet
import mnist
import numpy as np
import onnxruntime
import optax
from jax import lax
from jax import numpy as jnp

SEED = 5
EPOCHS = 10
BATCH = 128
RATE = 3e-3
SHIFT = 2
LOWEST_ACCURACY = 0.99


def camera_view(key: jax.Array, images: jax.Array) -> jax.Array:
    """Returns `images` (n, 28, 28) uint8 as a camera may show them: float 0..1, the same shape.

    Each is moved by up to SHIFT pixels, and its contrast and black level vary a little.
    """
    keys = jax.random.split(key, 3)
    n = len(images)
    padded = jnp.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
    starts = jax.random.randint(keys[0], (n, 2), 0, 2 * SHIFT + 1)
    moved = jax.vmap(lambda image, at: lax.dynamic_slice(image, at, (28, 28)))(padded, starts)
    black = jax.random.uniform(keys[1], (n, 1, 1), maxval=0.08)
    white = jax.random.uniform(keys[2], (n, 1, 1), minval=0.8, maxval=1.0)
    return black + moved.astype(jnp.float32) / 255 * (white - black)


def make_step(optimiser: optax.GradientTransformation):
    """Returns the compiled function that learns from one batch.

    A loop over the batches inside the compiled function would be four times slower: XLA does not
    run convolutions on several threads there.
    """

    def loss_of(parameters, images, labels):
        logits = lenet.forward(parameters, images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    @jax.jit
    def step(state, images, labels):
        """`images` (BATCH, 28, 28) uint8, `labels` (BATCH,); gives the new state and the loss."""
        parameters, moments, key = state
        key, own = jax.random.split(key)
        view = camera_view(own, images)
        loss, gradient = jax.value_and_grad(loss_of)(parameters, view, labels)
        change, moments = optimiser.update(gradient, moments)
        return (optax.apply_updates(parameters, change), moments, key), loss

    return step


def train(folder: Path) -> dict:
    """Returns the trained parameters; prints one line per epoch."""
    images, labels = mnist.load(folder, "train")
    steps = len(images) // BATCH
    parameters = lenet.initial(jax.random.key(SEED))
    optimiser = optax.adam(optax.cosine_decay_schedule(RATE, EPOCHS * steps))
    state = (parameters, optimiser.init(parameters), jax.random.key(SEED + 1))
    step = make_step(optimiser)
    shuffle = np.random.default_rng(SEED)
    for number in range(1, EPOCHS + 1):
        begin = time.monotonic()
        losses = []
        for batch in shuffle.permutation(len(images))[: steps * BATCH].reshape(steps, BATCH):
            state, loss = step(state, images[batch], labels[batch])
            losses.append(loss)
        mean = np.mean(jax.device_get(losses))
        took = time.monotonic() - begin
        print(f"digits: epoch {number}/{EPOCHS}, loss {mean:.4f}, {took:.1f} s", flush=True)
    return state[0]


def accuracy(model: bytes, folder: Path) -> float:
    """Returns the share (0..1) of the whole test set that the served graph knows."""
    images, labels = mnist.load(folder, "test")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    tensor = images[:, None].astype(np.float32) / 255
    (logits,) = session.run(["logits"], {"image": tensor})
    return float((logits.argmax(1) == labels).mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=Path, required=True, help="folder of the four IDX files")
    parser.add_argument("--output", type=Path, required=True, help="model.onnx to write")
    arguments = parser.parse_args()
    model = lenet.to_onnx(train(arguments.mnist)).SerializeToString()
    reached = accuracy(model, arguments.mnist)
    print(f"digits: {100 * reached:.2f} % of the test set", flush=True)
    if reached < LOWEST_ACCURACY:
        lowest = 100 * LOWEST_ACCURACY
        print(f"digits: below {lowest:.1f} %, so it is not written", file=sys.stderr)
        return 1
    arguments.output.write_bytes(model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
