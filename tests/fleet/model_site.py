"""Gateways with a camera that plays and a model, and what brings them the model's versions."""

import sys
from pathlib import Path
from typing import Any

import yaml
from cloud import Cloud, Edge, wait

from testbed import places
from testbed.loopback import free_port
from testbed.process import Process

sys.path.append(str(places.ROOT / "tests/api"))

import rollout_models

# Small steps, and no limit that a busy machine breaks.
QUICK = {"hold": 1, "steps": ["30%", "100%"], "min_pictures": 10, "max_latency": 1000, "wait": 40}


class ModelSite:
    """One camera for all gateways of a cloud; each has version 1 of `gate` to begin with."""

    def __init__(self, cloud: Cloud, folder: Path, count: int, rate: int = 20) -> None:
        self.cloud = cloud
        self.folder = folder
        port = free_port()
        script = places.ROOT / "tests/testbed/rtsp_server.py"
        words = ["/usr/bin/python3", script, "--address", "127.0.0.1", "--port", port]
        words += ["--way", "tcp", "--rate", rate]
        self.camera = Process(words, folder / "camera.log")
        wait(lambda: "serving" in self.camera.text(), self.camera.text)
        self.url = f"rtsp://127.0.0.1:{port}/stream"
        for number in range(1, count + 1):
            cloud.edge(f"gw{number}")

    def settle(self, wish: dict[str, Any], **settings: Any) -> None:
        """All have the camera and version 1; they are enrolled, and have what a courier brought."""
        self.cloud.settle(shelf=str(self.cloud.shelf), fetch=60, **settings)
        for edge in self.cloud.edges:
            self.cloud.enrol(edge)
        self.add("gate:1", "good")
        self.wish(wish)
        self.cloud.well("publish")
        for edge in self.cloud.edges:
            self.courier(edge)
        assert self.cloud.well("apply")["what"] == "done"

    def add(self, named: str, kind: str) -> dict[str, Any]:
        """Keeps a version of that kind."""
        made = self.folder / f"training-{named.replace(':', '-')}"
        return self.cloud.well("model", "add", named, str(rollout_models.write(made, kind)))

    def wish(self, said: dict[str, Any], **own: dict[str, Any]) -> None:
        """What all should have of `gate`, and some; committed."""
        camera = {"name": "door", "url": self.url, "transport": "tcp", "model": "gate"}
        self.cloud.site(**{edge.name: [dict(camera)] for edge in self.cloud.edges})
        file = self.cloud.folder / "sites/harbour.yaml"

        site = yaml.safe_load(file.read_text())
        site["models"] = {"gate": {**QUICK, **said}}
        for name, more in own.items():
            site["gateways"][name]["models"] = {"gate": more}
        self.cloud.write("sites/harbour.yaml", site)
        self.cloud.commit()

    def courier_words(self, edge: Edge, *more: str) -> list[str]:
        """Of the agent on that gateway."""
        key = self.folder / "fleet.key"
        if not key.exists():
            key.write_text(self.cloud.well("publish")["key"])
        words = ["agent", edge.name, str(self.cloud.shelf), "--key", str(key)]
        words += ["--socket", str(edge.folder / "api.sock"), "--gwctl", str(places.gwctl())]
        return [*words, "--state", str(edge.folder / "agent"), *more]

    def courier(self, edge: Edge) -> None:
        """Has one gateway fetch its models' files."""
        self.cloud.well(*self.courier_words(edge, "--files-only", "--once"))

    def close(self) -> None:
        """The camera goes."""
        self.camera.stop()


def route(edge: Edge) -> dict[str, Any]:
    """What the gateway says of `gate`."""
    return edge.json("model", "status", "gate")


def stable(edge: Edge) -> int:
    """The version that looks at its pictures."""
    return route(edge)["stable"]["version"]
