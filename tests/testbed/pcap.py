"""Captures: what a sender sends to a UDP socket of ours, written as a pcap file.

No right to sniff is needed: the Ethernet, IPv4 and UDP headers are made up around the payload that
arrived, with the addresses that the capture shall show.
"""

import selectors
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

_MAC = bytes.fromhex("020000000002020000000001")
_SO_RCVBUFFORCE = 33


def _checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(
    payload: bytes, source: tuple[str, int], destination: tuple[str, int], number: int = 0
) -> bytes:
    """An Ethernet frame with a UDP datagram over IPv4 and correct checksums."""
    addresses = socket.inet_aton(source[0]) + socket.inet_aton(destination[0])
    length = 8 + len(payload)
    udp = struct.pack(">HHHH", source[1], destination[1], length, 0)
    pseudo = addresses + struct.pack(">BBH", 0, 17, length)
    udp = udp[:6] + struct.pack(">H", _checksum(pseudo + udp + payload) or 0xFFFF)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, number & 0xFFFF, 0x4000, 64, 17, 0)
    ip = ip[:10] + struct.pack(">H", _checksum(ip + addresses)) + addresses
    return _MAC + b"\x08\x00" + ip + udp + payload


def cut(packet: bytes, size: int, number: int) -> list[bytes]:
    """A frame of `frame()`, as a router sends it on over a link whose IP packets are smaller."""
    ethernet, ip, rest = packet[:14], packet[14:34], packet[34:]
    step = (size - 20) // 8 * 8
    made = []
    for at in range(0, len(rest), step):
        piece = rest[at : at + step]
        flags = at // 8 | (0x2000 if at + step < len(rest) else 0)
        head = ip[:2] + struct.pack(">HHHBBH", 20 + len(piece), number, flags, 64, 17, 0)
        head = head[:10] + struct.pack(">H", _checksum(head + ip[12:])) + ip[12:]
        made.append(ethernet + head + piece)
    return made


class Writer:
    """A pcap file of Ethernet frames with microseconds."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    def write(self, packet: bytes, seconds: float) -> None:
        """Appends one packet that arrived at `seconds` since 1970."""
        whole = int(seconds)
        micros = int((seconds - whole) * 1e6)
        self._file.write(struct.pack("<IIII", whole, micros, len(packet), len(packet)) + packet)

    def close(self) -> None:
        """Completes the file."""
        self._file.close()


def _listen(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 64 << 20)
    except PermissionError:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    made.bind(("127.0.0.1", port))
    return made


def _listen_to_two() -> tuple[socket.socket, socket.socket]:
    """Two neighbouring ports, as RTP and RTCP have them."""
    while True:
        first = _listen(0)
        try:
            return first, _listen(first.getsockname()[1] + 1)
        except (OSError, OverflowError):
            first.close()


class Recorder:
    """A loopback socket that a sender can send to; what arrives becomes a pcap file.

    With `pair` what is sent to the next port is recorded, too.
    """

    def __init__(self, *, pair: bool = False) -> None:
        self._socket, self._second = _listen_to_two() if pair else (_listen(0), None)
        self._waiting = selectors.DefaultSelector()
        for offset, made in enumerate(filter(None, (self._socket, self._second))):
            self._waiting.register(made, selectors.EVENT_READ, offset)

    @property
    def port(self) -> int:
        """The port to send to."""
        return self._socket.getsockname()[1]

    def record(
        self,
        writer: Writer,
        source: str,
        destination: tuple[str, int],
        sending: Callable[[], bool],
    ) -> int:
        """Writes what arrives until `sending` says no and the line is silent; returns the count."""
        count = 0
        while True:
            ready = self._waiting.select(0.5)
            if not ready and not sending():
                return count
            for key, _ in ready:
                payload, peer = key.fileobj.recvfrom(65535)
                where = (destination[0], destination[1] + key.data)
                writer.write(frame(payload, (source, peer[1]), where, count), time.time())
                count += 1

    def close(self) -> None:
        """Frees the ports."""
        self._waiting.close()
        self._socket.close()
        if self._second:
            self._second.close()
