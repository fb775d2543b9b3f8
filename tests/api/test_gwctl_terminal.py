"""gwctl as people meet it: live in a terminal, completed by the shell, explained by man."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from player import Gateway, configuration

from testbed import places

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color"}


class Terminal:
    """A pseudo-terminal with one program in it."""

    def __init__(self, *arguments: object, rows: int = 24, columns: int = 100, **more: str) -> None:
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.child = subprocess.Popen(
            [places.gwctl(), *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=ENVIRONMENT | more,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.text = ""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, wanted: str, timeout: float = 60) -> str:
        """Reads on until the pattern has come; returns what came in this call."""
        begin, end = len(self.text), time.monotonic() + timeout
        while not re.search(wanted, self.text[begin:]):
            assert time.monotonic() < end, self.text[begin:]
            if select.select([self.master], [], [], 0.1)[0]:
                self.text += os.read(self.master, 65536).decode()
        return self.text[begin:]

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def finish(self) -> int:
        """Waits for the end and reads the rest."""
        code = self.child.wait(60)
        while select.select([self.master], [], [], 0.1)[0]:
            self.text += os.read(self.master, 65536).decode()
        return code

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def top(played: Gateway) -> Iterator[Terminal]:
    """`gwctl top`, refreshing five times a second."""
    terminal = Terminal("--socket", played.socket, "top", "--interval", "0.2")
    yield terminal
    terminal.close()


def _has_left_the_page(terminal: Terminal) -> bool:
    """The other page is gone, the cursor is back, and keys echo again."""
    assert terminal.text.endswith("\x1b[?25h\x1b[?1049l")
    return termios.tcgetattr(terminal.slave) == terminal.before


def test_top_shows_cameras_and_refreshes(top: Terminal) -> None:
    first = top.read_until("q ends")
    for word in ("gw1", "ready", "cam0", "cam1", "silent", "FRAMES/S", "IN FLIGHT", "busy"):
        assert word in first
    assert first.startswith("\x1b[?1049h")
    again = top.read_until("q ends")
    assert "cam0" in again


@pytest.mark.parametrize("key", ["q", "Q", "\x03"], ids=["q", "Q", "Ctrl-C"])
def test_top_ends_well_on_a_key(top: Terminal, key: str) -> None:
    top.read_until("q ends")
    top.type(key)
    assert top.finish() == 0
    assert _has_left_the_page(top)


def test_top_ends_well_on_sigterm(top: Terminal) -> None:
    top.read_until("q ends")
    top.child.send_signal(signal.SIGTERM)
    assert top.finish() == 0
    assert _has_left_the_page(top)


def _next_page(terminal: Terminal) -> list[str]:
    """The rows of one that is drawn from now on, without its colours."""
    terminal.read_until(r"\x1b\[H")
    begin = terminal.text.rindex("\x1b[H")
    while not (page := re.match(r"\x1b\[H(.*?)\x1b\[J", terminal.text[begin:], re.DOTALL)):
        terminal.read_until(r"[^\0]")
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", row) for row in page[1].split("\r\n")]


def _fits(page: list[str], rows: int, columns: int) -> bool:
    return len(page) <= rows and max(map(len, page)) <= columns


def test_top_fits_the_terminal(top: Terminal) -> None:
    top.read_until("q ends")
    top.resize(6, 30)
    # Pages that were drawn for the larger one may be on their way still.
    end = time.monotonic() + 60
    while not _fits(_next_page(top), 6, 30):
        assert time.monotonic() < end, top.text[-2000:]
    # And so do those that follow.
    assert _fits(_next_page(top), 6, 30), top.text[-2000:]


def test_top_waits_for_a_gateway_that_goes_away(
    start: Callable[[dict[str, Any]], Gateway],
) -> None:
    gateway = start(configuration("net_ring0"))
    terminal = Terminal("--socket", gateway.socket, "top", "--interval", "0.2")
    try:
        terminal.read_until("q ends")
        gateway.process.stop()
        terminal.read_until("no answer")
        gateway.launch()
        terminal.read_until("cam0")
    finally:
        terminal.close()


def test_top_without_a_gateway_is_an_error(tmp_path: Path) -> None:
    terminal = Terminal("--socket", tmp_path / "none.sock", "top")
    try:
        assert terminal.finish() == 3
        assert "no gateway answers" in terminal.text
        assert "\x1b[?1049h" not in terminal.text
    finally:
        terminal.close()


def test_a_terminal_gets_colours_unless_it_asks_for_none(played: Gateway) -> None:
    for more, options, coloured in (
        ({}, (), True),
        ({"NO_COLOR": "1"}, (), False),
        ({"TERM": "dumb"}, (), False),
        ({}, ("--no-color",), False),
    ):
        terminal = Terminal("--socket", played.socket, *options, "status", **more)
        try:
            assert terminal.finish() == 0
            assert ("\x1b[" in terminal.text) is coloured
        finally:
            terminal.close()
    assert "\x1b[" not in played.ctl("status").stdout


def test_json_is_what_the_api_says(played: Gateway) -> None:
    for command, path in (
        (("camera", "show", "cam1"), "cameras/cam1"),
        (("drops",), "drops"),
        (("audit",), "audit"),
        (("model", "list"), "models"),
        (("config", "show"), "config"),
    ):
        assert played.json(*command) == played.get(path)
    assert set(played.json("top", "--once")) == {"status", "cameras", "stages", "latency"}


def test_stages_shows_the_ports_too(played: Gateway) -> None:
    port = played.json("stages")["stages"][0]["facts"]["ports"][0]
    stages, ports = played.ctl("stages").stdout.split("\n\n")
    assert stages.splitlines()[0].split()[:2] == ["STAGE", "STATE"]
    head, row = ports.splitlines()
    assert head.split()[:3] == ["PORT", "STATE", "SINCE"]
    assert row.split()[:2] == [port["name"], port["state"]]
    assert str(port["packets"]) in row.split()


def test_the_socket_may_come_from_the_environment(played: Gateway) -> None:
    done = subprocess.run(
        [places.gwctl(), "status"],
        env=ENVIRONMENT | {"FRAMEGATE_SOCKET": str(played.socket)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _complete(socket: Path, *words: str) -> list[str]:
    """What bash offers for these words; the last one is being typed."""
    line = " ".join(f"'{word}'" for word in ("gwctl", *words))
    script = (
        f"PATH={places.gwctl().parent}:$PATH; source <(gwctl completion bash) || exit 1\n"
        f"COMP_WORDS=({line}); COMP_CWORD={len(words)}; _gwctl\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=ENVIRONMENT | {"FRAMEGATE_SOCKET": str(socket)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_shell_completes_commands_options_and_names(played: Gateway, tmp_path: Path) -> None:
    assert _complete(played.socket, "sta") == ["status", "stages"]
    verbs = ["list", "show", "history", "add", "set", "remove", "probe"]
    assert _complete(played.socket, "camera", "") == verbs
    options = ["--port", "--password-file", "--password-env", "--payload-type", "--plan"]
    assert _complete(played.socket, "camera", "set", "cam0", "--p") == options
    assert _complete(played.socket, "camera", "add", "") == []
    assert _complete(played.socket, "camera", "set", "cam0", "--port", "") == []
    assert _complete(played.socket, "camera", "show", "") == ["cam0", "cam1"]
    assert _complete(played.socket, "port", "show", "") == ["lan0"]
    assert _complete(played.socket, "top", "--sort", "l") == ["loss", "latency"]
    assert _complete(played.socket, "wait", "--live", "") == ["cam0", "cam1"]
    assert _complete(played.socket, "sample", "cam1") == ["cam1"]
    assert _complete(played.socket, "drops", "--a") == ["--all"]
    assert _complete(played.socket, "--json", "audit", "--so") == ["--socket"]
    assert _complete(played.socket, "completion", "") == ["bash"]
    assert _complete(played.socket, "status", "") == []
    # Without a gateway there are no names, and no complaint in the middle of the line.
    assert _complete(tmp_path / "none", "camera", "show", "") == []
    assert _complete(tmp_path / "none", "--socket", str(played.socket), "sample", "") == [
        "cam0",
        "cam1",
    ]


def test_the_manual_page_has_every_command_and_no_fault(played: Gateway) -> None:
    page = played.ctl("help", "--man").stdout
    checked = subprocess.run(
        ["groff", "-man", "-Tascii", "-ww", "-z"],
        input=page,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.stderr == ""
    overview = played.ctl("help").stdout
    for line in overview.split("commands:\n")[1].split("\n\n")[0].splitlines():
        words = re.split(r"  +", line.strip())[0].split()
        assert f'.SS "{" ".join(words[:1])}' in page
        assert played.ctl("help", *(word for word in words if word.islower())).returncode == 0
