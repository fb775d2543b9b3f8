"""gwctl for who watches a gateway: ports, loss, the last minute, top, the log, and waiting."""

import contextlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import description
import pytest
from player import Gateway, configuration
from test_gwctl_terminal import Terminal

from testbed import places


def test_ports_are_listed_and_one_is_shown(played: Gateway) -> None:
    listed = played.ctl("port", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    head, row = listed.stdout.splitlines()[:2]
    assert head.split()[0] == "PORT"
    assert row.split()[:2] == ["lan0", "up"]
    [port] = played.json("port", "list")["ports"]
    assert port == played.json("port", "show", "lan0")
    assert port["packets"] > 0
    shown = played.ctl("port", "show", "lan0").stdout
    for words in ("net_pcap", f"{port['packets']} packets", "0 missed"):
        assert words in shown
    missing = played.ctl("port", "show", "lan9")
    assert missing.returncode == 1
    assert missing.stderr == "gwctl: there is no port 'lan9': gwctl port list\n"


def test_the_list_of_cameras_says_what_was_lost(played: Gateway) -> None:
    head, *rows = played.ctl("camera", "list").stdout.splitlines()
    assert "LOST" in head
    cameras = {row.split()[0]: row for row in rows}
    share = 100 * played.get("cameras/cam0")["lost_share"]
    assert f" {share:.1f} % " in cameras["cam0"]
    assert " 0.0 % " in cameras["cam1"]


def test_the_latency_of_the_last_minute(played: Gateway) -> None:
    reply = played.json("latency")
    names = [line["stage"] for line in reply["stages"]]
    assert [line["stage"] for line in reply["last_minute"]] == names
    for line, recent in zip(reply["stages"], reply["last_minute"]):
        assert recent["count"] <= line["count"]
        # Where nothing came before, both are the same but for the bucket of the largest.
        if recent["count"] == line["count"]:
            assert recent["p99_us"] == line["p99_us"]
            assert recent["max_us"] >= line["max_us"]
    shown = played.ctl("latency", "--last-minute").stdout
    assert "total" in shown
    assert "CAMERA" not in shown


@pytest.mark.parametrize(
    ("options", "cameras"),
    [
        ((), ["cam0", "cam1"]),
        (("--sort", "state"), ["cam1", "cam0"]),
        (("--sort", "loss"), ["cam0", "cam1"]),
        (("--filter", "M1"), ["cam1"]),
        (("--rows", "1"), ["cam0"]),
        (("--rows", "1", "--page", "2"), ["cam1"]),
        (("--filter", "nobody"), []),
    ],
)
def test_top_sorts_filters_and_pages(
    played: Gateway, options: tuple[str, ...], cameras: list[str]
) -> None:
    done = played.ctl("top", "--once", *options)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("CAMERA"))
    assert [line.split()[0] for line in lines[begin + 1 :] if line.startswith("cam")] == cameras
    if "--rows" in options:
        assert "of 2: cameras" in lines[-1]


@pytest.mark.parametrize(
    "options", [("--sort", "colour"), ("--rows", "0"), ("--rows", "many"), ("--page", "5000")]
)
def test_top_says_what_it_does_not_understand(played: Gateway, options: tuple[str, ...]) -> None:
    done = played.ctl("top", *options)
    assert done.returncode == 2
    assert done.stderr.startswith(f"gwctl: {options[0]} takes ")
    assert done.stderr.count("\n") == 1


def test_top_is_sorted_turned_and_filtered_with_keys(played: Gateway) -> None:
    terminal = Terminal("--socket", played.socket, "top", "--interval", "0.5", "--rows", "1")
    try:
        terminal.read_until("cameras 1 to 1 of 2, by name")
        terminal.type(" ")
        terminal.read_until("cameras 2 to 2 of 2, by name")
        terminal.type("b")
        terminal.read_until("cameras 1 to 1 of 2, by name")
        terminal.type("s")
        terminal.read_until("by state")
        # What is typed is a name, also its q.
        terminal.type("/")
        terminal.read_until("Enter ends it")
        terminal.type("q")
        terminal.read_until("q_ ")
        terminal.type("\x7fM1\r")
        terminal.read_until("cameras 1 to 1 of 1, by state, with M1")
        terminal.type("q")
        assert terminal.finish() == 0
    finally:
        terminal.close()


def test_the_log_is_read_through_the_gateway(played: Gateway) -> None:
    played.ask("cameras/cam1/sample", "POST")
    shown = played.ctl("log")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "api: POST /api/v1/cameras/cam1/sample by uid " in shown.stdout
    assert len(played.ctl("log", "--lines", "1").stdout.splitlines()) == 1
    lines = [json.loads(line) for line in played.ctl("--json", "log").stdout.splitlines()]
    numbers = [line["number"] for line in lines]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    # It is what the file has, too.
    written = played.process.text()
    for line in lines:
        assert f"{line['time']} {line['level']:<7} {line['subject']}: {line['text']}" in written
    assert played.get(f"log/{numbers[-1]}")["lines"] == []
    described = description.answer("/log/{name}", "get", 200)
    described.validate(played.get(f"log/{numbers[0]}"))
    assert played.get("log/123456789")["lines"][0]["number"] == 1
    assert played.ask("log/first").status == 400
    assert played.ctl("log", "--lines", "999").returncode == 2


