"""What goes on around the gateway: cameras that send, lose, come and go, and a network that breaks.

Each trouble is a function that is called when its turn has come, and returns nothing: what became
of it shows in the gateway's books.
"""

import contextlib
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from testbed import places
from testbed.api import Api
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.process import Process

SYSTEM_PYTHON = "/usr/bin/python3"
STEADY = 3  # cameras that are there all the time
GUESTS = 2  # ... and those that come and go
RATE = 8
PORT = 5004


class Street:
    """The cable, the gateway at its end, and everybody who sends to it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="framegate-soak-"))
        self.dice = random.Random(1)
        self.done: dict[str, int] = {}
        self.processes: list[Process] = []
        self.guests: set[int] = set()
        self.server: Process | None = None
        self.net = CameraNet()
        _, self.theirs = self.net.let_kernels_speak()
        self.hardware = Path(f"/sys/class/net/{self.net.port}/address").read_text().strip()
        cameras = [self._camera(number) for number in range(STEADY)]
        cameras.append({"name": "door", "url": f"rtsp://{self.theirs}:8554/stream"})
        self.gateway = Gateway(configuration(self.net.port, cameras, None))

    def _camera(self, number: int) -> dict[str, object]:
        return {
            "name": f"cam{number}",
            "source": f"10.0.1.{1 + number}",
            "destination": "10.0.0.2",
            "port": PORT,
        }

    def count(self, what: str) -> None:
        """One more of it."""
        self.done[what] = self.done.get(what, 0) + 1

    def _run(self, name: str, *command: object) -> Process:
        process = self.net.start([*command], self.folder / f"{name}.log")
        self.processes.append(process)
        return process

    def send(self, name: str, seconds: int, *more: object) -> Process:
        """gwgen in the cameras' namespace; whatever else it shall do on purpose."""
        return self._run(
            name,
            *(places.build() / "gwgen", "send", "--quiet", "--mac", self.hardware),
            *("--port", f"net_af_packet0,iface={self.net.inside}", "--size", "320x240"),
            *("--udp-port", PORT, "--seconds", seconds, *more),
        )

    def serve(self) -> None:
        """The camera that is asked by RTSP is there, from now on."""
        self.server = self._run(
            "server",
            *(SYSTEM_PYTHON, places.ROOT / "tests" / "testbed" / "rtsp_server.py"),
            *("--address", self.theirs, "--size", "160x120", "--rate", 5),
        )

    def begin(self, seconds: int) -> None:
        """Everybody sends."""
        self.serve()
        self.gateway.start(60)
        self.send(
            *("steady", seconds, "--cameras", STEADY, "--source", "10.0.1.1", "--rate", RATE),
            *("--loss", 1, "--reorder", 1, "--duplicate", 1, "--rtcp"),
        )
        self.send("guests", seconds, "--cameras", GUESTS, "--source", "10.0.1.101", "--rate", RATE)

    def camera_comes_or_goes(self) -> None:
        """A guest is added, or taken out again."""
        number = self.dice.randrange(GUESTS)
        name = f"guest{number}"
        if number in self.guests:
            self.guests.remove(number)
            assert self.gateway.ctl("camera", "remove", name).code == 0
            self.count("cameras_removed")
            return
        source = ("--source", f"10.0.1.{101 + number}", "--destination", "10.0.0.2")
        answer = self.gateway.ctl("camera", "add", name, *source, "--port", str(PORT))
        # What is left of the one before may still be on its way.
        if answer.code == 0:
            self.guests.add(number)
            self.count("cameras_added")

    def somebody_looks(self) -> None:
        """At every camera, also at those that come and go: each shows its own pictures."""
        names = [*(f"cam{number}" for number in range(STEADY)), "door"]
        names += [f"guest{number}" for number in range(GUESTS)]
        with Api(self.gateway.socket) as api:
            for name in names * 5:
                said = api.ask("GET", f"cameras/{name}/findings")
                if said.status == 200:
                    assert said.body["sensorId"] == name, said
                    self.count("pictures_seen")
                else:
                    # It has sent none yet, is not there, or is being removed.
                    assert said.status in (503, 404, 409), said

    def flood(self) -> None:
        """Forged packets of a camera's address, for two seconds."""
        self.send(
            *("flood", 2, "--cameras", 1, "--source", "10.0.1.1", "--rate", 1),
            *("--intruders", 20000, "--seed", self.dice.randrange(1000)),
        )
        self.count("floods")

    def overload(self) -> None:
        """A guest sends twenty times what it did, as fast as can be."""
        self.send(
            *("overload", 2, "--cameras", 1, "--source", "10.0.1.101"),
            *("--rate", 20 * RATE, "--pacing", "burst"),
        )
        self.count("overloads")

    def link_flaps(self) -> None:
        """The cable is out for half a second."""
        self.net.run("ip", "link", "set", self.net.inside, "down")
        time.sleep(0.5)
        self.net.run("ip", "link", "set", self.net.inside, "up")
        self.count("link_flaps")

    def server_dies(self) -> None:
        """And another one comes after it."""
        self.server.kill()
        self.serve()
        self.count("servers_killed")

    def end_sending(self) -> None:
        """Nobody sends any more, and no frame is on its way."""
        for process in self.processes:
            process.stop(10)
        self.gateway.wait_until(
            lambda: self.gateway.status()["frames"]["in_flight"] == 0,
            60,
            "frames are still in flight",
        )

    def leave(self) -> None:
        """Takes everything away."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        self.gateway.remove()
        self.net.remove()
        shutil.rmtree(self.folder)


def resident_kib(pid: int) -> int:
    """What the process has in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    sys.exit(f"process {pid} is gone")


def descriptors(pid: int) -> int:
    """How many files and sockets it has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
