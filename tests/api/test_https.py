"""HTTPS on a port of its own: what it shows, what it speaks, and who cannot keep others from it."""

import contextlib
import hashlib
import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import description
import pytest
from https import Place
from player import Gateway

MANY = 2000
PLACES = 64
COMMIT = "POST /api/v1/config/commit HTTP/1.1\r\nHost: gw\r\nContent-Length: 4000000\r\n"


@pytest.fixture(scope="module")
def place(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Place:
    return Place(start, tmp_path_factory.mktemp("https"))


@pytest.fixture(scope="module")
def token(place: Place) -> str:
    return place.token("tests", "admin")


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    held: list[socket.socket] = []
    yield held
    for client in held:
        client.close()


def _is_answered(place: Place, token: str) -> None:
    """Long before those who are silent are hung up on, 15 s after they came."""
    begin = time.monotonic()
    assert place.ask("version", token=token).status == 200
    assert time.monotonic() - begin < 12


def _fingerprint(place: Place) -> str:
    """Of the certificate that a client is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(place.connect()) as client:
        shown = client.getpeercert(binary_form=True)
    assert shown
    digest = hashlib.sha256(shown).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, 64, 2))


def _make(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of the user's own."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj"]
        + [f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key


def test_it_is_off_unless_the_configuration_says_so(played: Gateway) -> None:
    assert played.ask("certificate").status == 501
    assert played.ask("tokens").status == 501
    assert played.ask("token-setup").status == 501


def test_a_client_that_trusts_its_certificate_is_answered(place: Place, token: str) -> None:
    """With the name checked: it is for 127.0.0.1."""
    reply = place.ask("version", token=token)
    assert reply.status == 200
    assert reply.body["api"]


def test_curl_is_answered(place: Place, token: str) -> None:
    said = subprocess.run(
        ["curl", "--silent", "--show-error", "--cacert", place.certificate, "--header"]
        + [f"Authorization: Bearer {token}", f"https://localhost:{place.port}/api/v1/status"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"ready":true' in said.stdout


def test_the_fingerprint_is_the_same_wherever_it_is_told(place: Place) -> None:
    shown = _fingerprint(place)
    assert shown in place.gateway.ctl("certificate", "show").stdout
    assert place.gateway.json("certificate", "show")["fingerprint"] == shown
    assert shown in place.gateway.process.text()
    assert place.certificate.stat().st_mode & 0o777 == 0o600


def test_what_it_says_of_certificate_and_tokens_is_as_described(place: Place) -> None:
    for path in ("/certificate", "/tokens", "/token-setup"):
        mine = place.gateway.ask(path.lstrip("/"))
        if mine.status == 200:
            description.answer(path, "get", 200).validate(mine.body)
    assert place.gateway.ask("certificate").status == 200
    assert place.gateway.ask("tokens").status == 200
    wish = {"name": "described", "role": "viewer", "cameras": ["cam0"], "expires_s": 60}
    made = place.gateway.ask("tokens", "POST", json.dumps(wish).encode())
    description.answer("/tokens", "post", 201).validate(made.body)
    listed = place.gateway.ask("tokens").body
    description.answer("/tokens", "get", 200).validate(listed)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today_is_spoken(place: Place, version: ssl.TLSVersion) -> None:
    context = place.context()
    context.minimum_version = context.maximum_version = version
    with context.wrap_socket(place.connect(), server_hostname="localhost") as client:
        assert client.version() == version.name.replace("_", ".")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tls_of_yesterday_is_refused(place: Place, version: ssl.TLSVersion) -> None:
    context = place.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLError), place.connect() as plain:
        context.wrap_socket(plain, server_hostname="localhost")


def test_weak_ciphers_are_refused(place: Place) -> None:
    context = place.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError), place.connect() as plain:
        context.wrap_socket(plain, server_hostname="localhost")


def test_http_without_tls_comes_to_an_end(place: Place) -> None:
    with place.connect() as client:
        client.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: gw\r\n\r\n")
        begin = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            said = b"".join(iter(lambda: client.recv(4096), b""))
            assert b"HTTP/1.1 200" not in said
        assert time.monotonic() - begin < 12


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\xff\xff" + b"A" * 70000, os.urandom(4096)])
def test_what_is_no_handshake_comes_to_an_end(place: Place, token: str, junk: bytes) -> None:
    with place.connect() as client, contextlib.suppress(OSError):
        client.sendall(junk)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass
    _is_answered(place, token)


def test_half_a_handshake_for_ever(place: Place, token: str, clients: list[socket.socket]) -> None:
    """Some say nothing, some a piece of a hello, and a byte now and then."""
    for number in range(2 * PLACES):
        clients.append(place.connect())
        if number % 2:
            clients[-1].sendall(b"\x16\x03\x01\x02\x00\x01")
    for _ in range(5):
        for client in clients[1::2]:
            # It was ended in favour of another one.
            with contextlib.suppress(OSError):
                client.sendall(b"\x00")
        _is_answered(place, token)


def test_two_thousand_connections(place: Place, token: str, clients: list[socket.socket]) -> None:
    for number in range(MANY):
        clients.append(place.connect())
        if len(clients) > 2 * PLACES:
            clients.pop(0).close()
        if number % 500 == 0:
            _is_answered(place, token)
    _is_answered(place, token)


def test_who_has_shown_a_token_keeps_his_place(
    place: Place, token: str, clients: list[socket.socket]
) -> None:
    """However many come who have not."""
    known = place.open()
    for _ in range(2):
        known.request("GET", "/api/v1/version", headers={"Authorization": f"Bearer {token}"})
        assert known.getresponse().read()
        mine = known.sock
        clients.extend(place.connect() for _ in range(3 * PLACES))
        time.sleep(0.5)
    known.request("GET", "/api/v1/version", headers={"Authorization": f"Bearer {token}"})
    assert known.getresponse().read()
    assert known.sock is mine
    known.close()


def test_slow_readers(place: Place, token: str, clients: list[socket.socket]) -> None:
    context = place.context()
    request = (
        f"GET /api/v1/openapi.yaml HTTP/1.1\r\nHost: gw\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    for _ in range(PLACES):
        client = context.wrap_socket(place.connect(), server_hostname="localhost")
        clients.append(client)
        client.sendall(request.encode() * 20)
        assert client.recv(12).startswith(b"HTTP/1.1 200")
    time.sleep(1.5)
    for _ in range(3):
        _is_answered(place, token)


@pytest.mark.parametrize(("header", "status"), [("", 401), ("Authorization: Bearer fg_0\r\n", 401)])
def test_who_may_not_is_refused_before_he_sends_a_byte_of_the_body(
    place: Place, header: str, status: int
) -> None:
    with place.context().wrap_socket(place.connect(), server_hostname="localhost") as client:
        client.sendall(f"{COMMIT}{header}\r\n".encode())
        assert client.recv(4096).startswith(f"HTTP/1.1 {status}".encode())


def test_bodies_and_headers_have_their_limits_here_too(place: Place, token: str) -> None:
    large = place.ask("cameras", "POST", token, {"name": "x" * 70000})
    assert large.status == 413
    assert place.ask("version", token=token, headers={"X-Long": "x" * 40000}).status == 431


def test_a_certificate_of_the_users_own_is_taken_and_replaced_without_a_restart(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    certificate, key = _make(tmp_path, "first")
    mine = Place(start, tmp_path, certificate=str(certificate), key=str(key))
    first = _fingerprint(mine)
    assert not mine.certificate.exists()
    second, second_key = _make(tmp_path, "second")
    # One that does not fit its key is told, and the old one stays.
    second.replace(certificate)
    mine.gateway.wait_until(lambda: mine.gateway.get("status")["troubles"] != [])
    [trouble] = mine.gateway.get("status")["troubles"]
    assert trouble["id"] == "api.https.certificate"
    assert "is another certificate's" in trouble["text"]
    assert _fingerprint(mine) == first
    second_key.replace(key)
    mine.gateway.wait_until(lambda: mine.gateway.get("status")["troubles"] == [])
    assert _fingerprint(mine) != first
    assert "was read again" in mine.gateway.process.text()


def test_the_certificate_that_was_made_stays(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    mine = Place(start, tmp_path)
    first = _fingerprint(mine)
    mine.gateway.process.stop()
    mine.gateway.launch()
    mine.gateway.wait_until(mine.gateway.ready)
    assert _fingerprint(mine) == first


@pytest.mark.parametrize(
    ("https", "words"),
    [
        ({"listen": "localhost:8443"}, "is no address with a port"),
        ({}, "it needs `listen`"),
        ({"listen": "127.0.0.1:8443", "key": "/k"}, "belong together"),
    ],
)
def test_what_makes_no_sense_is_told_before_it_runs(
    played: Gateway, tmp_path: Path, https: dict[str, str], words: str
) -> None:
    text = played.get("config/text")["text"]
    file = tmp_path / "gateway.yaml"
    file.write_text(f"{text}\n".replace("api:", f"api:\n  https: {https or '{}'}", 1))
    checked = played.ctl("config", "check", str(file))
    assert checked.returncode == 1
    assert words in checked.stderr + checked.stdout


def test_a_key_that_does_not_fit_is_told_before_it_runs(played: Gateway, tmp_path: Path) -> None:
    certificate, _ = _make(tmp_path, "one")
    _, key = _make(tmp_path, "two")
    https = {"listen": "127.0.0.1:8443", "certificate": str(certificate), "key": str(key)}
    text = played.get("config/text")["text"]
    file = tmp_path / "gateway.yaml"
    file.write_text(f"{text}\n".replace("api:", f"api:\n  https: {https}", 1))
    checked = played.ctl("config", "check", str(file))
    assert checked.returncode == 1
    assert "is another certificate's" in checked.stderr + checked.stdout


def test_a_port_that_another_has_is_told(
    place: Place, start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    text = place.gateway.file.read_text().replace(str(place.gateway.socket), f"{tmp_path}/s")
    (tmp_path / "gateway.yaml").write_text(text)
    from testbed import places

    ended = subprocess.run(
        [places.gwd(), "--config", tmp_path / "gateway.yaml"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "another program has it: choose another `api.https.listen`" in ended.stderr


def test_the_page_comes_before_the_token_that_is_entered_there(place: Place) -> None:
    connection = place.open()
    for path, kind in (("/", "text/html"), ("/web/app.js", "text/javascript")):
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.read()
        assert response.status == 200
        assert response.getheader("Content-Type").startswith(kind)
        assert response.getheader("Content-Security-Policy")
    connection.close()
    assert place.ask("status").status == 401