def test_the_log_is_followed_over_a_restart(
    start: Callable[[dict[str, Any]], Gateway],
) -> None:
    gateway = start(configuration("net_ring0"))
    follower = subprocess.Popen(
        [places.gwctl(), "--socket", gateway.socket, "log", "--follow", "--lines", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(follower.stdout))
    reader.start()
    try:
        # Lines of before are not asked for: it is followed as soon as a new one comes.
        def is_followed() -> bool:
            gateway.ask("cameras/cam0/sample", "POST")
            return said != []

        gateway.wait_until(is_followed)
        assert not any("listening on" in line for line in said), said
        gateway.process.stop()
        gateway.launch()
        gateway.wait_until(gateway.ready)
        gateway.ask("cameras/cam1/sample", "POST")
        gateway.wait_until(lambda: any("cam1/sample" in line for line in said))
        assert len(said) == len(set(said))
        assert any("listening on" in line for line in said)
    finally:
        follower.terminate()
        assert follower.wait(60) == 0
        reader.join(60)


def test_one_waits_until_the_gateway_is_ready(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    gateway = start(configuration("net_ring0"))
    assert gateway.ctl("wait", "--ready").returncode == 0
    begin = time.monotonic()
    late = gateway.ctl("wait", "--ready", "--live", "cam0", "--timeout", "0.5")
    assert time.monotonic() - begin >= 0.5
    assert late.returncode == 1
    assert "no pictures come from the camera" in late.stderr
    assert "no such camera" in gateway.ctl("wait", "--live", "x", "--timeout", "0").stderr
    assert gateway.ctl("wait").returncode == 2
    assert gateway.ctl("wait", "--ready", "--timeout", "soon").returncode == 2
    gateway.process.stop()
    assert gateway.ctl("wait", "--ready", "--timeout", "3").returncode == 3
    waiting = subprocess.Popen([places.gwctl(), "--socket", gateway.socket, "wait", "--ready"])
    try:
        time.sleep(0.3)
        assert waiting.poll() is None
        gateway.launch()
        assert waiting.wait(60) == 0
    finally:
        if waiting.poll() is None:
            waiting.kill()
            waiting.wait()
    assert gateway.ready()


@pytest.fixture
def answer(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Has somebody answer on a socket, each request on a connection of its own."""
    path = tmp_path / "api.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve(answers: list[tuple[int, dict[str, Any]]]) -> None:
        # The last one is for all that follow. Who has given up waiting asks again.
        number = 0
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            status, said = answers[min(number, len(answers) - 1)]
            text = json.dumps(said)
            head = f"HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {len(text)}"
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(f"{head}\r\n\r\n{text}".encode())
                number += 1

    def begin(*answers: tuple[int, dict[str, Any]]) -> Path:
        threading.Thread(target=serve, args=(list(answers),), daemon=True).start()
        return path

    yield begin
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _refusal(status: int, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": "x", "message": message}}


def _ctl(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [places.gwctl(), "--socket", path, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_is_not_allowed_is_not_waited_for(answer: Callable[..., Path], status: int) -> None:
    done = _ctl(answer(_refusal(status, "you may not")), "wait", "--ready")
    assert done.returncode == 1
    assert done.stderr == f"gwctl: the gateway says no to that (HTTP {status}): you may not\n"


def test_an_error_is_waited_for_and_called_one(answer: Callable[..., Path]) -> None:
    path = answer(_refusal(500, "out of memory"), (200, {"ready": True}))
    assert _ctl(path, "wait", "--ready").returncode == 0


def test_an_error_that_stays_is_called_one(answer: Callable[..., Path]) -> None:
    done = _ctl(answer(_refusal(500, "out of memory")), "wait", "--ready", "--timeout", "3")
    assert done.returncode == 1
    assert "the gateway answers with an error: gwctl status" in done.stderr


def test_a_log_that_may_not_be_read_any_more_is_not_followed(
    answer: Callable[..., Path],
) -> None:
    line = {"number": 1, "time": "now", "level": "info", "subject": "a", "text": "first"}
    log = {"boot_id": "b", "last": 1, "lines": [line]}
    path = answer((200, log), _refusal(503, "it ends"), _refusal(403, "you may not"))
    done = _ctl(path, "log", "--follow")
    assert (done.returncode, done.stdout) == (1, "now info    a: first\n")
    assert done.stderr == "gwctl: the gateway says no to that (HTTP 403): you may not\n"
