"""A gateway with a spool, and cameras that send to it at a steady rate over a veth."""

import contextlib
import ipaddress
import shutil
import tempfile
from pathlib import Path
from typing import Any

from testbed import places
from testbed.gateway import Gateway, Topics, configuration
from testbed.netns import CameraNet
from testbed.process import Process

PORT = 5004
FIRST_SOURCE = ipaddress.IPv4Address("10.0.1.1")


class Steady:
    """`remove` takes all of it away."""

    def __init__(
        self,
        brokers: str,
        topics: Topics,
        cameras: int,
        rate: int,
        *,
        every: int = 0,
        durability: str = "interval",
        **more: Any,
    ) -> None:
        """`rate` is pictures a second of each camera, `more` are keys of each."""
        self.rate = rate
        self.topics = topics
        self.cameras = [f"cam{number}" for number in range(cameras)]
        self.folder = Path(tempfile.mkdtemp(prefix="framegate-steady-"))
        self.spool = self.folder / "spool"
        self._net = CameraNet()
        told = configuration(
            self._net.port,
            [self._camera(number, more) for number in range(cameras)],
            brokers,
            topics,
            every=every,
        )
        told["kafka"]["spool"] = {"directory": str(self.spool), "durability": durability}
        self.gateway = Gateway(told)
        self.sender: Process | None = None

    def _camera(self, number: int, more: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": self.cameras[number],
            "source": str(FIRST_SOURCE + number),
            "destination": "10.0.0.2",
            "port": PORT,
            # As many frames in flight as may be: a busy machine must lose no picture.
            "quota": 64,
            **more,
        }

    def send(self, seconds: float) -> None:
        """All cameras send from now on, at most so long."""
        hardware = Path(f"/sys/class/net/{self._net.port}/address").read_text().strip()
        self.sender = self._net.start(
            [
                *(places.build() / "gwgen", "send", "--quiet", "--mac", hardware),
                *("--port", f"net_af_packet0,iface={self._net.inside}", "--size", "160x120"),
                *("--udp-port", PORT, "--seconds", int(seconds), "--cameras", len(self.cameras)),
                *("--source", FIRST_SOURCE, "--rate", self.rate),
            ],
            self.folder / "sender.log",
        )

    def stop_sending(self) -> None:
        """Whoever sends goes away."""
        self.sender.stop()

    def remove(self) -> None:
        """Takes everything away."""
        if self.sender:
            with contextlib.suppress(ProcessLookupError):
                self.sender.kill()
        self.gateway.remove()
        self._net.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
