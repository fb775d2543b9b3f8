"""Every kind of RTP/JPEG that cameras send, through `gwd replay`: exact, or counted by name.

Each capture is made here, picture by picture; what comes out must have the pixels that djpeg makes
of the file that was sent.
"""

import json
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from testbed import places, rtp_jpeg
from testbed.rtp_jpeg import (
    RESTARTS,
    Packet,
    Parts,
    Sender,
    extension,
    fragments,
    header,
    quantisation,
)

PICTURES = 8
WHOLE = b"\xff\xff"
Kind = Callable[[Parts, int], list[Packet]]


class Run:
    """One capture and what came of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sender = Sender(folder / "in.pcap")
        self.sent: list[bytes] = []

    def send(self, kind: Kind, count: int = PICTURES, **options: Any) -> None:
        """Sends that many pictures; `options` are those of the picture."""
        for number in range(count):
            self.sent.append(rtp_jpeg.picture(number, **options))
            self.sender.send(kind(Parts(self.sent[-1]), number))

    def replay(self, **camera: Any) -> dict[str, Any]:
        """Returns what the statistics say of the camera, and `pictures`: the digests."""
        self.sender.close()
        config = self._folder / "replay.yaml"
        config.write_text(yaml.safe_dump({"cameras": [{**CAMERA, **camera}]}))
        output = self._folder / "out"
        subprocess.run(
            [
                *(places.gwd(), "replay", "--config", config),
                *("--input", self._folder / "in.pcap", "--output", output),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
        lines = (output / "frames.jsonl").read_text().splitlines()
        frames = [json.loads(line) for line in lines]
        stats = json.loads((output / "stats.json").read_text())["cameras"]["cam0"]
        files = [output / frame["file"] for frame in frames]
        found = {name: count for name, count in stats["drops"].items() if count}
        return {
            "pictures": [rtp_jpeg.pixels(file) for file in files],
            "files": files,
            "frames": frames,
            "drops": found,
            "events": {name: count for name, count in stats["events"].items() if count},
        }

    def assert_exact(self, **camera: Any) -> dict[str, Any]:
        """All pictures came, in order, pixel by pixel."""
        got = self.replay(**camera)
        assert got["pictures"] == [rtp_jpeg.pixels(file) for file in self.sent]
        return got


CAMERA = {"name": "cam0", "source": "10.0.0.1", "destination": "10.0.0.2", "port": 5004}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """An empty capture."""
    return Run(tmp_path)


def plain(parts: Parts, _: int, *, q: int = 255, kind: int = 1) -> list[Packet]:
    """Tables in every picture."""
    return [
        Packet(
            header(at, kind, q, parts.size)
            + (quantisation(parts.tables) if at == 0 else b"")
            + data
        )
        for at, data in fragments(parts.scan)
    ]


@pytest.mark.parametrize("kind", [0, 1])
def test_types_0_and_1(run: Run, kind: int) -> None:
    sampling = "4:2:2" if kind == 0 else "4:2:0"
    run.send(lambda parts, n: plain(parts, n, kind=kind), subsampling=sampling)
    assert run.assert_exact()["drops"] == {}


@pytest.mark.parametrize("mtu", [68, 576])
def test_datagrams_in_fragments(run: Run, mtu: int) -> None:
    run.sender.mtu = mtu
    run.send(plain)
    got = run.assert_exact()
    assert got["drops"] == {}
    assert got["events"]["datagram_assembled"] > PICTURES


@pytest.mark.parametrize("interval", [0, 7])
def test_a_restart_header(run: Run, interval: int) -> None:
    """`interval` 0: it announces none although there are markers."""
    word = struct.pack(">H", interval) + WHOLE

    def kind(parts: Parts, _: int) -> list[Packet]:
        return [
            Packet(
                header(at, 65, 255, parts.size, restart=word)
                + (quantisation(parts.tables) if at == 0 else b"")
                + data
            )
            for at, data in fragments(parts.scan)
        ]

    run.send(kind, restart_marker_blocks=7)
    run.assert_exact()


def test_restart_markers_that_nobody_announced(run: Run) -> None:
    for number, interval in enumerate((17, 16, 18, 19, 16, 18)):
        run.sent.append(rtp_jpeg.picture(number, restart_marker_blocks=interval))
        run.sender.send(plain(Parts(run.sent[-1]), number))
    run.assert_exact()


@pytest.mark.parametrize("q", [1, 25, 50, 75, 99])
def test_tables_that_q_stands_for(run: Run, q: int) -> None:
    def kind(parts: Parts, _: int) -> list[Packet]:
        return [Packet(header(at, 1, q, parts.size) + data) for at, data in fragments(parts.scan)]

    run.send(kind, quality=q)
    run.assert_exact()


@pytest.mark.parametrize("q", [0, 100, 127])
def test_reserved_q_is_refused(run: Run, q: int) -> None:
    run.send(lambda parts, n: plain(parts, n, q=q))
    got = run.replay()
    assert got["pictures"] == []
    assert got["drops"]["bad_q"] >= PICTURES


def test_tables_in_the_first_picture_only(run: Run) -> None:
    def kind(parts: Parts, number: int) -> list[Packet]:
        packets = plain(parts, number, q=200)
        if number > 0:
            packets[0].payload = packets[0].payload[:8] + bytes(4) + packets[0].payload[8 + 132 :]
        return packets

    run.send(kind)
    run.assert_exact()


def test_q_255_without_tables_is_refused(run: Run) -> None:
    def kind(parts: Parts, number: int) -> list[Packet]:
        packets = plain(parts, number)
        packets[0].payload = packets[0].payload[:8] + bytes(4) + packets[0].payload[8 + 132 :]
        return packets

    run.send(kind)
    got = run.replay()
    assert (got["pictures"], got["drops"]["no_tables"]) == ([], PICTURES)


@pytest.mark.parametrize("precision", [1, 2, 3])
def test_tables_of_16_bits(run: Run, precision: int) -> None:
    def kind(parts: Parts, number: int) -> list[Packet]:
        packets = plain(parts, number)
        tables = b""
        for table in range(2):
            values = parts.tables[64 * table :][:64]
            wide = precision >> table & 1
            tables += b"".join(struct.pack(">H" if wide else "B", value) for value in values)
        body = packets[0].payload[8 + 132 :]
        packets[0].payload = packets[0].payload[:8] + quantisation(tables, precision) + body
        return packets

    run.send(kind)
    run.assert_exact()


def test_three_tables(run: Run) -> None:
    def kind(parts: Parts, number: int) -> list[Packet]:
        packets = plain(parts, number)
        tables = parts.tables + parts.tables[64:]
        body = packets[0].payload[8 + 132 :]
        packets[0].payload = packets[0].payload[:8] + quantisation(tables) + body
        return packets

    run.send(kind)
    run.assert_exact()


def without_size(parts: Parts, number: int) -> list[Packet]:
    """Width and height 0."""
    packets = plain(parts, number)
    for packet in packets:
        packet.payload = packet.payload[:6] + bytes(2) + packet.payload[8:]
    return packets


def test_size_0_is_refused(run: Run) -> None:
    run.send(without_size)
    got = run.replay()
    assert (got["pictures"], got["drops"]["dims_unknown"]) == ([], PICTURES)


def test_size_0_with_a_configured_size(run: Run) -> None:
    run.send(without_size)
    run.assert_exact(width=160, height=120)


@pytest.mark.parametrize("size", [(2560, 96), (331, 237), (2051, 33)])
def test_a_size_that_the_header_cannot_say(run: Run, size: tuple[int, int]) -> None:
    run.send(plain, count=3, size=size)
    run.assert_exact(width=size[0], height=size[1])


def test_a_size_that_was_rounded_down(run: Run) -> None:
    def kind(parts: Parts, number: int) -> list[Packet]:
        packets = plain(parts, number)
        across, down = (pixels // 8 for pixels in parts.size)
        for packet in packets:
            packet.payload = packet.payload[:6] + bytes([across, down]) + packet.payload[8:]
        return packets

    run.send(kind, size=(324, 253))
    run.assert_exact(width=324, height=253)


def onvif(
    *markers: int, more: bool = False, replay: bool = False, every: int = 1, offsets: bool = True
) -> Kind:
    """Segments of these markers in the first packet's extension, none: all."""

    def kind(parts: Parts, number: int) -> list[Packet]:
        head = parts.body(*(markers or [marker for marker, _ in parts.segments]))
        packets = []
        for at, data in fragments(parts.scan):
            own = b""
            if at == 0 and number % every == 0:
                own = extension(head, replay=replay)
            elif at > 0 and more:
                own = extension(b"", first=False, replay=replay)
            packets.append(Packet(header(at if offsets else 0, 1, 0, (0, 0)) + data, own))
        return packets

    return kind


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"more": True},
        {"replay": True},
        {"more": True, "replay": True},
        {"more": True, "offsets": False},
    ],
)
def test_a_whole_header_in_the_extension(run: Run, options: dict[str, Any]) -> None:
    run.send(onvif(**options), count=4, size=(2560, 144), optimize=True)
    run.assert_exact()


