"""The kernel's share of a port that DPDK owns: what is no camera's media goes to it, and back.

The kernel's side is moved into a namespace of its own: whatever answers there came by the gateway.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed import netns, places
from testbed.gateway import Gateway, camera, configuration
from testbed.netns import CameraNet
from testbed.process import Process
from testbed.senders import Stream

OURS = "10.7.0.2"
THEIRS = "10.7.0.1"

DHCP_SERVER = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
s.bind(("", 67))
s.settimeout(120)
print("ready", flush=True)
request, _ = s.recvfrom(2048)
assert request[0] == 1 and request[236:240] == bytes.fromhex("63825363")
offer = b"\\x02" + request[1:16] + bytes([10, 7, 0, 99]) + request[20:240]
s.sendto(offer + b"\\x35\\x01\\x02\\xff", ("255.255.255.255", 68))
"""

DHCP_CLIENT = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
s.bind(("", 68))
s.settimeout(60)
request = bytes([1, 1, 6, 0]) + b"abcd" + bytes(20) + bytes(208)
s.sendto(request[:236] + bytes.fromhex("63825363350101ff"), ("255.255.255.255", 67))
answer, _ = s.recvfrom(2048)
print(socket.inet_ntoa(answer[16:20]) if answer[4:8] == b"abcd" else "wrong")
"""

ECHO = """
import socket
s = socket.create_server(("%s", 554))
print("ready", flush=True)
c, _ = s.accept()
while data := c.recv(65536):
    c.sendall(data)
"""

TALK = """
import socket, sys
c = socket.create_connection(("%s", 554), 60)
sent = bytes(range(256)) * 400
c.sendall(sent)
c.shutdown(socket.SHUT_WR)
got = b""
while data := c.recv(65536):
    got += data
print(got == sent)
"""

# UDP datagrams for nobody, as fast as it can, until it is ended.
FLOOD = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for port in range(7000, 7100):
        try:
            s.sendto(b"flood", (sys.argv[1], port))
        except OSError:
            pass
"""


class InsideGateway(Gateway):
    """A gateway in a namespace: there it finds its interfaces."""

    def __init__(self, made: dict[str, Any], net: CameraNet) -> None:
        super().__init__(made)
        self.net = net

    def launch(self) -> Process:
        """Starts it and does not wait."""
        arguments = [places.gwd(), "--config", self.file]
        self.process = self.net.start(arguments, self.folder / "gwd.log")
        return self.process


class Place:
    """A gateway whose port the kernel shares: `outside` is where cameras are, `host` the kernel."""

    def __init__(self, driver: str) -> None:
        self.net = CameraNet()
        self.host = f"{self.net.name}-host"
        self.name = f"fgk{os.getpid()}"
        netns._ip("netns", "add", self.host)
        self.outside = self.net.inside
        self.driver = driver
        stream = Stream("cam0", "10.0.0.11", 5004, 20, 1, 1)
        made = configuration(self.net.port, [camera(stream)], None)
        if driver == "net_tap":
            self.outside = f"fgd{os.getpid()}"
            made["interfaces"][0]["device"] = f"net_tap0,iface={self.outside}"
        made["interfaces"][0]["kernel"] = self.name
        is_tap = driver == "net_tap"
        self.gateway = InsideGateway(made, self.net) if is_tap else Gateway(made)

    def start(self) -> None:
        """Starts the gateway, and moves the kernel's side and the cameras' to their places."""
        self.gateway.start()
        if self.driver == "net_tap":
            self.net.run("ip", "link", "set", self.name, "netns", self.host)
        else:
            netns._ip("link", "set", self.name, "netns", self.host)
        self.on_host("ip", "link", "set", "lo", "up")
        self.on_host("ip", "link", "set", self.name, "up")
        self.on_host("ip", "address", "add", f"{OURS}/24", "dev", self.name)
        self.net.run("ip", "address", "add", f"{THEIRS}/24", "dev", self.outside)
        # The port has a link as soon as somebody has looked.
        self.gateway.wait_until(
            lambda: self.net.pings(OURS), 60, "the kernel does not answer by the port"
        )

    def on_host(self, *arguments: object) -> str:
        """Runs a short command where the kernel's side is."""
        return netns._ip("netns", "exec", self.host, *arguments)

    def kernel(self) -> dict[str, Any]:
        """What the port says of the kernel's share."""
        return self.gateway.ask("stages")["stages"][0]["facts"]["ports"][0]["kernel"]

    def close(self) -> None:
        """Takes everything away."""
        self.gateway.remove()
        netns._ip("netns", "delete", self.host)
        self.net.remove()


@pytest.fixture(params=["net_af_packet", "net_tap"])
def place(request: pytest.FixtureRequest, need_root: None) -> Iterator[Place]:
    """A started one on each driver."""
    made = Place(request.param)
    try:
        made.start()
        yield made
    finally:
        made.close()


