"""Receiver reports, over a virtual cable: a camera reads what the gateway says of its stream."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import rtcp, rtp_jpeg
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.rtp_jpeg import Packet, Parts, Sender, fragments, header, quantisation

CAMERA = {"name": "cam0", "source": "10.0.0.11", "destination": "10.0.0.2", "port": 5004}

# Sends ten pictures a second: the lines of a file, each a number of a picture and an RTP packet,
# with a sender report before the first and every second; ends when the file does, and prints what
# came back, each with how long ago the sender report had gone that it names (-1: there was none).
PLAY = """
import select, socket, struct, sys, time
sys.path.insert(0, sys.argv[2])
from testbed import rtcp
port, ssrc, first = 5004, int(sys.argv[3]), int(sys.argv[4])
media, control = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
media.bind(("10.0.0.11", 40000))
control.bind(("10.0.0.11", 40001))
begin, reported, gone = time.monotonic(), -1, {}
for line in open(sys.argv[1]):
    number, packet = line.split()
    due = begin + int(number) / 10
    while (left := due - time.monotonic()) > 0:
        if select.select([control], [], [], left)[0]:
            report, peer = control.recvfrom(2048)
            now = time.monotonic()
            ago = now - gone.get(report[24:28], now + 1)
            print(report.hex(), peer[0], peer[1], ago, flush=True)
    if int(number) // 10 > reported:
        reported, now = int(number) // 10, time.time()
        timestamp = first + int(number) * 9000
        sent = rtcp.sender_report(ssrc, now, timestamp)
        gone[sent[10:14]] = time.monotonic()
        control.sendto(sent, ("10.0.0.2", port + 1))
    media.sendto(bytes.fromhex(packet), ("10.0.0.2", port))
"""

# GStreamer has a socket for what it sends and another for what it receives. Cameras have one.
RELAY = """
import select, socket
inside, outside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
inside.bind(("127.0.0.1", 40001))
outside.bind(("10.0.0.11", 40001))
while True:
    for ready in select.select([inside, outside], [], [])[0]:
        packet = ready.recv(2048)
        if ready is inside:
            outside.sendto(packet, ("10.0.0.2", 5005))
        else:
            inside.sendto(packet, ("127.0.0.1", 40002))
"""


class Live:
    """A gateway, and a camera that listens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.net = CameraNet()
        self.net.add_camera("10.0.0.11")
        self.sender = Sender(folder / "unused.pcap")
        self.sender.step = 9000
        self.gateway: Gateway | None = None

    def start(self, **camera: object) -> None:
        """Starts the gateway with one camera."""
        made = configuration(self.net.port, [{**CAMERA, **camera}], None)
        self.gateway = Gateway(made)
        self.gateway.start()

    def play(self, pictures: int, lost: int = 0) -> list[list[str]]:
        """Plays so many pictures, of each of which `lost` packets do not go; what came back."""
        first = self.sender.timestamp
        lines = []
        for number in range(pictures):
            parts = Parts(rtp_jpeg.picture(number % 3))
            packets = [
                Packet(
                    header(at, 1, 255, parts.size)
                    + (quantisation(parts.tables) if at == 0 else b"")
                    + data
                )
                for at, data in fragments(parts.scan, 300)
            ]
            for count, packet in enumerate(packets):
                rtp = self.sender.rtp(packet, marker=packet is packets[-1])
                if not 1 <= count <= lost:
                    lines.append(f"{number} {rtp.hex()}")
            self.sender.timestamp += self.sender.step
        file = self._folder / "packets"
        file.write_text("\n".join(lines) + "\n")
        tests = Path(__file__).parents[1]
        told = self.net.run("python3", "-c", PLAY, file, tests, self.sender.ssrc, first)
        return [line.split() for line in told.splitlines()]

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


