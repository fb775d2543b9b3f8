"""The gateway's way from a record to the brokers, against librdkafka's own rdkafka_performance.

One broker of Apache Kafka on this machine takes records of the same bytes, with the same headers
and the same settings (acks=all, idempotent), from both in turn: values of 784 bytes and 2 KB as
results (copied, lz4), 26 KB as pictures (by reference, not compressed). Ours is the sink's back-end
as in gwd, from the record that is ready to its confirmation, without a spool, with `interval` and
with `strict`; the peer counts from its first message to the last report. By the clock all share the
processors with the broker, whose log is in memory where there is room (/dev/shm): else pictures are
as fast as its disk. The spool is on the disk. Processor time is no steadier: librdkafka's thread
asks again and again while as many requests are on their way as there may be, for both alike.
Steadier are the instructions of a result, which valgrind counts in the long form.

The last rows are what a result takes on the broker's disk, by linger and compression: results as
the sink writes them, 400 a second over 3 partitions.

With three brokers a record has three replicas, and is confirmed when two brokers have it. In place
of the last rows there are runs through which the broker that leads is killed at half of the
records: the rate of the whole run, and what a client that is neither of the two finds in the topic.
"""

import shutil
import tempfile
import time
from pathlib import Path

from bench.kafka_stand import Case, Side, Stand, Turn, memory_folder
from bench.report import Row, progress, row, rows_of

ROUNDS = 3
LONG_ROUNDS, LONGER = 9, 4
PEER = "rdkafka_performance"
BARE = f"{PEER}, no headers, no copies"
RATE = "records/s by the clock"
COST = "us of a processor"
COUNTED = "instructions"
DISK = "bytes a record on disk"
LINGERS_MS = [5, 50, 100]
CODECS = ["none", "lz4", "zstd"]
STORED = "records in the topic"
KILL_CASE = Case(784, "result", 300_000)

CASES = [
    Case(784, "result", 300_000),
    Case(2048, "result", 150_000),
    Case(26_000, "picture", 10_000),
]

SIDES: dict[str, Side] = {
    PEER: lambda stand, case: stand.theirs(case),
    BARE: lambda stand, case: stand.theirs(case, bare=True),
    "no spool": lambda stand, case: stand.ours(case),
    "interval": lambda stand, case: stand.ours(case, "interval"),
    "strict": lambda stand, case: stand.ours(case, "strict"),
}


# The sides that a broker is taken from.
KILLED = [PEER, "no spool", "interval"]


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
        peer_name = "by reference" if ours == "copied" else peer
        what = f"{case.size} bytes, {ours}"
        rows += rows_of(what, peer_name, turns[ours], turns[peer], {RATE: "rate", COST: "cost_us"})
    return rows


def _kill(stand: Stand, rounds: int) -> list[Row]:
    turns: dict[str, list[Turn]] = {name: [] for name in KILLED}
    stored: dict[str, list[int]] = {name: [] for name in KILLED}
    for _ in range(rounds):
        for name in KILLED:
            progress(f"kafka: {name}, a broker is killed")
            turn, found = stand.through_a_kill(SIDES[name], KILL_CASE)
            turns[name].append(turn)
            # The peer's records all have one id.
            stored[name].append(found.records if name == PEER else found.ids)
            progress(f"kafka: {found.records} records of {KILL_CASE.count} are in the topic")
    what = f"{KILL_CASE.size} bytes, a broker killed"
    rows = []
    for name in KILLED[1:]:
        rows += rows_of(f"{what}, {name}", PEER, turns[name], turns[PEER], {RATE: "rate"})
    sent = [KILL_CASE.count] * rounds
    return rows + [
        row(f"{what}, {name}", STORED, "handed over", stored[name], sent) for name in KILLED
    ]


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


def rows(rounds: int | None, long: bool = False, brokers: int = 1) -> list[Row]:
    """Ours against the peer, and the table of bytes on the disk, or of a broker that is killed."""
    begin = time.monotonic()
    logs = memory_folder()
    progress(f"kafka: what brokers write is {'in memory' if logs else 'on the disk'}")
    with (
        tempfile.TemporaryDirectory(prefix="framegate-bench-") as name,
        tempfile.TemporaryDirectory(prefix="framegate-bench-", dir=logs) as log_name,
    ):
        stand = Stand(Path(name), Path(log_name), brokers)
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
            table += _kill(stand, LONG_ROUNDS if long else 1) if brokers > 1 else _disk(stand)
        finally:
            stand.kafka.kill()
    progress(f"kafka: took {time.monotonic() - begin:.0f} s")
    return table
