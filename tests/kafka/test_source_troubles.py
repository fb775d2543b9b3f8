"""A source that does not read, or does not use what it reads, says so, and when it is over."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AclOperation, ResourceType

from testbed.gateway import Gateway
from testbed.worker import (
    PARTITIONS,
    Feeder,
    Traffic,
    Workers,
    committed,
    picture,
    source_facts,
)

CAMERAS = [f"cam{number}" for number in range(12)]


def troubles(worker: Gateway) -> dict[str, dict[str, Any]]:
    """What the source says, by what follows the topic in its id."""
    found = worker.status().get("troubles", [])
    return {it["id"].rsplit(".", 1)[1]: it for it in found if it["id"].startswith("source.")}


def wait_for(worker: Gateway, name: str, timeout: float = 60) -> dict[str, Any]:
    """Waits until the source has that trouble."""
    worker.wait_until(lambda: name in troubles(worker), timeout, f"no trouble `{name}`")
    # It lasts.
    time.sleep(2)
    return troubles(worker)[name]


def wait_until_well(worker: Gateway, timeout: float = 60) -> None:
    """Waits until the source has none, and has forgotten the last one."""
    worker.wait_until(lambda: not troubles(worker), timeout, "a trouble does not go")
    assert worker.ctl("status").code == 0
    worker.wait_until(
        lambda: source_facts(worker)["last_error"] is None, 60, "its error is not forgotten"
    )
    assert source_facts(worker)["state"] == "up"


def settle(workers: Workers, worker: Gateway, offsets: int) -> None:
    """Waits until the group has committed so many records."""
    worker.wait_until(
        lambda: committed(workers.kafka.brokers, workers.names, PARTITIONS) == offsets,
        60,
        f"not {offsets} committed",
    )


@pytest.fixture
def deny(workers: Workers) -> Iterator[Callable[[ResourceType, str, AclOperation], Any]]:
    """Takes rights away, those that are left at the end are given back."""
    rules = []

    def take(kind: ResourceType, name: str, operation: AclOperation) -> Callable[[], None]:
        rules.append(workers.kafka.deny(kind, name, operation))
        return lambda: workers.kafka.allow(rules.pop())

    yield take
    for rule in rules:
        workers.kafka.allow(rule)


def test_a_topic_that_may_not_be_read_is_told_each_time_until_it_may(workers, feeder, deny):
    worker = workers.start()
    feeder.send_pictures(CAMERAS, 2)
    settle(workers, worker, feeder.sent)
    assert troubles(worker) == {}
    # The library tells of the first time only.
    for _ in range(2):
        allow = deny(ResourceType.TOPIC, workers.names.pictures, AclOperation.READ)
        trouble = wait_for(worker, "denied")
        feeder.send_pictures(CAMERAS, 2)
        assert trouble["severity"] == "failed"
        assert "grant Read and Describe on the topic" in trouble["text"]
        assert worker.ctl("status").code == 1
        assert source_facts(worker)["state"] == "hindered"
        allow()
        settle(workers, worker, feeder.sent)
        wait_until_well(worker)
    # Also while there is nothing to read.
    allow = deny(ResourceType.TOPIC, workers.names.pictures, AclOperation.READ)
    wait_for(worker, "denied")
    allow()
    wait_until_well(worker)
    assert worker.dropped() == {}


def test_a_topic_that_may_not_be_known_is_told(workers, feeder, deny):
    allow = deny(ResourceType.TOPIC, workers.names.pictures, AclOperation.DESCRIBE)
    worker = workers.configure()
    worker.start()
    assert wait_for(worker, "denied")["severity"] == "failed"
    assert worker.ctl("status").code == 1
    allow()
    wait_until_well(worker, 60)
    feeder.send_pictures(CAMERAS, 2)
    settle(workers, worker, feeder.sent)


def test_a_group_that_may_not_be_used_is_told(workers, feeder, deny):
    worker = workers.start()
    feeder.send_pictures(CAMERAS, 2)
    settle(workers, worker, feeder.sent)
    allow = deny(ResourceType.GROUP, workers.names.group, AclOperation.READ)
    wait_for(worker, "group_denied")
    late = workers.configure()
    late.start()
    trouble = wait_for(late, "group_denied")
    assert trouble["severity"] == "failed"
    assert f"the group {workers.names.group} may not be used" in trouble["text"]
    assert late.ctl("status").code == 1
    allow()
    feeder.send_pictures(CAMERAS, 2)
    settle(workers, worker, feeder.sent)
    wait_until_well(worker)
    wait_until_well(late)


def test_of_two_with_one_name_the_first_ends_and_says_so(workers, feeder):
    twins = [
        workers.configure(
            properties=[
                {"name": "group.instance.id", "value": "twin"},
                {"name": "session.timeout.ms", "value": "6000"},
                {"name": "heartbeat.interval.ms", "value": "500"},
            ]
        )
        for _ in range(2)
    ]
    for twin in twins:
        workers.start(twin)
    first, second = twins
    trouble = wait_for(first, "failed")
    assert trouble["severity"] == "failed"
    assert "the same group.instance.id" in trouble["text"]
    assert "no record is read any more" in first.log()
    assert first.ctl("status").code == 1
    facts = source_facts(first)
    assert (facts["state"], facts["assigned"], facts["in_flight"]) == ("failed", 0, 0)
    feeder.send_pictures(CAMERAS, 2)
    settle(workers, second, feeder.sent)
    wait_until_well(second)
    assert first.stop() < 5


def test_a_topic_that_is_deleted_under_a_worker_is_missed(workers, feeder):
    worker = workers.start()
    feeder.send_pictures(CAMERAS, 2)
    settle(workers, worker, feeder.sent)
    workers.kafka.delete_topics([workers.names.pictures])
    assert wait_for(worker, "unknown_topic", 60)["severity"] == "failed"
    assert worker.ctl("status").code == 1
    workers.kafka.create_topics([workers.names.pictures], PARTITIONS)
    again = Feeder(workers.kafka.brokers, workers.names.pictures)
    again.send_pictures(CAMERAS, 3)
    worker.wait_until(
        lambda: source_facts(worker)["consumed"] == feeder.sent + again.sent,
        60,
        "the new topic is not read",
    )
    wait_until_well(worker)


@contextmanager
def stream_of(workers: Workers, send: Callable[[Feeder], None]) -> Iterator[None]:
    """Sends in the background for as long as it is open."""
    ended = threading.Event()
    feeder = Feeder(workers.kafka.brokers, workers.names.pictures)

    def run() -> None:
        while not ended.wait(0.05):
            send(feeder)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_records_that_are_refused_are_a_trouble_with_names(workers, feeder):
    worker = workers.start(workers.configure(most=1))
    feeder.send_pictures(["gate"], 1)
    settle(workers, worker, feeder.sent)

    def send(stream: Feeder) -> None:
        stream.send("gate", b"not a picture")
        stream.send("another", picture(1))
        stream.send("another", picture(2))

    with stream_of(workers, send):
        worker.wait_until(
            lambda: troubles(worker).get("refused", {}).get("severity") == "failed",
            60,
            "nobody minds",
        )
        text = troubles(worker)["refused"]["text"]
        assert "record_cameras, " in text
        assert "record_bad" in text
        assert source_facts(worker)["refused_share"] > 0.5
        assert worker.ctl("status").code == 1


def test_a_partition_without_an_offset_is_told_when_none_is_to_be_chosen(workers, feeder):
    feeder.send_pictures(CAMERAS, 2)
    worker = workers.configure(properties=[{"name": "auto.offset.reset", "value": "error"}])
    workers.start(worker)
    trouble = wait_for(worker, "offset")
    assert trouble["severity"] == "failed"
    assert "auto.offset.reset" in trouble["text"]
    assert worker.ctl("status").code == 1
    assert source_facts(worker)["consumed"] == 0


def test_records_that_retention_took_are_counted(workers, feeder):
    worker = workers.start()
    feeder.send_pictures(CAMERAS, 2)

    def offsets() -> dict[int, int]:
        return {it["partition"]: it["committed"] or 0 for it in source_facts(worker)["partitions"]}

    worker.wait_until(lambda: sum(offsets().values()) == feeder.sent, 60, "not all is committed")
    ends = offsets()
    workers.stop(worker)
    feeder.send_pictures(CAMERAS, 10)
    # Those that have so many: each loses five that nobody has read.
    taken = {number: end + 5 for number, end in ends.items() if end > 0}
    assert len(taken) > 1
    workers.kafka.delete_records(workers.names.pictures, taken)
    worker = workers.configure()
    workers.start(worker)
    settle(workers, worker, feeder.sent)
    worker.wait_until(
        lambda: source_facts(worker)["skipped"] == 5 * len(taken), 60, "it is not counted"
    )
    assert source_facts(worker)["resets"] == len(taken)
    trouble = wait_for(worker, "skipped")
    assert trouble["severity"] == "notice"
    assert f"{5 * len(taken)} records were gone" in trouble["text"]
    assert worker.ctl("status").code == 0
    # A line for each partition.
    assert worker.log().count("offset reset (at offset") == len(taken)


def test_the_end_of_a_transaction_is_no_lag(workers):
    worker = workers.start()
    producer = Producer(
        {
            "bootstrap.servers": workers.kafka.brokers,
            "transactional.id": workers.names.group,
        }
    )
    producer.init_transactions(30)
    for number in range(4):
        producer.begin_transaction()
        for camera in CAMERAS:
            producer.produce(workers.names.pictures, picture(number), camera)
        producer.flush(30)
        if number % 2:
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)
    worker.wait_until(
        lambda: source_facts(worker)["consumed"] == 2 * len(CAMERAS), 60, "records are missing"
    )
    worker.wait_until(lambda: source_facts(worker)["lag"] == 0, 60, "there is lag for ever")
    assert troubles(worker) == {}


def test_a_worker_that_changes_hands_is_well(workers, feeder):
    traffic = Traffic(feeder, CAMERAS, rate=100)
    for _ in range(2):
        workers.start()
    traffic.stop()
    settle(workers, workers.running[0], feeder.sent)
    for worker in workers.running:
        wait_until_well(worker)
