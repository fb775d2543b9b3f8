"""A recipe on several processes: the same steps, each has a part.

A recipe is a folder with `recipe.py` (configs/models/digits is one) that has

    load(folder, part)          the images and labels of `train` or `test`, arrays
    initial(key)                where the parameters begin
    make_step(optimiser)        the compiled (state, images, labels) -> (state, loss), where state
                                is parameters, the optimiser's moments, and a key
    to_onnx(parameters)         the graph that is served
    accuracy(model, folder)     0 to 1: what the bytes of that graph know of `test`

Every process has all parameters and its share of each batch; JAX sums the gradients. Which
pictures a batch has, how they are moved and where the weights begin come of the seed alone, so that
any number of processes learns the same.
"""

import importlib
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from framegate_files import whole

# A busy machine must not look like a dead one.
_SILENT_S = 60


@dataclass(frozen=True)
class Plan:
    """What is learned, whoever does it."""

    data: str  # a folder that the recipe reads
    recipe: str  # a folder with recipe.py
    epochs: int
    pictures: int = 60000
    batch: int = 256
    rate: float = 4e-3
    seed: int = 5


@dataclass(frozen=True)
class Epoch:
    """What one of them came to, and all that is needed to go on behind it."""

    number: int
    loss: float
    seconds: float
    state: bytes


@dataclass(frozen=True)
class Run:
    """A training that has ended."""

    seconds: float
    epochs: list[Epoch]


def recipe_of(plan: Plan) -> ModuleType:
    """The recipe; what stands beside it can be imported from now on."""
    if plan.recipe not in sys.path:
        sys.path.append(plan.recipe)
    return importlib.import_module("recipe")


def free_address() -> str:
    """Where process 0 can wait for the others; ask it there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def connect(address: str, rank: int, count: int) -> None:
    """Makes this process one of several, before it uses JAX."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax

    if count > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(address, count, rank, heartbeat_timeout_seconds=_SILENT_S)


def learn(plan: Plan, begin: bytes | None, after: Callable[[Epoch], None]) -> None:
    """Trains on all processes that are connected, from the state of an epoch if one is given.

    after -- what each process calls behind each epoch
    """
    import jax
    import optax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    recipe = recipe_of(plan)
    images, labels = recipe.load(Path(plan.data), "train")
    images, labels = images[: plan.pictures], labels[: plan.pictures]
    steps = len(images) // plan.batch
    optimiser = optax.adam(optax.cosine_decay_schedule(plan.rate, plan.epochs * steps))
    mesh = Mesh(np.array(jax.devices()), ("process",))
    shared = NamedSharding(mesh, PartitionSpec())
    spread = NamedSharding(mesh, PartitionSpec("process"))
    share = plan.batch // jax.process_count()
    own = slice(jax.process_index() * share, (jax.process_index() + 1) * share)

    def placed(parameters: Any, moments: Any, key: Any) -> Any:
        return parameters, moments, jax.random.wrap_key_data(key)

    def told(parameters: Any, moments: Any, key: Any) -> Any:
        return parameters, moments, jax.random.key_data(key)

    if begin:
        done, *kept = pickle.loads(begin)
    else:
        done, parameters = 0, recipe.initial(jax.random.key(plan.seed))
        key = jax.random.key_data(jax.random.key(plan.seed + 1))
        kept = jax.device_get((parameters, optimiser.init(parameters), key))
    state = jax.jit(placed, out_shardings=shared)(*kept)
    tell = jax.jit(told, out_shardings=shared)
    step = recipe.make_step(optimiser)
    shuffle = np.random.default_rng(plan.seed)
    for number in range(1, plan.epochs + 1):
        order = shuffle.permutation(len(images))[: steps * plan.batch].reshape(steps, -1)
        if number <= done:
            continue
        started = time.monotonic()
        losses = []
        for batch in order[:, own]:
            pair = (images[batch], labels[batch])
            pair = tuple(jax.make_array_from_process_local_data(spread, it) for it in pair)
            state, loss = step(state, *pair)
            losses.append(loss)
        mean = float(np.mean(jax.device_get(losses)))
        kept = jax.device_get(tell(*state))
        after(Epoch(number, mean, time.monotonic() - started, pickle.dumps((number, *kept))))


def model_of(plan: Plan, state: bytes) -> bytes:
    """The served graph of an epoch's state."""
    _, parameters, _, _ = pickle.loads(state)
    return recipe_of(plan).to_onnx(parameters).SerializeToString()


def accuracy(plan: Plan, model: bytes) -> float:
    """The share of the test pictures that it knows, 0 to 1."""
    return float(recipe_of(plan).accuracy(model, Path(plan.data)))


def note(folder: Path, rank: int, begin: bytes | None) -> None:
    """Says that this process trains there, and behind which epoch it begins."""
    (folder / f"process-{rank}").write_text(str(os.getpid()))
    if rank == 0:
        with (folder / "begins").open("a") as begins:
            begins.write(f"{pickle.loads(begin)[0] if begin else 0}\n")


def begins(folder: Path) -> list[int]:
    """Behind which epochs it was begun."""
    path = folder / "begins"
    return list(map(int, path.read_text().split())) if path.exists() else [0]


def keep(folder: Path, epoch: Epoch) -> None:
    """Keeps an epoch, whole or not at all, and on the disk when it returns."""
    whole.write(folder / f"epoch-{epoch.number:03d}", pickle.dumps(epoch))


def kept(folder: Path, behind: int = 0) -> list[Epoch]:
    """What was kept there behind that epoch, in order; what is not asked for is not read."""
    numbers = {int(path.name.removeprefix("epoch-")): path for path in folder.glob("epoch-*")}
    return [
        pickle.loads(path.read_bytes())
        for number, path in sorted(numbers.items())
        if number > behind
    ]


class Alone:
    """One process, ours, without an engine around it."""

    name = "one process"

    def train(self, plan: Plan, _: int, folder: Path) -> Run:
        """Trains it in that folder, in a process that ends with it, from what was kept there."""
        begin = time.monotonic()
        words = [sys.executable, "-m", "framegate_flow.training", folder]
        (folder / "plan").write_bytes(pickle.dumps(plan))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(it for it in sys.path if it)}
        subprocess.run(words, env=environment, check=True)
        return Run(time.monotonic() - begin, kept(folder))

    def close(self) -> None:
        """Nothing is left."""


def main() -> None:
    """What that process does."""
    folder = Path(sys.argv[1])
    connect("", 0, 1)
    epochs = kept(folder)
    begin = epochs[-1].state if epochs else None
    note(folder, 0, begin)
    plan = pickle.loads((folder / "plan").read_bytes())
    learn(plan, begin, lambda epoch: keep(folder, epoch))


if __name__ == "__main__":
    # By the name that the pickled ones have.
    from framegate_flow import training

    training.main()
