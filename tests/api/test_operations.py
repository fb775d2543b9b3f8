"""docs/operations.md: every gwctl command of it is tried on a gateway, in its order."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rtp_capture
from player import Gateway, configuration

from testbed import places
from testbed.loopback import free_port
from testbed.toy_camera import ToyCamera, described

TEXT = (places.ROOT / "docs" / "operations.md").read_text()
# What cannot be so here: the machine is not set up for cameras, and that one sends no pictures.
MAY_SAY_NO = {"system check", "wait --live", "status"}
URL = "rtsp://192.0.2.11/stream1"


def _commands() -> list[str]:
    """Those that stand on lines of their own, and those within the text that are whole."""
    lines = re.findall(r"^    (gwctl [^#\n]*)", TEXT, re.MULTILINE)
    return [part.strip() for line in lines for part in line.split("&&")]


def _mentioned() -> list[str]:
    return re.findall(r"`(gwctl [a-z][^`]*)`", TEXT)


@pytest.fixture
def gateway(start: Callable[[dict[str, Any]], Gateway], tmp_path: Path) -> Gateway:
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    accel = {"library": str(places.onnxruntime()), "repository": str(places.models())}
    https = {"listen": f"127.0.0.1:{free_port()}"}
    made = start(configuration(f"net_pcap0,rx_pcap={capture}", api={"https": https}, accel=accel))
    yield made
    made.process.stop()


def test_every_command_of_the_first_day_works(gateway: Gateway, tmp_path: Path) -> None:
    toy = ToyCamera(described("a=rtpmap:26 JPEG/90000\r\n").replace("AVP 96", "AVP 26"))
    commands = _commands()
    assert len(commands) > 18
    try:
        for command in commands:
            line = command.split(" > ")[0].replace(URL, toy.url)
            line = line.replace("/etc/framegate/gateway.yaml", str(gateway.file))
            words = shlex.split(line)[1:]
            if words[0] == "top":
                words.append("--once")
            if "--live" in words:
                words = ["1" if word == "20" else word for word in words]
            done = gateway.ctl(*words)
            may_say_no = " ".join(words[:2]) in MAY_SAY_NO or words[0] in MAY_SAY_NO
            assert done.returncode in ((0, 1) if may_say_no else (0,)), (command, done.stderr)
    finally:
        toy.close()


def test_every_command_that_is_mentioned_is_one(gateway: Gateway) -> None:
    for command in _mentioned():
        words = [word for word in shlex.split(command)[1:] if not word.startswith("-")]
        verbs = [word for word in words if word.islower()][:2]
        helped = gateway.ctl("help", *verbs[:2])
        if helped.returncode != 0:
            helped = gateway.ctl("help", verbs[0])
        assert helped.returncode == 0, command
        for option in re.findall(r"--[a-z-]+", command):
            assert option in helped.stdout, command
