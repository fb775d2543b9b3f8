"""What the appliance's updater writes of an update, and the alarm that the gateway raises by it."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rtp_capture
from player import Gateway, configuration

from testbed import places

OUTCOME = places.ROOT / "packaging/image/mkosi.extra/usr/lib/framegate/outcome"
RUNNING, WANTED = "0.1.0", "0.2.0"


class Box:
    """The files that the boot loader and the updater have, and a `bootctl` that says where."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "update"
        self.entries = folder / "esp" / "EFI" / "Linux"
        self.entries.mkdir(parents=True)
        programs = folder / "bin"
        programs.mkdir()
        bootctl = programs / "bootctl"
        bootctl.write_text(f"#!/bin/sh\necho {folder / 'esp'}\n")
        bootctl.chmod(0o755)
        self._environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "FRAMEGATE_UPDATE_FOLDER": str(self.work),
            "IMAGE_VERSION": RUNNING,
        }
        self.file = self.work / "outcome.json"

    def slots(self, *names: str) -> None:
        """The entries that there are."""
        for entry in self.entries.iterdir():
            entry.unlink()
        for name in names:
            (self.entries / f"framegate_{name}.efi").touch()

    def run(self, *words: str) -> int:
        """What the image's own scripts and units run."""
        return subprocess.run(
            [OUTCOME, *words], env=self._environment, timeout=60, check=False
        ).returncode

    def said(self) -> dict[str, Any]:
        """The file, which everybody may read."""
        assert self.file.stat().st_mode & 0o777 == 0o644
        return json.loads(self.file.read_text())


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """One on which an update was installed."""
    made = Box(tmp_path)
    made.slots(RUNNING, f"{WANTED}+3")
    assert made.run("installed", WANTED) == 0
    (made.work / "version").write_text(WANTED)
    return made


def test_the_updater_says_what_it_did(box: Box) -> None:
    said = box.said()
    assert (said["version"], said["running"], said["state"]) == (WANTED, RUNNING, "installed")
    assert box.run("failed", WANTED, "it was not installed") == 0
    assert (box.said()["state"], box.said()["text"]) == ("failed", "it was not installed")
    assert box.run("sunny") == 2
    assert list(box.work.glob("*.new")) == []


@pytest.mark.parametrize(
    ("slots", "state"),
    [
        ((RUNNING, f"{WANTED}+0-3"), "failed"),
        ((RUNNING, f"{WANTED}+2-1"), "installed"),
        ((RUNNING, WANTED), "installed"),
        ((RUNNING,), "installed"),
        ((RUNNING, f"{WANTED}.1+0-3"), "installed"),
    ],
    ids=["without starts left", "on trial", "good", "gone", "another of a like name"],
)
def test_a_start_knows_a_version_that_was_taken_back(
    box: Box, slots: tuple[str, ...], state: str
) -> None:
    box.slots(*slots)
    assert box.run("start") == 0
    assert box.said()["state"] == state


def test_a_start_of_the_new_version_or_without_an_update_says_nothing(box: Box) -> None:
    (box.work / "version").write_text(RUNNING)
    assert box.run("start") == 0
    assert box.said()["state"] == "installed"
    (box.work / "version").unlink()
    box.file.unlink()
    assert box.run("start") == 0
    assert not box.file.exists()


def test_what_was_taken_back_is_an_alarm_until_the_next_update(
    start: Callable[[dict[str, Any]], Gateway], box: Box, tmp_path: Path
) -> None:
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    alarms = {"raise": 1, "clear": 1, "clock": False, "update": str(box.file)}
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}", alarms=alarms))

    def raised() -> list[dict[str, Any]]:
        said = gateway.get("alarms")["alarms"]
        return [alarm for alarm in said if alarm["kind"] == "update_failed"]

    # That cameras are told shows that the gateway has looked for long enough.
    gateway.wait_until(lambda: len(gateway.get("alarms")["alarms"]) >= 2, 60)
    assert raised() == []
    box.slots(RUNNING, f"{WANTED}+0-3")
    assert box.run("start") == 0
    gateway.wait_until(lambda: bool(raised()), 60)
    [alarm] = raised()
    assert alarm["subject"] is None
    assert alarm["text"] == (
        "the update to 0.2.0 failed: it was not well, and was taken back; what runs is 0.1.0"
    )
    assert "gwctl system status" in alarm["advice"]
    assert box.run("installed", "0.3.0") == 0
    gateway.wait_until(lambda: not raised(), 60)
