"""What gateways show on their consoles, as somebody has noted it: a line for each."""

import re
from typing import NamedTuple

from framegate_fleet.mistakes import Failure

FINGERPRINT = re.compile(r"([0-9A-F]{2}:){31}[0-9A-F]{2}")
ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")
_TOKEN = re.compile(r"fg_[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}")


class Line(NamedTuple):
    """One gateway."""

    number: int
    name: str
    address: str
    fingerprint: str
    token: str


def read(text: str) -> list[Line]:
    """Lines of `NAME HOST:PORT FINGERPRINT TOKEN`, in any order, told apart by how they look.

    Empty ones and those that begin with # are none. Failure: all that make no sense, by number;
    what may be a token is not repeated.
    """
    found, wrong = [], []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        made, why = _line(number, words)
        if made:
            found.append(made)
        else:
            wrong.append(f"line {number}: {why}")
    if not found and not wrong:
        wrong = ["no line: each is NAME HOST:PORT FINGERPRINT TOKEN"]
    if wrong:
        raise Failure("\n".join(wrong))
    return found


def _line(number: int, words: list[str]) -> tuple[Line | None, str]:
    kinds: dict[str, list[str]] = {"name": [], "address": [], "fingerprint": [], "token": []}
    for word in words:
        kinds[_kind(word)].append(word)
    for kind, many in kinds.items():
        if len(many) > 1:
            # What was meant for a token, and is none, must not be told either.
            said = f": {' and '.join(many)}" if kind in ("address", "fingerprint") else ""
            return None, f"more than one {kind}{said}"
        if not many:
            return None, f"no {kind}: a line is NAME HOST:PORT FINGERPRINT TOKEN"
    name = kinds["name"][0]
    if not _NAME.fullmatch(name):
        return None, "one word is neither a name, HOST:PORT, a fingerprint nor a token"
    fingerprint = kinds["fingerprint"][0].upper()
    return Line(number, name, kinds["address"][0], fingerprint, kinds["token"][0]), ""


def _kind(word: str) -> str:
    if FINGERPRINT.fullmatch(word.upper()):
        return "fingerprint"
    if _TOKEN.fullmatch(word):
        return "token"
    return "address" if ADDRESS.fullmatch(word) else "name"
