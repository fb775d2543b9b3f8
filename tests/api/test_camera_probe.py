"""A camera is asked what it sends before it is added: through the gateway, for a few seconds."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import description
import pytest
from https import Place
from player import Gateway

from testbed.toy_camera import ToyCamera, described

JPEG = "a=rtpmap:96 JPEG/90000\r\na=x-dimensions:640,480\r\na=framerate:12.5\r\n"
H264 = "a=rtpmap:96 H264/90000\r\n"


@pytest.fixture
def camera() -> Iterator[Callable[[str | None], ToyCamera]]:
    made: list[ToyCamera] = []

    def make(answer: str | None) -> ToyCamera:
        made.append(ToyCamera(answer))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _probe(gateway: Gateway, **body: Any) -> tuple[int, dict[str, Any]]:
    reply = gateway.ask("camera-probe", "POST", json.dumps(body).encode())
    described = description.answer("/camera-probe", "post", reply.status)
    described.validate(reply.body)
    return reply.status, reply.body


def test_a_camera_says_what_it_sends(
    played: Gateway, camera: Callable[[str | None], ToyCamera]
) -> None:
    toy = camera(described(JPEG))
    status, said = _probe(played, url=toy.url)
    assert status == 200
    assert said == {
        "url": toy.url,
        "found": True,
        "codec": "JPEG",
        "payload_type": 96,
        "width": 640,
        "height": 480,
        "rate": 12.5,
        "multicast": None,
        "encrypted": False,
        "server": "Toy/1.0",
    }
    assert [one.split()[0] for one in toy.asked] == ["DESCRIBE"]
    done = played.ctl("camera", "probe", "--from-gateway", toy.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "640x480" in done.stdout


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (described(H264), "H264"),
        ("RTSP/1.0 404 Not Found\r\nCSeq: CSEQ\r\n\r\n", "404"),
        ("RTSP/1.0 401 Unauthorized\r\nCSeq: CSEQ\r\n\r\n", "user"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "RTSP"),
    ],
    ids=["another codec", "no such path", "no user", "a web server"],
)
def test_what_is_wrong_is_told(
    played: Gateway, camera: Callable[[str | None], ToyCamera], answer: str, words: str
) -> None:
    toy = camera(answer)
    status, said = _probe(played, url=toy.url)
    assert (status, said["found"]) == (200, False)
    assert words in said["problem"]
    done = played.ctl("camera", "probe", "--from-gateway", toy.url)
    assert done.returncode == 1
    assert words in done.stderr


def test_one_that_hangs_costs_five_seconds_and_one_is_asked_at_a_time(
    played: Gateway, camera: Callable[[str | None], ToyCamera]
) -> None:
    # On a busy machine the second may come when the first has its answer.
    for _ in range(8):
        toy = camera(None)
        said: list[tuple[int, dict[str, Any]]] = []
        begin = time.monotonic()
        first = threading.Thread(
            target=lambda to=said, at=toy: to.append(_probe(played, url=at.url))
        )
        first.start()
        played.wait_until(lambda at=toy: bool(at.asked))
        status, busy = _probe(played, url=toy.url)
        assert played.get("status")["ready"]
        first.join(60)
        assert time.monotonic() - begin > 4
        assert (said[0][0], said[0][1]["found"]) == (200, False)
        if status == 409:
            break
    assert (status, busy["error"]["code"]) == (409, "busy")


@pytest.mark.parametrize(
    "body", [{}, {"url": 7}, {"url": "http://host/"}, {"url": "rtsp://h/", "quota": 3}]
)
def test_what_is_no_address_is_refused(played: Gateway, body: dict[str, Any]) -> None:
    status, said = _probe(played, **body)
    assert status == 400, said


def test_whose_password_goes_where(
    start: Callable[[dict[str, Any]], Gateway],
    tmp_path: Path,
    camera: Callable[[str | None], ToyCamera],
) -> None:
    """A file's first line goes to a host that an admin of all cameras names, and to no other."""
    place = Place(start, tmp_path)
    toy = camera(described(JPEG))
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    wish = {"url": toy.url, "user": "me", "password_file": str(secret)}
    reply = place.ask("camera-probe", "POST", place.token("plain", "operator"), {"url": toy.url})
    assert reply.status == 403, reply
    for name, more, expected in (
        ("operator", (), 403),
        ("admin", ("--cameras", "cam0"), 403),
        ("admin", (), 200),
    ):
        token = place.token(f"{name}{len(more)}", name, *more)
        reply = place.ask("camera-probe", "POST", token, wish)
        assert reply.status == expected, reply
    assert len(toy.asked) == 1
