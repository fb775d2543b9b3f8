"""A gateway as the learner asks it."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from stand_in import StandIn

from framegate_learn.gateway import Away, Gateway, Refused

# Anything may stand in a picture, line ends and what looks like the boundary included.
JPEG = b"\xff\xd8\r\n\r\n--framegate-0--\r\n\x00\n\xff\xd9"


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    made = StandIn(tmp_path / "api.sock")
    yield made
    made.close()


def test_a_view_is_record_and_picture_of_one_frame(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.show("door", {"id": "boot/door/1", "sensorId": "door"}, JPEG)
    gateway = Gateway(tmp_path / "api.sock")
    view = gateway.view("door")
    assert view == ('"boot/door/1"', {"id": "boot/door/1", "sensorId": "door"}, JPEG)
    assert gateway.view("door", known=view.tag) is None
    assert gateway.view("yard") is None
    assert gateway.asked == 3
    assert gateway.received > len(JPEG)


def test_what_it_refuses_is_told_with_its_sentence(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answers["models/digits/rollout"] = (
        409,
        {"error": {"code": "busy", "message": "another rollout is under way"}},
    )
    gateway = Gateway(tmp_path / "api.sock")
    with pytest.raises(Refused, match="another rollout is under way") as refused:
        gateway.post("models/digits/rollout", {"version": 2})
    assert (refused.value.status, refused.value.code) == (409, "busy")
    assert stand_in.asked == [("POST", "models/digits/rollout", {"version": 2})]


def test_one_that_was_started_again_is_asked_again(stand_in: StandIn, tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "api.sock")
    stand_in.answers["version"] = (200, {"version": "1"})
    assert gateway.get("version") == {"version": "1"}
    stand_in.close()
    (tmp_path / "api.sock").unlink()
    again = StandIn(tmp_path / "api.sock")
    again.answers["version"] = (200, {"version": "2"})
    try:
        # The connection of the one before still answers, or does not: both are an answer.
        assert gateway.get("version") in ({"version": "1"}, {"version": "2"})
        gateway.close()
        assert gateway.get("version") == {"version": "2"}
    finally:
        again.close()


def test_one_that_is_away_is_told_by_its_socket(tmp_path: Path) -> None:
    with pytest.raises(Away, match=f"{tmp_path / 'none.sock'}: there is no such socket: start gwd"):
        Gateway(tmp_path / "none.sock").get("version")


def test_an_answer_that_was_cut_off_is_none(tmp_path: Path) -> None:
    """Its status had come: what it says is not known all the same."""
    file = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as gateway:
        gateway.bind(str(file))
        gateway.listen()

        def answer() -> None:
            came, _ = gateway.accept()
            came.recv(65536)
            came.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"models": [')
            came.close()

        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        with pytest.raises(Away, match="ended within its answer"):
            Gateway(file).get("models")
        answering.join(30)
