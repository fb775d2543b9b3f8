"""Power cuts while an update is at work: the box starts, with one version or the other, whole."""

import os
import random
from collections.abc import Callable

import pytest

from image.box import Box
from image.conftest import tree_version
from image.guest import PATIENCE, Guest
from image.maker import Maker, Shop
from testbed import stopping

pytestmark = pytest.mark.timeout(7200)

NEXT = "0.1.1"
CUTS = int(os.environ.get("FRAMEGATE_IMAGE_CUTS", "20"))
# After its last byte an update still names the slot and the kernel, and starts the box again.
LATE_S = 20.0


def test_a_power_cut_in_an_update_leaves_a_version_that_starts(
    copied: Box,
    maker: Maker,
    shop: Shop,
    switch_on: Callable[[Box], Guest],
    told: Callable[[str], None],
) -> None:
    update = maker.another(NEXT)
    bytes_ = sum(it.stat().st_size for it in update.iterdir())
    seed = int(os.environ.get("FRAMEGATE_IMAGE_SEED", random.randrange(1 << 32)))
    told(f"power cuts: {CUTS}, FRAMEGATE_IMAGE_SEED={seed}")
    chance = random.Random(seed)
    for number in range(CUTS):
        guest = switch_on(copied)
        guest.wait_until_ready()
        running = guest.versions()["running"]
        if running == NEXT:
            break
        # Two of three while it is written, the others in what comes after.
        early = chance.random() < 2 / 3
        at = chance.randrange(bytes_) if early else bytes_
        late = 0.0 if early else chance.uniform(0, LATE_S)
        served = shop.when_served(at)
        guest.line.say(f"system update {shop.url(NEXT)} --restart")
        assert served.wait(PATIENCE), guest.line.text[-3000:]
        stopping.pause(late)
        guest.power_cut()
        told(f"cut {number + 1}: at byte {at} of {bytes_}, and {late:.1f} s")
        assert f"framegate_{tree_version()}.efi" in copied.whole_versions()
    guest = switch_on(copied)
    guest.wait_until_ready()
    versions = guest.versions()
    told(f"after the cuts: {versions}")
    assert versions["running"] in (tree_version(), NEXT)
    guest.type("camera show door", r"10\.0\.0\.11")
    # And what was cut off can be done again.
    if versions["running"] != NEXT:
        if NEXT not in versions:
            guest.type(f"system update {shop.url(NEXT)}", f"^{NEXT} is there", PATIENCE)
        guest.line.say("system restart")
        guest.screen(f"== Framegate {NEXT}, framegate ==", PATIENCE)
        guest.wait_until_ready()
    guest.wait_until_good()
    guest.power_cut()
    assert copied.whole_versions() == [f"framegate_{tree_version()}.efi", f"framegate_{NEXT}.efi"]
