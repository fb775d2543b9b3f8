"""Other ways into the gateway: IPv6, a multicast group, a TAP device."""

import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import senders
from testbed.blocks import Block
from testbed.gateway import Gateway, camera, configuration
from testbed.netns import CameraNet
from testbed.process import Process
from testbed.scenes import Scenes
from testbed.senders import Sender, Stream
from testbed.site import PATIENT, Site

PICTURES = 40


def _inside(net: CameraNet) -> str:
    """The cameras' end of the cable."""
    names = [link["ifname"] for link in json.loads(net.run("ip", "-j", "link"))]
    (name,) = [name for name in names if name != "lo"]
    return name


def _assert_everything_came(site: Site) -> None:
    results = site.read(results=PICTURES).results
    assert [result.sequence for result in results] == list(range(PICTURES))
    frames = site.gateway.status()["frames"]
    assert frames["received"] == frames["delivered"] == PICTURES
    assert site.gateway.ctl("audit").code == 0


def test_a_camera_that_speaks_ipv6_is_received(site: Site) -> None:
    net = site.net
    hardware = Path(f"/sys/class/net/{net.port}/address").read_text().strip()
    for address in ("fd00:0:0:1::11", "fd00:0:0:1::12"):
        net.run("ip", "address", "add", f"{address}/64", "dev", _inside(net), "nodad")
    net.run(
        *("ip", "neighbour", "replace", "fd00:0:0:1::2", "lladdr", hardware),
        *("dev", _inside(net), "nud", "permanent"),
    )
    stream = dataclasses.replace(
        site.stream("cam0", rate=20, pictures=PICTURES),
        source="fd00:0:0:1::11",
        destination="fd00:0:0:1::2",
    )
    stranger = dataclasses.replace(stream, source="fd00:0:0:1::12")
    site.start(camera(stream, **PATIENT))
    site.send_digits(stream)
    site.keep(
        senders.jpeg_files(net.start, site.folder / "stranger.log", stranger, site.drawn.jpeg)
    )
    site.finish_sending()
    site.settle(received=PICTURES)

    _assert_everything_came(site)
    assert site.gateway.ask("camera", "show", "cam0")["source"] == "fd00:0:0:1::11"
    site.wait_for_unmatched("bad_source", PICTURES)


def test_a_camera_that_sends_to_a_multicast_group_is_received(site: Site) -> None:
    site.net.run("ip", "route", "add", "239.0.0.0/8", "dev", _inside(site.net))
    stream = dataclasses.replace(
        site.stream("cam0", rate=20, pictures=PICTURES), destination="239.1.2.3"
    )
    other_group = dataclasses.replace(stream, destination="239.1.2.4")
    site.start(camera(stream, **PATIENT))
    site.send_digits(stream)
    site.keep(
        senders.jpeg_files(site.net.start, site.folder / "other.log", other_group, site.drawn.jpeg)
    )
    site.finish_sending()
    site.settle(received=PICTURES)

    _assert_everything_came(site)
    site.gateway.wait_until(
        lambda: sum(site.gateway.ask("drops")["unmatched"].values()) >= PICTURES,
        60,
        "the other group is not counted",
    )


@pytest.fixture
def tap(need_root: None) -> Iterator[tuple[Gateway, Stream]]:
    """A gateway with a TAP device of its own, and a camera on the kernel's side of it."""
    name = f"fgt{os.getpid()}t"
    block = Block()
    network = block.prefix
    stream = Stream("cam0", f"{network}.1", 5004, 20, PICTURES, 1, destination=f"{network}.2")
    config = configuration(name, [camera(stream, **PATIENT)], None)
    config["interfaces"][0]["device"] = f"net_tap0,iface={name}"
    gateway = Gateway(config)
    try:
        gateway.start()
        for command in (
            ("ip", "address", "add", f"{network}.1/24", "dev", name),
            (
                *("ip", "neighbour", "replace", f"{network}.2", "lladdr", "02:00:00:00:00:02"),
                *("dev", name, "nud", "permanent"),
            ),
        ):
            assert Process(command, gateway.folder / "ip.log").wait(60) == 0
        yield gateway, stream
    finally:
        gateway.remove()
        block.release()


def test_a_tap_device_is_a_port_like_any_other(
    tap: tuple[Gateway, Stream], drawn: Scenes, tmp_path: Path
) -> None:
    gateway, stream = tap
    sender: Sender = senders.jpeg_files(Process, tmp_path / "sender.log", stream, drawn.jpeg)
    try:
        sender.wait(60)
    finally:
        sender.stop()
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] == PICTURES, 60, "frames are missing"
    )

    shown = gateway.ask("camera", "show", "cam0")
    assert shown["frames"]["received"] == PICTURES
    assert shown["packets"] > PICTURES
    assert gateway.ctl("audit").code == 0
    assert gateway.stop() <= 5
    # It was the gateway's own device: it goes with it.
    assert not Path(f"/sys/class/net/fgt{os.getpid()}t").exists()


def test_jumbo_packets_come_by_a_tap_device(
    tap: tuple[Gateway, Stream], drawn: Scenes, tmp_path: Path
) -> None:
    gateway, stream = tap
    raise_mtu = ("ip", "link", "set", f"fgt{os.getpid()}t", "mtu", "9000")
    assert Process(raise_mtu, tmp_path / "ip.log").wait(60) == 0
    jumbo = dataclasses.replace(stream, mtu=9000 - 28)
    sender: Sender = senders.jpeg_files(Process, tmp_path / "sender.log", jumbo, drawn.jpeg)
    try:
        sender.wait(60)
    finally:
        sender.stop()
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] == PICTURES, 60, "frames are missing"
    )
    shown = gateway.ask("camera", "show", "cam0")
    assert shown["bytes"] / shown["packets"] > 2000
    assert gateway.ctl("audit").code == 0
