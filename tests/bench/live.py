"""Complete frames per second of processor time over a cable, against GStreamer and FFmpeg.

gwgen plays one camera at the same rate to each receiver in turn, over a veth; then 16 and 64, which
together send as much: GStreamer has a pipeline for each in one process, FFmpeg takes no more than
one. Then 16 cameras send more and more until less than 99 % of the frames are complete, or the
sender cannot: what each receiver takes, and what it costs then, is the row 'as many as it takes'.
With little to do, most of a receiver's time is waking up; only there do the packets' costs show.

Processor time is that of the receiver's process with all of its threads; the kernel's share of the
network is mostly charged to whoever sends, for all alike. Ours receives, checks, puts together and
passes on as gwd does, with no model; GStreamer's udpsrc ! rtpjpegdepay and FFmpeg's demuxer only
put together. What is complete of what was sent stands beside it: a receiver that loses frames has
less to do. The rows 'receive thread' leave out gwd's other threads, which have nothing to do here.
"""

import json
import re
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import yaml

from bench.decode import make_pictures
from bench.report import Row, progress, row, rows_of
from testbed import places
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.process import Process

WIDTH, HEIGHT = 768, 576
RATE = 1000
SECONDS = 6
START_SECONDS = 30
END_SECONDS = 10
ROUNDS = 3
TICKS = 100  # of /proc, a second (USER_HZ)
MANY = (16, 64)
# Of 16 cameras together, until less than so much is complete.
RATES = (500, 700, 1000, 1400, 2000, 2800, 4000, 5600, 8000)
ENOUGH, SENT_ENOUGH = 99.0, 97.0  # per cent
PORT, PORT_STEP = 5004, 2
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


class Load(NamedTuple):
    """What is sent."""

    cameras: int = 1
    rate: int = RATE  # pictures a second of all together


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


def crew(cameras: int, destination: str) -> list[object]:
    """gwgen's words for cameras that have ports of their own."""
    return [
        *("--cameras", cameras, "--udp-port", PORT, "--udp-step", PORT_STEP),
        *("--source", "10.0.0.11", "--destination", destination),
    ]


