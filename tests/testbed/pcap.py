"""Captures: what a sender sends to a UDP socket of ours, written as a pcap file.

No right to sniff is needed: the Ethernet, IPv4 and UDP headers are made up around the payload that
arrived, with the addresses that the capture shall show.
"""

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


class Recorder:
    """A loopback socket that a sender can send to; what arrives becomes a pcap file."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 64 << 20)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.5)

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
            try:
                payload, peer = self._socket.recvfrom(65535)
            except TimeoutError:
                if not sending():
                    return count
                continue
            packet = frame(payload, (source, peer[1]), destination, count)
            writer.write(packet, time.time())
            count += 1

    def close(self) -> None:
        """Frees the port."""
        self._socket.close()
