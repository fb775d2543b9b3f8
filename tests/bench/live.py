"""Complete frames per second of processor time over a cable, against GStreamer and FFmpeg.

gwgen plays one camera at the same rate to each receiver in turn, over a veth. Processor time is
that of the receiver's process with all of its threads; the kernel's share of the network is mostly
charged to whoever sends, for all alike. Ours receives, checks, puts together and passes on as gwd
does, with no model; GStreamer's udpsrc ! rtpjpegdepay and FFmpeg's demuxer only put together. What
is complete of what was sent stands beside it: a receiver that loses frames has less to do. The rows
'receive thread' leave out gwd's other threads, which have nothing to do here but look for work.
"""

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.decode import make_pictures
from bench.report import Row, progress, row
from testbed import places
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.process import Process

WIDTH, HEIGHT = 768, 576
RATE = 1000
SECONDS = 6
IDLE_SECONDS = 5
ROUNDS = 3
IDLE_LIMIT = 2.0
TICKS = 100  # of /proc, a second (USER_HZ)
CAMERA = {"name": "cam0", "source": "10.0.0.11", "destination": "10.0.0.2", "port": 5004}

GSTREAMER = "gst udpsrc ! rtpjpegdepay"
FFMPEG = "ffmpeg -c copy"
SDP = """v=0
o=- 0 0 IN IP4 10.0.0.11
s=camera
c=IN IP4 10.0.0.1
t=0 0
m=video 5004 RTP/AVP 26
"""


def processor_seconds(pid: int) -> float:
    """What the process used so far, with all of its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def receive_seconds(pid: int) -> float:
    """The same of the receive thread alone."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().startswith("rx"):
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / TICKS
    raise RuntimeError("gwd has no receive thread")


def play(net: CameraNet, from_inside: bool, picture: Path) -> int:
    """Sends; returns how many whole pictures went."""
    port = net.inside if from_inside else net.port
    where = ["ip", "netns", "exec", net.name]
    other = Path(f"/sys/class/net/{net.port}/address").read_text().strip()
    if not from_inside:
        other = net.run("cat", f"/sys/class/net/{net.inside}/address").strip()
    command = [
        *(places.build() / "gwgen", "send", "--json", "--quiet", "--picture", picture),
        *("--port", f"net_af_packet0,iface={port}", "--mac", other, "--source", "10.0.0.11"),
        *("--destination", "10.0.0.2" if from_inside else "10.0.0.1"),
        *("--rate", RATE, "--seconds", SECONDS),
    ]
    done = subprocess.run(
        [*(where if from_inside else []), *map(str, command)],
        capture_output=True,
        text=True,
        timeout=SECONDS + 60,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)["pictures"]


class Turn:
    """What one receiver made of it."""

    def __init__(self, sent: int, complete: int, seconds: float, receiving: float) -> None:
        self.per_second = complete / max(seconds, 1 / TICKS)
        self.by_receiving = complete / max(receiving, 1 / TICKS)
        self.complete = 100 * complete / max(sent, 1)


def ours(picture: Path, folder: Path) -> Turn:
    """gwd, on a port of DPDK's."""
    net = CameraNet()
    gateway = Gateway(configuration(net.port, [CAMERA], None))
    try:
        gateway.start()
        pid = gateway.process.pid
        before, receiving = processor_seconds(pid), receive_seconds(pid)
        sent = play(net, True, picture)
        used, receiving = processor_seconds(pid) - before, receive_seconds(pid) - receiving
        return Turn(sent, gateway.status()["frames"]["delivered"], used, receiving)
    finally:
        gateway.remove()
        net.remove()


@contextmanager
def receiver(folder: Path, *command: object) -> Iterator[tuple[CameraNet, Process]]:
    """A program in the namespace, on the kernel's UDP."""
    net = CameraNet()
    # The camera's address needs no answer from there.
    net.run("sysctl", "-qw", f"net.ipv4.conf.{net.inside}.rp_filter=0")
    log = folder / "receiver.log"
    log.unlink(missing_ok=True)
    process = net.start([*command], log)
    try:
        time.sleep(1)
        yield net, process
    finally:
        process.stop(10)
        net.remove()


