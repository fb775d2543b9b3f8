"""Tokens over HTTPS: who may what, of which cameras, how long, and who guesses."""

import http.client
import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from http_unix import TIMEOUT
from https import Place, Reply
from player import Gateway

ROLES = ["viewer", "operator", "admin"]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# What a token for some cameras may call beside what is below these.
OF_NONE = {"", "openapi.yaml", "version", "livez", "certificate", "cameras"} | {
    "alarms",
    "alarms/history",
}
# Nobody has it: what is asked of it changes nothing.
OWN = "nosuch"


@pytest.fixture(scope="module")
def place(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Place:
    return Place(start, tmp_path_factory.mktemp("tokens"))


@pytest.fixture(scope="module")
def tokens(place: Place) -> dict[str, str]:
    """One of each kind."""
    made = {role: place.token(role, role) for role in ROLES}
    made |= {f"{role} of one": place.token(f"{role}1", role, "--cameras", OWN) for role in ROLES}
    short = {"name": "short", "role": "admin", "expires_s": 1}
    made["expired"] = place.gateway.ask("tokens", "POST", json.dumps(short).encode()).body["token"]
    made["revoked"] = place.token("revoked", "admin")
    assert place.gateway.ctl("token", "revoke", "revoked").returncode == 0
    made["bad"] = "fg_" + "0" * 64
    time.sleep(1.1)
    return made


class _Client:
    """Keeps its connection as long as it may. With `moving`, each request has another address."""

    def __init__(self, place: Place, token: str | None, *, moving: bool = False) -> None:
        self._place = place
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._context = place.context()
        self._moving = moving
        self._connection: http.client.HTTPSConnection | None = None

    def status(self, method: str, path: str) -> int:
        if self._connection is None or self._moving:
            source = f"127.1.{next(_ADDRESSES)}.1" if self._moving else "127.0.0.1"
            self._connection = http.client.HTTPSConnection(
                "127.0.0.1",
                self._place.port,
                timeout=TIMEOUT,
                context=self._context,
                source_address=(source, 0),
            )
        self._connection.request(method, path, headers=self._headers)
        response = self._connection.getresponse()
        response.read()
        return response.status


_ADDRESSES = itertools.cycle(range(1, 250))


def _asked(place: Place) -> dict[tuple[str, str], str]:
    """All routes by method and path, with the least role."""
    routes = place.gateway.get("")["routes"]
    return {(route["method"], route["path"]): route["role"] for route in routes}


def _expect(least: dict[tuple[str, str], str], role: str, method: str, path: str) -> str:
    if method == "OPTIONS":
        return "answered"
    needed = least.get(("GET" if method == "HEAD" else method, path))
    if needed is None:
        return "no such method"
    return "answered" if ROLES.index(role) >= ROLES.index(needed) else "refused"


def _is(status: int) -> str:
    return {401: "unknown", 403: "refused", 405: "no such method"}.get(status, "answered")


def _said(client: _Client, paths: list[str], camera: str) -> dict[tuple[str, str], str]:
    return {
        (method, path): _is(client.status(method, path.format(name=camera)))
        for path in paths
        for method in METHODS
    }


def _paths(least: dict[tuple[str, str], str]) -> list[str]:
    return sorted({path for _, path in least})


@pytest.mark.parametrize("kind", ["none", "bad", "expired", "revoked"])
def test_nobody_is_let_in_without_a_good_token(
    place: Place, tokens: dict[str, str], kind: str
) -> None:
    paths = _paths(_asked(place))
    client = _Client(place, tokens.get(kind), moving=kind != "none")
    assert set(_said(client, paths, OWN).values()) == {"unknown"}


@pytest.mark.parametrize("role", ROLES)
def test_every_route_and_method_is_for_whom_it_says(
    place: Place, tokens: dict[str, str], role: str
) -> None:
    """What changes something is asked without what it needs, or of nobody: it changes nothing."""
    least = _asked(place)
    said = _said(_Client(place, tokens[role]), _paths(least), OWN)
    assert said == {one: _expect(least, role, one[0], one[1]) for one in said}


@pytest.mark.parametrize("camera", [OWN, "cam1"])
@pytest.mark.parametrize("role", ROLES)
def test_a_token_for_one_camera_is_for_no_other(
    place: Place, tokens: dict[str, str], role: str, camera: str
) -> None:
    least = _asked(place)

    def may(method: str, path: str) -> str:
        below = path.removeprefix("/api/v1/")
        usual = _expect(least, role, method, path)
        reading = method in ("GET", "HEAD")
        of_own = below.startswith("cameras/{name}") and camera == OWN
        is_open = of_own or (below in OF_NONE and reading)
        # Of which camera one is, is not in its path.
        is_open = is_open or (method, below) == ("DELETE", "corrections/{name}")
        return usual if is_open or usual != "answered" or method == "OPTIONS" else "refused"

    said = _said(_Client(place, tokens[f"{role} of one"]), _paths(least), camera)
    assert said == {one: may(*one) for one in said}
    assert place.gateway.get("cameras/cam1")


def test_who_is_for_some_cameras_takes_back_what_was_said_of_these(place: Place) -> None:
    token = place.token("taker", "operator", "--cameras", "cam1")
    folder = place.state / "corrections"
    folder.mkdir(mode=0o700, exist_ok=True)
    for camera in ("cam0", "cam1"):
        about = {"id": f"x-1-{camera}", "camera": camera, "frame": "x-1", "label": "7"}
        about |= {"who": "anna", "at": "2026-03-01T10:00:00.000Z", "bytes": 1, "record": {}}
        (folder / f"x-1-{camera}.jpg").write_bytes(b"j")
        (folder / f"x-1-{camera}.json").write_text(json.dumps(about))
    assert place.ask("corrections/x-1-cam0", "DELETE", token).status == 404
    assert place.ask("corrections/x-1-cam1", "DELETE", token).status == 204
    assert place.ask("corrections", token=token).status == 403
    assert [one["camera"] for one in place.gateway.get("corrections")["corrections"]] == ["cam0"]
    assert place.gateway.ask("corrections/x-1-cam0", "DELETE").status == 204


def test_the_list_of_cameras_has_only_those_that_the_token_is_for(place: Place) -> None:
    token = place.token("door", "viewer", "--cameras", "cam1,nosuch")
    listed = place.ask("cameras", token=token).body["cameras"]
    assert [one["name"] for one in listed] == ["cam1"]
    assert place.ask("cameras/cam1", token=token).status == 200
    assert place.ask("cameras/cam0", token=token).status == 403
    assert (
        "is for some cameras alone"
        in place.ask("cameras/cam0", token=token).body["error"]["message"]
    )
    # However it is written.
    assert place.ask("cameras/%63am0", token=token).status == 403


def test_who_is_for_some_cameras_sends_no_file_to_a_host_of_his_own(place: Place) -> None:
    token = place.token("mover", "admin", "--cameras", "cam1")
    for key, value in (
        ("url", "rtsp://192.0.2.66/"),
        ("user", "x"),
        ("password_file", "/etc/passwd"),
        ("password_env", "HOME"),
        ("tls_ca_file", "/etc/passwd"),
        ("tls_fingerprint", "00" * 32),
    ):
        reply = place.ask("cameras/cam1", "PATCH", token, {"quota": 3, key: value})
        assert (reply.status, reply.body["error"]["code"]) == (403, "forbidden"), key
        assert f"may not change '{key}'" in reply.body["error"]["message"]
    assert place.ask("cameras/cam1", "PATCH", token, {"quota": 3}).status == 200


def test_a_token_is_shown_once_and_kept_as_a_digest(place: Place) -> None:
    token = place.token("once", "viewer", "--expires", "90d")
    kept = place.state / "tokens.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    lines = "".join(path.read_text() for path in (place.state / "audit-log").glob("*.jsonl"))
    for text in (
        kept.read_text(),
        place.gateway.ctl("token", "list").stdout,
        json.dumps(place.gateway.get("tokens")),
        place.gateway.process.text(),
        lines,
    ):
        assert "once" in text or text == place.gateway.process.text()
        assert token.removeprefix("fg_") not in text


def test_a_token_in_the_url_is_none(place: Place, tokens: dict[str, str]) -> None:
    admin = tokens["admin"]
    for query in (f"?token={admin}", f"?access_token={admin}", f"?Authorization=Bearer%20{admin}"):
        assert place.ask(f"version{query}").status == 401
    basic = {"Authorization": f"Basic {admin}"}
    assert place.ask("version", headers=basic).status == 401
    reply = place.ask("version", headers={"Cookie": f"token={admin}"})
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_that_is_revoked_is_none_from_the_next_request_on(place: Place) -> None:
    """On a connection that it was good on, too."""
    token = place.token("gone", "viewer")
    client = _Client(place, token)
    assert client.status("GET", "/api/v1/version") == 200
    assert place.gateway.ctl("token", "revoke", "gone").returncode == 0
    assert client.status("GET", "/api/v1/version") == 401
    assert place.gateway.ctl("token", "revoke", "gone").returncode == 1


def test_who_did_it_is_the_token_and_its_address(place: Place, tokens: dict[str, str]) -> None:
    assert place.ask("cameras/nosuch", "DELETE", tokens["admin"]).status == 404
    [log] = (place.state / "audit-log").glob("*.jsonl")
    asked = json.loads(log.read_text().splitlines()[-2])
    assert (asked["who"], asked["role"]) == ("token admin", "admin")
    assert asked["from"] == "https 127.0.0.1"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "a/b", "role": "viewer"}, "`name` must be"),
        ({"name": "set-up", "role": "viewer"}, "`name` must be"),
        ({"name": "x", "role": "root"}, "`role` must be"),
        ({"name": "x"}, "role"),
        ({"name": "x", "role": "viewer", "cameras": []}, "`cameras` must be"),
        ({"name": "x", "role": "viewer", "cameras": [7]}, "`cameras` must be"),
        ({"name": "x", "role": "viewer", "cameras": "cam0"}, "`cameras` must be"),
        ({"name": "x", "role": "viewer", "expires_s": -1}, "`expires_s` must be"),
        ({"name": "x", "role": "viewer", "colour": "blue"}, "colour"),
        ([], "object"),
    ],
)
def test_what_is_no_token_is_told(place: Place, body: object, words: str) -> None:
    reply = place.gateway.ask("tokens", "POST", json.dumps(body).encode())
    assert reply.status == 400
    assert words.lower() in reply.body["error"]["message"].lower()


