"""What a gateway costs that has nothing to do, and how late it then takes a packet.

The share of a core is that of the whole process, by /proc, while a camera is configured and silent.
Then the camera sends a packet now and then, further apart than it takes a lane to fall into its
longest sleep. When each was sent is what the sender's clock says right before it hands it to the
kernel; when it was taken, what the receive thread writes into a capture, by the same clock. In
between lies the kernel's way over the veth, which is the same for a lane that spins: what waking up
adds is the difference. It all goes by the clock of one machine: let nothing else run.
"""

import json
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.live import CAMERA, processor_seconds
from bench.report import Row, progress, row
from testbed import places, rtp_jpeg
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.rtp_jpeg import Packet, Parts, Sender

ROUNDS = 2
IDLE_SECONDS = 10
IDLE_LIMIT = 2.0
PACKETS = 70
APART = 0.75  # seconds: a lane without work for half a second sleeps for as long as it ever does
CAPTURE_SECONDS = 60
LIMIT_US = 200.0
PACKET_BLOCK = 6  # of pcapng, an Enhanced Packet Block

SEND = """
import json, socket, sys, time
packets = [bytes.fromhex(line) for line in open(sys.argv[1])]
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind((sys.argv[2], 0))
sent = []
for packet in packets:
    time.sleep(float(sys.argv[4]))
    sent.append(time.clock_gettime_ns(time.CLOCK_REALTIME))
    out.sendto(packet, (sys.argv[3], 5004))
print(json.dumps(sent))
"""


def packets(folder: Path) -> Path:
    """One picture each, in a file of hexadecimal lines."""
    parts = Parts(rtp_jpeg.picture(1, (32, 32)))
    payload = rtp_jpeg.header(0, 1, 255, parts.size)
    payload += rtp_jpeg.quantisation(parts.tables) + parts.scan
    sender = Sender(folder / "unused.pcap")
    lines = []
    for _ in range(PACKETS):
        lines.append(sender.rtp(Packet(payload), marker=True).hex())
        sender.timestamp += int(APART * 90_000)
    path = folder / "packets"
    path.write_text("\n".join(lines) + "\n")
    return path


def taken(capture: Path) -> list[int]:
    """When each packet was taken, in nanoseconds since 1970: the blocks of a pcapng file."""
    data = capture.read_bytes()
    at, found = 0, []
    while at + 12 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == PACKET_BLOCK:
            high, low = struct.unpack_from("<II", data, at + 12)
            found.append(high << 32 | low)
        at += size
    return found


def share(idle: str) -> float:
    """Per cent of a core of a gateway whose camera is silent."""
    net = CameraNet()
    made = configuration(net.port, [CAMERA], None)
    made["gateway"]["idle"] = idle
    gateway = Gateway(made)
    try:
        gateway.start()
        time.sleep(2)
        before = processor_seconds(gateway.process.pid)
        time.sleep(IDLE_SECONDS)
        return 100 * (processor_seconds(gateway.process.pid) - before) / IDLE_SECONDS
    finally:
        gateway.remove()
        net.remove()


def delays(idle: str, folder: Path) -> list[float]:
    """Microseconds until each packet was taken, in order of their size."""
    net = CameraNet()
    net.add_camera(CAMERA["source"])
    made = configuration(net.port, [CAMERA], None)
    made["gateway"]["idle"] = idle
    gateway = Gateway(made)
    capture = folder / f"{idle}.pcapng"
    try:
        gateway.start()
        catch = ["--camera", "cam0", "--seconds", CAPTURE_SECONDS]
        command = [places.gwctl(), "--socket", gateway.socket, "port", "capture", capture, *catch]
        catching = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
        time.sleep(1)
        where = (packets(folder), CAMERA["source"], CAMERA["destination"], APART)
        sent = json.loads(net.run(sys.executable, "-c", SEND, *where))
        if catching.wait(CAPTURE_SECONDS + 30) != 0:
            raise RuntimeError("gwctl port capture failed")
    finally:
        gateway.remove()
        net.remove()
    came = taken(capture)
    if len(came) != len(sent):
        raise RuntimeError(f"{len(came)} of {len(sent)} packets were taken")
    return sorted((b - a) / 1000 for a, b in zip(sent, came, strict=True))


def rows(rounds: int | None) -> list[Row]:
    """A lane that sleeps and one that spins in turn, in each round."""
    shares, sleeping, spinning = [], [], []
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        for number in range(rounds or ROUNDS):
            progress(f"idle: round {number + 1}: the share of a core")
            shares.append(share("adaptive"))
            progress(f"idle: round {number + 1}: {PACKETS} packets to a lane that sleeps")
            sleeping.append(delays("adaptive", Path(name)))
            progress(f"idle: round {number + 1}: {PACKETS} packets to a lane that spins")
            spinning.append(delays("spin", Path(name)))
    found = [
        row(
            "idle: adaptive, no packets",
            "% of a core",
            "the limit",
            shares,
            [IDLE_LIMIT] * len(shares),
        )
    ]
    for what, part in (("p50", 0.5), ("p99", 0.99)):
        at = int(part * (PACKETS - 1) + 0.5)
        ours, peer = [it[at] for it in sleeping], [it[at] for it in spinning]
        found += [
            row(
                f"first packet after {APART} s, {what}",
                "us until taken",
                "idle: spin",
                ours,
                peer,
            ),
            row(
                f"... what waking up adds, {what}",
                "us until taken",
                "the limit",
                [a - b for a, b in zip(ours, peer, strict=True)],
                [LIMIT_US] * len(ours),
            ),
        ]
    return found
