"""The spool's files, read as docs/kafka.md says that they are, by nothing of the gateway's."""

import struct
from collections.abc import Iterator
from pathlib import Path

_HEAD = 64
_MARK = 0x4C505347
# Mark, checksum, size, index, order, capture time, value's size, lane, finding, four words' sizes.
_RECORD = struct.Struct("<4I2QI6H")
_WORDS = 56
_DONE = struct.Struct("<2I")


def _records(file: Path) -> Iterator[tuple[int, str]]:
    """Index and id of each that is whole; the last one may not be."""
    data = file.read_bytes()
    at = _HEAD
    while at + _WORDS <= len(data):
        mark, _, size, index, *_, camera, name, _, _ = _RECORD.unpack_from(data, at)
        if mark != _MARK or at + size > len(data):
            return
        begin = at + _WORDS + camera
        yield index, data[begin : begin + name - 1].decode()
        at += size


def _done(file: Path) -> set[int]:
    if not file.exists():
        return set()
    data = file.read_bytes()
    return {index for index, _ in _DONE.iter_unpack(data[: len(data) // 8 * 8])}


def left(directory: Path) -> list[str]:
    """The ids of the results that the next start finds there, and has to send."""
    found = []
    for file in sorted(directory.glob("results-*.seg")) if directory.exists() else []:
        done = _done(file.with_suffix(".done"))
        found += [name for index, name in _records(file) if index not in done]
    return found
