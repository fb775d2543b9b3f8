"""What the integration tests stand on: one broker for all of them, a site of its own for each."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed import netns, scenes
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.scenes import Scenes
from testbed.site import Site


def pytest_configure() -> None:
    """An interrupted run leaves no namespace behind."""
    netns.end_well_on_signals()


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """A hundred scenes with a digit, as JPEG files."""
    return scenes.draw(tmp_path_factory.mktemp("drawn"), first=0, count=100, kind="jpg")


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


@pytest.fixture(scope="session")
def need_root() -> None:
    """Skips what needs network namespaces when we may not make them."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")


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
