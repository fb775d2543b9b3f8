"""What answers on a socket as a gateway would, with what a test has it answer."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

CHECKED = {"differences": [], "restart": False, "revision": "1"}


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    answers: dict[str, tuple[int, Any]]
    asked: list[str]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.removeprefix("/api/v1/")
        self.server.asked.append(path)
        status, said = self.server.answers[path]
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


class LocalGateway:
    """It is as it should be, until a test sets other `answers`."""

    def __init__(self, socket: Path) -> None:
        self._server = _Server(str(socket), _Handler)
        self.answers = self._server.answers = {"config/check": (200, CHECKED)}
        self.asked = self._server.asked = []
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def refuse(self, path: str, status: int, message: str) -> None:
        """From now on."""
        self.answers[path] = (status, {"error": {"code": "x", "message": message}})

    def close(self) -> None:
        """Nobody answers any more."""
        self._server.shutdown()
        self._server.server_close()
