"""Cameras that send to multicast groups: the gateway joins them, and switches hear of it.

By IGMPv3 (RFC 3376) for IPv4, by MLDv2 (RFC 3810) for IPv6.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from testbed import netns, rtp_jpeg
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.process import Process
from testbed.rtp_jpeg import Packet, Parts, Sender, header, quantisation

PICTURES = 8

# Prints each record of IGMPv3 reports: its type and group, and how many sources.
LISTEN_IPV4 = """
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
s.bind((sys.argv[1], 0))
print("ready", flush=True)
while True:
    packet = s.recv(2048)
    igmp = packet[14 + (packet[14] & 15) * 4:]
    if packet[23] != 2 or igmp[0] != 0x22:
        continue
    at = 8
    for _ in range(struct.unpack(">H", igmp[6:8])[0]):
        kind, more, count, group = struct.unpack(">BBH4s", igmp[at:at + 8])
        print(kind, socket.inet_ntoa(group), count, flush=True)
        at += 8 + 4 * count + 4 * more
"""

# The same of MLDv2 reports, which stand behind a hop-by-hop header.
LISTEN_IPV6 = """
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
s.bind((sys.argv[1], 0))
print("ready", flush=True)
while True:
    packet = s.recv(2048)
    if packet[20] != 0 or packet[54] != 58:
        continue
    mld = packet[54 + (packet[55] + 1) * 8:]
    if mld[0] != 143:
        continue
    at = 8
    for _ in range(struct.unpack(">H", mld[6:8])[0]):
        kind, more, count, group = struct.unpack(">BBH16s", mld[at:at + 20])
        print(kind, socket.inet_ntop(socket.AF_INET6, group), count, flush=True)
        at += 20 + 16 * count + 4 * more
"""

SEND = """
import socket, sys, time
source, interface = sys.argv[2:]
family = socket.AF_INET6 if ":" in source else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
s.bind((source, 0))
if family == socket.AF_INET6:
    number = socket.if_nametoindex(interface)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, number)
for line in open(sys.argv[1]):
    group, payload = line.split()
    s.sendto(bytes.fromhex(payload), (group, 5004))
    time.sleep(0.002)
"""


class Family(NamedTuple):
    """What is different between the two."""

    source: str
    group: str
    other_group: str
    querier: str
    listen: str
    protocol: str

    @property
    def camera(self) -> dict[str, object]:
        """Its configuration."""
        addresses = {"source": self.source, "destination": self.group}
        # As many frames in flight as may be: a busy machine must lose no picture.
        return {"name": "cam0", **addresses, "port": 5004, "quota": 64}


IPV4 = Family("10.9.0.1", "239.1.2.3", "239.9.9.9", "10.9.0.254/32", LISTEN_IPV4, "igmp")
IPV6 = Family("fd09::1", "ff15::1:2:3", "ff15::9:9", "fe80::fe/64", LISTEN_IPV6, "mld")

# What a source is no more wanted, or is (RFC 3376, 4.2.12; RFC 3810, 5.2.12).
WANTED, UNWANTED = (5, 3), (6,)


@pytest.fixture
def net(need_root: None) -> Iterator[CameraNet]:
    """A network whose other end is a place to listen at."""
    made = CameraNet()
    yield made
    made.remove()


@pytest.fixture(params=[IPV4, IPV6], ids=["ipv4", "ipv6"])
def family(request: pytest.FixtureRequest) -> Family:
    """Of the camera's addresses."""
    return request.param


@pytest.fixture
def gateway(net: CameraNet, family: Family, tmp_path: Path) -> Iterator[Gateway]:
    """One that is not started, with the camera, and writes files."""
    made = configuration(net.port, [family.camera], None)
    made["kafka"] = {"backend": "file", "directory": str(tmp_path), "frames": {"every": 1}}
    it = Gateway(made)
    yield it
    it.remove()


def _count(listener: Process, group: str, kinds: tuple[int, ...]) -> int:
    lines = [line.split() for line in listener.text().splitlines()]
    return sum(len(it) == 3 and it[1] == group and int(it[0]) in kinds for it in lines)


def _port(gateway: Gateway) -> dict[str, Any]:
    return gateway.ask("stages")["stages"][0]["facts"]["ports"][0]


