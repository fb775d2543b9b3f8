"""SIGTERM and SIGINT: exit code 0 within 5 s, and nothing that was accepted goes uncounted."""

import re
import signal
from collections.abc import Callable
from typing import NamedTuple

import pytest

from testbed.gateway import camera
from testbed.kafka import Kafka
from testbed.site import DIGITS, Site


class LastWords(NamedTuple):
    """The balance that `gwd` writes into its log at the end."""

    received: int
    delivered: int
    dropped: int


def _last_words(site: Site) -> LastWords:
    found = re.search(
        r"stopped: (\d+) frames received = (\d+) delivered \+ (\d+) dropped$",
        site.gateway.log(),
        re.MULTILINE,
    )
    assert found, site.gateway.log()
    words = LastWords(*map(int, found.groups()))
    assert words.received == words.delivered + words.dropped
    return words


def _assert_nothing_left(site: Site) -> None:
    assert not site.gateway.socket.exists()
    assert site.gateway.ctl("status").code == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_end_under_load_delivers_everything_that_was_accepted(
    site: Site, number: signal.Signals
) -> None:
    streams = [site.stream(f"cam{n}", rate=60, pictures=1200) for n in range(3)]
    gateway = site.start(*(camera(stream, **DIGITS) for stream in streams))
    for stream in streams:
        site.send_digits(stream)
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] > 200, 30, "nothing is delivered"
    )

    gateway.process.signal(number)
    assert gateway.process.wait(5) == 0

    words = _last_words(site)
    assert words.delivered > 200
    customer = site.read(results=words.delivered)
    customer.read_until(lambda it: len(it.results) > words.delivered, timeout=2)
    assert len(customer.results) == words.delivered
    _assert_nothing_left(site)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_ends_at_once(site: Site, number: signal.Signals) -> None:
    gateway = site.start(camera(site.stream("cam0", rate=1, pictures=1)))
    gateway.process.signal(number)
    assert gateway.process.wait(5) == 0
    _assert_nothing_left(site)


def test_sigterm_while_the_broker_is_away_ends_in_time_and_counts_what_is_lost(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    stream = site.stream("cam0", rate=20, pictures=40)
    gateway = site.start(camera(stream))
    site.send_digits(stream)
    site.finish_sending()
    assert gateway.status()["frames"]["received"] == 40

    assert gateway.stop() <= 5

    assert _last_words(site) == LastWords(received=40, delivered=0, dropped=40)
    _assert_nothing_left(site)


def test_a_gateway_starts_again_after_it_was_killed(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=20)
    gateway = site.start(camera(stream))
    gateway.process.kill()

    gateway.start()

    site.send_digits(stream)
    site.finish_sending()
    assert len(site.read(results=20).results) == 20
