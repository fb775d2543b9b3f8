"""What tests of several folders stand on."""

import os

import pytest

from testbed import netns, scenes
from testbed.crash_hook import pytest_runtest_teardown  # noqa: F401, a hook
from testbed.scenes import Scenes


def pytest_configure() -> None:
    """An interrupted run leaves no namespace behind."""
    netns.end_well_on_signals()


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """A hundred scenes with a digit, as JPEG files."""
    return scenes.draw(tmp_path_factory.mktemp("drawn"), first=0, count=100, kind="jpg")


@pytest.fixture(scope="session")
def need_root() -> None:
    """Skips what needs network namespaces when we may not make them."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
