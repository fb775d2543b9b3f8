"""A box as somebody sees it who is not there: over HTTPS, with a token, its certificate known."""

import hashlib
import http.client
import http.server
import json
import re
import socketserver
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

from testbed import places
from testbed.gateway import Answer

TIMEOUT = 120


def _last(text: str, before: str) -> str:
    found = re.findall(f"^{before}(\\S+)$", text, re.MULTILINE)
    assert found, f"the screen shows no {before}:\n{text[-3000:]}"
    return str(found[-1])


class _Relay(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, outside: "Outside") -> None:
        path.unlink(missing_ok=True)
        self.outside = outside
        super().__init__(str(path), _Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Relay

    def address_string(self) -> str:
        return "here"

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, said = self.server.outside.send(self.command, self.path, body or None)
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _forward


class Outside:
    """Speaks to the HTTPS port that `print_`, the certificate's SHA-256, was read of."""

    def __init__(self, folder: Path, port: int, print_: str) -> None:
        self._port = port
        self._print = print_.replace(":", "").lower()
        self._socket = folder / "outside.sock"
        self.token = ""
        self._relay: _Relay | None = None
        self._lock = threading.Lock()
        self._connection: http.client.HTTPSConnection | None = None

    @classmethod
    def who_read(cls, screen: str, folder: Path, port: int) -> "Outside":
        """Somebody who has the fingerprint and the set-up token off a box's screen."""
        somebody = cls(folder, port, _last(screen, "certificate   SHA-256 +"))
        somebody.token = _last(screen, "set-up token  ")
        return somebody

    def send(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """One request; a certificate that is another one is an error."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with self._lock:
            kept = self._connection is not None
            while True:
                connection = self._connection or self._connect()
                try:
                    connection.request(method, path, body, headers)
                    answer = connection.getresponse()
                    return answer.status, answer.read()
                except (http.client.HTTPException, OSError):
                    self._drop()
                    # A box that was started again knows nothing of the connection before.
                    if not kept:
                        raise
                    kept = False

    def _connect(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context()
        context.check_hostname = False
        # Nobody has signed it: what stood on the screen is what it is compared with.
        context.verify_mode = ssl.CERT_NONE
        made = http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=TIMEOUT, context=context
        )
        made.connect()
        shown = hashlib.sha256(made.sock.getpeercert(binary_form=True)).hexdigest()
        assert shown == self._print, "another certificate than the screen's"
        self._connection = made
        return made

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """`path` lies below /api/v1/."""
        text = None if body is None else json.dumps(body).encode()
        status, said = self.send(method, f"/api/v1/{path}", text)
        return status, json.loads(said) if said else None

    def ctl(self, *words: str) -> Answer:
        """Runs this machine's `gwctl --json` on a socket that leads to the box."""
        if self._relay is None:
            self._relay = _Relay(self._socket, self)
            threading.Thread(target=self._relay.serve_forever, daemon=True).start()
        command = [places.gwctl(), "--socket", self._socket, "--json", *words]
        # gwctl waits ten seconds, as is right for a box that is not emulated.
        for _ in range(6):
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=10 * TIMEOUT, check=False
            )
            if "does not answer within" not in done.stderr:
                break
        try:
            body = json.loads(done.stdout)
        except ValueError:
            body = done.stdout
        return Answer(done.returncode, body, done.stderr)

    def close(self) -> None:
        """Takes the socket away."""
        self._drop()
        if self._relay is not None:
            self._relay.shutdown()
            self._relay.server_close()
