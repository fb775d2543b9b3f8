"""Ports on real interfaces: frames larger than usual, and what a port loses."""

import dataclasses

from testbed.gateway import camera
from testbed.senders import Stream
from testbed.site import PATIENT, Site

PICTURES = 20
JUMBO = 9000


def _jumbo(site: Site) -> Stream:
    """A camera on a network whose links carry packets of 9,000 bytes, and that uses it."""
    site.net.raise_mtu(JUMBO)
    return dataclasses.replace(site.stream("cam0", rate=20, pictures=PICTURES), mtu=JUMBO - 28)


def test_jumbo_packets_become_pictures(site: Site) -> None:
    stream = _jumbo(site)
    site.start(camera(stream, **PATIENT))
    site.send_digits(stream)
    site.finish_sending()
    site.settle(received=PICTURES)

    assert len(site.read(results=PICTURES).results) == PICTURES
    shown = site.gateway.ask("camera", "show", "cam0")
    # They were jumbo packets indeed.
    assert shown["bytes"] / shown["packets"] > 2000
    assert site.gateway.ask("drops")["unmatched"]["cut_short"] == 0
    assert site.gateway.ctl("audit").code == 0


def test_packets_that_the_port_cut_are_told_by_name(site: Site) -> None:
    stream = _jumbo(site)
    gateway = site.configure(camera(stream, **PATIENT))
    gateway.configuration["interfaces"][0]["device"] += ",framesz=2048,blocksz=4096"
    gateway.write()
    gateway.start()
    site.send_digits(stream)
    site.finish_sending()
    site.wait_for_unmatched("cut_short", PICTURES)
    site.settle()

    assert gateway.ask("drops")["unmatched"]["ip_bad"] == 0
    assert f"{site.net.port} has MTU {JUMBO}: packets above 1964 bytes are cut" in gateway.log()
    assert gateway.ctl("audit").code == 0
