"""A box that has proved itself, for tests that each begin with a copy of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from image.box import Box, image
from image.conftest import tree_version
from image.guest import Guest

CONFIGURATION = """\
interfaces:
  - {name: lan0, device: "net_null0,no-rx=1"}
cameras:
  - {name: door, source: 10.0.0.11, destination: 10.0.0.2, port: 5004}
accel: {repository: /var/lib/framegate/models}
kafka: {backend: "null"}
api:
  socket: /run/framegate/api.sock
  state: /var/lib/framegate/api
  https: {listen: "0.0.0.0:8443"}
"""


# A token that somebody made: what the box keeps beside its configuration.
KEEPER = "keeper"


def _guest(box: Box) -> Guest:
    # Nothing here needs two processors, of which the second may miss its timer for good.
    return Guest(box, steady=True)


@pytest.fixture(scope="session")
def proved(tmp_path_factory: pytest.TempPathFactory, need_root: None) -> Iterator[Box]:
    """It was set up and has proved itself, and is switched off."""
    box = Box(tmp_path_factory.mktemp("proved"))
    box.install(image(tree_version()))
    box.put(CONFIGURATION, "framegate.yaml")
    guest = _guest(box)
    guest.start()
    try:
        guest.wait_until_ready()
        guest.wait_until_good()
        guest.type(f"token create {KEEPER} --role viewer", r"^fg_")
        (box.folder / "machine").write_text(guest.machine())
    finally:
        guest.power_cut()
    yield box
    box.disk.unlink(missing_ok=True)


@pytest.fixture
def switch_on() -> Iterator[Callable[[Box], Guest]]:
    """Starts boxes, and cuts their power when the test is over."""
    guests: list[Guest] = []

    def start(box: Box) -> Guest:
        guest = _guest(box)
        guests.append(guest)
        guest.start()
        return guest

    yield start
    for guest in guests:
        guest.power_cut()


@pytest.fixture
def copied(proved: Box, tmp_path: Path) -> Iterator[Box]:
    """A copy of it."""
    box = proved.copy(tmp_path)
    yield box
    box.disk.unlink(missing_ok=True)