class TestGuessing:
    """Five wrong ones a minute; then nothing from that address is looked at."""

    @staticmethod
    def _ask(place: Place, source: str, token: str) -> Reply:
        connection = http.client.HTTPSConnection(
            "127.0.0.1",
            place.port,
            timeout=TIMEOUT,
            context=place.context(),
            source_address=(source, 0),
        )
        connection.request("GET", "/api/v1/version", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, response.read())

    def test_whoever_guesses_waits_and_others_do_not(
        self, place: Place, tokens: dict[str, str]
    ) -> None:
        for number in range(1, 21):
            guesser, begin = f"127.2.0.{number}", time.monotonic()
            said = [self._ask(place, guesser, "fg_guess").status for _ in range(8)]
            reply = self._ask(place, guesser, "fg_guess")
            # Every twelve seconds one more may be tried: on a busy machine so long is soon over.
            if time.monotonic() < begin + 11:
                break
        assert said == [401] * 5 + [429] * 3
        assert reply.status == 429
        assert reply.headers["retry-after"] == "12"
        # Neither he who sits at the same address, with a good one, nor another address.
        assert self._ask(place, guesser, tokens["admin"]).status == 200
        assert self._ask(place, "127.3.0.1", "fg_guess").status == 401
        time.sleep(12.5)
        assert self._ask(place, guesser, "fg_guess").status == 401


