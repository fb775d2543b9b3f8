"""Versions that do not start, or do not do well: the box is back on the one before by itself."""

from collections.abc import Callable

import pytest

from image.box import Box
from image.conftest import tree_version
from image.guest import PATIENCE, Guest
from image.maker import Maker

pytestmark = pytest.mark.timeout(3000)

BAD = {
    "bit": "0.1.2",  # one bit of its root
    "hash": "0.1.3",  # another root than its kernel wants
    "init": "0.1.4",  # nobody to start after the kernel
    "crash": "0.1.5",  # a daemon that ends at once
}


@pytest.mark.parametrize("change", BAD)
def test_a_version_that_is_no_good_is_left_within_three_starts(
    change: str,
    copied: Box,
    maker: Maker,
    switch_on: Callable[[Box], Guest],
    told: Callable[[str], None],
) -> None:
    copied.take(maker.another(BAD[change], change))
    assert len(copied.boot_files()) == 2
    guest = switch_on(copied)
    guest.screen(f"== Framegate {tree_version()}, framegate ==", 3 * PATIENCE)
    guest.wait_until_ready()
    starts = len(guest.starts())
    told(f"{change}: back with start {starts}")
    # Three of its own, and then the old one's.
    assert starts == 4
    versions = guest.versions()
    assert versions == {
        "running": tree_version(),
        tree_version(): "good",
        BAD[change]: "bad",
    }
    # Nobody touched what was set up.
    guest.type("camera show door", r"10\.0\.0\.11")
