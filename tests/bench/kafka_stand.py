"""Where records go to brokers, by librdkafka's own rdkafka_performance and by the sink's back-end.

One broker of Apache Kafka, or a cluster of three, on this machine; each turn has its own topic.
"""

import json
import re
import resource
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from bench.kafka_peer import peer_program
from testbed import places, stopping
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.kafka_cluster import KafkaCluster
from testbed.sink_run import SinkRun

PATTERN = "The quick brown fox jumps over the lazy dog, and 31 frames later does it again. "
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
# Pictures of ours that may wait: so many slots are in use in turn, where the peer has one buffer.
WAITING = 1000
# Records of two runs: what they differ by is no start-up.
COUNTS = (1000, 9000)
DISK_RATE, DISK_SECONDS = 400, 2.5
CALL_S = 180
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 4 << 30
SYNC_S = 120


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


class Stored(NamedTuple):
    """What a client that is neither of the two found in the topic."""

    records: int
    ids: int  # different ones


def read_topic(brokers: str, topic: str) -> Stored:
    """Reads all of the one partition."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": topic, "log_level": 0})
    records, ids = 0, set()
    try:
        place = TopicPartition(topic, 0, 0)
        _, end = consumer.get_watermark_offsets(place, SYNC_S)
        consumer.assign([place])
        while consumer.position([place])[0].offset < end:
            stopping.check()
            for message in consumer.consume(10_000, 1.0):
                if message.error() is None:
                    records += 1
                    ids.add(dict(message.headers() or ()).get("ce_id"))
    finally:
        consumer.close()
    return Stored(records, len(ids))


def memory_folder() -> str | None:
    """Where files are that no disk holds, if there is room for a broker's log; None: nowhere."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_BYTES:
        return None
    return str(MEMORY)


class Stand:
    """The broker or the three, and what runs against them, each on a topic of its own.

    What brokers write lies in `logs`, what ours spools in `folder`.
    """

    def __init__(self, folder: Path, logs: Path, brokers: int = 1) -> None:
        self.folder = folder
        self.cluster = KafkaCluster(logs / "kafka") if brokers > 1 else None
        self.kafka: Kafka | KafkaCluster = self.cluster or Kafka(logs / "kafka")
        self.peer = peer_program(folder)
        self._under: list[object] = []
        self._at_half: Callable[[str], None] | None = None
        self._stored: Stored | None = None
        self.kafka.start()

    def through_a_kill(self, side: "Side", case: Case) -> tuple[Turn, Stored]:
        """A turn in which the broker that leads is killed at half of the records, and not back
        before the end."""
        self._at_half = self._kill_leader
        try:
            turn = side(self, case)
        finally:
            self._at_half = None
        return turn, self._stored

    def _kill_leader(self, topic: str) -> None:
        (leader,) = self.cluster.leaders([topic])
        self.cluster.broker(leader).kill()

    def _on_topic(self, work: Callable[[str], str]) -> tuple[str, float]:
        topic = f"bench-{uuid.uuid4().hex[:8]}"
        self.kafka.create_topics([topic], 1)
        # 200 MB a turn are not to pile up.
        self.kafka.set_topic(topic, "file.delete.delay.ms", "100")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = work(topic)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if self._at_half:
            self.cluster.revive()
            self.cluster.wait_until_in_sync([topic], timeout=SYNC_S)
            self._stored = read_topic(self.kafka.brokers, topic)
        self.kafka.delete_topics([topic])
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return said, used

    def _call(self, topic: str, count: int, *command: object, well: int = 0) -> str:
        words = [str(word) for word in (*self._under, *command)]
        out, errors = self.folder / "out.txt", self.folder / "errors.txt"
        with (
            out.open("wb") as stdout,
            errors.open("wb") as stderr,
            subprocess.Popen(words, stdout=stdout, stderr=stderr) as child,
        ):
            try:
                if self._at_half:
                    self._wait_for_half(topic, count, child)
                    self._at_half(topic)
                status = child.wait(CALL_S)
            finally:
                child.kill()
        if not 0 <= status <= well:
            said = f"{out.read_text()[-500:]}{errors.read_text()[-1000:]}"
            raise RuntimeError(f"{command[0]} failed:\n{said}")
        return out.read_text()

    def _wait_for_half(self, topic: str, count: int, child: subprocess.Popen[bytes]) -> None:
        consumer = Consumer({"bootstrap.servers": self.kafka.brokers, "group.id": topic})
        try:
            while consumer.get_watermark_offsets(TopicPartition(topic, 0), 5)[1] < count / 2:
                stopping.check()
                if child.poll() is not None:
                    raise RuntimeError("it ended before it had sent half of its records")
                time.sleep(0.01)
        finally:
            consumer.close()

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
            # It may end with 1 when all is delivered, for it counts the last record too late; what
            # it says it delivered is looked at below.
            return self._call(topic, case.count, self.peer, *where, *what, *options, well=1)

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
            return self._call(topic, case.count, program, told, *what)

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
