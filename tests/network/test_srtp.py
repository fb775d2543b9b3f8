"""SRTP (RFC 3711) as FFmpeg sends it, whose implementation is its own: the pictures come back."""

import base64
import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from testbed import pcap, places, senders
from testbed.process import Process
from testbed.senders import Stream

PICTURES = 12
KEY = base64.b64encode(bytes(range(30))).decode()
SUITES = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"]


@pytest.fixture(scope="module", params=SUITES)
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A capture, the pictures that were sent, and the suite."""
    folder = tmp_path_factory.mktemp("srtp")
    writer = pcap.Writer(folder / "in.pcap")
    recorder = pcap.Recorder(pair=True)
    stream = Stream("ff", "127.0.0.1", recorder.port, 10, PICTURES, 7, destination="127.0.0.1")
    # By this name it has RFC 4568's tags for SRTCP, of 80 bits with either suite.
    name = request.param.replace("AES_CM_128", "SRTP_AES128_CM")
    more = {"begin": 10, "secret": (name, KEY)}
    sender = senders.ffmpeg_video(Process, folder / "log", stream, places.video(), **more)
    recorder.record(writer, "10.0.0.1", ("10.0.0.2", 5004), lambda: sender.running)
    sender.wait(10)
    recorder.close()
    writer.close()
    sent = folder / "sent"
    sent.mkdir()
    into = dataclasses.replace(stream, into=sent, realtime=False)
    senders.ffmpeg_video(Process, folder / "log", into, places.video(), begin=10).wait(30)
    return folder / "in.pcap", sent, request.param


def replay(folder: Path, capture: Path, suite: str, key: str) -> tuple[Path, dict[str, Any]]:
    """The pictures, and what is told of the camera."""
    (folder / "key").write_text(key + "\n")
    camera = {
        **{"name": "cam0", "source": "10.0.0.1", "destination": "10.0.0.2", "port": 5004},
        "srtp": {"suite": suite, "key_file": str(folder / "key")},
    }
    (folder / "replay.yaml").write_text(yaml.safe_dump({"cameras": [camera]}))
    done = subprocess.run(
        [
            *(places.gwd(), "replay", "--config", folder / "replay.yaml"),
            *("--input", capture, "--output", folder / "out"),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert key not in done.stdout + done.stderr
    return folder / "out", json.loads((folder / "out/stats.json").read_text())["cameras"]["cam0"]


def test_pictures_come_back_exact(recorded: Any, tmp_path: Path) -> None:
    capture, sent, suite = recorded
    output, stats = replay(tmp_path, capture, suite, KEY)
    lines = [json.loads(line) for line in (output / "frames.jsonl").read_text().splitlines()]
    assert len(lines) == PICTURES
    for number, line in enumerate(lines):
        got = np.asarray(Image.open(output / line["file"]))
        assert np.array_equal(got, np.asarray(Image.open(sent / f"{number:05d}.jpg")))
    assert not any(stats["drops"].values())
    # Its SRTCP is understood, too.
    assert lines[-1]["clock_source"] == "rtcp"


def test_with_another_key_nothing_is_believed(recorded: Any, tmp_path: Path) -> None:
    capture, _, suite = recorded
    _, stats = replay(tmp_path, capture, suite, base64.b64encode(bytes(30)).decode())
    assert stats["frames"] == 0
    drops = {name: count for name, count in stats["drops"].items() if count}
    assert drops.keys() == {"srtp_auth"}


def test_a_capture_that_is_played_twice_gives_its_pictures_once(
    recorded: Any, tmp_path: Path
) -> None:
    capture, _, suite = recorded
    whole = capture.read_bytes()
    (tmp_path / "twice.pcap").write_bytes(whole + whole[24:])
    _, stats = replay(tmp_path, tmp_path / "twice.pcap", suite, KEY)
    assert stats["frames"] == PICTURES
    drops = {name: count for name, count in stats["drops"].items() if count}
    assert drops.keys() == {"srtp_replay"}


@pytest.mark.parametrize("text", [None, "", "c2VjcmV0", KEY + KEY])
def test_a_key_file_that_is_no_good_is_an_error(tmp_path: Path, text: str | None) -> None:
    key = tmp_path / "key"
    if text is not None:
        key.write_text(text)
    camera = {
        **{"name": "cam0", "source": "10.0.0.1", "destination": "10.0.0.2", "port": 5004},
        "srtp": {"suite": SUITES[0], "key_file": str(key)},
    }
    (tmp_path / "replay.yaml").write_text(yaml.safe_dump({"cameras": [camera]}))
    pcap.Writer(tmp_path / "in.pcap").close()
    done = subprocess.run(
        [
            *(places.gwd(), "replay", "--config", tmp_path / "replay.yaml"),
            *("--input", tmp_path / "in.pcap", "--output", tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    wanted = "cannot read the key file" if text is None else "must hold the base64"
    assert wanted in done.stderr
    assert not text or text not in done.stderr
