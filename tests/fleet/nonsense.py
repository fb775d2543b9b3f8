"""What the one who hears a fleet's answers makes of records that anybody may have written."""

import json
from typing import Any

from framegate_fleet.topic import Exchange


class Record:
    """As Kafka's client gives it."""

    def __init__(self, value: bytes | None, **headers: bytes | None) -> None:
        self._value, self._headers = value, headers

    def headers(self) -> list[tuple[str, bytes | None]]:
        return list(self._headers.items())

    def value(self) -> bytes | None:
        return self._value


class Waits:
    """Who has asked."""

    said: Any = None

    def set(self, reply: Any) -> None:
        self.said = reply


def main() -> None:
    """Prints what came of each."""
    waits = Waits()
    exchange = object.__new__(Exchange)
    exchange._source, exchange.received, exchange._waiting = "/us", 0, {"7": waits}
    ours = {"ce_commandid": b"7", "ce_commandsource": b"/us"}
    exchange._take(Record(b"{}", ce_commandid=None))
    of_nobody, nonsense = waits.said, []
    for value in (None, b"no", b'{"status": "yes", "body": 1}', b'{"status": null, "body": 1}'):
        exchange._take(Record(value, **ours))
        nonsense.append(waits.said)
    exchange._take(Record(b'{"status": 200, "body": {"a": 1}}', **ours))
    print(json.dumps({"of_nobody": of_nobody, "nonsense": nonsense, "sense": waits.said}))


if __name__ == "__main__":
    main()