def play(
    net: CameraNet, from_inside: bool, picture: Path, load: Load, frames: int | None = None
) -> int:
    """Sends, of each camera so many frames; returns how many whole pictures went."""
    port = net.inside if from_inside else net.port
    where = ["ip", "netns", "exec", net.name]
    other = Path(f"/sys/class/net/{net.port}/address").read_text().strip()
    if not from_inside:
        other = net.run("cat", f"/sys/class/net/{net.inside}/address").strip()
    command = [
        *(places.build() / "gwgen", "send", "--json", "--quiet", "--picture", picture),
        *("--port", f"net_af_packet0,iface={port}", "--mac", other),
        *crew(load.cameras, "10.0.0.2" if from_inside else "10.0.0.1"),
        *("--rate", load.rate / load.cameras),
        *(("--frames", frames) if frames else ("--seconds", SECONDS)),
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
    sent: int = json.loads(done.stdout)["pictures"]
    return sent


class Turn:
    """What one receiver made of it."""

    def __init__(self, sent: int, complete: int, seconds: float, receiving: float) -> None:
        self.per_second = complete / max(seconds, 1 / TICKS)
        self.by_receiving = complete / max(receiving, 1 / TICKS)
        self.complete = 100 * complete / max(sent, 1)
        self.sent, self.by_the_clock = sent, complete / SECONDS


Receiver = Callable[[Path, Path, Load], Turn]


def ours(picture: Path, folder: Path, load: Load) -> Turn:
    """gwd, on a port of DPDK's."""
    net = CameraNet()
    told = [places.build() / "gwgen", "config", *crew(load.cameras, "10.0.0.2")]
    said = subprocess.run([*map(str, told)], check=True, capture_output=True, text=True).stdout
    cameras = yaml.safe_load(said)["cameras"]
    gateway = Gateway(configuration(net.port, cameras, None))
    try:
        gateway.start()
        pid = gateway.process.pid
        before, receiving = processor_seconds(pid), receive_seconds(pid)
        sent = play(net, True, picture, load)
        used, receiving = processor_seconds(pid) - before, receive_seconds(pid) - receiving
        return Turn(sent, gateway.status()["frames"]["delivered"], used, receiving)
    finally:
        gateway.remove()
        net.remove()


def wait_for_ports(net: CameraNet, process: Process, cameras: int) -> None:
    """Until the program listens to all cameras."""
    wanted = {PORT + PORT_STEP * camera for camera in range(cameras)}
    end = time.monotonic() + START_SECONDS
    while True:
        lines = net.run("cat", "/proc/net/udp", "/proc/net/udp6").splitlines()
        found = (re.match(r" *\d+: [0-9A-F]+:([0-9A-F]{4}) ", line) for line in lines)
        if wanted <= {int(it[1], 16) for it in found if it}:
            return
        if not process.running or time.monotonic() > end:
            raise RuntimeError(f"the receiver does not listen:\n{process.text()[-1000:]}")
        time.sleep(0.1)


@contextmanager
def receiver(folder: Path, cameras: int, *command: object) -> Iterator[tuple[CameraNet, Process]]:
    """A program in the namespace, on the kernel's UDP."""
    net = CameraNet()
    # The camera's address needs no answer from there.
    net.run("sysctl", "-qw", f"net.ipv4.conf.{net.inside}.rp_filter=0")
    log = folder / "receiver.log"
    log.unlink(missing_ok=True)
    process = net.start([*command], log)
    try:
        wait_for_ports(net, process, cameras)
        yield net, process
    finally:
        process.stop(10)
        net.remove()


def theirs(
    picture: Path,
    folder: Path,
    load: Load,
    count: Callable[[str], int],
    *command: object,
    afterwards: bool = False,
) -> Turn:
    """One of the others. `afterwards`: it says what it has counted when one more picture comes, a
    second after its last line; that one is counted too."""
    with receiver(folder, load.cameras, *command) as (net, process):
        before = processor_seconds(process.pid)
        sent = play(net, False, picture, load)
        time.sleep(1.5)
        used = processor_seconds(process.pid) - before
        if afterwards:
            play(net, False, picture, load, frames=2)
            time.sleep(0.5)
        # What they counted since their last line, others say when they end well.
        process.signal(signal.SIGINT)
        end = time.monotonic() + END_SECONDS
        while process.running and time.monotonic() < end:
            time.sleep(0.1)
        complete = count(process.text()) - load.cameras * afterwards
    return Turn(sent, complete, used, used)


def last_numbers(pattern: str) -> Callable[[str], int]:
    """The sum of the last numbers that the program printed: one for each name in the pattern."""

    def count(text: str) -> int:
        found = dict(re.findall(pattern, text))
        if not found:
            raise RuntimeError(f"the receiver counted nothing:\n{text[-1000:]}")
        return sum(map(int, found.values()))

    return count


def gstreamer(picture: Path, folder: Path, load: Load) -> Turn:
    """Its buffers are pictures."""
    caps = "application/x-rtp,media=video,clock-rate=90000,encoding-name=JPEG,payload=26"
    words: list[str] = []
    for camera in range(load.cameras):
        line = f"udpsrc port={PORT + PORT_STEP * camera} buffer-size=8388608 caps={caps}"
        line += f" ! rtpjpegdepay ! progressreport name=p{camera} update-freq=1 do-query=false"
        line += " format=buffers ! fakesink sync=false"
        words += line.split()
    count = last_numbers(r"(p\d+) \(.*?(\d+) buffers")
    return theirs(picture, folder, load, count, "gst-launch-1.0", *words, afterwards=True)


def ffmpeg(picture: Path, folder: Path, load: Load) -> Turn:
    """It says every half second how many it has."""
    sdp = folder / "camera.sdp"
    sdp.write_text(SDP)
    line = "-nostdin -loglevel error -protocol_whitelist file,udp,rtp -buffer_size 8388608"
    line += f" -analyzeduration 100000 -i {sdp} -c copy -f null -progress pipe:1 -"
    return theirs(picture, folder, load, last_numbers(r"(frame)=(\d+)"), "ffmpeg", *line.split())


def most(receiver: Receiver, name: str, picture: Path, folder: Path) -> Turn:
    """The turn of the highest rate that it takes whole; of the lowest, where it takes none so."""
    best: Turn | None = None
    for rate in RATES:
        load = Load(16, rate)
        turn = receiver(picture, folder, load)
        progress(f"live: {name}: {rate} pictures/s: {turn.complete:.1f} % complete")
        if 100 * turn.sent < SENT_ENOUGH * rate * SECONDS:
            progress(f"live: {name}: the sender can send no more")
            break
        if best is not None and turn.complete < ENOUGH:
            break
        best = turn
        if turn.complete < ENOUGH:
            break
    if best is None:
        raise RuntimeError("gwgen cannot send as slowly as that: is the machine busy?")
    return best


def compare(what: str, peer: str, mine: list[Turn], other: list[Turn]) -> list[Row]:
    """What both made of the same load."""
    whole = {"frames/s per core": "per_second", "% complete": "complete"}
    thread = {"frames/s per core": "by_receiving"}
    return [
        *rows_of(what, peer, mine, other, whole),
        *rows_of(f"{what}, receive thread", peer, mine, other, thread),
    ]


def rows(rounds: int | None) -> list[Row]:
    """Every receiver in turn, in each round."""
    places.need(places.build() / "gwgen", "run ./dev build")
    receivers = {"ours": ours, GSTREAMER: gstreamer, FFMPEG: ffmpeg}
    turns: dict[tuple[str, int], list[Turn]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        folder = Path(name)
        picture = make_pictures(folder, WIDTH, HEIGHT)[0]
        for number in range(rounds or ROUNDS):
            progress(f"live: round {number + 1}")
            for who, receiver in receivers.items():
                turns[who, 1].append(receiver(picture, folder, Load()))
            for cameras in MANY:
                for who in ("ours", GSTREAMER):
                    turn = receivers[who](picture, folder, Load(cameras))
                    turns[who, cameras].append(turn)
            for who in ("ours", GSTREAMER):
                turns[who, 0].append(most(receivers[who], who, picture, folder))
    what = f"{WIDTH}x{HEIGHT}, {RATE} pictures/s over a veth"
    found = []
    for peer in (GSTREAMER, FFMPEG):
        found += compare(what, peer, turns["ours", 1], turns[peer, 1])
    for cameras in MANY:
        found += compare(
            f"... of {cameras} cameras together",
            GSTREAMER,
            turns["ours", cameras],
            turns[GSTREAMER, cameras],
        )
    mine, other = turns["ours", 0], turns[GSTREAMER, 0]
    found += compare("16 cameras, as many as it takes", GSTREAMER, mine, other)
    found.append(
        row(
            "16 cameras, as many as it takes",
            "frames/s by the clock",
            GSTREAMER,
            [it.by_the_clock for it in mine],
            [it.by_the_clock for it in other],
        )
    )
    return found
