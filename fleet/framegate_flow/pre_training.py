"""The pre-training itself, in the environment that has its engine: a line of JSON for each epoch,
and one for what came of it.

    python -m framegate_flow.pre_training learn FOLDER
    python -m framegate_flow.pre_training export FOLDER MODEL

FOLDER/told.json says what is to be done; epochs are kept in FOLDER. MODEL is a folder.
"""

import importlib.metadata
import json
import platform
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

from framegate_flow import training
from framegate_flow.training import Plan

# What has a part in what comes out.
LIBRARIES = ("jax", "jaxlib", "numpy", "onnx", "onnxruntime", "optax", "ray")


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told), flush=True)


def _plan(told: dict[str, Any]) -> Plan:
    keys = ("data", "recipe", "epochs", "pictures", "batch", "rate", "seed")
    return Plan(**{key: told[key] for key in keys})


class _Watch:
    """Says each epoch when it is kept."""

    def __init__(self, folder: Path, epochs: int) -> None:
        self._folder, self._epochs = folder, epochs
        self._said = len(training.kept(folder))
        self._over = threading.Event()
        if self._said:
            _say({"progress": f"goes on behind epoch {self._said} of {epochs}"})
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def _wait(self) -> None:
        while not self._over.wait(0.2):
            self._look()

    def _look(self) -> None:
        for epoch in training.kept(self._folder, self._said):
            self._said = epoch.number
            told = f"epoch {epoch.number} of {self._epochs}, loss {epoch.loss:.4f}"
            _say({"progress": f"{told}, {epoch.seconds:.1f} s"})

    def close(self) -> None:
        """Says the last one."""
        self._over.set()
        self._thread.join()
        self._look()


def learn(folder: Path, told: dict[str, Any]) -> None:
    """All epochs that are not kept yet."""
    plan = _plan(told)
    begin = time.monotonic()
    images, labels = training.recipe_of(plan).load(Path(plan.data), "train")
    count = min(len(images), plan.pictures)
    names, counts = _counts(labels[:count])
    watch = _Watch(folder, plan.epochs)
    try:
        if len(training.kept(folder)) < plan.epochs:
            engine = _engine(told)
            try:
                engine.train(plan, told["workers"], folder)
            finally:
                engine.close()
    finally:
        watch.close()
    epochs = training.kept(folder)
    _say(
        {
            "engine": told["engine"],
            "workers": told["workers"] if told["engine"] == "ray" else 1,
            "pictures": count,
            "labels": dict(zip(names, counts)),
            "plan": {key: getattr(plan, key) for key in ("epochs", "batch", "rate", "seed")},
            "losses": [epoch.loss for epoch in epochs],
            "begins": training.begins(folder),
            "seconds": round(time.monotonic() - begin, 1),
            "libraries": _libraries(),
        }
    )


def _counts(labels: Any) -> tuple[list[str], list[int]]:
    import numpy as np

    names, counts = np.unique(labels, return_counts=True)
    return [str(it) for it in names.tolist()], counts.tolist()


def _engine(told: dict[str, Any]) -> Any:
    if told["engine"] == "ray":
        from framegate_flow.train_ray import Ray

        return Ray(told["workers"])
    return training.Alone()


def _libraries() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def export(folder: Path, told: dict[str, Any], model: Path) -> None:
    """The last epoch as it is served."""
    plan = _plan(told)
    made = training.model_of(plan, training.kept(folder)[-1].state)
    (model / "model.onnx").write_bytes(made)
    shutil.copy(Path(plan.recipe) / "model.yaml", model / "model.yaml")
    tested = len(training.recipe_of(plan).load(Path(plan.data), "test")[1])
    _say({"accuracy": training.accuracy(plan, made), "tested": tested, "bytes": len(made)})


def main() -> int:
    """One of the two."""
    command, folder = sys.argv[1], Path(sys.argv[2])
    told = json.loads((folder / "told.json").read_text())
    if command == "learn":
        learn(folder, told)
    else:
        export(folder, told, Path(sys.argv[3]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
