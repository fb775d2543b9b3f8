"""Every kind of RTP/JPEG that cameras send, through `gwd replay`: exact, or counted by name.

Each capture is made here, picture by picture; what comes out must have the pixels that djpeg makes
of the file that was sent.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbed import rtp_jpeg
from testbed.rtp_jpeg import (
    RESTARTS,
    Packet,
    Parts,
    extension,
    fragments,
    header,
    quantisation,
)
from testbed.rtp_jpeg_run import PICTURES, Kind, Run, plain

WHOLE = b"\xff\xff"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """An empty capture."""
    return Run(tmp_path)


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
