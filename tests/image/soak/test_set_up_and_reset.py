"""A set-up file that is wrong, one that is right, and a reset that leaves nothing of either."""

import subprocess
import uuid
from collections.abc import Callable, Iterator

import pytest

from image.box import Box, image
from image.conftest import tree_version
from image.from_outside import Outside
from image.guest import PATIENCE, Guest
from image.soak.conftest import CONFIGURATION

pytestmark = pytest.mark.timeout(7200)

WRONG = CONFIGURATION.replace("cameras:", "kameras:")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, need_root: None) -> Iterator[Box]:
    """One box for all of them, in turn."""
    made = Box(tmp_path_factory.mktemp("setup"))
    made.install(image(tree_version()))
    yield made
    made.disk.unlink(missing_ok=True)


@pytest.fixture
def outside(box: Box) -> Callable[[Guest], Outside]:
    """Whoever has read the screen."""
    return lambda guest: Outside.who_read(guest.line.text, box.folder, guest.https)


def holds(box: Box, marker: str) -> bool:
    """Whether the disk has that anywhere."""
    found = subprocess.run(["grep", "--quiet", "--text", marker, box.disk], check=False)
    return found.returncode == 0


def test_a_wrong_file_is_refused_with_its_line_and_the_box_stays_reachable(
    box: Box, switch_on: Callable[[Box], Guest], outside: Callable[[Guest], Outside]
) -> None:
    box.put(WRONG, "framegate.yaml")
    guest = switch_on(box)
    guest.wait_until_ready()
    line = WRONG.splitlines().index("kameras:") + 1
    shown = guest.line.text
    assert f"set-up file   refused, from the boot partition: framegate.yaml:{line}" in shown
    somebody = outside(guest)
    status, _ = somebody.ask("POST", "tokens", {"name": "anna", "role": "admin"})
    assert status == 201


def test_after_a_reset_nothing_of_what_was_set_up_is_on_the_disk(
    box: Box, switch_on: Callable[[Box], Guest], told: Callable[[str], None]
) -> None:
    in_file, in_state = (f"marker-{uuid.uuid4().hex[:20]}" for _ in range(2))
    box.put(f"# {in_file}\n{CONFIGURATION}", "framegate.yaml")
    guest = switch_on(box)
    guest.wait_until_ready()
    assert "set-up file   taken from the boot partition" in guest.line.text
    machine = guest.machine()
    guest.type("camera show door", r"10\.0\.0\.11")
    guest.type(f"config commit --comment {in_state}", r"^(?!gwctl> config).*\n")
    guest.type(f"token create {in_state[:30]} --role viewer", r"^fg_")
    guest.power_cut()
    # The markers are planted: what looks for them finds them.
    assert holds(box, in_file)
    assert holds(box, in_state[:30])

    guest = switch_on(box)
    guest.wait_until_ready()
    guest.type("system reset", r"^gwctl: this takes configuration and data for good")
    guest.line.say("system reset --yes")
    guest.screen(r"^reset +done: this box is as new$", PATIENCE)
    guest.wait_until_ready()
    assert guest.machine() != machine
    assert "set-up token" in guest.line.text.rsplit("reset         done", 1)[1]
    guest.type("camera list", r"no camera|0 cameras|there is no")
    guest.power_cut()
    assert not holds(box, in_file)
    assert not holds(box, in_state[:30])
    del told
