"""`gwctl bench kafka` on a real Apache Kafka: a small grid, interrupted and resumed."""

import json
import signal
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from testbed import places
from testbed.kafka import Kafka
from testbed.loopback import free_port

MESSAGES = 20_000
LIMITS = {"producer", "broker", "network", "consumer", "machine"}
CELLS = [
    ("together", 1, 1),
    ("together", 1, 2),
    ("producer", 1, 0),
    ("consumers", 1, 1),
    ("consumers", 1, 2),
    ("together", 2, 1),
    ("together", 2, 2),
    ("producer", 2, 0),
    ("consumers", 2, 1),
    ("consumers", 2, 2),
]


def _command(brokers: str, out: Path, *more: object) -> list[str]:
    words = [places.gwctl(), "bench", "kafka", "--brokers", brokers, "--output", out, *more]
    return [str(word) for word in words]


def _run(brokers: str, out: Path, *more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(brokers, out, *more), capture_output=True, text=True, timeout=240, check=False
    )


def _wait_for_topics(kafka: Kafka, wanted: set[str]) -> None:
    """Those that are deleted are known for a moment."""
    end = time.monotonic() + 60
    while (found := kafka.topics()) != wanted:
        assert time.monotonic() < end, found ^ wanted
        time.sleep(0.05)


class _Page(HTMLParser):
    """What there is on a page, and that every element that begins ends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: dict[str, int] = {}
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1
        if tag != "meta":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def _cells(book: dict[str, object]) -> list[tuple[str, int, int]]:
    return [(c["scenario"], c["partitions"], c["consumers"]) for c in book["cells"]]


def _check_cell(cell: dict[str, object]) -> None:
    assert cell["limit"] in LIMITS
    assert cell["because"]
    assert cell["seconds"] > 0
    assert 0 <= cell["machine_share"] <= 1
    assert ("producing" in cell) == (cell["scenario"] != "consumers")
    assert ("consuming" in cell) == (cell["scenario"] != "producer")
    sides = [cell[side] for side in ("producing", "consuming") if side in cell]
    for side in sides:
        assert side["messages_s"] == pytest.approx(cell["messages"] / side["seconds"], rel=0.01)
        assert side["megabytes_s"] == pytest.approx(side["messages_s"] * 784 / 1e6, rel=0.01)
    assert cell["seconds"] == pytest.approx(max(side["seconds"] for side in sides), rel=0.01)
    if "producing" in cell:
        assert cell["producing"]["headroom"] > 0
        assert 0 <= cell["producing"]["full_share"] <= cell["producing"]["waited_share"] <= 1


def test_a_grid_is_interrupted_and_goes_on_where_it_was(shared_broker, tmp_path):
    before = shared_broker.topics()
    out = tmp_path / "out"
    grid = ("--partitions", "1,2", "--consumers", "1,2", "--messages", MESSAGES)
    book = out / "kafka.json"
    begun = subprocess.Popen(
        _command(shared_broker.brokers, out, *grid), stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 60
    while not book.exists() or len(json.loads(book.read_text())["cells"]) < 3:
        assert begun.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    begun.send_signal(signal.SIGINT)
    words = begun.communicate(timeout=60)[1]
    assert begun.returncode == 128 + signal.SIGINT
    assert "--resume goes on" in words
    assert "cell 3 of 10: producer, 1 partition" in words
    half = json.loads(book.read_text())
    assert 3 <= len(half["cells"]) < 10
    assert half["topics"] == []
    _wait_for_topics(shared_broker, before)

    refused = _run(shared_broker.brokers, out, *grid)
    assert refused.returncode == 1
    assert "--resume goes on with it" in refused.stderr
    other = _run(shared_broker.brokers, out, *grid, "--size", "100", "--resume")
    assert other.returncode == 1
    assert "differs in 'payload'" in other.stderr

    # A process that was killed has left a topic, which the next one knows of.
    shared_broker.create_topics(["left-behind", "not-ours"])
    book.write_text(json.dumps(half | {"topics": ["left-behind"]}))
    done = _run(shared_broker.brokers, out, *grid, "--resume", "--json")
    assert done.returncode == 0, done.stderr
    whole = json.loads(done.stdout)
    assert whole == json.loads(book.read_text())
    assert whole["cells"][: len(half["cells"])] == half["cells"]
    assert _cells(whole) == CELLS
    for cell in whole["cells"]:
        _check_cell(cell)
    _wait_for_topics(shared_broker, before | {"not-ours"})

    page = _Page((out / "kafka.html").read_text())
    assert page.seen["svg"] == 4
    # Two of them have a line for each number of consumers, and the producer alone has one.
    assert page.seen["polyline"] == 2 + 2 + 1 + 2
    assert page.seen["tr"] == 1 + len(CELLS)


def test_what_is_wrong_is_said_in_a_line(shared_broker, tmp_path):
    few = ("--partitions", "1", "--consumers", "1", "--messages", "10")
    # It waits for its broker while others are looked at.
    nobody = subprocess.Popen(
        _command(f"127.0.0.1:{free_port()}", tmp_path / "a", *few),
        stderr=subprocess.PIPE,
        text=True,
    )

    shared_broker.create_topics(["mine-together-1-1"])
    there = _run(shared_broker.brokers, tmp_path / "b", *few, "--prefix", "mine")
    assert there.returncode == 1
    assert "topic mine-together-1-1 exists and is not of this run" in there.stderr
    assert "mine-together-1-1" in shared_broker.topics()

    # One of the two would do.
    rules = [
        shared_broker.deny(kind, name, AclOperation.CREATE)
        for kind, name in (
            (ResourceType.BROKER, "kafka-cluster"),
            (ResourceType.TOPIC, "no-together-1-1"),
        )
    ]
    refused = _run(shared_broker.brokers, tmp_path / "c", *few, "--prefix", "no")
    for rule in rules:
        shared_broker.allow(rule)
    assert refused.returncode == 1
    assert "not authorised to create topic no-together-1-1" in refused.stderr

    wrong = _run(shared_broker.brokers, tmp_path / "d", "--partitions", "2,1")
    assert wrong.returncode == 2
    assert "--partitions needs ascending numbers" in wrong.stderr

    words = nobody.communicate(timeout=60)[1]
    assert nobody.returncode == 1
    assert "no broker answered within 10 s" in words
    assert "Connection refused" in words


def test_large_records_go_by_reference_and_noise_has_its_size(shared_broker, tmp_path):
    few = ("--partitions", "2", "--consumers", "2", "--scenarios", "together", "--json")
    for more, size in (
        (("--payload", "jpeg", "--messages", "500"), 26_000),
        (("--size", "100", "--messages", "500"), 100),
    ):
        done = _run(shared_broker.brokers, tmp_path / str(size), *few, *more)
        assert done.returncode == 0, done.stderr
        book = json.loads(done.stdout)
        assert book["plan"]["size"] == size
        assert _cells(book) == [("together", 2, 2)]
