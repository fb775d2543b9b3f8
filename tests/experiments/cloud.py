"""The cloud's side of ten sites: a fleet in Git, and the life of a model as a flow.

All that an operator types and writes goes through a ledger (effort.py).
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import yaml

from experiments import edges
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
            "FRAMEGATE_FLOW_STATE": str(self.folder / "flows"),
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }

    def _fleet(self, *words: object) -> str:
        return self.ledger.type("framegate-fleet", "--repository", self.fleet, *words)

    def _commit(self, message: str) -> None:
        self.ledger.run("git", "-C", self.fleet, "add", "--all")
        who = ("-c", "user.name=operator", "-c", "user.email=operator@localhost")
        self.ledger.type("git", "-C", self.fleet, *who, "commit", "--all", "-q", "-m", message)

    def set_up(self) -> None:
        """Gateways that came up with nothing become a fleet with cameras."""
        self.ledger.part = "set-up"
        self._fleet("init", "digits")
        template = self.fleet / "templates" / "standard.yaml"
        template.write_text(self._template(cameras=False, level="info", plain=True))
        self.ledger.edit(template, self._template(cameras=True, level="info"))
        gateways = [f"  {site.name}: {{variables: {self._variables(site)}}}" for site in self.sites]
        (self.fleet / "sites" / "first.yaml").write_text("template: standard\ngateways:\n")
        told = "\n".join(["template: standard", "gateways:", *gateways, ""])
        self.ledger.edit(self.fleet / "sites" / "first.yaml", told)
        fleet = yaml.safe_load((self.fleet / "fleet.yaml").read_text())
        # As on real ones, but for the time that a change is watched.
        fleet.update({"hold": 2, "confirm": 60})
        (self.fleet / "fleet.yaml").write_text(yaml.safe_dump(fleet))
        self._commit("ten sites")
        for site in self.sites:
            log = site.gateway.log()
            fingerprint = re.findall(r"fingerprint ([0-9A-F:]{95})", log)[-1]
            token = re.findall(r"fg_[0-9a-f]{64}", log)[-1]
            where = f"127.0.0.1:{site.port}"
            given = ("--fingerprint", fingerprint, "--setup-token", token)
            self._fleet("enrol", site.name, where, *given)
        self._fleet("apply")
        self._fleet("status")

    def operate(self) -> None:
        """One setting changes at all sites."""
        self.ledger.part = "operation"
        template = self.fleet / "templates" / "standard.yaml"
        self.ledger.edit(template, self._template(cameras=True, level="warning"))
        self._commit("less in the log")
        self._fleet("apply")

    def _variables(self, site: Edge) -> str:
        told = {"lan": site.net.port, "port": site.port, "place": str(site.folder)}
        return json.dumps({**told, "socket": str(site.gateway.socket)})

    def _template(self, cameras: bool, level: str, plain: bool = False) -> str:
        """The first site's configuration with variables in it; plain: without them."""
        first = self.sites[0]
        told = first.configuration(cameras)
        told["log"]["level"] = level
        told["api"]["socket"] = str(first.gateway.socket)
        said = edges.text(told)
        if plain:
            return said
        for value, name in (
            (str(first.gateway.socket), "socket"),
            (str(first.folder), "place"),
            (first.net.port, "lan"),
            (f"127.0.0.1:{first.port}", "port"),
            (first.name, "gateway"),
        ):
            by = "127.0.0.1:${port}" if name == "port" else f"${{{name}}}"
            said = said.replace(value, by)
        return said

    def begin_to_collect(self, looks: float) -> None:
        """A learner beside each gateway; all have the same file."""
        self.ledger.part = "training"
        told = {
            "gateway": "api.sock",
            "state": "learner",
            "model": MODEL,
            "looks": looks,
            "choose": {"seconds": 0.01},
            "label": {"truth": "truth.yaml"},
            "set": {"near": 1},
        }
        self.ledger.edit(self.folder / "learn.yaml", yaml.safe_dump(told))
        truth = yaml.safe_dump({camera_of(digit): str(digit) for digit in DIGITS})
        self.ledger.edit(self.folder / "truth.yaml", truth)
        for site in self.sites:
            (site.folder / "api.sock").symlink_to(site.gateway.socket)
            self.ledger.go_there()  # scp of the two
            for name in ("learn.yaml", "truth.yaml"):
                (site.folder / name).write_text((self.folder / name).read_text())
            file = site.folder / "learn.yaml"
            # The service of an installed one is enabled by a command.
            self.ledger.go_there()
            program = [self.folder / "bin" / "framegate-learn", "collect", "--config", file]
            log = site.folder / "learner.log"
            environment = {**os.environ, **self.ledger.environment}
            self._learners.append(Process(program, log, environment=environment))

    def end_collecting(self) -> None:
        """The pictures are there."""
        for learner in self._learners:
            learner.stop(10)
        self._learners = []

    def run_flow(
        self, pre_train: dict[str, Any], labelled: int, options: list[str], timeout: float
    ) -> dict[str, Any]:
        """The whole life of the model; what each step gave."""
        self.ledger.part = "training"
        sites = {
            site.name: {
                "socket": str(site.gateway.socket),
                "learner": str(site.folder / "learner"),
                "place": str(site.folder / "flow"),
            }
            for site in self.sites
        }
        told = {
            "name": "digits",
            "model": MODEL,
            "data": str(places.mnist()),
            "pre_train": {"recipe": str(places.ROOT / "configs/models/digits"), **pre_train},
            "roll_out": {
                "steps": ["50%", "100%"],
                "hold": "1s",
                "min_pictures": 5,
                "max_latency": "1000x",
                "max_disagreement": "100%",
            },
            "collect": {"labelled": labelled, "held": labelled // 8, "patience": 600, "every": 2},
            "fine_tune": {"options": options, "timeout": timeout},
            "parallel": 2,
        }
        file = self.folder / "flow.yaml"
        lines = "".join(f"  {name}: {json.dumps(it)}\n" for name, it in sites.items())
        self.ledger.edit(file, yaml.safe_dump(told, sort_keys=False) + "sites:\n" + lines)
        self.ledger.type("framegate-flow", "run", file, timeout=timeout, well=(0, 3))
        return json.loads(self.ledger.run("framegate-flow", "--json", "show"))

    def close(self) -> None:
        """Ends what runs; the folder stays."""
        self.end_collecting()
