"""The gateway's way from a record to the brokers, against librdkafka's own rdkafka_performance.

One broker of Apache Kafka on this machine takes records of the same bytes, with the same headers
and the same settings (acks=all, idempotent), from both in turn: values of 784 bytes and 2 KB as
results (copied, lz4), 26 KB as pictures (by reference, not compressed). Ours is the sink's back-end
as in gwd, from the record that is ready to its confirmation, without a spool, with `interval` and
with `strict`; the peer counts from its first message to the last report. By the clock all share the
processors with the broker. Processor time is no steadier: librdkafka's thread asks again and again
while as many requests are on their way as there may be, for both alike. Steadier are the
instructions of a result, which valgrind counts in the long form.

The last rows are what a result takes on the broker's disk, by linger and compression: results as
the sink writes them, 400 a second over 3 partitions.
"""

import json
import re
import resource
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.report import Row, progress, row
from testbed import places
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.sink_run import SinkRun

ROUNDS = 3
LONG_ROUNDS, LONGER = 9, 4
PATTERN = "The quick brown fox jumps over the lazy dog, and 31 frames later does it again. "
EXAMPLE = Path("/usr/share/doc/librdkafka-dev/examples/rdkafka_performance.c")
# The three internal headers that it includes, as far as it uses them.
SHIM = """\
#pragma once
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
typedef int64_t rd_ts_t;
static inline rd_ts_t rd_clock(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (rd_ts_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
#define rd_snprintf snprintf
#define RD_MIN(a, b) ((a) < (b) ? (a) : (b))
#define RD_MAX(a, b) ((a) > (b) ? (a) : (b))
"""
HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "00000000-0000-4000-8000-000000000001/cam0/100000",
    "ce_source": "/gateways/test%20gateway/cameras/cam0",
    "ce_type": "com.framegate.result.v1",
    "ce_time": "2026-11-21T07:40:00.123Z",
    "content-type": "application/json",
}
# What both sides are given; ours sets most of it by itself.
COMMON = {
    "acks": "all",
    "enable.idempotence": "true",
    "enable.gapless.guarantee": "true",
    "message.timeout.ms": "0",
}
RESULTS = {"compression.type": "lz4", "linger.ms": "50"}
PICTURES = {
    "compression.type": "none",
    "linger.ms": "5",
    "message.copy.max.bytes": "1024",
    "message.max.bytes": "16777216",
    "batch.size": "1000000",
}
PEER = "rdkafka_performance"
BARE = f"{PEER}, no headers, no copies"
# Pictures of ours that may wait: so many slots are in use in turn, where the peer has one buffer.
WAITING = 1000
RATE = "records/s by the clock"
COST = "us of a processor"
COUNTED = "instructions"
# Records of two runs: what they differ by is no start-up.
COUNTS = (1000, 9000)
DISK = "bytes a record on disk"
LINGERS_MS = [5, 50, 100]
CODECS = ["none", "lz4", "zstd"]
DISK_RATE, DISK_SECONDS = 400, 2.5


class Turn(NamedTuple):
    """What one side did."""

    rate: float
    cost_us: float


class Case(NamedTuple):
    """Values of one size."""

    size: int
    kind: str
    count: int

    @property
    def settings(self) -> dict[str, str]:
        return COMMON | (RESULTS if self.kind == "result" else PICTURES)


CASES = [
    Case(784, "result", 300_000),
    Case(2048, "result", 150_000),
    Case(26_000, "picture", 10_000),
]


def peer_program(folder: Path) -> Path:
    """Debian's rdkafka_performance, compiled outside librdkafka's tree."""
    source = places.need(EXAMPLE, "apt-get install librdkafka-dev, with its documentation")
    (folder / "src").mkdir()
    (folder / "examples").mkdir()
    for name in ("src/rd.h", "examples/rd.h", "examples/rdtime.h"):
        (folder / name).write_text(SHIM)
    (folder / "examples/rdkafka.h").write_text("#include <librdkafka/rdkafka.h>\n")
    shutil.copy(source, folder / "examples")
    program = folder / "rdkafka_performance"
    command = ["gcc", "-O2", "-w", "-Iexamples", f"examples/{EXAMPLE.name}", "-o", program]
    subprocess.run(
        [*command, "-lrdkafka", "-lpthread", "-lz"], cwd=folder, check=True, capture_output=True
    )
    return program


