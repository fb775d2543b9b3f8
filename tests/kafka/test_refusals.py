"""What a real Apache Kafka may refuse: what was accepted waits for as long as that can pass."""

import re
import time
from pathlib import Path

import pytest

from testbed import stopping
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.sink_run import SinkRun, sequences

CAMERAS = ("cam0", "cam1")
# Frames of each camera, of a run that goes on while a busy broker does something else.
LONG = 500
# A producer that gives up a missing topic soon, so that the tests are short.
HASTY = {"topic.metadata.propagation.max.ms": "1000", "topic.metadata.refresh.interval.ms": "1000"}


def _all_in_order(run: SinkRun, frames: int) -> None:
    """Every result is there, and none overtook an older one of its camera."""
    counts = run.counts()
    customer = run.read(2 * frames, 0)
    for camera in CAMERAS:
        assert counts[camera]["delivered"] == frames, counts
        assert counts[camera]["drops"] == {}
        assert list(dict.fromkeys(sequences(customer.of(camera)))) == list(range(frames))
    assert counts["describe"]["state"] == "up"


def _sent_since(begun: float) -> float:
    """How many results each camera can have sent at the most, at a hundred a second of both."""
    return 50 * (time.monotonic() - begun) + 1


def test_a_topic_that_is_missing_costs_nothing(shared_broker: Kafka, tmp_path: Path) -> None:
    topics = Topics.unique()
    shared_broker.create_topics([topics.frames])
    run = SinkRun(tmp_path, shared_broker, 200, 100, topics=topics, every=0, properties=HASTY)
    run.wait_for(f"kafka.{topics.results}.unconfirmed: ", 60)
    assert f"create the topic {topics.results} or allow" in run.process.text()
    stopping.pause(3)
    # One line for the first of its producers, however many followed.
    warned = f"warning kafka: {topics.results}: the producer stopped"
    assert run.process.text().count(warned) == 1
    shared_broker.create_topics([topics.results])
    _all_in_order(run, 200)


def test_a_topic_that_is_deleted_and_made_again_costs_nothing_that_was_not_stored(
    shared_broker: Kafka, tmp_path: Path
) -> None:
    topics = Topics.unique()
    shared_broker.create_topics(topics)
    begun = time.monotonic()
    run = SinkRun(tmp_path, shared_broker, LONG, 100, topics=topics, every=0, properties=HASTY)
    stopping.pause(1.5)
    shared_broker.delete_topics([topics.results])
    sent = _sent_since(begun)
    stopping.pause(2.5)
    shared_broker.create_topics([topics.results])
    counts = run.counts()
    customer = run.read(1, 0)
    for camera in CAMERAS:
        assert counts[camera]["delivered"] == LONG
        assert counts[camera]["drops"] == {}
        # What was stored before went with the topic; from there on all is there, in order.
        found = list(dict.fromkeys(sequences(customer.of(camera))))
        assert found == list(range(found[0], LONG))
        assert found[0] <= sent


def test_a_right_that_is_missing_for_a_while_costs_nothing(
    shared_broker: Kafka, tmp_path: Path
) -> None:
    topics = Topics.unique()
    shared_broker.create_topics(topics)
    rule = shared_broker.deny_writing(topics.results)
    run = SinkRun(tmp_path, shared_broker, 200, 100, topics=topics, every=0, properties=HASTY)
    run.wait_for(f"kafka.{topics.results}.unconfirmed: ", 60)
    advice = f"TOPIC_AUTHORIZATION_FAILED: grant Write and Describe on the topic {topics.results}"
    assert advice in run.process.text()
    shared_broker.allow(rule)
    _all_in_order(run, 200)


@pytest.mark.parametrize("limit", ["max.message.bytes", "segment.bytes"])
def test_a_record_that_is_too_large_harms_no_other(
    shared_broker: Kafka, tmp_path: Path, limit: str
) -> None:
    topics = Topics.unique()
    shared_broker.create_topics([topics.frames], settings={limit: "10000"})
    # Many results share a request that is too large, although each of them is small enough.
    shared_broker.create_topics([topics.results], settings={limit: "1500"})
    run = SinkRun(
        tmp_path,
        shared_broker,
        200,
        200,
        topics=topics,
        every=10,
        small=4000,
        properties={"linger.ms": "300"},
    )
    counts = run.counts()
    customer = run.read(400, 20)
    for camera in CAMERAS:
        assert counts[camera]["delivered"] == 200
        assert counts[camera]["drops"] == {"sample_too_large": 10}
        assert counts[camera]["samples_delivered"] == 10
        assert list(dict.fromkeys(sequences(customer.of(camera)))) == list(range(200))
        pictures = list(dict.fromkeys(sequences(customer.pictures_of(camera))))
        assert pictures == list(range(10, 200, 20))
    log = run.process.text()
    assert f"kafka.{topics.frames}.refused: " in log
    assert f"raise {limit} of the topic {topics.frames}" in log


def test_a_broker_whose_disk_was_wiped_gets_all_that_waits(broker: Kafka, tmp_path: Path) -> None:
    begun = time.monotonic()
    run = SinkRun(tmp_path, broker, LONG, 100, every=0, properties=HASTY)
    stopping.pause(1.5)
    broker.kill()
    sent = _sent_since(begun)
    broker.wipe()
    broker.start()
    stopping.pause(1)
    broker.create_topics(["framegate.results", "framegate.frames"])
    counts = run.counts()
    customer = run.read(1, 0)
    for camera in CAMERAS:
        assert counts[camera]["delivered"] == LONG
        assert counts[camera]["drops"] == {}
        found = list(dict.fromkeys(sequences(customer.of(camera))))
        assert found == list(range(found[0], LONG))
        assert found[0] <= sent


def test_a_broker_that_hangs_is_no_broker_that_is_up(broker: Kafka, tmp_path: Path) -> None:
    run = SinkRun(tmp_path, broker, 500, 100, every=0)
    stopping.pause(1)
    broker.freeze()
    try:
        run.wait_for("kafka.framegate.results.unconfirmed: ", 60)
        waited = re.search(r"records wait, the oldest for (\d+\.\d) s", run.process.text())
        assert waited
        assert float(waited[1]) >= 5
        assert "a broker is connected and does not confirm" in run.process.text()
    finally:
        broker.thaw()
    _all_in_order(run, 500)


def test_producers_that_cannot_work_are_made_ever_more_rarely(
    shared_broker: Kafka, tmp_path: Path
) -> None:
    port = shared_broker.controller
    run = SinkRun(tmp_path, shared_broker, 200, 100, every=0, port=port)

    def told() -> list[str]:
        return [line for line in run.process.text().splitlines() if " debug " not in line]

    end = time.monotonic() + 60
    while not told():
        assert time.monotonic() < end
        stopping.pause(0.1)
    stopping.pause(6)
    lines = told()
    run.process.kill()
    assert 1 <= len(lines) <= 5, lines
