"""Power cuts while an update is at work: the box starts, with one version or the other, whole."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from image.box import Box
from image.conftest import tree_version
from image.guest import PATIENCE, Guest
from image.maker import Maker, Shop
from image.soak.conftest import KEEPER
from testbed import stopping

NEXT = "0.1.1"
CUTS = int(os.environ.get("FRAMEGATE_IMAGE_CUTS", "20"))
# After its last byte an update still names the slot and the kernel, and starts the box again.
LATE_S = 20.0

pytestmark = pytest.mark.timeout(1800 + 1800 * CUTS)


def _starts_as_it_was(guest: Guest, proved: Box) -> dict[str, str]:
    """One of both versions, and nothing of what was set up is gone."""
    guest.wait_until_ready()
    versions = guest.versions()
    assert versions["running"] in (tree_version(), NEXT)
    assert versions[tree_version()] == "good"
    guest.type("camera show door", r"10\.0\.0\.11")
    guest.type("token list", f"^{KEEPER} ")
    assert guest.machine() == (proved.folder / "machine").read_text()
    return versions


def test_a_power_cut_in_an_update_leaves_a_version_that_starts(
    proved: Box,
    tmp_path: Path,
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
    box = proved.copy(_folder(tmp_path, 0))
    for number in range(CUTS):
        guest = switch_on(box)
        _starts_as_it_was(guest, proved)
        # Two of three while it is written, the others in what comes after.
        early = chance.random() < 2 / 3
        at = chance.randrange(bytes_) if early else bytes_
        late = 0.0 if early else chance.uniform(0, LATE_S)
        served = shop.when_served(at)
        guest.line.say(f"system update {shop.url(NEXT)} --restart")
        assert served.wait(PATIENCE), guest.line.text[-3000:]
        stopping.pause(late)
        guest.power_cut()
        whole = box.whole_versions()
        told(f"cut {number + 1}: at byte {at} of {bytes_}, and {late:.1f} s; whole: {whole}")
        assert f"framegate_{tree_version()}.efi" in whole
        if len(whole) == 2:
            # The update was through. It starts, and the next cut meets a box without it.
            guest = switch_on(box)
            versions = _starts_as_it_was(guest, proved)
            told(f"after cut {number + 1}: {versions}")
            assert versions["running"] == NEXT
            guest.power_cut()
            shutil.rmtree(box.folder)
            box = proved.copy(_folder(tmp_path, number + 1))
    guest = switch_on(box)
    versions = _starts_as_it_was(guest, proved)
    # And what was cut off can be done again.
    guest.type(f"system update {shop.url(NEXT)} --restart", f"^{NEXT} is there", PATIENCE)
    guest.screen(f"== Framegate {NEXT}, framegate ==", PATIENCE)
    guest.wait_until_ready()
    guest.wait_until_good()
    guest.power_cut()
    assert box.whole_versions() == [f"framegate_{tree_version()}.efi", f"framegate_{NEXT}.efi"]


def _folder(place: Path, number: int) -> Path:
    folder = place / f"box-{number}"
    folder.mkdir()
    return folder
