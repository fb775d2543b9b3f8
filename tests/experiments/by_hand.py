"""One site by hand: logins, copies, edited files, shell loops, and a training by trial and error.

Each step is what somebody types who has gwctl and a training script, and nothing else; it is
carried out and counted (effort.py). Lines are counted from what a gateway has when it comes.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments import edges
from experiments.edges import DIGITS, MODEL, Edge
from experiments.effort import Ledger
from testbed import places

SCRIPT = Path(__file__).with_name("plain_training.py")
# A person's settings, one after the other until one is good enough: what the script has, then what
# is usually turned. Networks of an ensemble are given other seeds.
TRIALS = (
    "--rate 1e-3 --epochs 20",
    "--rate 1e-2 --epochs 20",
    "--rate 1e-4 --epochs 40",
    "--rate 1e-3 --epochs 60",
    "--rate 1e-3 --epochs 40 --light",
    "--rate 1e-3 --epochs 40 --move",
    "--rate 2e-3 --epochs 60 --move --light",
    "--rate 1e-3 --epochs 120 --move",
)


@dataclass
class Trial:
    """One of them."""

    settings: str
    accuracy: float  # on what is kept back
    seconds: float


class Operator:
    """Somebody at the keyboard, with one site."""

    def __init__(self, edge: Edge, work: Path) -> None:
        self.edge = edge
        self.work = work
        self.once, self.each = Ledger(), Ledger()
        self.trials: list[Trial] = []
        work.mkdir()

    def _there(self, *words: object) -> str:
        # One that has just begun says so, by its exit code too.
        well = (0, 1) if words == ("status",) else (0,)
        given = (places.gwctl(), "--socket", self.edge.gateway.socket, *words)
        return self.each.type(*given, well=well)

    def set_up(self) -> None:
        """Cameras, in a file that is written once and adapted for each gateway."""
        self.once.part = self.each.part = "set-up"
        told = self._text(self.edge.configuration(cameras=True))
        written = self.work / "gateway.yaml"
        written.write_text(self._text(self.edge.configuration()))
        self.once.edit(written, told)
        own = self.work / f"{self.edge.name}.yaml"
        # Another site's has another name, port and topic.
        own.write_text(self._text(self.edge.configuration(cameras=True, site="another")))
        self.each.go_there("scp")
        self.each.go_there()
        self.each.edit(own, told)
        # Applying checks it, too: no command of its own, as there is none of the fleet's.
        self._there("config", "apply", own)
        self._there("status")

    def operate(self) -> None:
        """One setting changes."""
        self.each.part = "operation"
        told = self.edge.configuration(cameras=True)
        told["log"]["level"] = "warning"
        own = self.work / f"{self.edge.name}.yaml"
        self.each.go_there()
        self.each.edit(own, self._text(told))
        self._there("config", "apply", own)
        self._there("status")

    def train(self, target: float, networks: int) -> None:
        """Pictures, a folder for each label, and trials until networks are as good as asked."""
        self.each.part = "training"
        pictures = self.work / "pictures"
        self.each.go_there()
        self.each.go_there("for camera in ...; do for n in $(seq ...); do curl ...; done; done")
        for digit in DIGITS:
            folder = self.edge.folder / "learn" / str(digit)
            shutil.copytree(folder, pictures / str(digit))
        self.each.go_there("scp -r")
        good = 0
        for number in range(networks):
            for settings in TRIALS if not self.trials else self._better():
                trial = self._try(pictures, settings, number)
                if trial.accuracy >= target:
                    good += 1
                    break
        self.reached = good == networks

    def _better(self) -> Iterator[str]:
        """Who has found settings begins with the best of them, and then goes on."""
        best = max(self.trials, key=lambda it: it.accuracy).settings
        yield best
        yield from (it for it in TRIALS if it != best)

    def _try(self, pictures: Path, settings: str, seed: int) -> Trial:
        begin = time.monotonic()
        said = self.each.type(
            *(sys.executable, SCRIPT, self._model(), pictures, self.work / f"{seed}.onnx"),
            *settings.split(),
            *("--seed", seed),
        )
        trial = Trial(settings, float(said.split()[-1]), time.monotonic() - begin)
        self.trials.append(trial)
        return trial

    def deploy(self) -> None:
        """The model goes to the gateway, and its shares are raised by hand."""
        self.each.part = "deployment"
        folder = self.work / MODEL
        folder.mkdir()
        shutil.copy(self.work / "0.onnx", folder / "model.onnx")
        shutil.copy(self._model().with_name("model.yaml"), folder)
        self.each.go_there("cp")  # the two files
        self.each.go_there("scp -r")
        self.each.go_there()
        version = json.loads(self._there("--json", "model", "add", folder, "--name", MODEL))
        options = ["--steps", "10%,100%", "--hold", "1s", "--min-pictures", "5"]
        options += ["--max-disagreement", "100%", "--max-latency", "1000x"]
        self._there("model", "rollout", MODEL, version["version"], *options)
        self._there("model", "status", MODEL)

    def _model(self) -> Path:
        return places.models() / edges.MODEL / "1" / "model.onnx"

    def _text(self, told: dict[str, Any]) -> str:
        socket = {"socket": str(self.edge.gateway.socket)}
        return edges.text({**told, "api": {**told["api"], **socket}})

    def told(self) -> dict[str, Any]:
        """For the report."""
        return {
            "once": self.once.told(),
            "each": self.each.told(),
            "trials": [vars(it) for it in self.trials],
            "reached": self.reached,
            "seconds": sum(it.seconds for it in self.trials),
        }
