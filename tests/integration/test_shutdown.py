"""SIGTERM and SIGINT: exit code 0 within 5 s, and nothing that was accepted goes uncounted."""

import contextlib
import math
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from testbed import places
from testbed.freezer import Frozen
from testbed.gateway import Gateway, camera, configuration
from testbed.kafka import Kafka
from testbed.process import Process
from testbed.site import DIGITS, PATIENT, Site


class LastWords(NamedTuple):
    """The balance that `gwd` writes into its log at the end."""

    received: int
    delivered: int
    dropped: int


def _last_words(site: Site) -> LastWords:
    found = re.search(
        r"stopped: (\d+) frames received = (\d+) delivered \+ (\d+) dropped \+ 0 spooled$",
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
        lambda: gateway.status()["frames"]["delivered"] > 200, 60, "nothing is delivered"
    )

    gateway.process.signal(number)
    assert gateway.process.wait(60) == 0
    assert gateway.hold_to_its_end(math.inf) <= 5

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
    assert gateway.process.wait(60) == 0
    assert gateway.hold_to_its_end(math.inf) <= 5
    _assert_nothing_left(site)


def test_sigterm_while_the_broker_is_away_ends_in_time_and_counts_what_is_lost(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    stream = site.stream("cam0", rate=20, pictures=40)
    gateway = site.start(camera(stream, **PATIENT))
    site.send_digits(stream)
    site.finish_sending()
    gateway.wait_until(
        lambda: gateway.status()["frames"]["received"] == 40, 60, "not all is received"
    )

    assert gateway.stop() <= 5

    assert _last_words(site) == LastWords(received=40, delivered=0, dropped=40)
    _assert_nothing_left(site)


def test_a_gateway_starts_again_after_it_was_killed(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=20)
    gateway = site.start(camera(stream, **PATIENT))
    gateway.process.kill()

    gateway.start()

    site.send_digits(stream)
    site.finish_sending()
    assert len(site.read(results=20).results) == 20


@pytest.fixture
def silent() -> Iterator[Gateway]:
    """A gateway on a port where nothing ever comes, not started."""
    plain = configuration("none", [], brokers=None)
    plain["interfaces"] = [{"name": "lan0", "device": "net_null0,no-rx=1"}]
    gateway = Gateway(plain)
    yield gateway
    gateway.remove()


class Watchdog:
    """What systemd is for a service with `WatchdogSec`: it listens."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))

    @property
    def environment(self) -> dict[str, str]:
        """What the service is started with: it must be heard of twice a second."""
        return {**os.environ, "NOTIFY_SOCKET": str(self.path), "WATCHDOG_USEC": "1000000"}

    def is_fed(self, seconds: float) -> bool:
        """Whether it is fed within so many seconds from now on; what came before is no matter."""
        self._drain()
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            self._socket.settimeout(rest)
            try:
                if b"WATCHDOG=1" in self._socket.recv(256):
                    return True
            except TimeoutError:
                break
        return False

    def _drain(self) -> None:
        self._socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(256)


def _stuck(gateway: Gateway) -> list[str]:
    ids = [trouble["id"] for trouble in gateway.status()["troubles"]]
    return [it for it in ids if it.startswith("lane.")]


def _wait_until_well(gateway: Gateway) -> None:
    """On a busy machine a thread may have had no processor for as long as one that hangs."""
    gateway.wait_until(lambda: gateway.ctl("status").code == 0, 60, "it is not well")


def test_a_thread_that_hangs_is_told_and_the_end_is_bounded_all_the_same(silent: Gateway) -> None:
    watchdog = Watchdog(silent.folder)
    silent.process = Process(
        [places.gwd(), "--config", silent.file],
        silent.folder / "gwd.log",
        environment=watchdog.environment,
    )
    silent.wait_until(lambda: silent.status().get("ready") is True, 60, "gwd is not ready")
    assert all(watchdog.is_fed(60) for _ in range(3))
    _wait_until_well(silent)

    frozen = Frozen(silent.process.pid, "decode")
    silent.wait_until(lambda: _stuck(silent) == ["lane.decode.stuck"], 60, "nothing is told")
    answer = silent.ctl("status")
    assert answer.code != 0
    assert answer.body["well"] is False
    # One time may have been decided on before.
    assert not all(watchdog.is_fed(2) for _ in range(3))

    frozen.thaw()
    silent.wait_until(lambda: not _stuck(silent), 60, "it is not over")
    assert all(watchdog.is_fed(60) for _ in range(2))
    _wait_until_well(silent)

    frozen = Frozen(silent.process.pid, "decode")
    silent.process.signal(signal.SIGTERM)
    assert silent.process.wait(60) == 1
    frozen.thaw()
    assert "stopped at last: decode did not end; 0 frames are left behind" in silent.log()


def test_a_pipe_in_place_of_a_file_is_refused_at_the_start(silent: Gateway) -> None:
    directory = silent.folder / "out"
    directory.mkdir()
    os.mkfifo(directory / "frames.jsonl")
    silent.configuration["kafka"] = {"backend": "file", "directory": str(directory)}
    silent.write()
    assert silent.launch().wait(60) == 1
    assert "frames.jsonl: it is not a regular file: move it away" in silent.log()
