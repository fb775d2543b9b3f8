"""One member learns: a process of its own, which may be killed at any moment and begun again.

    FOLDER/plan.json        what it learns, of what, how (members.Plan)
    FOLDER/checkpoint.npz   all that is needed to go on behind an epoch
    FOLDER/best.npz         the weights that it ends with, and `done.json`, what it came to

Everything that is drawn at random comes of the plan's seed and the epoch's number: one that was
killed learns what it would have learned otherwise.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from framegate_learn import files, material, more, served
from framegate_learn.members import plan
from framegate_learn.mistakes import Failure
from framegate_learn.network import Network
from framegate_learn.served import Served

# Looked at together when nothing is learned.
_LOOK = 64
_LEAST = 1e-7
_LEAST_RATE = 0.05


@dataclass(frozen=True)
class Subject:
    """What is learned: the graph, which of its tensors, and what makes confidences of that."""

    network: Network
    served: Served
    tensor: str
    ends: str

    @classmethod
    def of(cls, model: Served) -> Subject:
        """Where Softmax or Sigmoid ends the graph itself, what lies before it is learned."""
        network = model.network()
        tensor, ends = (model.tensor, model.ends) if model.ends else network.logits(model.tensor)
        return cls(network, model, tensor, ends)

    def weights(self, what: str) -> dict[str, np.ndarray]:
        """Of the last layer (`head`) or of all (`whole`)."""
        names = self.network.head(self.tensor) if what == "head" else self.network.weights
        return {name: self.network.weights[name] for name in names}

    def losses(self, weights: Any, pixels: Any, labels: Any) -> tuple[Any, Any]:
        """Of each picture: how wrong it is, and whether its best label is the right one."""
        import jax
        import optax
        from jax import numpy as jnp

        values = self.network.apply(weights, self.served.preparation.tensor(pixels), self.tensor)
        values = values.reshape((len(pixels), -1))
        count = len(self.served.labels)
        if values.shape[1] != count:
            raise Failure(
                f"{self.served.graph}: {self.tensor} has {values.shape[1]} values, and there are "
                f"{count} labels"
            )
        if self.ends == "Sigmoid":
            wanted = jax.nn.one_hot(labels, count)
            loss = optax.sigmoid_binary_cross_entropy(values, wanted).sum(1)
        elif self.ends == "Softmax":
            loss = optax.softmax_cross_entropy_with_integer_labels(values, labels)
        else:
            chosen = jnp.take_along_axis(values, labels[:, None], 1)[:, 0]
            loss = -jnp.log(jnp.clip(chosen, _LEAST, None))
        return loss, values.argmax(1) == labels


class Member:
    """What one process does."""

    def __init__(self, folder: Path) -> None:
        import jax
        import optax
        from jax.flatten_util import ravel_pytree

        self.folder = folder
        self.plan = plan(folder)
        self.subject = Subject.of(served.read(Path(self.plan.model)))
        self.part = material.load(Path(self.plan.material)).train
        self.own, self.proof = shares(self.part.labels, self.plan.seed, self.plan.share)
        self.batch = min(self.plan.batch, len(self.own))
        # All weights in one row: what is done to each of them is compiled once.
        self.begin, self._apart = ravel_pytree(self.subject.weights(self.plan.what))
        self.adam = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())
        subject, apart, adam = self.subject, self._apart, self.adam

        def mean(row: Any, pixels: Any, labels: Any) -> Any:
            return subject.losses(apart(row), pixels, labels)[0].mean()

        @jax.jit
        def step(row: Any, moments: Any, pixels: Any, labels: Any, rate: Any, decay: Any) -> Any:
            loss, gradient = jax.value_and_grad(mean)(row, pixels, labels)
            change, moments = adam.update(gradient, moments, row)
            return row - rate * (change + decay * row), moments, loss

        self._step = step
        self._look = jax.jit(lambda row, *pair: subject.losses(apart(row), *pair))

    def run(self) -> None:
        """Learns until it gets no better, or all epochs are over."""
        import jax

        begin = time.monotonic()
        weights = self.begin
        moments = self.adam.init(weights)
        state = self._resumed(weights, moments)
        if state is None:
            loss, accuracy = self._prove(weights)
            history = [{"epoch": 0, "loss": None, "proof_loss": loss, "proof_accuracy": accuracy}]
            state = weights, moments, weights, {"history": history, "best": 0, "seconds": 0.0}
        weights, moments, best, told = state
        before = told["seconds"]
        while not self._over(told):
            number = told["history"][-1]["epoch"] + 1
            weights, moments, loss = self._epoch(number, weights, moments)
            proof_loss, accuracy = self._prove(weights)
            least = told["history"][told["best"]]["proof_loss"]
            told["history"].append(
                {
                    "epoch": number,
                    "loss": loss,
                    "proof_loss": proof_loss,
                    "proof_accuracy": accuracy,
                }
            )
            if proof_loss < least:
                told["best"], best = number, weights
            told["seconds"] = round(before + time.monotonic() - begin, 3)
            self._keep(*jax.device_get((weights, moments, best)), told)
        files.save_arrays(self.folder / "best.npz", jax.device_get(self._apart(best)))
        chosen = told["history"][told["best"]]
        files.write_json(
            self.folder / "done.json",
            {
                "pictures": len(self.own),
                "proof": len(self.proof),
                "epochs": told["history"][-1]["epoch"],
                "best_epoch": told["best"],
                "proof_accuracy": chosen["proof_accuracy"],
                "seconds": told["seconds"],
                "more": self._maker(0).recipe,
            },
        )

    def _over(self, told: dict[str, Any]) -> bool:
        last = told["history"][-1]
        if not np.isfinite(last["proof_loss"]):
            return True
        waited = last["epoch"] - told["best"]
        return last["epoch"] >= self.plan.epochs or waited >= self.plan.patience

    def _maker(self, epoch: int) -> more.Maker:
        return more.Maker(self.plan.more, self.plan.seed * 1_000_003 + epoch)

    def _epoch(self, number: int, weights: Any, moments: Any) -> tuple[Any, Any, float]:
        order = np.random.default_rng((self.plan.seed, number)).permutation(self.own)
        order = order[: len(order) // self.batch * self.batch].reshape(-1, self.batch)
        maker, losses = self._maker(number), []
        for at, chosen in enumerate(np.sort(order, 1), (number - 1) * len(order)):
            pixels = maker(self.part.pictures[chosen])
            rate = self._rate(at / (self.plan.epochs * len(order)))
            weights, moments, loss = self._step(
                weights, moments, pixels, self.part.labels[chosen], rate, self.plan.decay
            )
            losses.append(loss)
        return weights, moments, float(np.mean(losses))

    def _rate(self, done: float) -> float:
        """Half a wave, from the plan's rate down to a twentieth of it."""
        wave = 0.5 * (1 + math.cos(math.pi * done))
        return self.plan.rate * (_LEAST_RATE + (1 - _LEAST_RATE) * wave)

    def _prove(self, weights: Any) -> tuple[float, float]:
        """Loss and accuracy of the pictures that this member does not learn from."""
        losses, right = [], []
        for at in range(0, len(self.proof), _LOOK):
            chosen = self.proof[at : at + _LOOK]
            # Always as many, so that the function is compiled once.
            room = np.resize(chosen, _LOOK)
            said = self._look(weights, self.part.pictures[room], self.part.labels[room])
            for all_, one in zip((losses, right), said):
                all_.append(np.asarray(one)[: len(chosen)])
        return float(np.concatenate(losses).mean()), float(np.concatenate(right).mean())

    def _keep(self, weights: Any, moments: Any, best: Any, told: dict[str, Any]) -> None:
        import jax

        leaves = jax.tree.leaves((weights, moments, best))
        arrays = {f"leaf {i}": np.asarray(it) for i, it in enumerate(leaves)}
        arrays["told"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
        files.save_arrays(self.folder / "checkpoint.npz", arrays)

    def _resumed(self, weights: Any, moments: Any) -> Any:
        """What a checkpoint has; None: there is none."""
        import jax

        path = self.folder / "checkpoint.npz"
        if not path.exists():
            return None
        arrays = files.load_arrays(path)
        told = json.loads(arrays.pop("told").tobytes())
        shape = jax.tree.structure((weights, moments, weights))
        return *jax.tree.unflatten(shape, list(arrays.values())), told


def shares(labels: np.ndarray, seed: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Which pictures a member learns from, and which say when it has learned enough.

    One in six of each label is for that, other ones for each member; of the others it has `share`
    (Buhlmann and Yu, 2002: subsamples do what bootstrap samples do, with fewer pictures twice).
    """
    drawn = np.random.default_rng(seed)
    own, proof = [], []
    for label in np.unique(labels):
        of_it = drawn.permutation(np.flatnonzero(labels == label))
        aside = len(of_it) // 6 + (drawn.random() < len(of_it) % 6 / 6)
        aside = min(aside, len(of_it) - 1)
        rest = of_it[aside:]
        proof.append(of_it[:aside])
        own.append(rest[: max(round(share * len(rest)), 1)])
    proof = np.concatenate(proof) if proof else np.array([], int)
    own = np.concatenate(own) if own else np.array([], int)
    # Few pictures of many labels may leave none.
    return np.sort(own), np.sort(proof) if len(proof) else np.sort(own)


def main() -> int:
    """The process; its last line says what is wrong."""
    from framegate_learn import beside

    folder = Path(sys.argv[1])
    beside.end_with_parent(int(sys.argv[2]))
    beside.give_way(int(sys.argv[3]))
    try:
        Member(folder).run()
    except (Failure, OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # Nothing is left to be tidied up; JAX takes its time for that.
    os._exit(status)
