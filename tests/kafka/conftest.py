"""The sink stage alone (build/kafka/sink_run) and a real broker of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import places
from testbed.kafka import Kafka
from testbed.kafka_cluster import KafkaCluster
from testbed.sink_run import program
from testbed.worker import PARTITIONS, Feeder, Names, Workers


@pytest.fixture
def sink_run() -> Path:
    """The program that runs the sink stage on frames of its own."""
    return program()


@pytest.fixture(scope="module")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker for tests that bring topics of their own and leave it alone."""
    try:
        kafka = Kafka(tmp_path_factory.mktemp("kafka"))
    except places.NotThere as missing:
        pytest.skip(str(missing))
    kafka.start()
    yield kafka
    kafka.kill()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Kafka]:
    """A broker with both topics, which a test may kill and start again."""
    try:
        kafka = Kafka(tmp_path / "kafka")
    except places.NotThere as missing:
        pytest.skip(str(missing))
    kafka.start()
    kafka.create_topics(["framegate.results", "framegate.frames"])
    yield kafka
    kafka.kill()


@pytest.fixture(scope="module")
def cluster_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """The three brokers of a module."""
    try:
        cluster = KafkaCluster(tmp_path_factory.mktemp("cluster"))
    except places.NotThere as missing:
        pytest.skip(str(missing))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.kill()


@pytest.fixture
def three_brokers(cluster_of_module: KafkaCluster) -> Iterator[KafkaCluster]:
    """Three brokers that a test may kill; all are there again for the next one."""
    yield cluster_of_module
    cluster_of_module.revive()


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
