"""The spool with a real Apache Kafka: what was accepted arrives, whatever is killed."""

import random
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

from testbed import spool_files
from testbed.consumer import Customer, stored
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.sink_run import SinkRun

RATE = 4000
KILLS = 20


class Book:
    """What the killed runs said that they had accepted, to be held against the topics."""

    def __init__(self, broker: Kafka, folder: Path) -> None:
        self._broker = broker
        self._folder = folder
        self.topics = Topics.unique()
        self.spool = folder / "spool"
        self._told: dict[str, dict[str, int]] = {"cam0": {}, "cam1": {}}
        self._found: Counter[str] = Counter()
        self._runs = 0
        broker.create_topics(self.topics)

    def run(self, frames: int, rate: int = RATE, **more: object) -> SinkRun:
        """Starts the sink on the spool, and notes what that finds there."""
        self._runs += 1
        self._found.update(spool_files.left(self.spool))
        return SinkRun(
            self._folder / f"run{self._runs}",
            self._broker,
            frames,
            rate,
            topics=self.topics,
            every=0,
            spool={"directory": str(self.spool), "size": 256} | more,
        )

    def kill(self, run: SinkRun, seconds: float) -> None:
        """Ends it without a warning, some time after it began to work."""
        end = time.monotonic() + 60
        while not run.told():
            assert time.monotonic() < end, run.process.text()
            time.sleep(0.02)
        time.sleep(seconds)
        run.process.kill()
        for camera, (boot, _, accepted) in run.told().items():
            self._told[camera][boot] = accepted

    def send_the_rest(self) -> None:
        """One more start, which ends when all that is spooled is delivered."""
        assert self.run(500).counts()["describe"]["spool"]["former"]["spooled"] == 0

    def accepted(self) -> int:
        """How many results the killed runs said that they had accepted."""
        return sum(sum(boots.values()) for boots in self._told.values())

    def missing(self) -> int:
        """How many of the accepted results did not arrive; what did, is in order.

        And none came more often than from its own start and from each that found it in the spool.
        """
        customer = Customer(self._broker.brokers, self.topics)
        there = stored(self._broker.brokers, self.topics.results)
        assert customer.read_until(lambda it: len(it.results) >= there, 60)
        # And what should not come.
        customer.read_until(lambda _: False, 2)
        customer.close()
        missing = 0
        for camera, boots in self._told.items():
            ids = [record.id for record in customer.of(camera)]
            for one, copies in Counter(ids).items():
                assert copies <= 1 + self._found[one], one
            first = list(dict.fromkeys(ids))
            order = {boot: number for number, boot in enumerate(boots)}
            seen: dict[str, list[int]] = {}
            newest = -1
            for one in first:
                boot, _, sequence = one.split("/")
                assert order.get(boot, len(order)) >= newest, "a former boot came later"
                newest = order.get(boot, len(order))
                seen.setdefault(boot, []).append(int(sequence))
            for boot, accepted in boots.items():
                came = seen.get(boot, [])
                assert came == sorted(came)
                missing += len(set(range(accepted)) - set(came))
        return missing


def _killed(book: Book, durability: str, kills: int) -> None:
    for _ in range(kills):
        book.kill(book.run(100_000, durability=durability), random.uniform(0.05, 0.5))


def test_twenty_kills_under_load_lose_nothing(shared_broker: Kafka, tmp_path: Path) -> None:
    book = Book(shared_broker, tmp_path)
    _killed(book, "interval", KILLS - 4)
    _killed(book, "strict", 2)
    _killed(book, "none", 2)
    book.send_the_rest()
    assert book.missing() == 0


def test_a_kill_while_the_broker_is_away_loses_nothing(broker: Kafka, tmp_path: Path) -> None:
    book = Book(broker, tmp_path)
    broker.kill()
    book.kill(book.run(100_000), 2)
    book.kill(book.run(100_000), 2)
    broker.start()
    book.send_the_rest()
    assert book.missing() == 0


def test_on_a_full_small_disk_results_pass_it_by(shared_broker: Kafka, tmp_path: Path) -> None:
    book = Book(shared_broker, tmp_path)
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        book.spool = disk / "spool"
        # Slowly: while a broker stands still for a moment, few have to wait.
        counts = book.run(1000, 200).counts()
        assert counts["cam0"]["delivered"] + counts["cam0"]["drops"].get("spool_full", 0) == 1000
        assert counts["cam0"]["delivered"] > 500
    finally:
        subprocess.run(["umount", disk], check=True)


def test_what_lies_on_a_disk_that_cannot_be_written_is_sent(broker: Kafka, tmp_path: Path) -> None:
    book = Book(broker, tmp_path)
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], check=True)
    try:
        book.spool = disk / "spool"
        broker.kill()
        book.kill(book.run(100_000), 1)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        files = sorted(book.spool.iterdir())
        broker.start()
        run = book.run(500)
        assert run.counts()["describe"]["spool"]["state"] == "read-only"
        assert "cannot be written: what is there is sent" in run.process.text()
        assert "kafka.spool.read_only: " in run.process.text()
        assert sorted(book.spool.iterdir()) == files
        # It comes again when it can be written, and is gone then.
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        book.send_the_rest()
        assert [it.name for it in book.spool.iterdir()] == ["lock"]
        assert book.missing() == 0
    finally:
        subprocess.run(["umount", disk], check=True)


def test_without_the_files_the_same_kill_loses_results(broker: Kafka, tmp_path: Path) -> None:
    """Negative control: it is the spool that keeps them."""
    book = Book(broker, tmp_path)
    broker.kill()
    book.kill(book.run(100_000), 1)
    shutil.rmtree(book.spool)
    broker.start()
    book.send_the_rest()
    assert book.missing() == book.accepted() > 0


def test_what_is_done_with_is_found_no_more(broker: Kafka, tmp_path: Path) -> None:
    """Of what stood in the spool's files: nobody says of a result that it may come again."""
    book = Book(broker, tmp_path)
    broker.kill()
    book.kill(book.run(100_000), 1)
    found = spool_files.left(book.spool)
    assert len(found) == len(set(found)) >= book.accepted() > 0
    broker.start()
    book.send_the_rest()
    assert spool_files.left(book.spool) == []


def test_of_what_was_delivered_before_a_kill_little_is_found(
    shared_broker: Kafka, tmp_path: Path
) -> None:
    """What is done with is written down as it goes, and not at an end that may not come."""
    book = Book(shared_broker, tmp_path)
    # In files so large that none goes as a whole.
    run = book.run(100_000, size=4096)
    end = time.monotonic() + 120
    while sum(delivered for _, delivered, _ in run.told().values()) < 10_000:
        assert time.monotonic() < end, run.process.text()
        time.sleep(0.02)
    book.kill(run, 0)
    delivered = {camera: count for camera, (_, count, _) in run.told().items()}
    found = [name.split("/")[1:] for name in spool_files.left(book.spool)]
    again = [camera for camera, number in found if int(number) < delivered[camera]]
    assert len(again) < sum(delivered.values()) / 2
    book.send_the_rest()
    assert book.missing() == 0