def theirs(picture: Path, folder: Path, count: Callable[[str], int], *command: object) -> Turn:
    """One of the others."""
    with receiver(folder, *command) as (net, process):
        before = processor_seconds(process.pid)
        sent = play(net, False, picture)
        time.sleep(1.5)
        used = processor_seconds(process.pid) - before
        complete = count(process.text())
    return Turn(sent, complete, used, used)


def last_number(pattern: str) -> Callable[[str], int]:
    """The last number that the program printed in that place."""

    def count(text: str) -> int:
        found = re.findall(pattern, text)
        if not found:
            raise RuntimeError(f"the receiver counted nothing:\n{text[-1000:]}")
        return int(found[-1])

    return count


def gstreamer(picture: Path, folder: Path) -> Turn:
    """Its buffers are pictures."""
    caps = "application/x-rtp,media=video,clock-rate=90000,encoding-name=JPEG,payload=26"
    line = f"udpsrc port=5004 buffer-size=8388608 caps={caps} ! rtpjpegdepay"
    line += " ! progressreport update-freq=1 do-query=false format=buffers ! fakesink sync=false"
    return theirs(picture, folder, last_number(r"(\d+) buffers"), "gst-launch-1.0", *line.split())


def ffmpeg(picture: Path, folder: Path) -> Turn:
    """It says every half second how many it has."""
    sdp = folder / "camera.sdp"
    sdp.write_text(SDP)
    line = "-nostdin -loglevel error -protocol_whitelist file,udp,rtp -buffer_size 8388608"
    line += f" -analyzeduration 100000 -i {sdp} -c copy -f null -progress pipe:1 -"
    return theirs(picture, folder, last_number(r"frame=(\d+)"), "ffmpeg", *line.split())


def idle() -> float:
    """Per cent of a processor of a gateway that waits for its camera."""
    net = CameraNet()
    gateway = Gateway(configuration(net.port, [CAMERA], None))
    try:
        gateway.start()
        time.sleep(1)
        before = processor_seconds(gateway.process.pid)
        time.sleep(IDLE_SECONDS)
        return 100 * (processor_seconds(gateway.process.pid) - before) / IDLE_SECONDS
    finally:
        gateway.remove()
        net.remove()


def rows(rounds: int | None) -> list[Row]:
    """Every receiver in turn, in each round."""
    places.need(places.build() / "gwgen", "run ./dev build")
    turns: dict[str, list[Turn]] = {"ours": [], GSTREAMER: [], FFMPEG: []}
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        folder = Path(name)
        picture = make_pictures(folder, WIDTH, HEIGHT)[0]
        for number in range(rounds or ROUNDS):
            progress(f"live: round {number + 1}")
            turns["ours"].append(ours(picture, folder))
            turns[GSTREAMER].append(gstreamer(picture, folder))
            turns[FFMPEG].append(ffmpeg(picture, folder))
    what = f"{WIDTH}x{HEIGHT}, {RATE} pictures/s over a veth"
    found = []
    for peer in (GSTREAMER, FFMPEG):
        mine, other = turns["ours"], turns[peer]
        found += [
            row(
                what,
                "frames/s per core",
                peer,
                [turn.per_second for turn in mine],
                [turn.per_second for turn in other],
            ),
            row(
                f"{what}, receive thread",
                "frames/s per core",
                peer,
                [turn.by_receiving for turn in mine],
                [turn.by_receiving for turn in other],
            ),
            row(
                what,
                "% complete",
                peer,
                [turn.complete for turn in mine],
                [turn.complete for turn in other],
            ),
        ]
    progress("live: idle")
    found.append(
        row("idle: adaptive, no packets", "% of a core", "the limit", [idle()], [IDLE_LIMIT])
    )
    return found
