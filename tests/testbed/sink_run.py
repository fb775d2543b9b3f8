"""The sink stage alone, as a program (build/kafka/sink_run), with frames that it makes itself."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbed import places, stopping
from testbed.consumer import Customer, Record
from testbed.gateway import DEFAULT_TOPICS, Topics
from testbed.kafka import Kafka
from testbed.process import Process


def program() -> Path:
    """Where it is."""
    return places.need(places.build() / "kafka" / "sink_run", "run ./dev build")


def sequences(records: list[Record]) -> list[int]:
    """Frame numbers in the order in which they came."""
    return [record.sequence for record in records]


class SinkRun:
    """Two cameras of `frames` frames each, `rate` frames a second together.

    `more` are keys of the section `kafka` as they are.
    """

    def __init__(
        self,
        folder: Path,
        broker: Kafka,
        frames: int,
        rate: int,
        *,
        topics: Topics = DEFAULT_TOPICS,
        every: int = 10,
        small: int = 0,
        port: int | None = None,
        properties: Mapping[str, str | dict[str, str]] | None = None,
        spool: dict[str, object] | None = None,
        heartbeats: dict[str, object] | None = None,
        schema_id: int | None = None,
        **more: str,
    ) -> None:
        section = {
            "brokers": f"127.0.0.1:{port or broker.port}",
            "results": {"topic": topics.results},
            "frames": {"topic": topics.frames, "every": every, "budget": 40},
            "properties": [
                {"name": name} | (value if isinstance(value, dict) else {"value": value})
                for name, value in (properties or {}).items()
            ],
        }
        section |= more
        if schema_id:
            section["results"]["schema_id"] = schema_id
        if heartbeats:
            section["heartbeats"] = heartbeats
        if spool:
            section["spool"] = spool
        folder.mkdir(parents=True, exist_ok=True)
        self._broker = broker
        self._topics = topics
        self._out = folder / "counts.json"
        with self._out.open("wb") as out:
            self.process = Process(
                # JSON is YAML, too.
                [
                    program(),
                    "send",
                    json.dumps(section),
                    frames,
                    rate,
                    small,
                    *(["tell"] if spool else []),
                ],
                folder / "sink.log",
                stdout=out,
            )

    def wait_for(self, words: str, seconds: float) -> float:
        """Waits until its log says that; returns how long that took."""
        begin = time.monotonic()
        while words not in self.process.text():
            assert time.monotonic() < begin + seconds, self.process.text()
            stopping.pause(0.1)
        return time.monotonic() - begin

    def counts(self, timeout: float = 240) -> dict[str, Any]:
        """What it says at its end."""
        assert self.process.wait(timeout) == 0, self.process.text()
        return json.loads(self._out.read_text().splitlines()[-1])

    def told(self) -> dict[str, tuple[str, int, int]]:
        """Of each camera the boot id, what was delivered and what was accepted, as it said last."""
        lines = [
            line.split()
            for line in self._out.read_text().splitlines(keepends=True)
            if line.endswith("\n") and not line.startswith("{")
        ]
        if not lines:
            return {}
        boot, *figures = lines[-1]
        numbers = [int(figure) for figure in figures]
        return {"cam0": (boot, *numbers[:2]), "cam1": (boot, *numbers[2:])}

    def read(self, results: int, frames: int) -> Customer:
        """Everything in both topics, when it is at least so much."""
        customer = Customer(self._broker.brokers, self._topics)
        customer.read_until(lambda c: len(c.results) >= results and len(c.frames) >= frames, 60)
        customer.poll(0.5)
        customer.close()
        return customer
