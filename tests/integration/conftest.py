"""What the integration tests stand on: one broker for all of them, a site of its own for each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.scenes import Scenes
from testbed.site import Site


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The broker that most tests share."""
    kafka = Kafka(tmp_path_factory.mktemp("broker"))
    kafka.start()
    yield kafka
    kafka.stop()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Kafka]:
    """A broker that a test may start, stop and kill."""
    kafka = Kafka(tmp_path / "kafka")
    yield kafka
    kafka.kill()


@pytest.fixture
def site(need_root: None, tmp_path: Path, broker: Kafka, drawn: Scenes) -> Iterator[Site]:
    """A site whose gateway writes to the shared broker."""
    topics = Topics.unique()
    broker.create_topics(topics)
    made = Site(tmp_path, broker, topics, drawn)
    yield made
    made.close()


@pytest.fixture
def make_site(need_root: None, tmp_path: Path, drawn: Scenes) -> Iterator[Callable[[Kafka], Site]]:
    """Makes a site for a broker that need not run yet, so its topics do not exist yet."""
    made: list[Site] = []

    def make(kafka: Kafka) -> Site:
        made.append(Site(tmp_path, kafka, Topics.unique(), drawn))
        return made[-1]

    yield make
    for it in made:
        it.close()
