"""A cloud and its gateways: a repository in a folder, and real `gwd` processes over HTTPS."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from framegate_fleet.desired import load
from framegate_fleet.enrolment import enrol
from framegate_fleet.repository import Repository
from testbed import places
from testbed.loopback import free_port
from testbed.process import Process

TEMPLATE = {
    "gateway": {"name": "${gateway}"},
    "log": {"to": "stderr", "level": "${level}"},
    "interfaces": [{"name": "lan0", "device": "net_null0,no-rx=1"}],
    "kafka": {"backend": "null"},
    "frames": {"classes": [{"width": 640, "height": 480, "count": 50}]},
    "accel": {"library": "${library}", "repository": "${folder}/models"},
    "api": {"socket": "${folder}/api.sock", "https": {"listen": "127.0.0.1:${port}"}},
}


def library() -> Path:
    """Of ONNX Runtime; a fleet without models does without."""
    try:
        return places.onnxruntime()
    except places.NotThere:
        return Path("libonnxruntime.so")


def camera(name: str, number: int, **more: Any) -> dict[str, Any]:
    """One that never sends."""
    source = {"source": f"10.0.0.{number}", "destination": "10.0.0.99", "port": 5000 + number}
    return {"name": name, **source, **more}


class Edge:
    """One gateway."""

    def __init__(self, folder: Path, name: str, template: dict[str, Any] = TEMPLATE) -> None:
        self.name = name
        self.folder = folder
        self.port = free_port()
        self.file = folder / "gateway.yaml"
        self.log = folder / "gwd.log"
        folder.mkdir()
        text = yaml.safe_dump(template).replace("${gateway}", name).replace("${level}", "info")
        text = text.replace("${folder}", str(folder)).replace("${port}", str(self.port))
        text = text.replace("${library}", str(library()))
        self.file.write_text(text)

    def start(self) -> "Edge":
        """Returns when it answers."""
        self.process = Process([places.gwd(), "--config", self.file], self.log)
        wait(lambda: "running (cameras" in self.log.read_text(), self.process.text)
        return self

    def stop(self) -> None:
        """As a service manager does."""
        self.process.stop()
        self.log.write_text("")

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"127.0.0.1:{self.port}"

    @property
    def fingerprint(self) -> str:
        """As its log says it."""
        return re.findall(r"fingerprint ([0-9A-F:]{95})", self.log.read_text())[-1]

    @property
    def set_up_token(self) -> str:
        """As its console says it."""
        return re.findall(r"fg_[0-9a-f]{64}", self.log.read_text())[-1]

    def json(self, *words: str) -> Any:
        """What `gwctl --json` says on its socket."""
        done = subprocess.run(
            [places.gwctl(), "--socket", self.folder / "api.sock", "--json", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return json.loads(done.stdout)

    def token(self, name: str) -> str:
        """A new one of an admin, made by root on the gateway."""
        return self.json("token", "create", name, "--role", "admin")["token"]

    def cameras(self) -> list[str]:
        """Their names."""
        return [it["name"] for it in self.json("camera", "list")["cameras"]]

    def commits(self) -> list[dict[str, Any]]:
        """The newest first."""
        return self.json("config", "history")["commits"]

    def unconfirmed(self) -> bool:
        """Whether a commit waits."""
        return bool(self.commits()) and self.commits()[0]["unconfirmed"]


class Uplink:
    """Between the cloud and a gateway; it can be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Nothing gets through any more."""
        # Who waits in accept() hears nothing of a close.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                near = self._listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while chunk := one.recv(65536):
                other.sendall(chunk)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            other.close()


class Cloud:
    """The repository, and the program on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "fleet"
        self.tokens = folder / "tokens"
        self.store = folder / "store"
        self.shelf = folder / "shelf"
        self.edges: list[Edge] = []
        self.template: dict[str, Any] = TEMPLATE
        self._place = folder

    def edge(self, name: str) -> Edge:
        """One more gateway; it runs."""
        self.edges.append(Edge(self._place / name, name, self.template))
        return self.edges[-1].start()

    def command(self, *words: str) -> list[str]:
        """The program's words."""
        python = places.need(places.cache() / "fleet/bin/python", "run ./dev test integration")
        return [str(python), "-m", "framegate_fleet", "--repository", str(self.folder), *words]

    @property
    def environment(self) -> dict[str, str]:
        """With this tree's program and tokens of our own."""
        own = {"PYTHONPATH": str(places.ROOT / "fleet"), "PYTHONDONTWRITEBYTECODE": "1"}
        kept = {"FRAMEGATE_FLEET_TOKENS": self.tokens, "FRAMEGATE_FLEET_STORE": self.store}
        return {**os.environ, **own, **{name: str(folder) for name, folder in kept.items()}}

    def run(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """One command."""
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def well(self, *words: str) -> dict[str, Any]:
        """What a command that must end well says to scripts."""
        done = self.run("--json", *words)
        assert done.returncode == 0, (done.stdout, done.stderr)
        return json.loads(done.stdout)

    def wrong(self, *words: str) -> str:
        """What a command that must not end well says to people."""
        done = self.run(*words)
        assert done.returncode == 1, (done.stdout, done.stderr)
        return done.stdout + done.stderr

    def start(self, *words: str) -> Process:
        """Begins one command."""
        log = self._place / "command.log"
        return Process(self.command(*words), log, environment=self.environment)

    def kill_when(self, true: Callable[[], bool], *words: str) -> None:
        """Runs a command and kills it without notice as soon as something is so."""
        child = self.start(*words)
        try:
            wait(true, child.text)
        finally:
            child.signal(signal.SIGKILL)
            child.wait(60)

    def git(self, *words: str) -> str:
        """One command of Git."""
        return subprocess.check_output(["git", "-C", self.folder, *words], text=True)

    def write(self, path: str, value: object) -> None:
        """One file of the repository."""
        file = self.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(value if isinstance(value, str) else yaml.safe_dump(value))

    def commit(self, message: str = "a change") -> None:
        """All that was written."""
        self.git("add", "--all")
        who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        self.git(*who, "commit", "--quiet", "--message", message)

    def settle(self, **more: Any) -> None:
        """A repository for the gateways that there are."""
        Repository.make(self.folder, "test")
        (self.folder / "sites/first.yaml").unlink()
        self.write("templates/standard.yaml", self.template)
        waves = {"waves": [1, "all"], "hold": 1, "confirm": 60, "timeout": 30, "patience": 2}
        self.write("fleet.yaml", {"name": "test", "variables": {"level": "info"}, **waves, **more})
        self.site()
        self.commit("a site")

    def site(self, **cameras: list[dict[str, Any]]) -> None:
        """Writes which cameras gateways have."""
        gateways = {
            edge.name: {
                "variables": {
                    "folder": str(edge.folder),
                    "port": edge.port,
                    "library": str(library()),
                },
                "cameras": cameras.get(edge.name, []),
            }
            for edge in self.edges
        }
        self.write("sites/harbour.yaml", {"template": "standard", "gateways": gateways})

    def enrol(self, edge: Edge, address: str = "") -> None:
        """As an operator who reads the gateway's console; without the program's start."""
        fleet, mistakes = load(self.folder)
        assert not mistakes
        os.environ["FRAMEGATE_FLEET_TOKENS"] = str(self.tokens)
        where = address or edge.address
        way = (edge.fingerprint, edge.set_up_token, "")
        enrol(Repository(self.folder), fleet, edge.name, where, *way)

    def close(self) -> None:
        """Ends what runs."""
        for edge in self.edges:
            edge.process.stop()


def wait(true: Callable[[], bool], said: Callable[[], str], seconds: float = 60) -> None:
    """Until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, said()
        time.sleep(0.05)
