"""What one broker knows of its cluster: Kafka's Metadata request, written out.

A client library asks whichever broker it likes, and one that is made and ended over and over, while
a broker starts, may wait for ever at its end: its threads are not told to go (librdkafka 2.16).
"""

import socket
import struct
from typing import NamedTuple

_METADATA, _VERSION, _NUMBER = 3, 1, 7
_ALL_TOPICS = -1


class Partition(NamedTuple):
    """Of a topic; `leader` is -1 while nobody leads it."""

    leader: int
    replicas: list[int]
    in_sync: list[int]


class Known(NamedTuple):
    """How many brokers there are, and the partitions of each topic by their numbers."""

    brokers: int
    topics: dict[str, dict[int, Partition]]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, kind: str) -> int:
        """One number."""
        (value,) = struct.unpack_from(f">{kind}", self._data, self._at)
        self._at += struct.calcsize(f">{kind}")
        return value

    def text(self) -> str:
        """Empty, too, where there is none."""
        size = max(self.take("h"), 0)
        self._at += size
        return self._data[self._at - size : self._at].decode()

    def numbers(self) -> list[int]:
        """An array of them."""
        return [self.take("i") for _ in range(self.take("i"))]


def _receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError("the broker has closed the connection")
        data += piece
    return data


def _partition(reader: _Reader) -> tuple[int, Partition]:
    reader.take("h")
    number, leader = reader.take("i"), reader.take("i")
    return number, Partition(leader, reader.numbers(), reader.numbers())


def ask(port: int, timeout: float = 60) -> Known:
    """Asks the broker at that port of ours; raises OSError when it does not answer."""
    head = struct.pack(">hhih", _METADATA, _VERSION, _NUMBER, -1)
    request = head + struct.pack(">i", _ALL_TOPICS)
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _receive(connection, 4))
        reader = _Reader(_receive(connection, size))
    assert reader.take("i") == _NUMBER
    brokers = reader.take("i")
    for _ in range(brokers):
        reader.take("i")
        reader.text()
        reader.take("i")
        reader.text()
    reader.take("i")
    topics: dict[str, dict[int, Partition]] = {}
    for _ in range(reader.take("i")):
        reader.take("h")
        name = reader.text()
        reader.take("b")
        topics[name] = dict(_partition(reader) for _ in range(reader.take("i")))
    return Known(brokers, topics)
