"""A few lines a second of what comes out of Kafka, each camera in turn."""

import datetime
import itertools
import time
from collections.abc import Iterable

from demo.cameras import DemoCamera
from demo.findings import better, count_classes, lines, seen
from testbed.consumer import Record

_SECONDS_PER_LINE = 0.4


class Ticker:
    """Prints the newest result of one camera after the other; the rest goes by unseen."""

    def __init__(self, cameras: list[DemoCamera]) -> None:
        self._cameras = {camera.name: camera for camera in cameras}
        self._turns = itertools.cycle(self._cameras)
        self._newest: dict[str, Record] = {}
        self._next = 0.0

    def show(self, results: Iterable[Record]) -> None:
        """Takes new results, and prints one of them when it is time."""
        self._newest.update((record.key, record) for record in results if seen(record))
        if not self._newest or time.monotonic() < self._next:
            return
        name = next(name for name in self._turns if name in self._newest)
        self._next = time.monotonic() + _SECONDS_PER_LINE
        print(f"      {self._line(self._newest.pop(name))}", flush=True)

    def _line(self, record: Record) -> str:
        taken = datetime.datetime.fromtimestamp(record.time_ms / 1000)
        latency = record.body["latencyUs"]["total"] / 1000
        return (
            f"{taken:%H:%M:%S}  {record.key:<9} frame {record.sequence:<5}"
            f"{latency:6.1f} ms   {self._found(record)}"
        )

    def _found(self, record: Record) -> str:
        result = record.body
        if result["task"] == "classify":
            best = result["classes"][0]
            truth = self._cameras[record.key].expected(result["frame"]["rtpTimestamp"])
            mark = "right" if best["type"] == str(truth) else f"wrong, it is a {truth}"
            return f"digit {best['type']} ({best['confidence']:.2f}), {mark}"
        if read := lines(record):
            return "reads " + ", ".join(f'"{line}"' for line in read)
        found = [f"{count}x {name}" for name, count in count_classes([record]).most_common(4)]
        if made := better(record):
            found.append(f"a better picture, {made['width']}x{made['height']}")
        return ", ".join(found) or "nothing"