def test_reports_say_what_came(live: Live) -> None:
    live.start()
    began = live.sender.sequence
    begin = time.monotonic()
    came = live.play(200, lost=2)
    assert live.gateway
    # In 20 s, or more of a busy machine's, one in 2 to 6 s.
    assert 2 <= len(came) <= (time.monotonic() - begin) / 2
    reports = [rtcp.read_report(bytes.fromhex(line[0])) for line in came]
    # How much longer than the gateway says it is that the report had gone which it names: either
    # may have been kept waiting for a processor, and has not been each time.
    longer = [float(it[3]) - report.delay / 65536 for report, it in zip(reports, came)]
    assert min(longer) > -0.01
    assert min(longer) < 0.1
    # It is the last one that it names: there is one a second.
    assert min(report.delay for report in reports) < 1.1 * 65536
    for report, (_, address, port, ago) in zip(reports, came):
        # From where the camera sends to, to where it sends from.
        assert (address, port) == ("10.0.0.2", "5005")
        assert report.about == live.sender.ssrc
        assert report.sender == reports[0].sender != live.sender.ssrc
        assert float(ago) >= 0
        assert began < report.highest < live.sender.sequence
        expected = report.highest - began + 1
        # Every picture has lost two of its packets.
        pictures = expected * 200 / (live.sender.sequence - began)
        assert report.lost == pytest.approx(2 * pictures, abs=2)
        assert report.fraction_lost / 256 == pytest.approx(report.lost / expected, abs=0.03)
        assert report.jitter < 90000  # a second, of which a busy machine is never so late
        assert re.fullmatch("[0-9a-f-]{36}", report.name)
    camera = live.gateway.ask("camera", "show", "cam0")
    assert camera["clock_source"] == "rtcp"
    # The same clock: it can be behind by how long the last one was on its way, and never ahead.
    assert -60_000 < camera["clock_offset_ms"] < 10
    assert camera["rtcp_packets"] >= 19
    assert camera["lost_share"] == pytest.approx(reports[-1].lost / expected, abs=0.03)
    facts = next(it for it in live.gateway.ask("stages")["stages"] if it["stage"] == "rx")["facts"]
    assert facts["receiver_reports"]["sent"] >= len(came)
    assert facts["receiver_reports"]["unsent"] == 0
    assert live.gateway.ask("audit")["balanced"]


def test_a_camera_whose_rtcp_is_not_wanted_gets_none(live: Live) -> None:
    live.start(rtcp=False)
    assert live.play(80) == []
    assert live.gateway
    camera = live.gateway.ask("camera", "show", "cam0")
    assert camera["clock_source"] == "arrival"
    assert camera["clock_offset_ms"] is None
    assert camera["rtcp_packets"] > 0


def test_what_was_sent_to_others_is_not_answered(live: Live) -> None:
    """A mirrored switch port shows packets for another host: reports to them are that host's."""
    live.net.run(
        *("ip", "neighbour", "replace", "10.0.0.2", "lladdr", "02:00:00:00:00:99"),
        *("dev", live.net.inside, "nud", "permanent"),
    )
    live.start()
    assert live.play(80) == []
    assert live.gateway
    assert live.gateway.ask("camera", "show", "cam0")["clock_source"] == "rtcp"


def test_gstreamer_understands_the_reports(live: Live, tmp_path: Path) -> None:
    live.start()
    relay = live.net.start(["python3", "-c", RELAY], tmp_path / "relay.log")
    sender = live.net.start(
        [
            *("env", "GST_DEBUG=rtpsource:6", "GST_DEBUG_NO_COLOR=1", "gst-launch-1.0", "-q"),
            *("rtpbin", "name=bin", "videotestsrc", "is-live=true"),
            *("!", "video/x-raw,format=I420,width=320,height=240,framerate=25/1", "!", "jpegenc"),
            *("!", "rtpjpegpay", "pt=26", "ssrc=77", "!", "bin.send_rtp_sink_0"),
            *("bin.send_rtp_src_0", "!", "udpsink", "host=10.0.0.2", "port=5004"),
            "bind-address=10.0.0.11",
            *("bin.send_rtcp_src_0", "!", "udpsink", "host=127.0.0.1", "port=40001"),
            *("sync=false", "async=false"),
            *("udpsrc", "address=127.0.0.1", "port=40002", "!", "bin.recv_rtcp_sink_0"),
        ],
        tmp_path / "gst.log",
    )
    end = time.monotonic() + 60
    blocks: list[tuple[str, ...]] = []
    while len(blocks) < 2 and time.monotonic() < end:
        time.sleep(0.5)
        blocks = re.findall(r"got RB packet: SSRC (\w+), FL +(\w+), PL (\d+)", sender.text())
    sender.stop(5)
    relay.stop(5)
    assert len(blocks) >= 2, sender.text()[-3000:]
    # One receiver, for which nothing was lost.
    assert len(set(blocks)) == 1
    assert {(int(share, 16), int(lost)) for _, share, lost in blocks} == {(0, 0)}
    assert live.gateway
    assert live.gateway.ask("camera", "show", "cam0")["clock_source"] == "rtcp"
