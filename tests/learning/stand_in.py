"""What answers on a socket as a gateway would: cameras' frames as a test shows them."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

TYPE = "multipart/mixed; boundary=framegate-0"


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    stand_in: "StandIn"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        path = unquote(self.path.removeprefix("/api/v1/"))
        stand_in = self.server.stand_in
        with stand_in.lock:
            stand_in.asked.append((self.command, path, body))
        parts = path.split("/")
        if self.command == "GET" and parts[0] == "cameras" and parts[-1] == "view":
            self._view(parts[1])
            return
        status, said = stand_in.answers.get(path, (404, _error("not_found", f"no {path}")))
        if isinstance(said, bytes):
            self._send(status, said, "image/jpeg")
            return
        self._send(status, json.dumps(said).encode(), "application/json")

    do_POST = do_DELETE = do_GET

    def _view(self, camera: str) -> None:
        shown = self.server.stand_in.next_of(camera)
        if shown is None:
            self._send(503, json.dumps(_error("unavailable", "no picture yet")).encode(), TYPE)
            return
        tag, record, jpeg = shown
        if self.headers.get("If-None-Match") == tag:
            self._send(304, b"", TYPE, tag)
            return
        text = json.dumps(record).encode()
        head = "--framegate-0\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n"
        content = head.format("application/json", len(text)).encode() + text + b"\r\n"
        content += head.format("image/jpeg", len(jpeg)).encode() + jpeg + b"\r\n--framegate-0--\r\n"
        self._send(200, content, TYPE, tag)

    def _send(self, status: int, content: bytes, kind: str, tag: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if tag:
            self.send_header("ETag", tag)
        if status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


class StandIn:
    """Each camera shows its next frame whenever it is asked, and its last one over and over."""

    def __init__(self, socket: Path) -> None:
        self.lock = threading.Lock()
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self._frames: dict[str, list[tuple[str, dict[str, Any], bytes]]] = {}
        self._server = _Server(str(socket), _Handler)
        self._server.stand_in = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def show(self, camera: str, record: dict[str, Any], jpeg: bytes) -> None:
        """One more frame of the camera, behind those that it has."""
        with self.lock:
            frames = self._frames.setdefault(camera, [])
            frames.append((f'"{record["id"]}"', record, jpeg))

    def next_of(self, camera: str) -> tuple[str, dict[str, Any], bytes] | None:
        """What it shows now."""
        with self.lock:
            frames = self._frames.get(camera, [])
            if not frames:
                return None
            return frames.pop(0) if len(frames) > 1 else frames[0]

    def left(self, camera: str) -> int:
        """Frames that nobody has seen yet, and the last one."""
        with self.lock:
            return len(self._frames.get(camera, []))

    def close(self) -> None:
        """Nobody answers any more."""
        self._server.shutdown()
        self._server.server_close()
