"""Cameras of our own: RTP/JPEG packets (RFC 2435) of pictures that Pillow compresses.

Each kind of sender is a function of one JPEG file that returns the RTP payloads of one picture, the
header extension of each, and nothing else: numbers, times and networks are put around them here.
"""

import hashlib
import io
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from testbed import pcap, rtcp

RESTARTS = range(0xD0, 0xD8)


def picture(seed: int, size: tuple[int, int] = (160, 120), **options: object) -> bytes:
    """A JPEG file with texture and gradients; `options` are Pillow's."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    random = np.random.default_rng(seed)
    planes = [x * 1.3 + seed * 17, y * 1.7 + seed * 5, (x + y) * 0.8]
    pixels = np.stack(planes, axis=2) % 256 * 0.8 + random.integers(0, 24, (height, width, 3))
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if options.pop("grey", False):
        image = image.convert("L")
    file = io.BytesIO()
    image.save(file, "JPEG", **{"quality": 60, "subsampling": "4:2:0", **options})
    return file.getvalue()


@dataclass
class Parts:
    """A JPEG file taken apart."""

    file: bytes
    segments: list[tuple[int, bytes]] = field(default_factory=list)
    scan: bytes = b""

    def __post_init__(self) -> None:
        at = 2
        while not self.scan:
            marker, length = self.file[at + 1], 2 + int.from_bytes(self.file[at + 2 : at + 4])
            self.segments.append((marker, self.file[at : at + length]))
            at += length
            if marker == 0xDA:
                self.scan = self.file[at:-2]

    def body(self, *markers: int) -> bytes:
        """The segments of these markers, whole."""
        return b"".join(segment for marker, segment in self.segments if marker in markers)

    @property
    def tables(self) -> bytes:
        """The quantisation tables, 64 bytes each."""
        found = b""
        for marker, segment in self.segments:
            if marker == 0xDB:
                for at in range(4, len(segment), 65):
                    found += segment[at + 1 : at + 65]
        return found

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        frame = self.body(0xC0)
        return int.from_bytes(frame[7:9]), int.from_bytes(frame[5:7])

    def intervals(self) -> list[bytes]:
        """The scan, cut behind its restart markers."""
        found, begin = [], 0
        for at in range(len(self.scan) - 1):
            if self.scan[at] == 0xFF and self.scan[at + 1] in RESTARTS:
                found.append(self.scan[begin : at + 2])
                begin = at + 2
        return [*found, self.scan[begin:]]


@dataclass
class Packet:
    """What one RTP packet carries."""

    payload: bytes
    extension: bytes = b""
    type: int = 26
    ssrc: int | None = None


def header(
    offset: int, kind: int, q: int, size: tuple[int, int], specific: int = 0, restart: bytes = b""
) -> bytes:
    """The main header and, for types from 64 on, the restart header."""
    across, down = ((pixels + 7) // 8 % 256 for pixels in size)
    return struct.pack(">I", specific << 24 | offset) + bytes([kind, q, across, down]) + restart


def quantisation(tables: bytes, precision: int = 0) -> bytes:
    """The quantisation table header with its tables."""
    return struct.pack(">BBH", 0, precision, len(tables)) + tables


def fragments(scan: bytes, most: int = 600) -> Iterator[tuple[int, bytes]]:
    """Where each piece begins, and its bytes."""
    for at in range(0, len(scan), most):
        yield at, scan[at : at + most]


def extension(
    segments: bytes, *, first: bool = True, replay: bool = False, recorded: float = -2208988800.0
) -> bytes:
    """ONVIF's header extension, alone or behind the replay extension, which says a time."""
    filled = segments + b"\xff" * (-len(segments) % 4)
    own = struct.pack(">HH", 0xFFD8 if first else 0xFFFF, len(filled) // 4) + filled
    if not replay:
        return own
    return struct.pack(">HH", 0xABAC, 3 + len(own) // 4) + rtcp.ntp(recorded) + bytes(4) + own


class Sender:
    """Writes packets of one camera into a capture."""

    def __init__(self, path: Path) -> None:
        self._writer = pcap.Writer(path)
        self.sequence, self.timestamp, self.step, self.ssrc = 1000, 90_000, 3000, 0x5EED
        self.when, self.rate = 1_700_000_000.0, 25.0
        self.mtu, self._datagrams = 65535, 0

    def rtp(self, packet: Packet, *, marker: bool) -> bytes:
        """The next packet, whole, from the RTP header on."""
        first = 0x80 | (0x10 if packet.extension else 0)
        ssrc = self.ssrc if packet.ssrc is None else packet.ssrc
        kind = (0x80 if marker else 0) | packet.type
        head = struct.pack(
            ">BBHII", first, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, ssrc
        )
        if packet.ssrc is None:
            self.sequence += 1
        return head + packet.extension + packet.payload

    def write(self, rtp: bytes, port: int = 5004) -> None:
        """Writes one packet as it is."""
        addresses = (("10.0.0.1", 40000 + port - 5004), ("10.0.0.2", port))
        self._datagrams += 1
        frame = pcap.frame(rtp, *addresses)
        pieces = (
            [frame] if len(frame) - 14 <= self.mtu else pcap.cut(frame, self.mtu, self._datagrams)
        )
        for piece in pieces:
            self._writer.write(piece, self.when)

    def send(
        self, packets: list[Packet], *, lost: tuple[int, ...] = (), markers: bool = True
    ) -> None:
        """Sends one picture, but for the packets that are lost."""
        for number, packet in enumerate(packets):
            last = number == len(packets) - 1
            rtp = self.rtp(packet, marker=markers and last)
            if number not in lost:
                self.write(rtp)
        self.timestamp += self.step
        self.when += 1 / self.rate

    def close(self) -> None:
        """Completes the capture."""
        self._writer.close()


def pixels(jpeg: bytes | Path) -> str:
    """The digest of what djpeg makes of it."""
    done = subprocess.run(
        ["djpeg", "-dct", "int", "-nosmooth", "-pnm"],
        input=jpeg if isinstance(jpeg, bytes) else jpeg.read_bytes(),
        capture_output=True,
        check=False,
    )
    # 2: it has warned, of filling that changes no pixel.
    assert done.returncode in (0, 2), done.stderr
    return hashlib.md5(done.stdout, usedforsecurity=False).hexdigest()
