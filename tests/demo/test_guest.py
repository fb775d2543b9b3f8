"""The guest of the demo goes when its pictures are through, however busy the machine is."""

import argparse
import contextlib
import time
from types import SimpleNamespace

import pytest

from demo import guest as demo_guest
from demo.guest import Guest
from demo.way import PATIENCE, Demo

SENT = 16


class Watched:
    """A gateway that says what the test wants."""

    def __init__(self) -> None:
        self.frames = dict.fromkeys(("received", "delivered", "dropped", "in_flight", "spooled"), 0)

    def ask(self, *_: str) -> dict[str, dict[str, int]]:
        """`camera show`."""
        return {"frames": dict(self.frames)}

    def ctl(self, *_: str) -> SimpleNamespace:
        """`camera add` and `camera remove`."""
        return SimpleNamespace(code=0)


@pytest.fixture
def gateway() -> Watched:
    """Nothing has come yet."""
    return Watched()


@pytest.fixture
def sender() -> SimpleNamespace:
    """One that plays."""
    return SimpleNamespace(running=True)


@pytest.fixture
def guest(gateway: Watched, sender: SimpleNamespace) -> Guest:
    """It has come."""
    keys = ("source", "destination", "port", "ssrc", "model", "region")
    camera = SimpleNamespace(
        name="guest", configured=dict.fromkeys(keys, 1), start=lambda: sender, pictures=SENT
    )
    made = Guest(camera, gateway)
    made.come()
    return made


def test_what_the_gateway_has_not_taken_in_yet_is_waited_for(guest, gateway, sender):
    assert not guest.is_through
    sender.running = False
    # The last pictures are still in the port: nothing is in flight.
    gateway.frames.update(received=SENT - 2, delivered=SENT - 2)
    assert not guest.is_through
    gateway.frames.update(received=SENT, in_flight=2)
    assert not guest.is_through
    gateway.frames.update(delivered=SENT, in_flight=0)
    assert guest.is_through


def test_what_never_comes_is_not_waited_for_without_end(guest, gateway, sender, monkeypatch):
    sender.running = False
    gateway.frames.update(received=SENT - 2, delivered=SENT - 2)
    assert not guest.is_through
    monkeypatch.setattr(demo_guest, "_PATIENCE", 0.0)
    time.sleep(0.01)
    assert guest.is_through


def test_what_is_missing_breaks_the_promise_and_what_was_dropped_is_told(guest, gateway):
    customer = SimpleNamespace(of=lambda _: list(range(SENT - 1)))
    gateway.frames.update(received=SENT, delivered=SENT - 1, dropped=1)
    guest.go()
    text, good = guest.judge(customer)
    assert good
    assert f"{SENT - 1} of {SENT} results, 1 dropped" in text
    guest.frames["dropped"] = 0
    assert not guest.judge(customer)[1]
    guest.frames["delivered"] = SENT
    assert not guest.judge(customer)[1]


@pytest.mark.parametrize("keep", [True, False])
def test_the_demo_plays_until_its_guest_has_gone(keep):
    asked = argparse.Namespace(seconds=5, keep=keep)
    with contextlib.ExitStack() as undo:
        demo = Demo(asked, undo)
        demo.cameras, demo.senders, demo.outage = [], {}, None
        demo.guest = SimpleNamespace(has_gone=False)
        now = time.monotonic()
        assert demo.somebody_plays(now)
        assert demo.somebody_plays(now - 6)
        assert not demo.somebody_plays(now - 6 - PATIENCE)
        demo.guest.has_gone = True
        assert demo.somebody_plays(now)
        assert not demo.somebody_plays(now - 6)
        # A model that is slow on this machine has not looked at this one yet.
        demo.cameras = [SimpleNamespace(name="signs", pictures=None)]
        results = [SimpleNamespace(body={"task": "none"})]
        demo.customer = SimpleNamespace(of=lambda _: results)
        assert demo.somebody_plays(now - 6)
        results.append(SimpleNamespace(body={"task": "plan"}))
        assert not demo.somebody_plays(now - 6)