class Stand:
    """The broker, and what runs against it, each on a topic of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kafka = Kafka(folder / "kafka")
        self.peer = peer_program(folder)
        self._under: list[object] = []
        self.kafka.start()

    def _on_topic(self, work: Callable[[str], str]) -> tuple[str, float]:
        topic = f"bench-{uuid.uuid4().hex[:8]}"
        self.kafka.create_topics([topic], 1)
        # 200 MB a turn are not to pile up.
        self.kafka.set_topic(topic, "file.delete.delay.ms", "100")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = work(topic)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.kafka.delete_topics([topic])
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return said, used

    def _call(self, *command: object) -> str:
        done = subprocess.run(
            [str(word) for word in (*self._under, *command)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-500:]}{done.stderr[-1000:]}")
        return done.stdout

    def theirs(self, case: Case, *, bare: bool = False) -> Turn:
        """rdkafka_performance; bare: records without headers, all from one buffer."""
        headers = {} if bare else HEADERS
        options = [f"-X{name}={value}" for name, value in case.settings.items()]
        options += [f"-H{name}={value}" for name, value in headers.items()]
        # A result is gone when it was handed over: each one is copied.
        options += ["-D"] if case.kind == "result" and not bare else []

        def work(topic: str) -> str:
            where = ("-P", "-b", self.kafka.brokers, "-t", topic, "-k", "cam0")
            what = ("-s", case.size, "-c", case.count, "-m", PATTERN)
            return self._call(self.peer, *where, *what, *options)

        said, used = self._on_topic(work)
        found = re.findall(r"(\d+) delivered .* failed\) in (\d+)ms", said)
        if not found or int(found[-1][0]) != case.count:
            raise RuntimeError(f"rdkafka_performance did not deliver all:\n{said[-500:]}")
        return Turn(case.count / (int(found[-1][1]) / 1000), used / case.count * 1e6)

    def ours(self, case: Case, durability: str | None = None, kind: str | None = None) -> Turn:
        """The sink's back-end."""
        spool = self.folder / "spool"

        def work(topic: str) -> str:
            # Nothing goes to the other one.
            mine, other = ("results", "frames") if case.kind == "result" else ("frames", "results")
            section: dict[str, dict[str, object]] = {
                mine: {"topic": topic},
                other: {"topic": f"{topic}-none"},
            }
            section["frames"] |= {"every": 1, "budget": WAITING}
            if durability:
                section["spool"] = {
                    "directory": str(spool),
                    "size": 2048,
                    "durability": durability,
                }
            program = places.need(places.build() / "tests/kafka_bench", "run ./dev build")
            what = (kind or case.kind, case.size, case.count, PATTERN)
            told = json.dumps({"brokers": self.kafka.brokers} | section)
            return self._call(program, told, *what)

        said, used = self._on_topic(work)
        shutil.rmtree(spool, ignore_errors=True)
        return Turn(
            case.count / json.loads(said.splitlines()[-1])["seconds"], used / case.count * 1e6
        )

    def instructions(self, side: "Side", case: Case) -> float:
        """Of all threads, for a record."""
        out = self.folder / "callgrind.out"
        seen = []
        for count in COUNTS:
            self._under = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
            side(self, case._replace(count=count))
            self._under = []
            seen.append(int(re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.M)[1]))
        return (seen[1] - seen[0]) / (COUNTS[1] - COUNTS[0])

    def on_disk(self, linger_ms: int, codec: str) -> float:
        """Bytes of a result in the broker's log."""
        topics = Topics.unique()
        self.kafka.create_topics(topics, 3)
        frames = int(DISK_RATE * DISK_SECONDS / 2)
        run = SinkRun(
            self.folder / f"disk-{linger_ms}-{codec}",
            self.kafka,
            frames,
            DISK_RATE,
            topics=topics,
            every=0,
            properties={"linger.ms": str(linger_ms), "compression.type": codec},
        )
        counts = run.counts()
        delivered = sum(counts[camera]["delivered"] for camera in ("cam0", "cam1"))
        logs = (self.kafka.folder / "data").glob(f"{topics.results}-*/*.log")
        # They are allocated as they are written: the file's end is that of the records.
        size = sum(log.stat().st_size for log in logs)
        self.kafka.delete_topics(topics)
        return size / delivered


