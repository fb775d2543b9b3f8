"""Sites for flows: real gateways with a camera, and learners beside them; and the program, as an
operator runs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from testbed import netns, places
from testbed.gateway import Gateway, configuration
from testbed.process import Process

HERE = Path(__file__).parent
MODEL = "digits"
_SOURCE, _PORT, _SSRC, _RATE = "10.0.0.11", 5010, 0x1001, 15


def draw(folder: Path) -> None:
    """What the camera shows: ramps that turn."""
    folder.mkdir()
    for number in range(12):
        image = Image.linear_gradient("L").resize((320, 240)).rotate(number * 30)
        file = folder / f"{number:02d}.jpg"
        image.convert("RGB").save(file, "JPEG", quality=80, subsampling="4:2:0")


class Place:
    """One site."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.folder = folder / name
        self.learned = self.folder / "learned"
        self.learned.mkdir(parents=True)
        draw(self.folder / "shown")
        self.repository = self.folder / "models"
        shutil.copytree(places.models() / MODEL, self.repository / MODEL)
        self.net = netns.CameraNet()
        self.net.add_camera(_SOURCE)
        self._cameras: Process | None = None
        sent = {"source": _SOURCE, "destination": netns.GATEWAY, "port": _PORT, "ssrc": _SSRC}
        shown = [{**sent, "folder": str(self.folder / "shown"), "rate": _RATE}]
        (self.folder / "cameras.json").write_text(json.dumps(shown))
        told = configuration(self.net.port, [{"name": "gate", **sent, "model": MODEL}], None)
        told["accel"]["repository"] = str(self.repository)
        self.gateway = Gateway(told)
        self.plan()

    def start(self) -> "Place":
        """Its gateway looks at pictures."""
        self.gateway.start(60)
        program = [sys.executable, "-m", "testbed.still_cameras", self.folder / "cameras.json"]
        # Wherever we were started from.
        found = {**os.environ, "PYTHONPATH": str(places.ROOT / "tests")}
        self._cameras = self.net.start(program, self.folder / "cameras.log", environment=found)
        return self

    def plan(self, **more: Any) -> None:
        """What its learner comes to."""
        counts = {"pictures": 900, "labelled": 300, "held": 80}
        told = {"counts": counts, "before": 0.90, "after": 0.97, "accepted": True, **more}
        (self.learned / "plan.json").write_text(json.dumps(told))

    def stable(self) -> int:
        """The version that looks."""
        return self.gateway.ask("model", "status", MODEL)["stable"]["version"]

    def close(self) -> None:
        """Ends and removes everything."""
        if self._cameras:
            self._cameras.stop(5)
        self.gateway.remove()
        self.net.remove()

    @property
    def declared(self) -> dict[str, Any]:
        """As a flow names it."""
        return {
            "socket": str(self.gateway.socket),
            "learner": str(self.learned),
            "place": str(self.folder / "brought"),
        }


class Cloud:
    """The machine that flows run on. `close` ends the sites too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.data = folder / "data"
        self.sites: dict[str, Place] = {}
        self.data.mkdir()
        (self.data / "seed").write_text("7")
        programs = folder / "bin"
        programs.mkdir()
        learner = programs / "framegate-learn"
        learner.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "flow_learner.py"} "$@"\n')
        learner.chmod(0o755)
        (programs / "gwctl").symlink_to(places.gwctl())
        self._path = f"{programs}:{os.environ['PATH']}"

    def site(self, name: str) -> Place:
        """One more, whose gateway is not started yet."""
        self.sites[name] = Place(self.folder, name)
        return self.sites[name]

    def declare(self, **more: Any) -> Path:
        """Writes FLOW.yaml for the sites that there are."""
        told: dict[str, Any] = {
            "name": "life",
            "model": MODEL,
            "data": "data",
            "pre_train": {
                "recipe": str(HERE / "flow_recipe"),
                "engine": "process",
                "python": sys.executable,
                "epochs": 3,
                "rate": 0.02,
            },
            "roll_out": {
                "steps": ["50%", "100%"],
                "hold": "1s",
                "min_pictures": 5,
                "max_latency": "1000x",
                "max_disagreement": "100%",
                "timeout": 60,
            },
            "collect": {"labelled": 200, "held": 50, "patience": 0},
            "retry": {"times": 2, "delay": 0.2},
            "sites": {name: site.declared for name, site in self.sites.items()},
        }
        for key, value in more.items():
            told[key] = {**told[key], **value} if isinstance(told.get(key), dict) else value
        file = self.folder / "flow.yaml"
        file.write_text(yaml.safe_dump(told, sort_keys=False))
        return file

    @property
    def environment(self) -> dict[str, str]:
        """With this tree's program, and what sites run."""
        own = {"PYTHONPATH": str(places.ROOT / "fleet"), "PYTHONDONTWRITEBYTECODE": "1"}
        return {**os.environ, **own, "PATH": self._path, "FRAMEGATE_FLOW_STATE": str(self.state)}

    def command(self, *words: str) -> list[str]:
        """The program's words."""
        python = places.need(places.cache() / "flow/bin/python", "run ./dev test learning")
        return [str(python), "-m", "framegate_flow", "--json", *map(str, words)]

    def run(self, *words: Any) -> tuple[int, Any, str]:
        """One command: exit code, JSON, and what it said meanwhile."""
        done = subprocess.run(
            self.command(*words),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def start(self, *words: Any) -> subprocess.Popen[bytes]:
        """Begins one, in a process group of its own."""
        with (self.folder / "begun.log").open("wb") as log:
            return subprocess.Popen(
                self.command(*words),
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def steps(self, run: str = "life-1") -> dict[str, dict[str, Any]]:
        """What a run has written down of its steps."""
        files = (self.state / "runs" / run / "steps").glob("*.json")
        return {file.stem: json.loads(file.read_text()) for file in files}

    def close(self) -> None:
        """Ends what runs."""
        for site in self.sites.values():
            site.close()


def wait(true: Callable[[], bool], said: Callable[[], str], seconds: float = 300) -> None:
    """Until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, said()
        time.sleep(0.05)


def kill(child: subprocess.Popen[bytes], all_of_it: bool) -> None:
    """Without notice: the one process, or what it has started too."""
    if all_of_it:
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait(60)
