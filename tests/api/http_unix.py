"""HTTP over a UNIX socket, by a client that is not ours."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any, NamedTuple

# A bound against hanging: a gateway that answers may wait for a processor first.
TIMEOUT = 60


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Before there is a time limit: with one, a full queue of the socket is an error at once.
        self.sock.connect(str(self._path))
        self.sock.settimeout(TIMEOUT)


class Reply(NamedTuple):
    """Status, headers and what came with them: JSON, bytes of another type, None for no body."""

    status: int
    headers: dict[str, str]
    body: Any


def ask(path: Path, target: str, method: str = "GET", body: bytes | None = None) -> Reply:
    """One request on a connection of its own."""
    connection = _Connection(path)
    try:
        connection.request(method, target, body)
        response = connection.getresponse()
        text = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        # HEAD says what would come, and nothing comes.
        is_json = text and headers.get("content-type") == "application/json"
        return Reply(response.status, headers, json.loads(text) if is_json else text or None)
    finally:
        connection.close()
