"""Clients that hold on to the socket keep nobody else from it."""

import concurrent.futures
import contextlib
import grp
import multiprocessing
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import as_user
import pytest
import rtp_capture
from http_unix import TIMEOUT
from player import Gateway, configuration

PLACES = 128  # 64, and as many for those who are about to go
MANY = 10_000
ANSWER = b"GET /api/v1/openapi.yaml HTTP/1.1\r\nHost: gw\r\n\r\n"
COMMIT = b"POST /api/v1/config/commit HTTP/1.1\r\nHost: gw\r\nContent-Length: 4000000\r\n\r\n"
VERSION = b"GET /api/v1/version HTTP/1.1\r\nHost: gw\r\n\r\n"
# Groups that every Debian has: nobody is in them here.
VIEWER, STRANGER = "games", "voice"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")


@pytest.fixture(scope="module")
def besieged(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    capture = tmp_path_factory.mktemp("capture") / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    return start(configuration(f"net_pcap0,rx_pcap={capture}"))


@pytest.fixture(scope="module")
def shared(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    """A gateway that everybody may connect to."""
    capture = tmp_path_factory.mktemp("capture") / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    groups = {"view": VIEWER, "operate": "video", "admin": "audio"}
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}", api={"groups": groups}))
    gateway.socket.parent.chmod(0o755)
    return gateway


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    held: list[socket.socket] = []
    yield held
    for client in held:
        client.close()


def _connect_to(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(str(path))
    client.settimeout(TIMEOUT)
    return client


def _connect(gateway: Gateway) -> socket.socket:
    return _connect_to(gateway.socket)


def _does(group: str, work: Callable[[], Any]) -> Any:
    return as_user.does(grp.getgrnam(group).gr_gid, work)


def _until_hung_up(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def _is_answered(gateway: Gateway) -> None:
    """Long before those who are silent are hung up on, 15 s after they came."""
    begin = time.monotonic()
    assert gateway.get("version")
    assert time.monotonic() - begin < 12


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


@as_root
@pytest.mark.parametrize("group", [STRANGER, VIEWER])
def test_who_may_not_is_refused_before_he_sends_a_byte_of_the_body(
    shared: Gateway, group: str
) -> None:
    def announce() -> bytes:
        client = _connect_to(shared.socket)
        client.sendall(COMMIT)
        return _until_hung_up(client)

    assert _does(group, announce).startswith(b"HTTP/1.1 403")


@as_root
def test_a_stranger_is_not_waited_for_when_he_has_his_answer(shared: Gateway) -> None:
    def ask() -> bytes:
        client = _connect_to(shared.socket)
        client.sendall(VERSION)
        return _until_hung_up(client)

    begin = time.monotonic()
    answers = [_does(STRANGER, ask) for _ in range(6)]
    assert all(answer.startswith(b"HTTP/1.1 403") for answer in answers)
    # Each would be for 15 s.
    assert time.monotonic() - begin < 60


def _turned_away(gateway: Gateway) -> int:
    said = gateway.ask("metrics").body.decode()
    [counted] = [
        line for line in said.splitlines() if line.startswith("framegate_api_turned_away_total ")
    ]
    return int(counted.split()[1])


@as_root
def test_strangers_keep_no_member_out(shared: Gateway, clients: list[socket.socket]) -> None:
    """They connect and are silent; who has been silent for longer keeps his place."""
    begun, over = multiprocessing.Event(), multiprocessing.Event()

    def besiege() -> int:
        held = [_connect_to(shared.socket) for _ in range(4 * PLACES)]
        begun.set()
        over.wait(120)
        return len(held)

    for _ in range(60):
        clients.append(_connect(shared))
        clients[-1].sendall(VERSION)
        assert clients[-1].recv(65536).startswith(b"HTTP/1.1 200")
    before = _turned_away(shared)
    with concurrent.futures.ThreadPoolExecutor() as executor:
        siege = executor.submit(_does, STRANGER, besiege)
        try:
            assert begun.wait(60)
            # Those whom nobody has seen to yet must not go before.
            shared.wait_until(lambda: _turned_away(shared) >= before + 3 * PLACES)
            for client in clients:
                client.sendall(VERSION)
                assert client.recv(65536).startswith(b"HTTP/1.1 200")
        finally:
            over.set()
        assert siege.result() == 4 * PLACES
