"""Cameras with an RTSP service, and a gateway that asks them."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from testbed import netns, places
from testbed.api import Api
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.process import Process

SYSTEM_PYTHON = "/usr/bin/python3"


class Cameras:
    """A network whose gateway's end has an address, as a port behind the kernel's tap has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.net = CameraNet()
        self.ours, self.theirs = self.net.let_kernels_speak()
        self.servers: list[Process] = []
        self.gateway: Gateway | None = None

    def _start(self, program: str, *arguments: object, port: int = 8554) -> Process:
        log = self.folder / f"server{len(self.servers)}.log"
        script = places.ROOT / "tests" / "testbed" / program
        python = SYSTEM_PYTHON if program == "rtsp_server.py" else sys.executable
        server = self.net.start(
            [
                *("env", f"PYTHONPATH={places.ROOT / 'tests'}", python, script),
                *("--address", self.theirs, "--port", port, *arguments),
            ],
            log,
        )
        self.servers.append(server)
        end = time.monotonic() + 60
        while "serving" not in server.text():
            assert server.running, server.text()
            assert time.monotonic() < end, server.text()
            time.sleep(0.1)
        return server

    def serve(self, *arguments: object, **more: Any) -> Process:
        """A camera that behaves."""
        return self._start("rtsp_server.py", *arguments, **more)

    def serve_rudely(self, kind: str, **more: Any) -> Process:
        """One that does not."""
        return self._start("rude_server.py", kind, **more)

    def serve_as_a_board(self, **more: Any) -> Process:
        """What runs on ESP32 boards."""
        return self._start("esp_server.py", **more)

    def serve_within(self, kind: str, *arguments: object, **more: Any) -> Process:
        """One that sends within its connection, or with SRTP."""
        return self._start("within_server.py", "--folder", self.folder, kind, *arguments, **more)

    def serve_quirkily(self, *kinds: str, **more: Any) -> Process:
        """Some with the habits of real ones, on ports that follow each other."""
        return self._start("quirky_server.py", "--folder", self.folder, *kinds, **more)

    def camera(self, name: str = "door", port: int = 8554, **more: Any) -> dict[str, Any]:
        """Its configuration."""
        return {"name": name, "url": f"rtsp://{self.theirs}:{port}/stream", **more}

    def secured_camera(self, name: str = "door", port: int = 8554, **more: Any) -> dict[str, Any]:
        """The same, within TLS."""
        return {"name": name, "url": f"rtsps://{self.theirs}:{port}/stream", **more}

    def start(self, *cameras: dict[str, Any], into: Path | None = None) -> Gateway:
        """A gateway for these cameras, which may write every picture into a folder."""
        made = configuration(self.net.port, cameras, None)
        if into:
            made["kafka"] = {"backend": "file", "directory": str(into), "frames": {"every": 1}}
        self.gateway = Gateway(made)
        self.gateway.start()
        return self.gateway

    def start_by_tap(self, driver: str, *cameras: dict[str, Any]) -> Gateway:
        """One whose port the kernel shares: only by the tap for that it speaks with cameras."""
        netns._ip("address", "flush", "dev", self.net.port)
        made = configuration(self.net.port, [], None)
        tap, port = f"fgr{os.getpid()}", f"fgo{os.getpid()}"
        made["interfaces"][0]["kernel"] = tap
        if driver == "net_tap":
            made["interfaces"][0]["device"] = f"net_tap0,iface={port}"
        self.gateway = Gateway(made)
        self.gateway.start()
        if driver == "net_tap":
            self.net.bridge(port)
        netns._ip("link", "set", tap, "up")
        netns._ip("address", "add", f"{self.ours}/24", "dev", tap)
        # Before that, who calls them would be led elsewhere.
        for camera in cameras:
            self.gateway.ask("camera", "add", camera["name"], "--url", camera["url"])
        return self.gateway

    def wait_for(self, true: Callable[[], bool], otherwise: str, timeout: float = 60) -> None:
        """Waits while the gateway runs."""
        self.gateway.wait_until(true, timeout, otherwise)

    def delivered(self, name: str = "door") -> int:
        """Frames of one camera that arrived."""
        return self.gateway.ask("camera", "show", name)["frames"]["delivered"]

    def wait_for_pictures(self, name: str = "door", more: int = 10, timeout: float = 60) -> None:
        """Waits until so many came from now on."""
        before = self.delivered(name)
        self.wait_for(
            lambda: self.delivered(name) >= before + more, f"no pictures of {name}", timeout
        )

    def trouble(self, name: str = "door") -> str:
        """What the gateway says of the camera's session; empty: nothing."""
        for it in self.gateway.status().get("troubles", []):
            if it["id"] == f"camera.{name}.session":
                return it["text"]
        return ""

    def session(self, name: str = "door") -> dict[str, Any]:
        """What is told of it."""
        with Api(self.gateway.socket) as api:
            services = api.get("services")["services"]
        facts = next(it for it in services if it["service"] == "session")["facts"]
        return next(it for it in facts["sessions"] if it["camera"] == name)

    def wait_for_trouble(self, text: str, name: str = "door", timeout: float = 60) -> str:
        """Waits until it says this."""
        self.wait_for(lambda: text in self.trouble(name), f"nothing was said of '{text}'", timeout)
        return self.trouble(name)

    def wait_for_text(self, server: Process, text: str) -> None:
        """Waits until a server has said it, after the gateway has ended."""
        end = time.monotonic() + 60
        while text not in server.text():
            assert time.monotonic() < end, server.text()
            time.sleep(0.05)

    def close(self) -> None:
        """Takes everything away."""
        if self.gateway:
            self.gateway.remove()
        for server in self.servers:
            server.kill()
        self.net.remove()
