"""Versions that do not start, or do not do well: the box is back on the one before by itself."""

import time
from collections.abc import Callable

import pytest

from image.box import Box
from image.conftest import tree_version
from image.guest import PATIENCE, Guest
from image.maker import Maker, Shop
from image.soak.conftest import KEEPER

pytestmark = pytest.mark.timeout(7200)

BAD = {
    "panic": "0.1.11",  # a kernel that finds no root, and panics
    "init": "0.1.12",  # nobody to start after the kernel
    "bit": "0.1.13",  # one bit of its root
    "hash": "0.1.14",  # another root than its kernel wants
    "crash": "0.1.15",  # a daemon that ends at once
    "hang": "0.1.16",  # a daemon that never gets ready
    "full": "0.1.17",  # not well, and it leaves no room on the data partition
    "damage": "0.1.18",  # it writes over the data partition below its file system
}
# How the version before does then; what filled the disk is there still, and it says so.
READY = r"ready, since \d+ s after the start"
AFTER = {"full": r"not well: api\.audit_log"}
# Ready, as well as one can be without a broker: the box has to know how it did before.
UNWELL = "0.1.19"


def _is_back(guest: Guest, proved: Box, bad: str, state: str = READY) -> None:
    """The version before runs, and nobody touched what was set up."""
    guest.screen(f"== Framegate {tree_version()}, framegate ==", 4 * PATIENCE)
    guest.screen(f"^state +{state}$", PATIENCE)
    guest.screen(r"^gwctl> ")
    assert guest.versions() == {"running": tree_version(), tree_version(): "good", bad: "bad"}
    guest.type("camera show door", r"10\.0\.0\.11")
    guest.type("token list", f"^{KEEPER} ")
    assert guest.machine() == (proved.folder / "machine").read_text()


@pytest.mark.parametrize("change", BAD)
def test_a_version_that_is_no_good_is_left_within_three_starts(
    change: str,
    proved: Box,
    copied: Box,
    maker: Maker,
    switch_on: Callable[[Box], Guest],
    told: Callable[[str], None],
) -> None:
    copied.take(maker.another(BAD[change], change))
    assert len(copied.boot_files()) == 2
    guest = switch_on(copied)
    _is_back(guest, proved, BAD[change], AFTER.get(change, READY))
    starts = len(guest.starts())
    told(f"{change}: back with start {starts}, {time.monotonic() - guest.began:.0f} s")
    # Three of its own, and then the old one's.
    assert starts == 4


def test_a_version_that_is_less_well_than_the_one_before_is_taken_back(
    proved: Box,
    copied: Box,
    maker: Maker,
    shop: Shop,
    switch_on: Callable[[Box], Guest],
    told: Callable[[str], None],
) -> None:
    maker.another(UNWELL, "unwell")
    guest = switch_on(copied)
    guest.wait_until_ready()
    guest.type(f"system update {shop.url(UNWELL)} --restart", f"^{UNWELL} is there", PATIENCE)
    guest.screen(f"== Framegate {UNWELL}, framegate ==", PATIENCE)
    guest.screen(r"^state +not well: kafka is ", PATIENCE)
    _is_back(guest, proved, UNWELL)
    told(f"unwell: back with start {len(guest.starts())}")
    # The one that installed it, three of its own, and then the old one's.
    assert len(guest.starts()) == 5
    guest.type("system status", f"^the update to {UNWELL} was not well, and was taken back$")
    guest.type("alarm list", r"update_failed")
