"""RTP/JPEG that is lost, repeated, mixed with strays or cut short, through `gwd replay`.

No wrong picture comes out; what does not is counted by its name.
"""

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from testbed import places, rtp_jpeg
from testbed.rtp_jpeg import (
    Packet,
    Parts,
    header,
    quantisation,
)
from testbed.rtp_jpeg_run import CAMERA, PICTURES, Run, plain

WHOLE = b"\xff\xff"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """An empty capture."""
    return Run(tmp_path)


@pytest.mark.parametrize("lost", ["first", "middle", "last"])
def test_lost_packets_cost_their_pictures(run: Run, lost: str) -> None:
    kept = []
    for number in range(PICTURES):
        file = rtp_jpeg.picture(number)
        packets = plain(Parts(file), number)
        which = {"first": 0, "middle": len(packets) // 2, "last": len(packets) - 1}[lost]
        gone = (which,) if number in (2, 5) else ()
        kept += [] if gone else [rtp_jpeg.pixels(file)]
        run.sender.send(packets, lost=gone)
    got = run.replay()
    assert got["pictures"] == kept
    assert got["drops"]["incomplete"] == 2


def test_a_new_ssrc(run: Run) -> None:
    run.send(plain, count=4)
    run.sender.ssrc, run.sender.sequence, run.sender.timestamp = 77, 40_000, 5
    run.send(plain, count=4)
    assert run.assert_exact()["events"]["ssrc_change"] == 1


@pytest.mark.parametrize(("ssrc", "kind"), [(0, 26), (99, 26), (None, 97), (99, 97)])
def test_strays_cost_nothing(run: Run, ssrc: int | None, kind: int) -> None:
    """Tables were sent before them, once."""

    def with_strays(parts: Parts, number: int) -> list[Packet]:
        packets = plain(parts, number, q=200)
        if number > 0:
            packets[0].payload = packets[0].payload[:8] + bytes(4) + packets[0].payload[8 + 132 :]
        stray = Packet(header(0, 1, 200, parts.size) + bytes(300), type=kind, ssrc=ssrc)
        return [packets[0], stray, *packets[1:]] if number in (2, 5) else packets

    run.send(with_strays)
    assert "ssrc_change" not in run.assert_exact()["events"]


def test_equal_timestamps_and_a_long_loss(run: Run) -> None:
    run.sender.step = 0
    files = [rtp_jpeg.picture(number) for number in range(PICTURES)]
    for number, file in enumerate(files):
        packets = plain(Parts(file), number)
        half = len(packets) // 2
        lost = range(half, 99) if number == 3 else range(half) if number == 4 else ()
        run.sender.send(packets, lost=tuple(lost))
    got = run.replay()
    assert got["pictures"] == [rtp_jpeg.pixels(files[n]) for n in (0, 1, 2, 5, 6, 7)]


def test_no_markers(run: Run) -> None:
    for number in range(PICTURES):
        file = rtp_jpeg.picture(number)
        run.sent += [file] if number < PICTURES - 1 else []
        run.sender.send(plain(Parts(file), number), markers=False)
    assert run.assert_exact()["drops"] == {"incomplete": 1}


def test_the_whole_stream_once_more(run: Run) -> None:
    waiting: list[list[bytes]] = []
    for number in range(30):
        run.sent.append(rtp_jpeg.picture(number, size=(64, 48)))
        packets = plain(Parts(run.sent[-1]), number)
        rtps = [run.sender.rtp(it, marker=it is packets[-1]) for it in packets]
        waiting.append(rtps)
        for rtp in rtps + (waiting[number - 10] if number >= 10 else []):
            run.sender.write(rtp)
        run.sender.timestamp += 3000
        run.sender.when += 0.04
    assert run.assert_exact()["drops"].keys() == {"duplicate"}


def psnr(got: Path, sent: bytes, folder: Path) -> float:
    """In dB."""
    file = folder / "sent.jpg"
    file.write_bytes(sent)
    a, b = (np.asarray(Image.open(it).convert("RGB"), float) for it in (got, file))
    return 10 * np.log10(255**2 / np.mean((a - b) ** 2))


@pytest.mark.parametrize("conceal", [False, True])
def test_lost_restart_intervals_are_concealed(run: Run, tmp_path: Path, conceal: bool) -> None:
    files = [rtp_jpeg.picture(n, size=(160, 128), restart_marker_rows=1) for n in range(4)]
    for number, file in enumerate(files):
        parts, at, packets = Parts(file), 0, []
        for count, data in enumerate(parts.intervals()):
            restart = struct.pack(">HH", 10, 0xC000 | count)
            head = header(at, 65, 255, parts.size, restart=restart)
            packets.append(Packet(head + (quantisation(parts.tables) if at == 0 else b"") + data))
            at += len(data)
        run.sender.send(packets, lost=(3,) if number == 1 else ())
    got = run.replay(conceal=conceal)
    flags = [[], ["concealed"], [], []] if conceal else [[], [], []]
    assert [frame["flags"] for frame in got["frames"]] == flags
    if conceal:
        assert psnr(got["files"][1], files[1], tmp_path) > 18
        assert got["drops"] == {}
    else:
        assert got["drops"] == {"incomplete": 1}


def block(kind: int, body: bytes) -> bytes:
    """One block of a pcapng file."""
    filled = body + bytes(-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(filled)) + filled + struct.pack("<I", 12 + len(filled))


def to_pcapng(capture: bytes, *, old: bool = False) -> bytes:
    """The packets of a pcap file, in turns of two interfaces that agree on nothing.

    With `old` in the kind of blocks that was used before 2009.
    """
    made = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    made += block(1, struct.pack("<HHI", 1, 0, 65535))
    made += block(1, struct.pack("<HHIHHBxxx", 1, 0, 1500, 9, 1, 9) + bytes(4))
    at, number = 24, 0
    while at < len(capture):
        seconds, micros, size, _ = struct.unpack_from("<IIII", capture, at)
        units = seconds * 10**6 + micros
        if number % 2:
            units *= 1000
        head = struct.pack("<IIIII", number % 2, units >> 32, units & 0xFFFFFFFF, size, size)
        made += block(2 if old else 6, head + capture[at + 16 : at + 16 + size])
        at, number = at + 16 + size, number + 1
    return made


@pytest.mark.parametrize("old", [False, True])
def test_a_pcapng_file_of_interfaces_that_differ(run: Run, tmp_path: Path, old: bool) -> None:
    run.send(plain)
    run.sender.close()
    file = tmp_path / "in.pcap"
    file.write_bytes(to_pcapng(file.read_bytes(), old=old))
    run.assert_exact()


@pytest.mark.parametrize("pcapng", [False, True])
def test_a_capture_that_is_cut_short_is_no_success(run: Run, tmp_path: Path, pcapng: bool) -> None:
    """What stands before the damage was replayed; the exit code says that it was not all."""
    run.send(plain, count=3)
    run.sender.close()
    file = tmp_path / "in.pcap"
    whole = to_pcapng(file.read_bytes()) if pcapng else file.read_bytes()
    file.write_bytes(whole[:-300])
    config = tmp_path / "replay.yaml"
    config.write_text(yaml.safe_dump({"cameras": [CAMERA]}))
    done = subprocess.run(
        [
            *(places.gwd(), "replay", "--config", config),
            *("--input", file, "--output", tmp_path / "out"),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "in.pcap is damaged after" in done.stderr.splitlines()[-1]
    assert len(list((tmp_path / "out" / "cam0").iterdir())) == 2
