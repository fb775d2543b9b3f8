"""RTCP of cameras through `gwd replay`: whose clock says when a picture was taken."""

import datetime
import json
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import pcap, places, rtcp, rtp_jpeg, senders
from testbed.process import Process
from testbed.rtp_jpeg import Packet, Parts, Sender, extension, fragments, header, quantisation
from testbed.senders import Stream

CAMERA = {"name": "cam0", "source": "10.0.0.1", "destination": "10.0.0.2", "port": 5004}


def replay(folder: Path, capture: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The lines and the statistics."""
    config, output = folder / "replay.yaml", folder / "out"
    config.write_text(yaml.safe_dump({"cameras": [CAMERA]}))
    subprocess.run(
        [
            *(places.gwd(), "replay", "--config", config),
            *("--input", capture, "--output", output),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    lines = [json.loads(line) for line in (output / "frames.jsonl").read_text().splitlines()]
    return lines, json.loads((output / "stats.json").read_text())


def told(line: dict[str, Any]) -> float:
    """The capture time of a line, in seconds since 1970."""
    return datetime.datetime.fromisoformat(line["time"]).timestamp()


def picture(sender: Sender, number: int, recorded: float | None = None) -> None:
    """Sends one picture; with `recorded` as a player of recordings does."""
    parts = Parts(rtp_jpeg.picture(number))
    packets = [
        Packet(
            header(at, 1, 255, parts.size) + (quantisation(parts.tables) if at == 0 else b"") + data
        )
        for at, data in fragments(parts.scan)
    ]
    if recorded is not None:
        segments = parts.body(0xDB, 0xC0, 0xC4, 0xDA)
        packets[0].extension = extension(segments, replay=True, recorded=recorded)
    sender.send(packets)


class Told:
    """A capture whose camera's clock is ahead of the one that recorded it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sender = Sender(folder / "in.pcap")
        self.ahead = 2.5

    def report(self, port: int = 5005, utc: float | None = None) -> None:
        """The camera says what time it is."""
        time = self.sender.when + self.ahead if utc is None else utc
        report = rtcp.sender_report(self.sender.ssrc, time, self.sender.timestamp)
        self.sender.write(report, port)

    def send(self, *numbers: int) -> None:
        """Pictures whose RTP clock runs as the capture's does."""
        self.sender.step = 3600
        for number in numbers:
            picture(self.sender, number)

    def end(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Replays it."""
        self.sender.close()
        lines, stats = replay(self._folder, self._folder / "in.pcap")
        assert not any(stats["unmatched"].values())
        return lines, stats["cameras"]["cam0"]


@pytest.fixture
def camera(tmp_path: Path) -> Told:
    """A camera that has not sent yet."""
    return Told(tmp_path)


@pytest.mark.parametrize("port", [5004, 5005])
def test_sender_reports_give_the_capture_time(camera: Told, port: int) -> None:
    begin = camera.sender.when
    camera.send(0, 1)
    camera.report(port)
    camera.send(2, 3)
    lines, stats = camera.end()
    assert [line["clock_source"] for line in lines] == ["source", "source", "rtcp", "rtcp"]
    for number, line in enumerate(lines):
        late = camera.ahead if number >= 2 else 0
        assert told(line) == pytest.approx(begin + number / 25 + late, abs=0.002)
    assert not any(stats["drops"].values())


def test_a_report_before_the_first_picture_counts(camera: Told) -> None:
    camera.report()
    camera.send(0, 1)
    lines, _ = camera.end()
    assert [line["clock_source"] for line in lines] == ["rtcp", "rtcp"]


@pytest.mark.parametrize("utc", [0.0, 40.0, 1_700_003_600.0, 4_000_000_000.0])
def test_a_clock_that_is_nonsense_is_not_believed(camera: Told, utc: float) -> None:
    camera.send(0)
    camera.report(utc=utc)
    camera.send(1)
    lines, stats = camera.end()
    assert [line["clock_source"] for line in lines] == ["source", "source"]
    assert stats["events"]["clock_refused"] == 1


def test_a_clock_that_is_set_counts_when_two_reports_agree(camera: Told) -> None:
    camera.report()
    camera.send(0)
    camera.ahead = -10
    camera.report()
    camera.send(1)
    camera.report()
    begin = camera.sender.when
    camera.send(2)
    lines, stats = camera.end()
    assert told(lines[1]) == pytest.approx(begin - 1 / 25 + 2.5, abs=0.002)
    assert told(lines[2]) == pytest.approx(begin - 10, abs=0.002)
    assert stats["events"]["clock_jump"] == 1


def test_a_camera_that_leaves_is_told_and_may_go_on(camera: Told) -> None:
    camera.send(0)
    camera.sender.write(rtcp.bye(camera.sender.ssrc), 5005)
    camera.send(1)
    lines, stats = camera.end()
    assert len(lines) == 2
    assert stats["events"]["rtcp_bye"] == 1


def test_rtcp_that_is_damaged_or_of_somebody_else_is_counted(camera: Told) -> None:
    camera.send(0)
    camera.sender.write(rtcp.sender_report(1, camera.sender.when, 0), 5005)
    camera.sender.write(rtcp.sender_report(camera.sender.ssrc, camera.sender.when, 0)[:-1], 5005)
    camera.send(1)
    lines, stats = camera.end()
    assert [line["clock_source"] for line in lines] == ["source", "source"]
    drops = {name: count for name, count in stats["drops"].items() if count}
    assert drops == {"rtcp_stray": 1, "rtcp_bad": 1}


def test_recordings_say_when_they_were_made(camera: Told) -> None:
    recorded = 1_500_000_000.25
    for number in range(3):
        picture(camera.sender, number, recorded + number)
    picture(camera.sender, 3, 86400.0)
    lines, stats = camera.end()
    assert [line["clock_source"] for line in lines] == ["onvif"] * 3 + ["source"]
    for number, line in enumerate(lines[:3]):
        assert told(line) == pytest.approx(recorded + number, abs=0.002)
    assert stats["events"]["clock_refused"] == 1


def test_reports_of_ffmpeg_are_understood(tmp_path: Path) -> None:
    """FFmpeg and its sender reports come from this machine: their clock is that of the capture."""
    writer = pcap.Writer(tmp_path / "in.pcap")
    recorder = pcap.Recorder(pair=True)
    stream = Stream("ff", "127.0.0.1", recorder.port, 10, 80, 7, destination="127.0.0.1")
    begun = time.time()
    sender = senders.ffmpeg_video(Process, tmp_path / "log", stream, places.video(), begin=10)
    recorder.record(writer, "10.0.0.1", ("10.0.0.2", 5004), lambda: sender.running)
    sender.wait(60)
    recorder.close()
    writer.close()
    lines, stats = replay(tmp_path, tmp_path / "in.pcap")
    assert len(lines) == 80
    assert {line["clock_source"] for line in lines} == {"rtcp"}
    # It says when it began, and how far into the video each picture stands.
    seconds, micros = struct.unpack_from("<II", (tmp_path / "in.pcap").read_bytes(), 24)
    assert begun < told(lines[0]) < seconds + micros / 1e6 + 0.1
    for number, line in enumerate(lines):
        assert told(line) - told(lines[0]) == pytest.approx(number / 10, abs=0.01)
    camera = stats["cameras"]["cam0"]
    assert not any(camera["drops"].values())
    assert not any(stats["unmatched"].values())
