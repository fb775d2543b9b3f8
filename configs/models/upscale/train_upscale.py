#!/usr/bin/env python3
"""Trains the network that doubles pictures on real photographs, on the CPU, and writes it as ONNX.

It is written only when the served graph itself is better than bicubic interpolation by enough on
photographs that it has not seen. Takes two to three minutes on two cores.
"""

import argparse
import sys
import time
from pathlib import Path

import espcn
import jax
import numpy as np
import onnxruntime
import optax
import photographs
from jax import numpy as jnp
from PIL import Image

SEED = 7
PATCHES = 8000
BATCH = 16
STEPS = 2000
REPORTS = 10
RATE = 2e-3
LEAST_GAIN = 0.5  # dB, of the mean over the photographs
UNSEEN = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
BORDER = 4  # pixels at the edges that are not compared, as is usual


def make_step(optimiser: optax.GradientTransformation):
    """Returns the compiled function that learns from one batch."""

    def loss_of(parameters, smalls, larges):
        made = espcn.forward(parameters, smalls.astype(jnp.float32) / 255)
        return jnp.mean((made - larges.astype(jnp.float32) / 255) ** 2)

    @jax.jit
    def step(parameters, moments, smalls, larges):
        """`smalls` and `larges` uint8; gives the new state and the loss."""
        loss, gradient = jax.value_and_grad(loss_of)(parameters, smalls, larges)
        change, moments = optimiser.update(gradient, moments)
        return optax.apply_updates(parameters, change), moments, loss

    return step


def train(paths: list[Path]) -> dict:
    """Returns the parameters learned from the photographs at `paths`; prints how it goes."""
    begin = time.monotonic()
    random = np.random.default_rng(SEED)
    smalls, larges = photographs.patches(paths, PATCHES, random)
    took = time.monotonic() - begin
    print(f"upscale: {PATCHES} patches of {len(paths)} photographs, {took:.1f} s", flush=True)
    optimiser = optax.adam(optax.cosine_decay_schedule(RATE, STEPS))
    parameters = espcn.initial(jax.random.key(SEED))
    moments = optimiser.init(parameters)
    step = make_step(optimiser)
    losses = []
    for number in range(1, STEPS + 1):
        chosen = random.integers(0, PATCHES, BATCH)
        pair = turned(smalls[chosen], larges[chosen], random)
        parameters, moments, loss = step(parameters, moments, *pair)
        losses.append(loss)
        if number % (STEPS // REPORTS) == 0:
            mean = float(np.mean(jax.device_get(losses)))
            losses.clear()
            took = time.monotonic() - begin
            decibels = -10 * np.log10(mean)
            print(f"upscale: step {number}/{STEPS}, {decibels:.2f} dB, {took:.1f} s", flush=True)
    return parameters


def turned(
    smalls: np.ndarray, larges: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Returns both batches turned and mirrored alike."""
    quarters, mirrored = random.integers(0, 4), random.integers(0, 2)
    turned_both = []
    for batch in (smalls, larges):
        batch = np.rot90(batch, quarters, (1, 2))
        turned_both.append(np.ascontiguousarray(batch[:, :, ::-1] if mirrored else batch))
    return tuple(turned_both)


def gain(session: onnxruntime.InferenceSession, path: Path) -> float:
    """Returns by how many dB the served graph is better than bicubic interpolation."""
    original = photographs.large(path)
    tiny = photographs.small(original)
    bicubic = np.asarray(tiny.resize(original.size, Image.Resampling.BICUBIC))
    tensor = np.asarray(tiny, np.float32).transpose(2, 0, 1)[None]
    (made,) = session.run(["large"], {"image": tensor})
    made = np.round(made[0].transpose(1, 2, 0))
    wanted = np.asarray(original, np.float32)
    return error(bicubic, wanted) - error(made, wanted)


def error(made: np.ndarray, wanted: np.ndarray) -> float:
    """Returns the mean squared error in dB."""
    inside = (slice(BORDER, -BORDER),) * 2
    return float(10 * np.log10(np.mean((made[inside] - wanted[inside]) ** 2)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mate-backgrounds", type=Path, required=True, help="photographs to learn")
    parser.add_argument("--scikit-image", type=Path, required=True, help="unseen photographs")
    parser.add_argument("--output", type=Path, required=True, help="model.onnx to write")
    arguments = parser.parse_args()
    paths = sorted(arguments.mate_backgrounds.glob("*.jpg"))
    model = espcn.to_onnx(train(paths)).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    gains = {name: gain(session, arguments.scikit_image / name) for name in UNSEEN}
    mean = float(np.mean(list(gains.values())))
    print(f"upscale: {mean:.2f} dB better than bicubic on unseen photographs", flush=True)
    if mean < LEAST_GAIN:
        print(f"upscale: below {LEAST_GAIN} dB, so it is not written", file=sys.stderr)
        return 1
    arguments.output.write_bytes(model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
