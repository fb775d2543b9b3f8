"""A box from its first start to its next version, between a camera and a Kafka that are outside.

One box, in the order in which an installer and an operator meet it: each test goes on where the
one before it ended.
"""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from image.conftest import tree_version
from image.guest import PATIENCE
from image.maker import Maker, Shop, replace
from image.place import RATE, Place

pytestmark = pytest.mark.timeout(3000)

NEXT = "0.1.1"
PICTURES = 60


Told = Callable[[str], None]


def test_it_starts_and_says_who_it_is_and_how_it_is_reached(place: Place, told: Told) -> None:
    place.box.put(place.configuration(), "framegate.yaml")
    place.guest.start()
    seconds = place.guest.wait_until_ready()
    told(
        f"READY {seconds} s after its kernel began, {time.monotonic() - place.guest.began:.0f} s "
        "after it was switched on, under emulation"
    )
    outside = place.look()
    screen = place.guest.line.text
    assert f"== Framegate {tree_version()}, framegate ==" in screen
    machine = screen.rsplit("machine       ", 1)[1].split()[0]
    assert len(machine) == 32
    assert set(machine) <= set("0123456789abcdef")
    assert " 10.0.2.15/24" in screen  # by DHCP
    assert "set-up file   taken from the boot partition" in screen
    assert outside.token


def test_the_token_on_the_screen_makes_an_admin_and_then_nothing_more(place: Place) -> None:
    outside = place.outside
    assert outside
    assert outside.ask("GET", "status")[0] == 403  # it is good for one thing
    status, made = outside.ask("POST", "tokens", {"name": "anna", "role": "admin"})
    assert status == 201, made
    assert outside.ask("POST", "tokens", {"name": "eve", "role": "admin"})[0] == 401
    outside.token = made["token"]
    said = outside.ctl("status")
    assert said.body["ready"] is True, said
    # Only then does the screen forget it.
    place.guest.screen(r"^page +https://10\.0\.2\.15:8443/$", PATIENCE)


