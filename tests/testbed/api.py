"""The gateway's API as a program asks it: HTTP over its UNIX socket, one connection for all."""

import http.client
import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

TIMEOUT = 60


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(str(self._path))


class Said(NamedTuple):
    """An answer: its HTTP status, and its JSON, None where there is no body."""

    status: int
    body: Any


class Api:
    """Asks one gateway; not for two threads at a time."""

    def __init__(self, path: Path) -> None:
        self._connection = _Connection(path)

    def __enter__(self) -> "Api":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> Said:
        """`path` lies below /api/v1/; a body is sent as JSON."""
        text = None if body is None else json.dumps(body)
        self._connection.request(method, f"/api/v1/{path}", text)
        response = self._connection.getresponse()
        said = response.read()
        return Said(response.status, json.loads(said) if said else None)

    def get(self, path: str) -> Any:
        """The same where a good answer must come."""
        said = self.ask("GET", path)
        if said.status != 200:
            raise RuntimeError(f"GET {path}: {said}")
        return said.body

    def text(self, path: str) -> str:
        """A good answer that is no JSON."""
        self._connection.request("GET", f"/api/v1/{path}")
        response = self._connection.getresponse()
        said = response.read().decode()
        if response.status != 200:
            raise RuntimeError(f"GET {path}: {response.status}: {said}")
        return said
