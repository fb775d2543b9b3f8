"""What is said when the gateway of this machine does not answer at its socket."""

import os
import socket
import threading
from pathlib import Path

import pytest

from framegate_files.api_socket import why_away
from framegate_fleet import client


def _said(file: Path, timeout: float = 10) -> str:
    reply = client.ask_socket(str(file), "GET", "version", None, timeout)
    assert reply.away
    head = f"no gateway answers at {file}: "
    assert reply.error.startswith(head)
    return reply.error.removeprefix(head)


def test_a_socket_that_is_not_there(tmp_path: Path) -> None:
    line = (
        "there is no such socket: start gwd (`systemctl start framegate`), or name the socket that "
        "its `api.socket` says"
    )
    assert _said(tmp_path / "api.sock") == line
    (tmp_path / "file").touch()
    assert _said(tmp_path / "file" / "api.sock") == line


def test_a_socket_that_nobody_listens_at(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "api.sock"))
    assert _said(tmp_path / "api.sock").startswith("gwd has ended and left its socket: start it")


def test_a_socket_that_this_user_may_not_open(need_root: None, tmp_path: Path) -> None:
    file = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as gateway:
        gateway.bind(str(file))
        gateway.listen()
        file.chmod(0o600)
        with socket.socket(socket.AF_UNIX) as asking:
            os.seteuid(65534)
            try:
                with pytest.raises(PermissionError) as refused:
                    asking.connect(str(file))
            finally:
                os.seteuid(0)
    assert why_away(str(file), refused.value).startswith(
        f"no gateway answers at {file}: this user may not open the socket: be gwd's own user"
    )


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        (False, "gwd is there and says nothing in time: its log says what it does"),
        (True, "gwd ended the connection without an answer: it may be starting again just now"),
    ],
    ids=["slow", "ends"],
)
def test_a_gateway_that_takes_the_connection_alone(
    tmp_path: Path, answers: bool, line: str
) -> None:
    file = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as gateway:
        gateway.bind(str(file))
        gateway.listen()

        def end_it() -> None:
            came, _ = gateway.accept()
            came.recv(65536)
            came.close()

        ending = threading.Thread(target=end_it, daemon=True)
        if answers:
            ending.start()
        assert _said(file, timeout=30 if answers else 0.2) == line
        if answers:
            ending.join(30)


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<p>", b"220 mail\r\n"],
    ids=["web", "mail"],
)
def test_somebody_else_who_answers(tmp_path: Path, said: bytes) -> None:
    file = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(file))
        other.listen()

        def answer() -> None:
            came, _ = other.accept()
            came.recv(65536)
            came.sendall(said)
            came.close()

        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        assert _said(file, timeout=30).startswith("what answers there does not speak gwd's API")
        answering.join(30)
