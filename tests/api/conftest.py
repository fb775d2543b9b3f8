"""Gateways for the tests of the API; `player` says what they are."""

import http.server
import json
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rtp_capture
from player import LOST, PICTURES, Gateway, configuration

Start = Callable[[dict[str, Any]], Gateway]


def _starting() -> Iterator[Start]:
    started: list[Gateway] = []
    folders: list[tempfile.TemporaryDirectory[str]] = []

    def begin(configuration: dict[str, Any]) -> Gateway:
        folders.append(tempfile.TemporaryDirectory(prefix="framegate-api-"))
        started.append(Gateway(Path(folders[-1].name), configuration))
        return started[-1]

    yield begin
    for gateway in started:
        gateway.process.stop()
    for folder in folders:
        folder.cleanup()


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """Starts gateways that end with the module: some play for ever, and take a processor."""
    yield from _starting()


@pytest.fixture(scope="session")
def start_for_all() -> Iterator[Start]:
    """Starts gateways that end with the session."""
    yield from _starting()


@pytest.fixture(scope="session")
def played(start_for_all: Start, tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """It has played 40 pictures of cam0, of which one lost its first packet; cam1 is silent."""
    capture = tmp_path_factory.mktemp("capture") / "cam0.pcap"
    rtp_capture.write(capture, PICTURES, "10.0.0.1", "10.0.0.99", 5001, lose=LOST)
    gateway = start_for_all(configuration(f"net_pcap0,rx_pcap={capture}"))
    gateway.wait_until(lambda: gateway.get("cameras/cam0")["frames"]["delivered"] == PICTURES - 1)
    return gateway


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture
def saying(tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], Path]]:
    """Serves one answer to every request; returns the socket."""
    servers: list[_UnixServer] = []

    def serve(answer: dict[str, Any]) -> Path:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                text = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        path = tmp_path / f"{len(servers)}.sock"
        servers.append(_UnixServer(str(path), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return path

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
