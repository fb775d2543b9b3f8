"""The package as it is installed, a broker, topics of pictures and what came of them."""

import os
import sys
from collections.abc import Iterator

import pytest

from testbed import places
from testbed.kafka import Kafka
from testbed.pictures import Topic

# What a cluster starts finds the package there, too, and models find their runtime in Python's.
SITE = places.ROOT / "build-wheel" / "site"
sys.path.insert(0, str(SITE))
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(SITE), *filter(None, [os.environ.get("PYTHONPATH")])]
)
os.environ.pop("FRAMEGATE_LIBRARY", None)


def pytest_configure() -> None:
    """Without the package there is nothing to test."""
    places.need(SITE / "framegate", "run ./dev test cluster once, which installs the wheel there")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker for all tests of a module, which leave it alone."""
    broker = Kafka(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def topic(kafka: Kafka) -> Topic:
    """A topic of pictures, empty, and one for their results."""
    return Topic.make(kafka)
