"""The demo itself: it keeps its promises, and leaves nothing behind even when it is interrupted."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from testbed import places

pytestmark = pytest.mark.usefixtures("need_root")

DEMO = (sys.executable, "-u", places.ROOT / "tests" / "demo.py")
DEV = (places.ROOT / "dev", "demo")
PLAYS = "results as they come"


class Demo:
    """A running demo that has a folder of its own for temporary files."""

    def __init__(self, temporary: Path, command: tuple[object, ...], *arguments: object) -> None:
        self._temporary = temporary
        self._sheet = ("--output", temporary / "demo.png")
        self._child = subprocess.Popen(
            [str(it) for it in (*command, *arguments, *self._sheet)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"TMPDIR": str(temporary)},
        )
        self.text = ""

    def read_until(self, words: str) -> None:
        """Reads what it prints up to the line with these words."""
        while words not in self.read_line():
            pass

    def read_line(self) -> str:
        """Reads one line more."""
        line = self._child.stdout.readline()
        assert line, self.text
        self.text += line
        return line

    def signal(self, number: signal.Signals) -> None:
        """To it alone."""
        self._child.send_signal(number)

    def end(self, patience: float = 120) -> int:
        """Reads the rest; returns the exit code."""
        rest, _ = self._child.communicate(timeout=patience)
        self.text += rest
        return self._child.returncode

    def left(self) -> list[str]:
        """Namespaces, interfaces, processes and files of a demo that has ended."""
        known = self._sheet[1].name
        left = [str(path) for path in self._temporary.iterdir() if path.name != known]
        for listing in (["ip", "netns", "list"], ["ip", "-o", "link"]):
            said = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
            left += [line for line in said.splitlines() if f"fgt{self._child.pid}" in line]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if str(self._temporary).encode() in (process / "environ").read_bytes():
                    left.append((process / "cmdline").read_bytes().decode(errors="replace"))
            except OSError:
                continue
        return left


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder with a short name: a socket's path has little room."""
    with tempfile.TemporaryDirectory(prefix="fgtest-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("backend", ["turbo", "opencl"])
def test_the_demo_keeps_its_promises(temporary: Path, backend: str) -> None:
    demo = Demo(temporary, DEMO, "--seconds", 8, "--backend", backend)
    assert demo.end() == 0, demo.text
    assert "BROKEN" not in demo.text
    with Image.open(temporary / "demo.png") as picture:
        assert picture.width > 1000
    assert demo.left() == []


def test_pictures_are_made_better_on_demand(temporary: Path) -> None:
    demo = Demo(temporary, DEMO, "--enhance", "--seconds", 8)
    assert demo.end() == 0, demo.text
    assert "better pictures of 768x576" in demo.text
    assert "lines as they are written" in demo.text
    with Image.open(temporary / "demo.png") as picture:
        assert picture.height > 1200
    assert demo.left() == []


def test_an_outage_of_the_broker_is_survived(temporary: Path) -> None:
    demo = Demo(temporary, DEMO, "--outage", "--seconds", 8)
    # A broker starts twice, and on a busy machine each start takes long.
    assert demo.end(240) == 0, demo.text
    assert "an outage is survived: 0 of " in demo.text
    assert "replayed at" in demo.text
    assert demo.left() == []


@pytest.mark.parametrize(
    ("command", "number", "seconds"),
    [(DEMO, signal.SIGINT, 0.07), (DEV, signal.SIGTERM, 1.0)],
    ids=["ctrl-c as the cameras start", "kill of ./dev demo"],
)
def test_a_demo_that_is_stopped_twice_in_a_hurry_leaves_nothing(
    temporary: Path, command: tuple[object, ...], number: signal.Signals, seconds: float
) -> None:
    demo = Demo(temporary, command, "--seconds", 60)
    demo.read_until(PLAYS)
    time.sleep(seconds)
    demo.signal(number)
    demo.read_until("cleaning up")
    for _ in range(3):
        demo.signal(number)
        time.sleep(0.05)
    assert demo.end() == 128 + number
    assert "Traceback" not in demo.text
    assert "Exception ignored" not in demo.text
    assert demo.left() == []


def test_a_kept_demo_says_lines_that_work_when_pasted(temporary: Path) -> None:
    demo = Demo(temporary, DEMO, "--keep", "--seconds", 5)
    demo.read_until("Still running")
    pasted = ""
    while "gwctl status" not in pasted:
        pasted += demo.read_line()
    done = subprocess.run(
        ["sh", "-c", pasted.replace(f"{places.ROOT}:", "").replace(" top ", " version ")],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    demo.signal(signal.SIGTERM)
    assert done.stderr == ""
    assert "gw1" in done.stdout
    assert demo.end() == 0, demo.text
    assert demo.left() == []
