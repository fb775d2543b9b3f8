"""The gateway beside which we learn: its API over its UNIX socket."""

import http.client
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from framegate_files.api_socket import Connection, why_away
from framegate_learn.mistakes import Failure

USUAL_SOCKET = "/run/framegate/api.sock"
LONGEST = 64 * 1024 * 1024  # bytes of one answer
TIMEOUT = 10.0


class Away(Failure):
    """Nobody answers: it is not started yet, or is being started again. Worth asking again."""


class Refused(Failure):
    """It answers, and does not do what was asked: `status` and `code` say why."""

    def __init__(self, text: str, status: int, code: str) -> None:
        super().__init__(text)
        self.status, self.code = status, code


@dataclass
class Reply:
    """An answer: its HTTP status, header fields by small letters, and bytes."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def well(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def tag(self) -> str:
        """Its ETag, quotes and all; empty where it has none."""
        return self.headers.get("etag", "")

    @property
    def body(self) -> Any:
        """Its JSON; None where there is none."""
        try:
            return json.loads(self.content) if self.content else None
        except ValueError:
            return None

    @property
    def error(self) -> tuple[str, str]:
        """Code and sentence of an answer that is not well."""
        body = self.body
        said = body.get("error") if isinstance(body, dict) else None
        if not isinstance(said, dict):
            return "", f"HTTP {self.status}"
        return str(said.get("code", "")), str(said.get("message", f"HTTP {self.status}"))


class View(NamedTuple):
    """One frame of a camera: what the gateway said of it, and its JPEG."""

    tag: str
    record: dict[str, Any]
    jpeg: bytes


@dataclass
class Gateway:
    """One gateway; not for two threads at a time."""

    socket: str | Path = USUAL_SOCKET
    timeout: float = TIMEOUT
    asked: int = 0
    """Requests that were answered."""
    received: int = 0
    """Bytes of these answers' bodies."""
    _kept: Connection | None = field(default=None, repr=False)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        known: str = "",
        timeout: float | None = None,
    ) -> Reply:
        """One request; `path` lies below /api/v1/, a body is sent as JSON.

        `known` is the ETag of what the caller has: 304 when that is still so. Raises Away.
        """
        sent = None if body is None else json.dumps(body).encode()
        headers = {"If-None-Match": known} if known else {}
        # What is only asked may be asked twice: a gateway closes connections that rest.
        again = self._kept is not None and method in ("GET", "HEAD")
        if not again:
            self.close()
        try:
            return self._ask(method, path, sent, headers, timeout or self.timeout)
        except Away:
            if not again:
                raise
        return self._ask(method, path, sent, headers, timeout or self.timeout)

    def get(self, path: str) -> Any:
        """The JSON at `path`. Raises Away or Refused."""
        return self._good("GET", path, self.ask("GET", path))

    def post(self, path: str, body: object = None, timeout: float | None = None) -> Any:
        """Has something done; its answer's JSON. Raises Away or Refused."""
        return self._good("POST", path, self.ask("POST", path, body, timeout=timeout))

    def delete(self, path: str) -> Any:
        """Has something removed; its answer's JSON. Raises Away or Refused."""
        return self._good("DELETE", path, self.ask("DELETE", path))

    def view(self, camera: str, known: str = "") -> View | None:
        """The camera's latest picture, and has the next one kept.

        None: there is none yet, or it is the one with the tag `known`. Raises Away or Refused.
        """
        path = f"cameras/{quote(camera, safe='')}/view"
        reply = self.ask("GET", path, known=known)
        if reply.status in (304, 503):
            return None
        if not reply.well:
            self._good("GET", path, reply)
        return _view(reply)

    def close(self) -> None:
        """Lets go of its connection; the next question makes another one."""
        if self._kept:
            self._kept.close()
        self._kept = None

    def _ask(
        self, method: str, path: str, sent: bytes | None, headers: dict[str, str], timeout: float
    ) -> Reply:
        if self._kept is None:
            self._kept = Connection(str(self.socket), timeout)
        self._kept.timeout = timeout
        if self._kept.sock:
            self._kept.sock.settimeout(timeout)
        try:
            self._kept.request(method, f"/api/v1/{path}", sent, headers)
            response = self._kept.getresponse()
            content = response.read(LONGEST)
            if response.will_close or not response.isclosed():
                self.close()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Away(why_away(str(self.socket), error)) from None
        self.asked += 1
        self.received += len(content)
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, fields, content)

    def _good(self, method: str, path: str, reply: Reply) -> Any:
        if reply.well and reply.content and reply.body is None:
            # It ended within its answer.
            self.close()
            raise Away(why_away(str(self.socket), ValueError("no JSON")))
        if reply.well:
            return reply.body
        code, text = reply.error
        raise Refused(f"the gateway refuses {method} {path}: {text}", reply.status, code)


def _view(reply: Reply) -> View:
    """The two parts of a view (RFC 2046, 5.1.1), each as long as its Content-Length says."""
    content, at, parts = reply.content, 0, []
    for _ in range(2):
        end = content.find(b"\r\n\r\n", at)
        head = content[at:end].lower()
        mark = head.find(b"content-length:")
        if end < 0 or mark < 0:
            raise Failure("the gateway's view is not of two parts: is it another version?")
        size = int(head[mark + 15 :].split(b"\r\n", 1)[0])
        parts.append(content[end + 4 : end + 4 + size])
        at = end + 4 + size
    return View(reply.tag, json.loads(parts[0]), parts[1])