def test_a_frame_header_in_the_extension(run: Run) -> None:
    def kind(parts: Parts, _: int) -> list[Packet]:
        return [
            Packet(
                header(at, 1, 75, (0, 0)) + data,
                extension(parts.body(0xC0)) if at == 0 else b"",
            )
            for at, data in fragments(parts.scan)
        ]

    run.send(kind, quality=75, size=(2560, 144))
    run.assert_exact()


def test_own_huffman_tables_in_the_extension(run: Run) -> None:
    run.send(onvif(0xC0, 0xC4, 0xDB), optimize=True)
    run.assert_exact()


def test_what_stays_from_an_extension_to_the_next(run: Run) -> None:
    run.send(onvif(every=4))
    run.assert_exact()


@pytest.mark.parametrize("optimize", [False, True])
def test_grey(run: Run, optimize: bool) -> None:
    run.send(onvif(), grey=True, optimize=optimize)
    run.assert_exact()


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


@pytest.mark.parametrize("configured", [None, 96])
def test_a_dynamic_payload_type(run: Run, configured: int | None) -> None:
    def kind(parts: Parts, number: int) -> list[Packet]:
        packets = plain(parts, number)
        for packet in packets:
            packet.type = 96
        sound = Packet(bytes(200), type=97, ssrc=4)
        return [sound, *packets]

    run.send(kind)
    got = run.assert_exact(**({"payload_type": configured} if configured else {}))
    assert got["drops"]["rtp_payload"] >= PICTURES - 1


