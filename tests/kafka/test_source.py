"""Pictures that come as records of a topic: every one becomes a result, whoever works on it."""

from collections.abc import Iterator

import pytest

from testbed.consumer import Customer, validate
from testbed.kafka import Kafka
from testbed.worker import Feeder, Names, Workers, committed, picture, source_facts

PARTITIONS = 6
CAMERAS = ("gate", "yard", "door.2")


@pytest.fixture
def workers(shared_broker: Kafka) -> Iterator[Workers]:
    """No worker yet; their topics are there."""
    names = Names.unique()
    shared_broker.create_topics([names.pictures], PARTITIONS)
    shared_broker.create_topics(names.topics)
    made = Workers(shared_broker, names)
    yield made
    made.close()


@pytest.fixture
def feeder(workers: Workers) -> Feeder:
    """Who puts pictures into the workers' topic."""
    return Feeder(workers.kafka.brokers, workers.names.pictures)


def read(workers: Workers, results: int, timeout: float = 40) -> Customer:
    """Everything in the topic of results, when it is at least so much."""
    customer = Customer(workers.kafka.brokers, workers.names.topics)
    customer.read_until(lambda it: len(it.results) >= results, timeout)
    customer.poll(0.3)
    customer.close()
    return customer


def settle(workers: Workers, offsets: int) -> None:
    """Waits until the group has committed so many records."""
    workers.running[0].wait_until(
        lambda: committed(workers.kafka.brokers, workers.names, PARTITIONS) == offsets,
        30,
        f"{committed(workers.kafka.brokers, workers.names, PARTITIONS)} of {offsets} committed",
    )


def balanced(workers: Workers) -> None:
    """Every worker's equations hold."""
    for gateway in workers.running:
        answer = gateway.ctl("audit")
        assert answer.body["balanced"] is True, answer.body


def test_every_record_becomes_a_result_and_its_offset_is_committed(workers, feeder):
    worker = workers.start()
    feeder.send_pictures(CAMERAS, 40)
    customer = read(workers, feeder.sent)
    assert len(customer.results) == feeder.sent
    assert len({record.id for record in customer.results}) == feeder.sent
    for camera in CAMERAS:
        assert [record.sequence for record in customer.of(camera)] == list(range(40))
    for record in customer.results:
        validate(record)
        assert record.body["frame"]["clockSource"] == "source"
        assert record.body["frame"]["width"] == 160
    settle(workers, feeder.sent)
    facts = source_facts(worker)
    assert facts["consumed"] == feeder.sent
    assert facts["in_flight"] == 0
    assert facts["lag"] == 0
    assert {camera["name"] for camera in worker.ask("camera", "list")["cameras"]} == set(CAMERAS)
    assert worker.ctl("status").code == 0
    balanced(workers)
    worker.stop()
