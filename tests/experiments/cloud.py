"""The cloud's side of ten sites: a fleet in Git, and the life of a model as a flow.

All that an operator types and writes goes through a ledger (effort.py).
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from experiments.edges import DIGITS, MODEL, Edge, camera_of
from experiments.effort import Ledger
from testbed import places
from testbed.process import Process

# What an installation puts on the path of a cloud, or of a site.
_PROGRAMS = {
    "framegate-fleet": ("fleet", "framegate_fleet"),
    "framegate-flow": ("flow", "framegate_flow"),
    "framegate-learn": ("learning", "framegate_learn"),
}

_WHO = ("-c", "user.name=operator", "-c", "user.email=operator@localhost")


def _wishes(site: Edge) -> Path:
    """Where its learner looks for what it is told."""
    return site.folder / "wishes"


def _on_console(site: Edge) -> str:
    """What it says of itself there, with its name and address: a line."""
    log = site.gateway.log()
    fingerprint = re.findall(r"fingerprint ([0-9A-F:]{95})", log)[-1]
    token = re.findall(r"fg_[0-9a-f]{64}", log)[-1]
    return f"{site.name} 127.0.0.1:{site.port} {fingerprint} {token}\n"


class Cloud:
    """One operator with a repository in a folder; `close` ends what runs."""

    def __init__(self, folder: Path, sites: list[Edge]) -> None:
        self.folder = folder
        self.sites = sites
        self.fleet = folder / "fleet"
        folder.mkdir()
        self.ledger = Ledger(self._environment(folder / "bin"))
        self._learners: list[Process] = []

    def _environment(self, programs: Path) -> dict[str, str]:
        programs.mkdir()
        for name, (environment, package) in _PROGRAMS.items():
            python = places.need(places.cache() / environment / "bin" / "python", "run ./dev setup")
            module = f'PYTHONPATH={places.ROOT / "fleet"} exec {python} -m {package} "$@"'
            (programs / name).write_text(f"#!/bin/sh\n{module}\n")
            (programs / name).chmod(0o755)
        (programs / "gwctl").symlink_to(places.gwctl())
        return {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "FRAMEGATE_FLEET_TOKENS": str(self.folder / "tokens"),
            "FRAMEGATE_FLEET_STORE": str(self.folder / "store"),
            "FRAMEGATE_FLOW_STATE": str(self.folder / "flows"),
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }

    def _fleet(self, *words: object) -> str:
        return self.ledger.type("framegate-fleet", "--repository", self.fleet, *words)

    def install(self) -> None:
        """What an installation at each site leaves running: a learner that waits to be told."""
        for site in self.sites:
            program = [self.folder / "bin" / "framegate-learn", "collect", "--each", _wishes(site)]
            environment = {**os.environ, **self.ledger.environment}
            log = site.folder / "learner.log"
            self._learners.append(Process(program, log, environment=environment))

    def _commit(self, message: str) -> None:
        self.ledger.type("git", "-C", self.fleet, *_WHO, "commit", "--all", "-q", "-m", message)

    def set_up(self) -> None:
        """Gateways that came up with nothing become a fleet with cameras."""
        self.ledger.part = "set-up"
        self._fleet("init", "digits")
        consoles = self.folder / "consoles"
        self.ledger.edit(consoles, "".join(_on_console(site) for site in self.sites))
        self._fleet("enrol", "--adopt", "digits", "--from", consoles)
        file = self.fleet / "sites" / "digits.yaml"
        self.ledger.edit(file, file.read_text() + f"cameras:\n  - {json.dumps(self._cameras())}\n")
        # As on real ones, but for the time that a change is watched.
        self._watch_for(hold=2, confirm=60)
        self._commit("ten cameras at each")
        self._fleet("apply")
        self._fleet("status")

    def operate(self) -> None:
        """One setting changes at all sites."""
        self.ledger.part = "operation"
        template = self.fleet / "templates" / "digits.yaml"
        text = template.read_text()
        self.ledger.edit(template, text.replace("level: info", "level: warning"))
        self._commit("less in the log")
        self._fleet("apply")
        self._fleet("status")

    def _watch_for(self, **seconds: int) -> None:
        """How long a change is watched, in the lines that say so."""
        file = self.fleet / "fleet.yaml"
        text = file.read_text()
        for key, value in seconds.items():
            text, found = re.subn(f"^{key}: .*$", f"{key}: {value}", text, flags=re.MULTILINE)
            if not found:
                text = f"{text.rstrip()}\n{key}: {value}\n"
        self.ledger.edit(file, text)

    def _cameras(self) -> dict[str, Any]:
        """All of a site's in one line, and what each shows."""
        sent = [self.sites[0].configuration(cameras=True)["cameras"][digit] for digit in DIGITS]
        line = {"each": f"{DIGITS[0]}-{DIGITS[-1]}", "name": camera_of("${each}")}
        for key in ("source", "destination", "port", "ssrc"):
            first, last = str(sent[0][key]), str(sent[-1][key])
            at = next((i for i, both in enumerate(zip(first, last)) if both[0] != both[1]), None)
            line[key] = sent[0][key] if at is None else f"{first[:at]}${{each}}{first[at + 1 :]}"
        return {**line, "model": MODEL, "shows": "${each}"}

    def begin_to_collect(self, looks: float) -> None:
        """The fleet says what is learned: each site's learner is told."""
        self.ledger.part = "training"
        # All sites are this machine: where a learner looks and keeps what it has is a site's own.
        own = str(self.sites[0].folder).replace(self.sites[0].name, "${gateway}")
        learn = {"state": f"{own}/learner", "looks": looks}
        learn |= {"choose": {"seconds": 0.01}, "set": {"near": 1}}
        lines = [
            f"run: {json.dumps(['env', f'FRAMEGATE_LEARN_WISHES={own}/wishes'])}",
            "models:",
            f"  {MODEL}: {json.dumps({'learn': learn})}",
        ]
        file = self.fleet / "fleet.yaml"
        self.ledger.edit(file, "\n".join([file.read_text().rstrip(), *lines, ""]))
        self._commit("sites learn")
        self._fleet("apply")

    def end_collecting(self) -> None:
        """The pictures are there."""
        for learner in self._learners:
            learner.stop(10)
        self._learners = []

    def run_flow(
        self, pre_train: dict[str, Any], labelled: int, options: list[str], timeout: float
    ) -> dict[str, Any]:
        """The whole life of the model; what each step gave."""
        file = self.declare_flow(pre_train, labelled, options, timeout)
        self.ledger.type("framegate-flow", "run", file, timeout=timeout, well=(0, 3))
        return json.loads(self.ledger.type("framegate-flow", "--json", "show"))

    def look_at_flow(self) -> int:
        """The steps of one that is declared and not run; its command is counted all the same."""
        file = self.declare_flow({}, 100, [], 60)
        said = json.loads(self.ledger.type("framegate-flow", "--json", "check", file))
        # And what the run has given, which is read off in the end.
        self.ledger.type("framegate-flow", "status")
        return said["steps"]

    def declare_flow(
        self, pre_train: dict[str, Any], labelled: int, options: list[str], timeout: float
    ) -> Path:
        """Writes it, of a draft."""
        self.ledger.part = "training"
        file = self.fleet / "flow.yaml"
        recipe = places.ROOT / "configs/models/digits"
        given = ("--data", places.mnist(), "--recipe", recipe)
        self.ledger.type("framegate-flow", "init", file, *given)
        drafted = file.read_text()
        roll_out = {"steps": ["50%", "100%"], "hold": "1s", "min_pictures": 5}
        # The first model that a site gets from this cloud says other things than the one before.
        roll_out |= {"max_latency": "1000x", "max_disagreement": "100%"}
        told = {
            "roll_out": roll_out,
            "collect": {
                "labelled": labelled,
                "held": labelled // 8,
                "patience": 600,
                "every": 2,
            },
            "fine_tune": {"options": options, "timeout": timeout},
            "parallel": 2,
        }
        lines = [f"{key}: {json.dumps(it)}" for key, it in told.items()]
        trained = f"pre_train: {json.dumps({'recipe': str(recipe), **pre_train})}"
        text = re.sub(r"^pre_train: .*$", lambda _: trained, drafted, flags=re.MULTILINE)
        self.ledger.edit(file, "\n".join([text.rstrip(), *lines, ""]))
        return file

    def close(self) -> None:
        """Ends what runs; the folder stays."""
        self.end_collecting()
