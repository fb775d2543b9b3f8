"""A camera restarts: it begins a new RTP session, or counts from 0 again in the old one."""

import time

from testbed.gateway import camera
from testbed.site import PATIENT, Site


def _events(site: Site) -> dict[str, int]:
    return {it["event"]: it["total"] for it in site.gateway.ask("drops")["events"] if it["total"]}


def test_a_new_session_costs_no_frame(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=20)
    gateway = site.start(camera(stream, ssrc=None, **PATIENT))
    site.send_digits(stream).wait(60)
    site.send_digits(site.again(pictures=20)).wait(60)
    site.settle(received=40)

    assert gateway.status()["frames"]["delivered"] == 40
    assert gateway.dropped() == {}
    assert _events(site) == {"ssrc_change": 1}
    sequences = [result.sequence for result in site.read(results=40).results]
    assert sequences == list(range(40))


def test_counting_from_0_again_in_the_same_session_is_survived(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=20)
    gateway = site.start(camera(stream, **PATIENT))
    site.send_digits(stream).wait(60)
    # What it sent may lie before the port.
    site.settle(received=20)
    # The very same packets would be a copy of the stream if they came within two seconds.
    time.sleep(2.5)
    site.send_digits(site.again(pictures=20, ssrc=stream.ssrc)).wait(60)
    site.settle(received=39)

    # The first picture looks like a late one until the next one follows.
    assert gateway.status()["frames"]["delivered"] >= 39
    assert _events(site)["sequence_restart"] == 1
    assert gateway.ctl("audit").code == 0
