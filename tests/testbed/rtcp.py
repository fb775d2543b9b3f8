"""RTCP packets (RFC 3550, 6), made and read without any code of the gateway's."""

import struct
from typing import NamedTuple

_TO_1970 = 2208988800
SENDER, RECEIVER, DESCRIPTION, BYE = 200, 201, 202, 203


def ntp(utc: float) -> bytes:
    """An NTP time stamp; -2208988800 is all zero."""
    seconds = int(utc // 1)
    return struct.pack(">II", (seconds + _TO_1970) & 0xFFFFFFFF, int((utc - seconds) * (1 << 32)))


def sender_report(ssrc: int, utc: float, timestamp: int, packets: int = 0) -> bytes:
    """A sender report without blocks, and who it is of."""
    head = struct.pack(">BBHI", 0x80, SENDER, 6, ssrc) + ntp(utc)
    report = head + struct.pack(">III", timestamp & 0xFFFFFFFF, packets, 1000 * packets)
    return report + struct.pack(">BBHI", 0x81, DESCRIPTION, 2, ssrc) + b"\x01\x01c\x00"


def bye(ssrc: int) -> bytes:
    """The camera leaves."""
    return struct.pack(">BBHI", 0x81, BYE, 1, ssrc)


class Report(NamedTuple):
    """A receiver report with one block, and the name behind it."""

    sender: int
    about: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_sender: int
    delay: int
    name: str


def read_report(packet: bytes) -> Report:
    """Reads what must be a compound packet of one report and one name."""
    head, kind, words, sender = struct.unpack(">BBHI", packet[:8])
    assert (head, kind, words) == (0x81, RECEIVER, 7), packet.hex()
    about, lost, *rest = struct.unpack(">6I", packet[8:32])
    head, kind, words, again, item, length = struct.unpack(">BBHIBB", packet[32:42])
    assert (head, kind, again, item) == (0x81, DESCRIPTION, sender, 1), packet.hex()
    assert len(packet) == 32 + 4 * (words + 1), packet.hex()
    assert not any(packet[42 + length :]), packet.hex()
    assert len(packet) > 42 + length, packet.hex()
    name = packet[42 : 42 + length].decode()
    return Report(sender, about, lost >> 24, lost & 0xFFFFFF, *rest, name)
