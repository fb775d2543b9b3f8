"""The gateway does not notice that something learns beside it; and what systemd is told of that."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from yard import Yard

from testbed import places
from testbed.process import Process

UNITS = places.ROOT / "packaging" / "learn"
SECONDS = 12
CAMERAS = 2

# What training costs the machine: every processor, and memory, for ever.
_TRAINING = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from framegate_learn.more import Maker
random = np.random.default_rng(0)
pictures = random.integers(0, 256, (600, 28, 28), np.uint8)
weights = random.normal(size=(784, 2000)).astype(np.float32)
maker = Maker({}, 1)
print("at work", flush=True)
while True:
    np.tanh(maker(pictures).reshape(600, -1).astype(np.float32) @ weights) @ weights.T
"""


def _train(folder: Path) -> list[Process]:
    """On all processors, as the unit has it run."""
    command = ["nice", "-n", "19", "chrt", "--batch", "0", sys.executable, "-c", _TRAINING]
    command += [places.ROOT / "fleet"]
    trainers = [Process(command, folder / f"train{n}.log") for n in range(os.cpu_count() or 1)]
    end = time.monotonic() + 60
    while not all("at work" in trainer.text() for trainer in trainers):
        assert all(trainer.running for trainer in trainers), trainers[0].text()
        assert time.monotonic() < end
        time.sleep(0.1)
    return trainers


def test_no_frame_is_lost_beside_it(yard: Yard) -> None:
    # Slow enough for as many frames as may be in flight to be seconds of them.
    rate = 10
    pictures = SECONDS * rate
    trainers = _train(yard.folder)
    try:
        gateway = yard.start(cameras=CAMERAS, rate=rate, pictures=pictures)
        learner = yard.learn(rate=rate)
        yard.finish_sending(60 + 5 * SECONDS)
        assert all(trainer.running for trainer in trainers)
        assert learner.running, learner.text()
        said = gateway.status()["frames"]
        kept = len(yard.learned())
        print(
            f"\n{said['received']} of {CAMERAS * pictures} frames received, {said['delivered']}"
            f" delivered, {said['dropped']} dropped; {kept} pictures kept beside {len(trainers)}"
            " processes that train"
        )
        assert gateway.dropped() == {}
        assert said["delivered"] == said["received"] == CAMERAS * pictures
        assert kept > 0
    finally:
        for trainer in trainers:
            trainer.kill()


def _settings(unit: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z][A-Za-z]+)=(.*)$", unit.read_text(), re.MULTILINE))


def test_the_units_give_way_to_the_gateway() -> None:
    whole, own = (_settings(UNITS / f"framegate-learn.{kind}") for kind in ("slice", "service"))
    assert (whole["CPUWeight"], whole["IOWeight"]) == ("1", "1")
    assert whole["MemoryMax"] == "3G"
    assert (own["Slice"], own["Nice"]) == ("framegate-learn.slice", "19")
    assert (own["PrivateNetwork"], own["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """And finds little that the service could do beyond what it is for."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there")
    for unit in UNITS.glob("framegate-learn.s[el]*"):
        if unit.suffix in (".service", ".slice"):
            # Where this tree's program is, there is no /opt.
            text = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", unit.read_text(), flags=re.M)
            (tmp_path / unit.name).write_text(text)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "framegate-learn.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    exposed = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager"]
        + [tmp_path / "framegate-learn.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert exposed.returncode == 0, exposed.stdout[-500:]