def test_each_picture_of_a_camera_outside_has_its_result_in_kafka(place: Place) -> None:
    outside = place.outside
    assert outside
    sender = place.send(PICTURES)
    sender.wait(300)
    place.customer.read_until(lambda it: len(it.results) >= PICTURES, 300)
    drops = {it["reason"]: it["total"] for it in outside.ctl("drops").body["drops"] if it["total"]}
    assert place.numbers(sender) == dict.fromkeys(range(PICTURES), 1), drops
    audit = outside.ctl("audit")
    assert audit.code == 0, audit
    total = next(
        it for it in audit.body["equations"] if (it["name"], it["unit"]) == ("total", "frame")
    )
    assert (total["received"], total["delivered"]) == (PICTURES, PICTURES), audit
    place.customer.read_until(lambda it: len(it.frames) >= PICTURES // 10, 60)
    for picture in place.customer.frames:
        # The camera's own bytes came through the box.
        assert picture.value[:2] == b"\xff\xd8"
        assert picture.value[-2:] == b"\xff\xd9"


def test_what_is_changed_from_outside_is_seen_at_the_box(place: Place) -> None:
    outside = place.outside
    assert outside
    words = ("--source", "10.0.0.12", "--destination", "10.0.0.2", "--port", "5006")
    added = outside.ctl("camera", "add", "gate", *words)
    assert added.code == 0, added
    kept = outside.ctl("config", "commit", "--comment", "gate")
    assert kept.code == 0, kept
    place.guest.type("camera list", r"^gate +")


def _flip_a_bit(folder: Path) -> None:
    (hashes,) = folder.glob("*.verity.gz")
    whole = bytearray(hashes.read_bytes())
    whole[len(whole) // 2] ^= 1
    replace(hashes, bytes(whole))


def _cut_the_end_off(folder: Path) -> None:
    (root,) = folder.glob("*.root.gz")
    replace(root, root.read_bytes()[: 1 << 20])


def _call_it_otherwise(maker: Maker, folder: Path) -> None:
    """The same for a product that we are not, by a maker whose key is ours."""
    lines = []
    for path in sorted(folder.glob("framegate_*")):
        renamed = path.rename(folder / path.name.replace("framegate_", "toaster_"))
        lines.append(f"{hashlib.sha256(renamed.read_bytes()).hexdigest()}  {renamed.name}\n")
    replace(folder / "SHA256SUMS", "".join(lines).encode())
    maker.sign(folder)


def test_what_is_no_newer_version_by_the_maker_is_refused(
    place: Place, maker: Maker, shop: Shop
) -> None:
    """Nothing of it is taken, whichever way it is wrong, and the box says so."""
    maker.another("0.0.9")
    maker.spoilt(NEXT, "key", lambda folder: maker.sign(folder, with_another_key=True))
    maker.spoilt(NEXT, "product", lambda folder: _call_it_otherwise(maker, folder))
    maker.spoilt(NEXT, "cut", _cut_the_end_off)
    maker.spoilt(NEXT, "bit", _flip_a_bit)
    before = place.guest.versions()
    for name, answer in (
        ("0.0.9", f"^gwctl: nothing newer than {tree_version()}"),
        ("key", f"^gwctl: nothing newer than {tree_version()}"),
        ("product", f"^gwctl: nothing newer than {tree_version()}"),
        ("cut", f"^gwctl: {NEXT} was not installed; {tree_version()} stays"),
        ("bit", f"^gwctl: {NEXT} was not installed; {tree_version()} stays"),
    ):
        place.guest.type(f"system update {shop.url(name)}", answer, PATIENCE)
        assert place.guest.versions() == before, name


def test_the_next_version_takes_over_while_frames_flow(
    place: Place, maker: Maker, shop: Shop, told: Told
) -> None:
    outside = place.outside
    assert outside
    maker.another(NEXT)
    place.guest.wait_until_good()
    sender = place.send(100_000)
    assert place.customer.read_until(lambda _: len(place.numbers(sender)) > RATE, 120)
    assert place.missing(sender) == 0
    assert outside.ctl("status").code == 0
    place.guest.type(f"system update {shop.url(NEXT)} --restart", f"^{NEXT} is there", PATIENCE)
    place.guest.screen(f"== Framegate {NEXT}, framegate ==", PATIENCE)
    place.guest.wait_until_ready()
    assert place.guest.versions() == {
        "running": NEXT,
        NEXT: "on trial",
        tree_version(): "good",
    }
    # Results lie in Kafka until they are read: those of later are the new version's.
    ready_ms = 1000 * time.time()
    assert place.customer.read_until(lambda it: it.results[-1].time_ms > ready_ms, 300)
    assert set(place.numbers(sender).values()) == {1}
    gap = place.missing(sender)
    # Nobody starts an emulated machine in a second.
    assert gap > RATE
    told(f"the gap of the update: {gap} pictures, {gap / RATE:.0f} s, under emulation")
    # What it was told before the update: its token, its certificate, its camera.
    assert outside.ctl("status").body["ready"] is True
    assert outside.ctl("camera", "show", "gate").code == 0
    # It proves itself.
    place.guest.wait_until_good()
    assert place.guest.versions() == {"running": NEXT, NEXT: "good", tree_version(): "good"}
    sender.stop()
    assert outside.ctl("audit").code == 0


def test_it_goes_back_when_it_is_told_to(place: Place) -> None:
    outside = place.outside
    assert outside
    place.guest.type("system rollback", f"^the next start takes {tree_version()}")
    place.guest.line.say("system restart")
    place.guest.screen(f"== Framegate {tree_version()}, framegate ==", PATIENCE)
    place.guest.wait_until_ready()
    assert place.guest.versions() == {
        "running": tree_version(),
        tree_version(): "good",
        NEXT: "bad",
    }
    assert outside.ctl("camera", "show", "gate").code == 0
    assert outside.ctl("audit").code == 0