@pytest.mark.parametrize("kernel", [None, f"fgtap{os.getpid()}"], ids=["port", "kernel"])
def test_groups_are_joined_and_left_with_their_cameras(
    net: CameraNet, gateway: Gateway, family: Family, tmp_path: Path, kernel: str | None
) -> None:
    """By the interface itself, or by the kernel's share of the port."""

    def _reports(listener: Process, kinds: tuple[int, ...]) -> int:
        return _count(listener, family.group, kinds)

    if kernel:
        gateway.configuration["interfaces"][0]["kernel"] = kernel
        gateway.write()
    listener = net.start(["python3", "-c", family.listen, net.inside], tmp_path / "listen.log")
    try:
        gateway.wait_until(lambda: "ready" in listener.text(), 60, "no listener")
        gateway.start()
        gateway.wait_until(lambda: _reports(listener, WANTED) > 0, 60, "not joined")
        gateway.wait_until(lambda: _port(gateway)["groups"] == 1, 60, "not told")

        left = _reports(listener, UNWANTED)
        assert gateway.ctl("camera", "remove", "cam0").code == 0
        gateway.wait_until(lambda: _reports(listener, UNWANTED) > left, 60, "not left")
        gateway.wait_until(lambda: _port(gateway)["groups"] == 0, 60, "not told")

        joined = _reports(listener, WANTED)
        answer = gateway.ctl(
            *("camera", "add", "cam0", "--source", family.source),
            *("--destination", family.group, "--port", "5004"),
        )
        assert answer.code == 0, answer.stderr
        gateway.wait_until(lambda: _reports(listener, WANTED) > joined, 60, "not joined again")

        # The switch forgets it with the link.
        joined = _reports(listener, WANTED)
        netns._ip("link", "set", net.port, "down")
        gateway.wait_until(lambda: _port(gateway)["state"] == "down", 60, "it is not missed")
        netns._ip("link", "set", net.port, "up")
        gateway.wait_until(lambda: _reports(listener, WANTED) > joined, 60, "not after the link")
        assert gateway.stop() <= 5
    finally:
        listener.stop(5)


def _write_pictures(file: Path, sender: Sender, family: Family) -> list[str]:
    """Pictures to the camera's group and, the same ones, to another; returns the digests."""
    lines, digests = [], []
    for number in range(PICTURES):
        picture = rtp_jpeg.picture(number)
        digests.append(rtp_jpeg.pixels(picture))
        parts = Parts(picture)
        packets = [
            Packet(
                header(at, 1, 255, parts.size)
                + (quantisation(parts.tables) if at == 0 else b"")
                + data
            )
            for at, data in rtp_jpeg.fragments(parts.scan)
        ]
        for packet in packets:
            rtp = sender.rtp(packet, marker=packet is packets[-1]).hex()
            lines += [f"{family.group} {rtp}", f"{family.other_group} {rtp}"]
        sender.timestamp += 3000
    file.write_text("\n".join(lines) + "\n")
    return digests


def test_a_switch_that_snoops_sends_what_was_joined_and_nothing_else(
    net: CameraNet, gateway: Gateway, family: Family, tmp_path: Path
) -> None:
    own, nodad = ("2", " nodad") if family is IPV6 else ("3", "")
    for command in (
        f"ip link add br0 type bridge mcast_snooping 1 mcast_{family.protocol}_version {own}",
        "ip link set br0 type bridge mcast_query_response_interval 100",
        f"ip link set {net.inside} master br0",
        "ip link add s0 type veth peer name s1",
        "ip link set s1 master br0",
        # It asks from its own address, and would wait for half a minute for that to be one.
        f"ip address add {family.querier} dev br0{nodad}",
        "ip link set br0 up",
        "ip link set br0 type bridge mcast_querier 1",
        "ip link set s0 up",
        "ip link set s1 up",
        "ethtool -K s0 tx off",
        f"ip address add {family.source} dev s0{nodad}",
        f"ip route replace {'ff15::/16' if family is IPV6 else '239.0.0.0/8'} dev s0",
    ):
        net.run(*command.split())
    gateway.start()
    # Until the querier is at work, the bridge sends everything everywhere.
    gateway.wait_until(
        lambda: family.group in net.run("bridge", "mdb", "show"), 60, "no membership"
    )
    time.sleep(3)
    sender = Sender(tmp_path / "unused.pcap")
    digests = _write_pictures(tmp_path / "packets", sender, family)
    sender.close()
    before = gateway.ask("drops")["unmatched"]["no_camera"]
    net.run("python3", "-c", SEND, tmp_path / "packets", family.source, "s0")
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] == PICTURES, 60, "pictures are missing"
    )
    index = (tmp_path / "frames.jsonl").read_text().splitlines()
    files = [tmp_path / json.loads(line)["file"] for line in index]
    assert [rtp_jpeg.pixels(file) for file in files] == digests
    assert gateway.ask("drops")["unmatched"]["no_camera"] - before < 5
    gateway.stop()
