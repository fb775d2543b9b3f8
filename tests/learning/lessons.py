"""A site whose digits differ from those that the model knows, and what it has to learn from."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from shots import jpeg
from stand_in import StandIn

from framegate_learn.picture_set import PictureSet
from testbed import places, scenes

# All that is trained here is the same graph.
_COMPILED = tempfile.TemporaryDirectory(prefix="framegate-compiled-")
MODEL = places.models() / "digits" / "1"


def inverted(image: np.ndarray, number: int) -> np.ndarray:
    """A site's paper: dark on light, dim, turned by 20 degrees, with the camera's noise."""
    turned = np.asarray(Image.fromarray(image).rotate(20, Image.Resampling.BILINEAR), float)
    noise = np.random.default_rng(number).normal(0, 4, image.shape)
    return (150 - 0.5 * turned + noise).clip(0, 255).astype(np.uint8)


def fill(
    state: Path,
    count: int,
    look: Callable[[np.ndarray, int], np.ndarray] = inverted,
    first: int = 0,
    shuffled: bool = False,
) -> PictureSet:
    """A set of `count` digits that were seen so; `shuffled`: the labels are those of others."""
    made = PictureSet(state)
    images, labels = scenes.digits(first, count)
    labels = [str(it) for it in labels]
    if shuffled:
        random.Random(1).shuffle(labels)
    for number, (image, label) in enumerate(zip(images, labels)):
        seen = jpeg(np.kron(look(image, number), np.ones((4, 4))))
        made.add(f"digit{first + number}", "gate1", number, seen, "uncertain", label, "truth")
    return made


def gateway(socket: Path, repository: Path) -> StandIn:
    """One that runs version 1 of `digits`, and whose rollouts do not begin."""
    made = StandIn(socket)
    stable = {"version": 1, "digest": "sha256:" + "0" * 64}
    route = {"name": "digits", "phase": "none", "stable": stable, "canary": None}
    made.answers["models/digits/rollout"] = (200, {**route, "rollout": None, "last": None})
    made.answers["models/routes"] = (200, {"repository": str(repository), "routes": [route]})
    return made


PROGRAM = ("-m", "framegate_learn")
# The same, whose rollouts allow a version any time: where a picture takes 0.1 ms, one of a few that
# waited for a processor makes a new version slower than it may be.
PATIENT = (
    "-c",
    "from framegate_learn import cli, promote\n"
    "limits = promote.limits\n"
    "promote.limits = lambda verdict, _: limits(verdict, 1000)\n"
    "cli.main()\n",
)


def command(
    state: Path, socket: Path, *more: object, program: tuple[str, ...] = PROGRAM
) -> list[str]:
    """`framegate-learn train`, which does not wait until nobody else tests anything."""
    words = ["train", "--json", "--model", "digits", "--state", state, "--socket", socket]
    words += ["--nice", "0", *more]
    return [sys.executable, *program, *map(str, words)]


def package() -> dict[str, str]:
    """Where the package of this tree is, and what it has compiled."""
    return {
        "PYTHONPATH": str(places.ROOT / "fleet"),
        "JAX_COMPILATION_CACHE_DIR": _COMPILED.name,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    }


def surroundings() -> dict[str, str]:
    """For its programs."""
    return {**os.environ, **package()}


def train(
    state: Path, socket: Path, *more: object, program: tuple[str, ...] = PROGRAM
) -> tuple[int, dict[str, Any], str]:
    """Its exit code, the run, and what was said beside it."""
    done = subprocess.run(
        command(state, socket, *more, program=program),
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def wait_until(true: Callable[[], bool], timeout: float = 120) -> None:
    """A bound against hanging, no measure."""
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """Of a process."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(it) for it in told.split()]


def alive(pid: int) -> bool:
    """Whether there is such a process, other than one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
