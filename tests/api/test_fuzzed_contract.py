"""A fuzzer of APIs (schemathesis) holds the gateway to its description, for a minute.

It runs in a network namespace that leads nowhere: among what it invents are cameras, and whoever
has an address asks it.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rtp_capture
from player import Gateway, configuration

from testbed import places
from testbed.process import Process

SECONDS = 45
DESCRIPTION = places.ROOT / "mgmt" / "openapi.yaml"
# What it tells of that is our way: a description cannot say which addresses, models and texts of a
# configuration are good, and wrong tokens are counted (test_tokens.py).
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,"
CHECKS += "response_headers_conformance,response_schema_conformance,negative_data_rejection"
# It waits for as long as it is told.
LONG = "/trace"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network namespace")


@pytest.fixture(scope="module")
def nowhere() -> Iterator[str]:
    """The name of a namespace with a loopback and nothing else."""
    name = f"fgt{os.getpid()}-fuzz"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)


class Door:
    """The gateway's socket as a port of loopback, byte by byte: `close` shuts it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self._open, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    def _open(self) -> None:
        while True:
            try:
                outer, _ = self._listener.accept()
            except OSError:
                return
            inner = socket.socket(socket.AF_UNIX)
            inner.connect(str(self._path))
            for source, target in ((outer, inner), (inner, outer)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := source.recv(65536):
                target.sendall(said)
        # The other direction ends with it.
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Lets nobody in any more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Inside(Gateway):
    """It runs in a namespace; its socket is a file, and here too."""

    def __init__(self, nowhere: str, folder: Path, told: dict[str, Any]) -> None:
        self._nowhere = nowhere
        super().__init__(folder, told)

    def launch(self) -> None:
        command = ["ip", "netns", "exec", self._nowhere, places.gwd(), "--config", self.file]
        self.process = Process(command, self.log)


@pytest.fixture(scope="module")
def gateway(nowhere: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """With a camera, a model, HTTPS and tokens."""
    folder = tmp_path_factory.mktemp("fuzzed")
    capture = folder / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    (folder / "models").mkdir()
    (folder / "models" / "digits").symlink_to(places.models() / "digits")
    told = configuration(
        f"net_pcap0,rx_pcap={capture}",
        api={"https": {"listen": "127.0.0.1:8443"}},
        accel={"library": str(places.onnxruntime()), "repository": str(folder / "models")},
    )
    told["cameras"][0]["model"] = "digits"
    made = Inside(nowhere, folder, told)
    yield made
    made.process.stop()


def _fuzz(door: Door, folder: Path, seconds: int, description: Path, *more: str) -> str:
    """Runs it; returns what it found, empty where that is nothing."""
    report = folder / "report.txt"
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program, "schemathesis is not there: run ./dev setup"
    command = [
        *(program, "--config-file", Path(__file__).with_name("schemathesis.toml")),
        *("run", description, "--url", door.url, *more),
        *("--exclude-path", LONG, "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"),
        *("--max-time", seconds, "--seed", 1, "--no-color", "--max-failures", "20"),
        *("--request-timeout", "30", "--generation-database", "none"),
    ]
    with report.open("w") as out:
        done = subprocess.run(
            list(map(str, command)),
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            timeout=seconds + 120,
            check=False,
        )
    return "" if done.returncode == 0 else report.read_text()


@pytest.fixture
def door(gateway: Gateway) -> Iterator[Door]:
    made = Door(gateway.socket)
    yield made
    made.close()


def test_nothing_that_is_asked_breaks_the_contract(
    gateway: Gateway, door: Door, tmp_path: Path
) -> None:
    found = _fuzz(door, tmp_path, SECONDS, DESCRIPTION)
    assert found == "", found[-8000:]
    assert gateway.process.running
    assert gateway.get("status")["ready"]
    assert gateway.ctl("audit-log", "verify").returncode == 0
    assert gateway.get("audit")["balanced"]


def test_a_contract_that_is_broken_is_found(door: Door, tmp_path: Path) -> None:
    """Negative control: the description promises what the gateway does not say."""
    wrong = tmp_path / "openapi.yaml"
    text = DESCRIPTION.read_text()
    assert "required: [program, version, api]" in text
    wrong.write_text(text.replace("required: [program, version, api]", "required: [colour]"))
    found = _fuzz(door, tmp_path, 5, wrong, "--include-path", "/version")
    assert "'colour' is a required property" in found or '"colour" is a required' in found, found
