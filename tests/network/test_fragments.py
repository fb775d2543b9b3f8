"""Datagrams that are larger than the network's packets, over a virtual cable."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed import rtp_jpeg
from testbed.gateway import RING, Gateway, configuration
from testbed.netns import CameraNet
from testbed.rtp_jpeg import Packet, Parts, Sender, header, quantisation

PICTURES = 12
# Cameras of two receive threads, at one address.
CAMERAS = ("cam0", "cam1")

# Sends the lines of a file: addresses, a port and a UDP payload.
SEND = """
import socket, sys, time
sockets = {}
for line in open(sys.argv[1]):
    source, destination, port, payload = line.split()
    if source not in sockets:
        kind = socket.AF_INET6 if ":" in source else socket.AF_INET
        sockets[source] = socket.socket(kind, socket.SOCK_DGRAM)
        sockets[source].bind((source, 0))
    sockets[source].sendto(bytes.fromhex(payload), (destination, int(port)))
    time.sleep(0.004)
"""

# First fragments of datagrams that never end, with the camera's address. So many a millisecond that
# no more begin than there are places for while the kernel lets the camera wait between two pieces.
FLOOD = """
import socket, struct, sys, time
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((sys.argv[1], 0))
addresses = socket.inet_pton(socket.AF_INET6, sys.argv[2])
addresses += socket.inet_pton(socket.AF_INET6, sys.argv[3])
for number in range(20000):
    piece = struct.pack(">BBHI", 17, 0, 1, number) + bytes(1000)
    ip = struct.pack(">IHBB", 6 << 28, len(piece), 44, 64) + addresses
    raw.send(bytes(12) + b"\\x86\\xdd" + ip + piece)
    if number % 5 == 0:
        time.sleep(0.001)
"""


class Bench:
    """A gateway with two receive threads that writes files, and what is sent to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.net = CameraNet()
        self.senders = {name: Sender(folder / f"{name}.pcap") for name in CAMERAS}
        self.lines: list[str] = []
        self.sent: list[str] = []
        self.gateway: Gateway | None = None

    def start(self, source: str, destination: str, device: str = "") -> None:
        """Starts the gateway."""
        cameras = [
            {
                "name": name,
                "source": source,
                "destination": destination,
                "port": 5004 + 2 * number,
                # As many frames in flight as may be: a busy machine must lose no picture.
                "quota": 64,
            }
            for number, name in enumerate(CAMERAS)
        ]
        made = configuration(self.net.port, cameras, None)
        if device:
            # Larger places, and fewer.
            port = made["interfaces"][0]
            port["device"] = port["device"].replace(f"framecnt={RING}", device)
        made["cores"] = {"rx": 2}
        output = {"backend": "file", "directory": str(self._folder), "frames": {"every": 1}}
        self.gateway = Gateway({**made, "kafka": output})
        self.gateway.start()
        for number in range(PICTURES):
            file = rtp_jpeg.picture(number, size=(640, 480))
            self.sent.append(rtp_jpeg.pixels(file))
            for camera in cameras:
                self._add(camera, Parts(file))

    def _add(self, camera: dict[str, object], parts: Parts) -> None:
        packets = [
            Packet(
                header(at, 1, 255, parts.size)
                + (quantisation(parts.tables) if at == 0 else b"")
                + data
            )
            for at, data in rtp_jpeg.fragments(parts.scan, 6000)
        ]
        sender = self.senders[str(camera["name"])]
        for packet in packets:
            rtp = sender.rtp(packet, marker=packet is packets[-1])
            way = (camera["source"], camera["destination"], camera["port"])
            self.lines.append(" ".join(map(str, (*way, rtp.hex()))))
        sender.timestamp += 3000

    def send(self) -> None:
        """Sends everything."""
        file = self._folder / "packets"
        file.write_text("\n".join(self.lines) + "\n")
        self.net.run("python3", "-c", SEND, file)

    def pictures(self) -> dict[str, list[str]]:
        """The digests of what came, by camera, once all have."""
        index = self._folder / "frames.jsonl"
        end = time.monotonic() + 60
        lines: list[str] = []
        while len(lines) < PICTURES * len(CAMERAS) and time.monotonic() < end:
            time.sleep(0.05)
            lines = index.read_text().splitlines() if index.exists() else []
        files = [self._folder / json.loads(line)["file"] for line in lines]
        return {
            name: [rtp_jpeg.pixels(file) for file in files if file.parent.name == name]
            for name in CAMERAS
        }

    def event(self, name: str) -> int:
        """How often it was noticed."""
        events = self.gateway.ask("drops")["events"]
        return {it["event"]: it["total"] for it in events}[name]

    def close(self) -> None:
        """Takes everything away."""
        if self.gateway:
            self.gateway.stop()
            self.gateway.remove()
        for sender in self.senders.values():
            sender.close()
        self.net.remove()


@pytest.fixture
def bench(need_root: None, tmp_path: Path) -> Iterator[Bench]:
    """A network without a gateway yet."""
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.fixture
def ipv6(bench: Bench) -> Callable[[], None]:
    """Gives the network IPv6 addresses and starts the gateway."""
    net = bench.net
    hardware = Path(f"/sys/class/net/{net.port}/address").read_text().strip()
    net.run("ip", "address", "add", "fd00:0:0:1::11/64", "dev", net.inside, "nodad")
    net.run(
        *("ip", "neighbour", "replace", "fd00:0:0:1::2", "lladdr", hardware),
        *("dev", net.inside, "nud", "permanent"),
    )
    return lambda: bench.start("fd00:0:0:1::11", "fd00:0:0:1::2")


def _assert_all_came(bench: Bench) -> None:
    assert bench.pictures() == dict.fromkeys(CAMERAS, bench.sent)
    assert bench.gateway.ctl("audit").code == 0


def test_ipv6_datagrams_in_fragments_become_pictures(
    bench: Bench, ipv6: Callable[[], None]
) -> None:
    ipv6()
    bench.send()
    _assert_all_came(bench)
    assert bench.event("datagram_assembled") >= PICTURES


def test_a_flood_of_fragments_harms_no_picture(bench: Bench, ipv6: Callable[[], None]) -> None:
    ipv6()
    flood = bench.net.start(
        ["python3", "-c", FLOOD, bench.net.inside, "fd00:0:0:1::11", "fd00:0:0:1::2"],
        bench.gateway.folder / "flood.log",
    )
    try:
        bench.send()
        _assert_all_came(bench)
        assert flood.wait(60) == 0
    finally:
        flood.stop(5)
    # Those that had begun are given up a second later.
    bench.gateway.wait_until(
        lambda: bench.gateway.ask("drops")["unmatched"]["fragment_flood"] > 1000,
        60,
        "the flood is not told",
    )
    assert bench.gateway.ctl("audit").code == 0


def test_ipv4_datagrams_in_fragments_become_pictures(bench: Bench) -> None:
    """The kernel puts these together before net_af_packet sees them: they need larger places."""
    bench.net.add_camera("10.0.0.11")
    bench.start("10.0.0.11", "10.0.0.2", "framecnt=4096,framesz=9216,blocksz=36864")
    bench.send()
    _assert_all_came(bench)
    assert bench.gateway.ask("drops")["unmatched"]["cut_short"] == 0
