"""A cloud for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cloud import Cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """Without a gateway."""
    made = Cloud(tmp_path)
    yield made
    made.close()


@pytest.fixture
def fleet(cloud: Cloud) -> Callable[..., Cloud]:
    """Makes a fleet of gateways that are enrolled and have nothing to do."""

    def make(count: int = 3, **settings: object) -> Cloud:
        for number in range(1, count + 1):
            cloud.edge(f"gw{number}")
        cloud.settle(**settings)
        for edge in cloud.edges:
            cloud.enrol(edge)
        return cloud

    return make