def test_another_payload_type_than_the_configured_one(run: Run) -> None:
    run.send(plain)
    got = run.replay(payload_type=96)
    assert got["pictures"] == []
    assert got["drops"].keys() == {"rtp_payload"}


@pytest.mark.parametrize("change", [(5, 94), (0, 1), (6, 3), (7, 250)])
def test_later_packets_that_say_something_else(run: Run, change: tuple[int, int]) -> None:
    """Byte and value of the header; ESP32 boards change Q."""
    at, value = change

    def kind(parts: Parts, number: int) -> list[Packet]:
        packets = plain(parts, number, q=128)
        for packet in packets[1:]:
            packet.payload = packet.payload[:at] + bytes([value]) + packet.payload[at + 1 :]
        return packets

    run.send(kind)
    run.assert_exact()


def test_filling_and_bytes_after_the_end(run: Run) -> None:
    def kind(parts: Parts, number: int) -> list[Packet]:
        *before, last = parts.intervals()
        filled = b"".join(it[:-2] + b"\0\0" + it[-2:] for it in before)
        one_more = bytes([0xFF, RESTARTS[len(before) % 8]])
        parts.scan = filled + last + one_more + b"\xff\xd9\0\0\x12"
        return plain(parts, number)

    run.send(kind, restart_marker_blocks=10)
    run.assert_exact()


def test_fields(run: Run) -> None:
    """The marker comes after the second field only."""
    for number in range(0, PICTURES, 2):
        both = []
        for field in range(2):
            run.sent.append(rtp_jpeg.picture(number + field))
            packets = plain(Parts(run.sent[-1]), number)
            for packet in packets:
                packet.payload = bytes([field + 1]) + packet.payload[1:]
            both += packets
        run.sender.send(both)
    got = run.assert_exact()
    assert [frame["flags"] for frame in got["frames"]] == [["field"]] * PICTURES


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


def files_of(change: Callable[[Parts], bytes], size: tuple[int, int]) -> Kind:
    """Whole files as payload, of which the packets say that size."""

    def kind(parts: Parts, _: int) -> list[Packet]:
        return [Packet(header(at, 1, 50, size) + data) for at, data in fragments(change(parts))]

    return kind


@pytest.mark.parametrize(
    ("change", "said", "size"),
    [
        (lambda parts: parts.file, (160, 120), (160, 120)),
        (lambda parts: parts.file.replace(parts.body(0xC4), b""), (160, 120), (160, 120)),
        (lambda parts: parts.file.replace(b"\x00\x3f\x00", b"\0\0\0", 1), (0, 0), (160, 120)),
        (lambda parts: parts.file, (512, 96), (2560, 96)),
        (
            lambda parts: b"\xff\xd8\xff\xe1\x0b\xb8" + bytes(2998) + parts.file[2:],
            (0, 0),
            (160, 120),
        ),
    ],
    ids=["plain", "no tables", "no selection", "large", "long notes"],
)
def test_whole_files(
    run: Run, change: Callable[[Parts], bytes], said: tuple[int, int], size: tuple[int, int]
) -> None:
    run.send(files_of(change, said), count=4, size=size)
    run.assert_exact()


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
