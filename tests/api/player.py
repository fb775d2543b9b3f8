"""A gateway that plays a capture: no root, no network, no Kafka, no models."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import http_unix
import yaml

from testbed import places
from testbed.process import Process

PICTURES = 40
LOST = 7


class Gateway:
    """One running `gwd` and its socket."""

    def __init__(self, folder: Path, configuration: dict[str, Any]) -> None:
        self.socket = folder / "api.sock"
        self.file = folder / "gateway.yaml"
        api = {**configuration.get("api", {}), "socket": str(self.socket)}
        configuration = {**configuration, "api": api}
        self.file.write_text(yaml.safe_dump(configuration, sort_keys=False))
        self.log = folder / "gwd.log"
        self.launch()
        self.wait_until(self.ready)

    def launch(self) -> None:
        """Starts `gwd`, again after it was stopped."""
        self.process = Process([places.gwd(), "--config", self.file], self.log)

    def ready(self) -> bool:
        """Whether it receives."""
        try:
            return self.get("status")["ready"]
        except (FileNotFoundError, ConnectionRefusedError):
            # Its file is there a moment before anybody listens on it.
            return False

    def wait_until(self, true: Callable[[], bool], timeout: float = 60) -> None:
        """Waits for a condition; fails with the log when it does not come."""
        end = time.monotonic() + timeout
        while not true():
            assert self.process.running, self.process.text()
            assert time.monotonic() < end, (self.get("drops"), self.process.text())
            time.sleep(0.02)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> http_unix.Reply:
        """A path below /api/v1/."""
        return http_unix.ask(self.socket, f"/api/v1/{path}", method, body)

    def get(self, path: str) -> dict[str, Any]:
        """The same where a good answer must come."""
        reply = self.ask(path)
        assert reply.status == 200, reply
        return reply.body

    def ctl(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Runs `gwctl` on its socket."""
        return subprocess.run(
            [places.gwctl(), "--socket", self.socket, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **more,
        )

    def json(self, *arguments: str) -> dict[str, Any]:
        """What `gwctl --json` printed."""
        return json.loads(self.ctl("--json", *arguments).stdout)


def camera(name: str, number: int) -> dict[str, Any]:
    """A camera of the captures."""
    return {
        "name": name,
        "source": f"10.0.0.{number}",
        "destination": "10.0.0.99",
        "port": 5000 + number,
    }


def configuration(device: str, **more: Any) -> dict[str, Any]:
    """A gateway whose results go nowhere."""
    return {
        "gateway": {"name": "gw1", "mode": "lossless"},
        "log": {"to": "stderr"},
        "interfaces": [{"name": "lan0", "device": device}],
        "cameras": [camera("cam0", 1), camera("cam1", 2)],
        "kafka": {"backend": "null", "frames": {"every": 10}},
        **more,
    }
