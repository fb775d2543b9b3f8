"""What an apply cannot take back, since it cannot ask any more, it names; no gateway runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from local_gateway import CHECKED

from framegate_fleet.apply import Apply
from framegate_fleet.client import Reply
from framegate_fleet.desired import Fleet, Gateway
from framegate_fleet.journal import Desk, Entry, Journal


class Contact:
    """It is as it should be."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def ask(self, method: str, path: str, body: object = None) -> Reply:
        """It knows of checks alone."""
        assert path == "config/check"
        return Reply(200, CHECKED, "")


class Engine:
    """Of some."""

    def __init__(self, gateways: list[Gateway]) -> None:
        self.contacts = {gateway.name: Contact(gateway) for gateway in gateways}

    def each(self, names: list[str], work: Callable[[Any], Any]) -> dict[str, Any]:
        """One by one."""
        return {name: work(self.contacts[name]) for name in names}


@pytest.mark.parametrize(
    ("state", "then"),
    [
        ("confirmed", "stays as it is until the next apply"),
        ("committed", "goes back by itself within 60 s of its commit"),
        ("asked", "goes back by itself within 60 s of its commit"),
    ],
)
def test_one_that_was_changed_and_has_left_is_named(tmp_path: Path, state: str, then: str) -> None:
    desk = Desk(tmp_path)
    old = Journal("old", [["gone", "lost", "off"]])
    old.entries = {"gone": Entry(state), "lost": Entry(state), "off": Entry("away")}
    desk.write(old)
    stays = Gateway("stays", "s", [], address="127.0.0.1:1", fingerprint="AB")
    lost = Gateway("lost", "s", [], address="127.0.0.1:2", fingerprint="CD")
    fleet = Fleet("f", ["all"], confirm=60, gateways={"stays": stays, "lost": lost})
    lines: list[str] = []

    outcome = Apply(fleet, Engine([stays]), desk, lines.append).run("new")

    assert outcome.gateways == {
        "gone": {
            "state": "left",
            "note": f"cannot be asked (it is no gateway of this commit): {then}",
        },
        "lost": {"state": "left", "note": f"cannot be asked (its token is not here): {then}"},
        "stays": {"state": "same", "note": ""},
    }
    assert f"gone: {outcome.gateways['gone']['note']}" in lines
    assert desk.read() is None
