"""The rows that have to do with time, over a virtual cable: live and replay agree."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed import rtp_jpeg
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.rtp_jpeg import Packet, Parts, Sender, fragments, header, quantisation

# As many frames in flight as may be: a busy machine must lose no picture.
CAMERA = {
    "name": "cam0",
    "source": "10.0.0.11",
    "destination": "10.0.0.2",
    "port": 5004,
    "quota": 64,
}

# Sends the lines of a file, each a time in seconds and a UDP payload.
SEND = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.0.0.11", 0))
begin = time.monotonic()
for line in open(sys.argv[1]):
    when, payload = line.split()
    time.sleep(max(0, begin + float(when) - time.monotonic()))
    s.sendto(bytes.fromhex(payload), ("10.0.0.2", 5004))
"""


class Live:
    """A gateway that writes files, and what is sent to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.net = CameraNet()
        self.net.add_camera("10.0.0.11")
        self.sender = Sender(folder / "unused.pcap")
        self.sent: list[bytes] = []
        self.lines: list[str] = []
        self.gateway: Gateway | None = None

    def start(self, **camera: object) -> None:
        """Starts the gateway with one camera."""
        made = configuration(self.net.port, [{**CAMERA, **camera}], None)
        output = {"backend": "file", "directory": str(self._folder), "frames": {"every": 1}}
        self.gateway = Gateway({**made, "kafka": output})
        self.gateway.start()

    def add(self, packets: list[Packet], when: float, *, markers: bool = True) -> None:
        """One picture, all at once."""
        for packet in packets:
            rtp = self.sender.rtp(packet, marker=markers and packet is packets[-1])
            self.lines.append(f"{when} {rtp.hex()}")
        self.sender.timestamp += 3000

    def run(self) -> None:
        """Sends everything that was added, in its time."""
        file = self._folder / "packets"
        file.write_text("\n".join(self.lines) + "\n")
        self.net.run("python3", "-c", SEND, file)

    def pictures(self, count: int) -> list[str]:
        """The digests of what came, once there are so many."""
        index = self._folder / "frames.jsonl"
        end = time.monotonic() + 60
        lines: list[str] = []
        while len(lines) < count and time.monotonic() < end:
            time.sleep(0.02)
            lines = index.read_text().splitlines() if index.exists() else []
        return [rtp_jpeg.pixels(self._folder / json.loads(line)["file"]) for line in lines]

    def close(self) -> None:
        """Takes everything away."""
        if self.gateway:
            self.gateway.stop()
            self.gateway.remove()
        self.sender.close()
        self.net.remove()


@pytest.fixture
def live(need_root: None, tmp_path: Path) -> Iterator[Live]:
    """A network without a gateway yet."""
    made = Live(tmp_path)
    yield made
    made.close()


def plain(number: int, keep: Callable[[bytes], None] = lambda _: None) -> list[Packet]:
    """A picture with its tables; `keep` gets the file."""
    file = rtp_jpeg.picture(number)
    keep(file)
    parts = Parts(file)
    return [
        Packet(
            header(at, 1, 255, parts.size) + (quantisation(parts.tables) if at == 0 else b"") + data
        )
        for at, data in fragments(parts.scan)
    ]


def test_no_markers_at_one_picture_a_second(live: Live) -> None:
    live.start()
    for number in range(5):
        live.add(plain(number, live.sent.append), number * 1.0, markers=False)
    live.run()
    assert live.pictures(4) == [rtp_jpeg.pixels(file) for file in live.sent[:4]]


def test_empty_packets_between_pictures_hold_nothing_up(live: Live) -> None:
    live.start()
    for number in range(20):
        live.add(plain(number, live.sent.append), number * 0.04)
        rtp = bytearray(live.sender.rtp(Packet(bytes(3) + b"\x04"), marker=False))
        rtp[0] |= 0x20
        live.lines.append(f"{number * 0.04} {rtp.hex()}")
    live.run()
    assert live.pictures(20) == [rtp_jpeg.pixels(file) for file in live.sent]
    events = {it["event"]: it["total"] for it in live.gateway.ask("drops")["events"]}
    assert events["sequence_gap"] == 0


def test_a_new_session_and_strays_cost_nothing(live: Live) -> None:
    live.start()
    for number in range(20):
        if number == 10:
            live.sender.ssrc, live.sender.sequence = 0xABC, 7
        live.add(plain(number, live.sent.append), number * 0.04)
        stray = live.sender.rtp(Packet(plain(0)[0].payload, ssrc=5), marker=False)
        live.lines.append(f"{number * 0.04} {stray.hex()}")
    live.run()
    assert live.pictures(20) == [rtp_jpeg.pixels(file) for file in live.sent]
    events = {it["event"]: it["total"] for it in live.gateway.ask("drops")["events"]}
    assert events["ssrc_change"] == 1


def test_the_stream_once_more_half_a_second_later(live: Live) -> None:
    live.start()
    timed = []
    for number in range(25):
        live.lines = []
        live.add(plain(number, live.sent.append), 0)
        for line in live.lines:
            payload = line.split()[1]
            timed += [(number * 0.04, payload), (number * 0.04 + 0.5, payload)]
    live.lines = [f"{when} {payload}" for when, payload in sorted(timed, key=lambda it: it[0])]
    live.run()
    assert live.pictures(25) == [rtp_jpeg.pixels(file) for file in live.sent]
