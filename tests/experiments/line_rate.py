"""The highest rate without loss over the virtual ports that any machine has: veth, and memif.

`gwgen search` does the work; here are the gateway under test and the cable. Over two ports of
network cards it is the same command, with their addresses.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed import places
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet

REPORTS = places.ROOT / "build-experiments" / "line-rate"
JUMBO = 9000
# One of each way in which usual cameras send.
MIX = ["plain", "plain-422", "restart", "q50", "tables-once", "esp32", "c270", "c922"]
USUAL = ["--frame-sizes", "64,128,256,512,1024,1280,1518,9000,mix", "--cameras", "16"]
USUAL += [word for kind in MIX for word in ("--camera", kind)]


@contextmanager
def veth() -> Iterator[tuple[Gateway, list[object], str]]:
    """The gateway, where its sender runs, and by which port."""
    net = CameraNet()
    net.raise_mtu(JUMBO)
    gateway = Gateway(configuration(net.port, [], None))
    try:
        gateway.start()
        yield gateway, ["ip", "netns", "exec", net.name], f"net_af_packet0,iface={net.inside}"
    finally:
        gateway.remove()
        net.remove()


@contextmanager
def memif() -> Iterator[tuple[Gateway, list[object], str]]:
    """The same over shared memory, without the kernel."""
    folder = Path(tempfile.mkdtemp(prefix="framegate-"))
    device = f"net_memif0,role={{}},socket={folder}/memif.sock,socket-abstract=no,bsize=10240"
    made = configuration("", [], None)
    made["interfaces"][0]["device"] = device.format("server")
    gateway = Gateway(made)
    try:
        gateway.start()
        yield gateway, [], device.format("client")
    finally:
        gateway.remove()
        shutil.rmtree(folder, ignore_errors=True)


def run(options: list[str]) -> int:
    """Searches over each kind of port; the exit code is the worst one."""
    program = places.need(places.build() / "gwgen", "run ./dev build")
    worst = 0
    for name, cable in {"veth": veth, "memif": memif}.items():
        report = REPORTS / name
        report.mkdir(parents=True, exist_ok=True)
        print(f"line rate over {name}", file=sys.stderr, flush=True)
        with cable() as (gateway, where, port):
            command = [*where, program, "search", "--port", port, "--socket", gateway.socket]
            command += ["--report", report, *USUAL, *options]
            worst = max(worst, subprocess.run([*map(str, command)], check=False).returncode)
    return worst