def test_ping_and_arp_work_both_ways(place: Place) -> None:
    place.net.run("ping", "-c", "3", "-i", "0.2", "-W", "20", OURS)
    place.on_host("ping", "-c", "3", "-i", "0.2", "-W", "20", THEIRS)
    if place.driver == "net_tap":
        # In fragments, which the kernel puts together itself; net_af_packet has no room for it.
        place.net.run("ping", "-c", "2", "-i", "0.2", "-W", "20", "-s", "4000", OURS)
    neighbours = place.net.run("ip", "neighbour", "show", OURS, "dev", place.outside)
    assert "lladdr" in neighbours
    classes = place.kernel()["to_kernel"]
    assert classes["neighbour"]["passed"] > 0
    assert classes["icmp"]["passed"] >= 6
    assert place.kernel()["from_kernel"] >= 6
    assert place.gateway.ctl("audit").code == 0


def test_dhcp_and_tcp_work(place: Place, tmp_path: Path) -> None:
    server = place.net.start(["python3", "-c", DHCP_SERVER, place.outside], tmp_path / "dhcp.log")
    echo = place.net.start(["python3", "-c", ECHO % THEIRS], tmp_path / "echo.log")
    try:
        for process in (server, echo):
            place.gateway.wait_until(lambda p=process: "ready" in p.text(), 60, "no server")
        answer = place.on_host("python3", "-c", DHCP_CLIENT, place.name)
        assert answer.strip() == "10.7.0.99"
        # As an RTSP client.
        assert place.on_host("python3", "-c", TALK % THEIRS).strip() == "True"
    finally:
        server.stop(5)
        echo.stop(5)
    classes = place.kernel()["to_kernel"]
    assert classes["dhcp"]["passed"] >= 1
    assert classes["tcp"]["passed"] > 10


def test_a_group_that_the_kernel_joins_is_asked_for_on_the_wire(place: Place) -> None:
    listen = (
        "import socket, sys\n"
        "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))\n"
        "s.bind((sys.argv[1], 0))\n"
        "s.settimeout(120)\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    packet = s.recv(2048)\n"
        "    if packet[23] == 2 and bytes([239, 7, 7, 7]) in packet:\n"
        "        print('joined', flush=True)\n"
        "        break\n"
    )
    log = place.gateway.folder / "listen.log"
    listener = place.net.start(["python3", "-c", listen, place.outside], log)
    join = (
        "import socket, struct, sys, time\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "index = socket.if_nametoindex(sys.argv[1])\n"
        "mreq = socket.inet_aton('239.7.7.7') + bytes(4) + struct.pack('=i', index)\n"
        "s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreq)\n"
        "time.sleep(2)\n"
    )
    try:
        place.gateway.wait_until(lambda: "ready" in listener.text(), 60, "no listener")
        place.on_host("python3", "-c", join, place.name)
        place.gateway.wait_until(lambda: "joined" in listener.text(), 60, "no report came")
    finally:
        listener.stop(5)


def test_a_flood_starves_neither_arp_nor_ping(place: Place) -> None:
    flood = place.net.start(["python3", "-c", FLOOD, OURS], place.gateway.folder / "flood.log")

    def by_kind() -> dict[str, dict[str, int]]:
        return place.kernel()["to_kernel"]

    def refused() -> int:
        return place.gateway.ask("drops")["unmatched"]["kernel_rate"]

    try:
        place.gateway.wait_until(lambda: by_kind()["udp"]["over_rate"] > 0, 60, "no flood")
        asked = by_kind()["neighbour"]["passed"]
        for _ in range(5):
            # Not "flush", which gives up when the flood has it looked up again each time. It may be
            # looked up just now, and not there.
            with contextlib.suppress(RuntimeError):
                place.net.run("ip", "neighbour", "delete", OURS, "dev", place.outside)
            # The flood fills the tap's own queue, too, when the gateway has no processor: there
            # one may be lost that the gateway never sees.
            place.gateway.wait_until(lambda: place.net.pings(OURS), 60, "it starves")
        assert flood.running
    finally:
        flood.stop(5)
    # What did come was not refused for the flood.
    assert by_kind()["neighbour"]["passed"] > asked
    assert by_kind()["neighbour"]["over_rate"] == 0
    assert by_kind()["icmp"]["over_rate"] == 0
    # What came last is still being refused for a moment.
    place.gateway.wait_until(
        lambda: refused() == sum(each["over_rate"] for each in by_kind().values()),
        60,
        "the kinds are not all that was refused",
    )
    assert place.gateway.ctl("audit").code == 0


def test_more_signals_of_packets_than_the_kernel_queues_end_nothing(place: Place) -> None:
    """A flood on a tap: for what it cannot queue, the kernel sends this one."""
    for _ in range(100):
        os.kill(place.gateway.process.pid, signal.SIGIO)
    place.kernel()
    assert place.gateway.process.running


def test_the_kinds_are_shown(place: Place) -> None:
    done = subprocess.run(
        [places.gwctl(), "--socket", place.gateway.socket, "stages"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    table = done.stdout.split("\n\n")[-1].splitlines()
    assert table[0].split() == ["PORT", "KERNEL", "KIND", "PASSED", "OVER", "RATE", "NO", "ROOM"]
    kinds = {line.split()[2] for line in table[1:]}
    assert {"neighbour", "icmp"} <= kinds