class TestSetUp:
    """Until there is an admin's token."""

    def test_the_first_token_is_made_with_the_one_in_the_log(
        self, start: Callable[[dict[str, Any]], Gateway], tmp_path: Any
    ) -> None:
        fresh = Place(start, tmp_path)
        once = fresh.gateway.ctl("token", "setup").stdout.strip()
        assert once in fresh.gateway.process.text()
        # It does nothing else.
        assert fresh.ask("version", token=once).status == 403
        assert fresh.ask("cameras/cam0", "DELETE", once).status == 403
        wish = {"name": "me", "role": "viewer"}
        assert fresh.ask("tokens", "POST", once, wish).status == 400
        assert (
            fresh.ask("tokens", "POST", once, {**wish, "role": "admin", "expires_s": 9}).status
            == 400
        )
        made = fresh.ask("tokens", "POST", once, {"name": "me", "role": "admin"})
        assert made.status == 201
        assert fresh.ask("tokens", token=made.body["token"]).status == 200
        # And that once.
        assert fresh.ask("tokens", "POST", once, {"name": "you", "role": "admin"}).status == 401
        assert fresh.gateway.ctl("token", "setup").returncode == 1
        fresh.gateway.process.stop()
        fresh.gateway.launch()
        fresh.gateway.wait_until(fresh.gateway.ready)
        assert fresh.ask("tokens", token=made.body["token"]).status == 200
        assert fresh.gateway.ctl("token", "setup").returncode == 1


def test_a_token_that_is_revoked_while_its_body_comes_in_does_nothing(place: Place) -> None:
    body = json.dumps({"name": "late", "role": "admin"}).encode()
    head = (
        "POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {place.token('dripping', 'admin')}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with place.context().wrap_socket(place.connect(), server_hostname="127.0.0.1") as client:
        client.sendall(head.encode() + body[:5])
        # The gateway has let it in by now.
        time.sleep(0.3)
        assert place.gateway.ctl("token", "revoke", "dripping").returncode == 0
        client.sendall(body[5:])
        assert client.recv(4096).startswith(b"HTTP/1.1 401 ")
    assert "late" not in [token["name"] for token in place.gateway.get("tokens")["tokens"]]
