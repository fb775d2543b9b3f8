"""The gateway's UNIX socket as a port of loopback, for a browser: a proxy of requests."""

import http.client
import http.server
import json
import socket
import threading
from pathlib import Path
from typing import Any

_HOP = {"connection", "keep-alive", "transfer-encoding"}


class _Inner(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))
        self.sock.settimeout(30)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Front"

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append((self.command, self.path, self.headers.get("authorization")))
        if self.server.denies and self.headers.get("authorization") == self.server.denies[1]:
            self.server.denies = None
        if self.server.denies and self.path.startswith("/api/"):
            error = {"code": "forbidden", "message": "a token is needed"}
            kind = {"Content-Type": "application/json"}
            self._answer(self.server.denies[0], kind, json.dumps({"error": error}))
            return
        if self.path in self.server.made_up:
            made_up = json.dumps(self.server.made_up[self.path])
            self._answer(200, {"Content-Type": "application/json"}, made_up)
            return
        inner = _Inner(self.server.path)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        inner.request(self.command, self.path, body or None, headers)
        response = inner.getresponse()
        said = response.read()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP}
        self._answer(response.status, kept, said)
        inner.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes | str) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = _forward

    def log_message(self, *_: Any) -> None:
        """It is quiet."""


class Front(http.server.ThreadingHTTPServer):
    """It listens from the start; `close` ends it.

    `asked` is what was asked: method, path and authorization. While `denies` is a status and a
    word, the API is shut; who comes with that word as his authorization opens it. What is
    `made_up`, path by path, is answered in the gateway's place.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.path = path
        self.asked: list[tuple[str, str, str | None]] = []
        self.denies: tuple[int, str] | None = None
        self.made_up: dict[str, Any] = {}
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """What to type into a browser."""
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, *_: Any) -> None:
        """A browser that hangs up is no error."""

    def close(self) -> None:
        """Answers no more."""
        self.shutdown()
        self.server_close()
        self._thread.join(5)
