"""Ports whose interface goes away and comes back while the gateway runs."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.gateway import camera
from testbed.site import PATIENT, Site

PICTURES = 20


def _ip(*arguments: object) -> None:
    subprocess.run(["ip", *map(str, arguments)], check=True, process_group=0)


def _inside(site: Site) -> str:
    """The cameras' end of the cable."""
    names = [link["ifname"] for link in json.loads(site.net.run("ip", "-j", "link"))]
    return next(name for name in names if name not in ("lo", site.net.port))


def _unplug(site: Site) -> None:
    site.net.run("ip", "link", "set", _inside(site), "down")


def _plug(site: Site) -> None:
    site.net.run("ip", "link", "set", _inside(site), "up")


def _move(site: Site) -> None:
    _ip("link", "set", site.net.port, "netns", site.net.name)


def _move_back(site: Site) -> None:
    site.net.run("ip", "link", "set", site.net.port, "netns", os.getpid())
    _ip("link", "set", site.net.port, "up")


def _delete(site: Site) -> None:
    _ip("link", "delete", site.net.port)


def _make_again(site: Site) -> None:
    net, inside = site.net, f"{site.net.port}i"[-15:]
    _ip("link", "add", net.port, "type", "veth", "peer", "name", inside, "netns", net.name)
    _ip("link", "set", net.port, "addrgenmode", "none", "up")
    net.run("ip", "link", "set", inside, "addrgenmode", "none", "up")
    net.run("ethtool", "-K", inside, "tx", "off")
    for host in (1, 11):
        net.run("ip", "address", "add", f"10.0.0.{host}/24", "dev", inside)


def _find_the_gateway(site: Site) -> None:
    """The cameras' permanent neighbour entry, which a link that went away took with it."""
    hardware = Path(f"/sys/class/net/{site.net.port}/address").read_text().strip()
    site.net.run(
        *("ip", "neighbour", "replace", "10.0.0.2", "lladdr", hardware),
        *("dev", _inside(site), "nud", "permanent"),
    )


def _port(site: Site) -> dict[str, object]:
    return site.gateway.ask("stages")["stages"][0]["facts"]["ports"][0]


def _wait_for(site: Site, state: str) -> None:
    site.gateway.wait_until(lambda: _port(site)["state"] == state, 30, f"the port is not {state}")


@pytest.mark.parametrize(
    ("away", "back", "state", "reopened"),
    [
        (_unplug, _plug, "down", 0),
        (_move, _move_back, "gone", 1),
        (_delete, _make_again, "gone", 1),
    ],
    ids=["unplugged", "moved", "deleted"],
)
def test_a_port_that_goes_away_is_told_and_received_from_when_it_is_back(
    site: Site,
    away: Callable[[Site], None],
    back: Callable[[Site], None],
    state: str,
    reopened: int,
) -> None:
    stream = site.stream("cam0", rate=20, pictures=PICTURES)
    site.start(camera(stream, ssrc=None, **PATIENT))
    site.send_digits(stream)
    site.finish_sending()
    site.settle(received=PICTURES)
    assert _port(site)["state"] == "up"
    packets = _port(site)["packets"]

    away(site)
    _wait_for(site, state)
    time.sleep(1)
    back(site)
    _find_the_gateway(site)
    _wait_for(site, "up")
    site.send_digits(site.again(PICTURES))
    site.finish_sending()
    site.settle(received=2 * PICTURES)

    assert len(site.read(results=2 * PICTURES).results) == 2 * PICTURES
    assert _port(site)["reopened"] == reopened
    assert _port(site)["packets"] > packets
    assert site.gateway.ctl("audit").code == 0
    assert site.gateway.stop() <= 5