Side = Callable[[Stand, Case], Turn]

SIDES: dict[str, Side] = {
    PEER: lambda stand, case: stand.theirs(case),
    BARE: lambda stand, case: stand.theirs(case, bare=True),
    "no spool": lambda stand, case: stand.ours(case),
    "interval": lambda stand, case: stand.ours(case, "interval"),
    "strict": lambda stand, case: stand.ours(case, "strict"),
}


def _measure(stand: Stand, case: Case, rounds: int) -> list[Row]:
    sides = dict(SIDES)
    if case.kind == "picture":
        sides["copied"] = lambda stand, case: stand.ours(case, kind="copied")
    turns: dict[str, list[Turn]] = {name: [] for name in sides}
    for number in range(rounds):
        progress(f"kafka: {case.size} bytes, round {number + 1} of {rounds}")
        for name, side in sides.items():
            turns[name].append(side(stand, case))
    pairs = [("no spool", PEER), ("interval", PEER), ("strict", PEER), ("no spool", BARE)]
    if "copied" in turns:
        pairs.append(("copied", "no spool"))
    rows = []
    for ours, peer in pairs:
        for unit, of in ((RATE, "rate"), (COST, "cost_us")):
            figures = [[getattr(turn, of) for turn in turns[side]] for side in (ours, peer)]
            peer_name = "by reference" if ours == "copied" else peer
            rows.append(row(f"{case.size} bytes, {ours}", unit, peer_name, *figures))
    return rows


def _count(stand: Stand, case: Case) -> list[Row]:
    if not shutil.which("valgrind"):
        progress("kafka: valgrind is not there: instructions are not counted")
        return []
    counted = {}
    for name in (PEER, "no spool", "interval"):
        progress(f"kafka: {case.size} bytes, instructions, {name}")
        counted[name] = stand.instructions(SIDES[name], case)
    return [
        row(f"{case.size} bytes, {name}", COUNTED, PEER, [counted[name]], [counted[PEER]])
        for name in ("no spool", "interval")
    ]


def _disk(stand: Stand) -> list[Row]:
    sizes = {}
    for codec in CODECS:
        for linger in LINGERS_MS:
            progress(f"kafka: on disk, linger {linger} ms, {codec}")
            sizes[linger, codec] = stand.on_disk(linger, codec)
    none = sizes[LINGERS_MS[0], "none"]
    return [
        row(f"linger {linger} ms, {codec}", DISK, "linger 5 ms, none", [size], [none])
        for (linger, codec), size in sizes.items()
    ]


def rows(rounds: int | None, long: bool = False) -> list[Row]:
    """Ours against the peer, and the table of bytes on the disk."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        stand = Stand(Path(name))
        try:
            # A broker that has just started is slower than it will be.
            progress("kafka: the broker warms up")
            stand.theirs(CASES[0])
            table = []
            for case in CASES:
                longer = case._replace(count=case.count * (LONGER if long else 1))
                table += _measure(stand, longer, rounds or (LONG_ROUNDS if long else ROUNDS))
                # What a picture takes is the waiting for it, for the most part.
                if long and case.kind == "result":
                    table += _count(stand, case)
            table += _disk(stand)
        finally:
            stand.kafka.kill()
    progress(f"kafka: took {time.monotonic() - begin:.0f} s")
    return table
