"""What a gateway needs of memory with many cameras under load.

A real `gwd`, whose cameras of 1280x720 all send at the same time, packet by packet, over a virtual
cable: as many frames are open as there are cameras, which is the worst that can be. Each picture is
decoded and goes through a model. Pictures are frames of a real surveillance video.
"""

import ipaddress
import re
import tempfile
import time
from pathlib import Path

from bench.decode import make_pictures
from bench.report import Row, progress, row
from testbed import places
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet

LIMIT_MIB = 1024
CAMERAS = [16, 256, 1024]
FIRST_SOURCE = ipaddress.IPv4Address("10.1.0.1")
WIDTH, HEIGHT = 1280, 720
PICTURES_PER_SECOND = 400
SECONDS = 15
TIMEOUT = 60

LIMIT = "the limit for 256 cameras"
SLOTS = "all slots"
RECEIVED = "frames received"


def cameras(count: int) -> list[dict[str, object]]:
    """As gwgen sends them."""
    return [
        {
            "name": f"cam{i}",
            "source": str(FIRST_SOURCE + i),
            "destination": "10.0.0.2",
            "port": 5004,
            "width": WIDTH,
            "height": HEIGHT,
            "model": "digits",
        }
        for i in range(count)
    ]


def resident_mib(pid: int) -> float:
    """The most that was resident since the start."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise RuntimeError(f"/proc/{pid}/status does not say VmHWM")
    return int(found[1]) / 1024


def look(gateway: Gateway, what: str) -> list[Row]:
    """What the gateway has come to."""
    stages = {stage["stage"]: stage["facts"] for stage in gateway.ask("stages")["stages"]}
    frames = gateway.status()["frames"]
    if frames["delivered"] == 0:
        raise RuntimeError(f"{what}: no frame was delivered: {gateway.dropped()}")
    progress(f"{what}: dropped: {gateway.dropped()}")
    return [
        row(what, "MiB", LIMIT, [resident_mib(gateway.process.pid)], [LIMIT_MIB]),
        row(what, "slots touched", SLOTS, [stages["rx"]["slots_touched"]], [stages["rx"]["slots"]]),
        row(what, "frames delivered", RECEIVED, [frames["delivered"]], [frames["received"]]),
    ]


def measure(folder: Path, picture: Path, count: int) -> list[Row]:
    """One gateway and its cameras."""
    net = CameraNet()
    gateway = Gateway(configuration(net.port, cameras(count), None))
    try:
        gateway.start()
        sender = net.start(
            [
                *(places.build() / "gwgen", "send", "--quiet", "--picture", picture),
                *("--port", f"net_af_packet0,iface={net.inside}", "--cameras", count),
                *("--rate", PICTURES_PER_SECOND / count, "--seconds", SECONDS),
            ],
            folder / "sender.log",
        )
        # 1: not every packet went, which is as well: how many frames wait is what counts.
        if sender.wait(SECONDS + TIMEOUT) not in (0, 1):
            raise RuntimeError(sender.text())
        time.sleep(1)
        found = look(gateway, f"{count} cameras of {WIDTH}x{HEIGHT}")
        gateway.stop()
        return found
    finally:
        gateway.remove()
        net.remove()


def rows(rounds: int | None) -> list[Row]:
    """Measures every number of cameras, once each."""
    places.need(places.build() / "gwgen", "run ./dev build")
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        picture = make_pictures(Path(name), WIDTH, HEIGHT)[0]
        for count in CAMERAS:
            progress(f"memory: {count} cameras")
            found += measure(Path(name), picture, count)
    return found
