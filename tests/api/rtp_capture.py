"""Captures with RTP/JPEG (RFC 2435) made from scratch: pictures by Pillow, packets by us."""

import io
import struct
from pathlib import Path

from PIL import Image

from testbed import pcap

PAYLOAD = 1200


def _segments(jpeg: bytes) -> tuple[bytes, bytes]:
    """The two quantisation tables, and the entropy-coded data, of a baseline JPEG."""
    tables, at = b"", 2
    while True:
        marker, length = struct.unpack_from(">xBH", jpeg, at)
        if marker == 0xDB:
            block = jpeg[at + 4 : at + 2 + length]
            while block:
                tables, block = tables + block[1:65], block[65:]
        at += 2 + length
        if marker == 0xDA:
            return tables, jpeg[at:-2]


def picture(number: int, width: int = 320, height: int = 240) -> bytes:
    """Noise-free but not empty: a ramp that moves with the number."""
    image = Image.linear_gradient("L").resize((width, height)).rotate(number * 7)
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=80, subsampling="4:2:0")
    return out.getvalue()


def flat(level: int, width: int = 320, height: int = 240) -> bytes:
    """One level of grey, 0 to 255."""
    out = io.BytesIO()
    image = Image.new("L", (width, height), level)
    image.convert("RGB").save(out, "JPEG", quality=80, subsampling="4:2:0")
    return out.getvalue()


def packets(number: int, sequence: int, width: int = 320, height: int = 240) -> list[bytes]:
    """One picture as RTP packets with in-band tables (type 1, Q 255)."""
    return packets_of(picture(number, width, height), number, sequence, width, height)


def packets_of(
    jpeg_bytes: bytes, number: int, sequence: int, width: int = 320, height: int = 240
) -> list[bytes]:
    """The same of any JPEG (4:2:0) of that size."""
    tables, scan = _segments(jpeg_bytes)
    made, offset = [], 0
    while offset < len(scan):
        part = scan[offset : offset + PAYLOAD]
        last = offset + len(part) == len(scan)
        rtp = struct.pack(
            ">BBHII",
            0x80,
            26 | (0x80 if last else 0),
            (sequence + len(made)) & 0xFFFF,
            number * 3000,
            1,
        )
        jpeg = struct.pack(
            ">B3sBBBB", 0, offset.to_bytes(3, "big"), 1, 255, width // 8, height // 8
        )
        if offset == 0:
            jpeg += struct.pack(">BBH", 0, 0, len(tables)) + tables
        made.append(rtp + jpeg + part)
        offset += len(part)
    return made


def write(
    path: Path,
    pictures: int,
    source: str,
    destination: str,
    port: int,
    lose: int | None = None,
    looped: bool = False,
) -> int:
    """A capture of one camera at 25 pictures a second; the first packet of picture `lose` is left
    out. Returns the number of packets in it.

    What is to be played `looped` begins anew twice: to a receiver the second round is then a camera
    that begins anew, too, and no copy of the first.
    """
    writer, sequence, written = pcap.Writer(path), 0, 0
    for number in range(pictures):
        if looped and number % -(-pictures // 3) == 0:
            sequence = 65536 // 3 * (number * 3 // pictures)
        made = packets(number, sequence)
        for index, packet in enumerate(made):
            if number == lose and index == 0:
                continue
            frame = pcap.frame(packet, (source, 4000), (destination, port), sequence + index)
            writer.write(frame, 1_700_000_000 + number / 25)
            written += 1
        sequence += len(made)
    writer.close()
    return written
