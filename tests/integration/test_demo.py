"""The demo itself: it keeps its promises, and leaves nothing behind even when it is interrupted."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from testbed import places

pytestmark = pytest.mark.usefixtures("need_root")


def _start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", places.ROOT / "tests" / "demo.py", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _left_by(pid: int) -> list[str]:
    """Namespaces, interfaces and processes of a demo that has ended."""
    names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
    left = [line for line in (names.stdout + links.stdout).splitlines() if f"fgt{pid}" in line]
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = command.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if f"fgt{pid}" in text or f"framegate-demo-{pid}-" in text:
            left.append(text)
    return left


def test_the_demo_keeps_its_promises(tmp_path: Path) -> None:
    sheet = tmp_path / "demo.png"
    demo = _start("--seconds", 8, "--output", sheet)
    text, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0, text
    assert "BROKEN" not in text
    with Image.open(sheet) as picture:
        assert picture.width > 1000
    assert _left_by(demo.pid) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    demo = _start("--seconds", 60, "--output", tmp_path / "demo.png")
    for line in demo.stdout:
        if "results as they come" in line:
            break
    time.sleep(2)
    demo.send_signal(number)
    demo.communicate(timeout=60)
    assert demo.returncode in (130, 128 + number)
    assert _left_by(demo.pid) == []
