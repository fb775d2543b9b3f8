"""Clients that hold on to the socket keep nobody else from it."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rtp_capture
from player import Gateway, configuration

PLACES = 128  # 64, and as many for those who are about to go
MANY = 10_000
ANSWER = b"GET /api/v1/openapi.yaml HTTP/1.1\r\nHost: gw\r\n\r\n"


@pytest.fixture(scope="module")
def besieged(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    capture = tmp_path_factory.mktemp("capture") / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    return start(configuration(f"net_pcap0,rx_pcap={capture}"))


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    held: list[socket.socket] = []
    yield held
    for client in held:
        client.close()


def _connect(gateway: Gateway) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(str(gateway.socket))
    client.settimeout(10)
    return client


def _is_answered(gateway: Gateway) -> None:
    begin = time.monotonic()
    assert gateway.get("version")
    assert time.monotonic() - begin < 5


def test_ten_thousand_connections(besieged: Gateway, clients: list[socket.socket]) -> None:
    """Each stays open until the gateway ends it; our own descriptors are bounded, too."""
    for number in range(MANY):
        clients.append(_connect(besieged))
        if len(clients) > PLACES:
            clients.pop(0).close()
        if number % 1000 == 0:
            _is_answered(besieged)
    _is_answered(besieged)


def test_half_a_request_for_ever(besieged: Gateway, clients: list[socket.socket]) -> None:
    """A byte now and then keeps each of them from falling silent."""
    clients.extend(_connect(besieged) for _ in range(2 * PLACES))
    for client in clients:
        with contextlib.suppress(OSError):
            client.sendall(b"GET /api/v1/version HTTP/1.1\r\nX-Half: ")
    for _ in range(5):
        for client in clients:
            # It was ended in favour of another one.
            with contextlib.suppress(OSError):
                client.sendall(b"x")
        _is_answered(besieged)


def test_slow_readers(besieged: Gateway, clients: list[socket.socket]) -> None:
    """They ask for more than a socket holds, take its first bytes, and no more."""
    for _ in range(PLACES):
        clients.append(_connect(besieged))
        clients[-1].sendall(ANSWER * 20)
        assert clients[-1].recv(12) == b"HTTP/1.1 200"
    time.sleep(1.5)
    for _ in range(5):
        _is_answered(besieged)
