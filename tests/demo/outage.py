"""The broker goes away while the cameras play, and comes back."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import stopping
from testbed.consumer import Customer, Record
from testbed.gateway import Gateway
from testbed.kafka import Kafka

# Between two looks at the gateway.
_LOOK = 0.2
_AWAY_LEAST = 3.0
# What a broker may need to come back on a busy machine.
PATIENCE = 120
_OF_THE_SINK = ("sink_", "spool_")


@dataclass(frozen=True)
class _Look:
    at: float
    received: int
    delivered: int
    spooled: int


class Outage:
    """Begins after a third of the time. `step` is called again and again while cameras play."""

    def __init__(self, kafka: Kafka, seconds: int) -> None:
        self._kafka = kafka
        self._away = max(_AWAY_LEAST, seconds / 5)
        self._thread: threading.Thread | None = None
        self._end = threading.Event()
        self._there = threading.Event()
        self._error: Exception | None = None
        self._gone_at = 0.0
        self._comes = False
        self._back_at = 0.0
        self._looks: list[_Look] = []
        self._twice = 0

    @staticmethod
    def configure(configured: dict[str, Any], folder: Path) -> None:
        """What the gateway needs for it."""
        configured["kafka"]["spool"] = {"directory": str(folder / "spool")}

    @property
    def has_begun(self) -> bool:
        """Whether the broker was told to go."""
        return self._thread is not None

    def begin(self) -> None:
        """Lets the broker go, and come back, while the caller goes on."""
        print("      the broker is stopped", flush=True)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Stops the broker, if it went and came back: it is its thread's to the end."""
        self._end.set()
        if not self._thread:
            return
        if self._comes and not self._there.is_set():
            # Nobody waits for it any more.
            self._kafka.kill()
        self._thread.join()

    def _run(self) -> None:
        """Holds out as long as the broker: the kernel takes the thread for its parent, and a broker
        that loses its parent is killed."""
        try:
            self._kafka.stop()
            self._gone_at = time.monotonic()
            if self._end.wait(self._away):
                return
            self._comes = True
            self._kafka.start(PATIENCE)
            self._there.set()
            self._end.wait()
            self._kafka.stop()
        except stopping.Stopped:
            # Whoever plays hears of it as well.
            pass
        except RuntimeError as error:
            self._error = error

    def step(self, gateway: Gateway) -> None:
        """Looks at how it goes on."""
        self._raise()
        now = time.monotonic()
        if not self.has_begun or self.is_over or (self._looks and now < self._looks[-1].at + _LOOK):
            return
        if self._comes and not self._back_at and self._kafka.listens():
            self._back_at = now
            print(f"      the broker is back after {now - self._gone_at:.1f} s", flush=True)
        frames = gateway.status().get("frames")
        if frames:
            counted = (frames[key] for key in ("received", "delivered", "spooled"))
            self._looks.append(_Look(now, *counted))

    def _raise(self) -> None:
        if self._error:
            raise RuntimeError(f"the broker does not come back: {self._error}")

    def finish(self) -> None:
        """Waits until the broker is there again, if it is on its way."""
        while self._comes and not self._there.is_set():
            self._raise()
            stopping.pause(0.1)

    @property
    def _before(self) -> list[_Look]:
        return [it for it in self._looks if not self._back_at or it.at < self._back_at]

    @property
    def _first(self) -> _Look | None:
        """When records came again for the first time."""
        if not self._back_at or not self._before:
            return None
        delivered = self._before[-1].delivered
        later = (it for it in self._looks if it.at >= self._back_at)
        return next((it for it in later if it.delivered > delivered), None)

    @property
    def _last(self) -> _Look | None:
        """When the spool had no more of it than what is always on its way."""
        first = self._first
        if not first:
            return None
        live = max(8, self._most // 20)
        return next((it for it in self._looks if it.at >= first.at and it.spooled <= live), None)

    @property
    def is_over(self) -> bool:
        """Whether what had waited is delivered."""
        return self._last is not None

    @property
    def _most(self) -> int:
        return max((it.spooled for it in self._looks), default=0)

    def settle(self, customer: Customer) -> None:
        """What came twice counts once: a customer drops a `ce_id` that he has seen."""
        seen: set[tuple[str, str]] = set()
        once: list[Record] = []
        for record in customer.results:
            if (record.key, record.id) not in seen:
                seen.add((record.key, record.id))
                once.append(record)
        self._twice = len(customer.results) - len(once)
        customer.results = once

    def judge(self, drops: dict[str, Any], delivered: int, read: int) -> tuple[str, bool]:
        """Prints the figures; what the demo promises of it, and whether it was kept."""
        first, last = self._first, self._last
        lost = (
            delivered
            - read
            + sum(
                drop["total"] for drop in drops["drops"] if drop["reason"].startswith(_OF_THE_SINK)
            )
        )
        if first and last:
            before = self._before
            away = max(before[-1].at - before[0].at, _LOOK)
            live = (before[-1].received - before[0].received) / away
            # From the last look at which nothing had come: the looks are a moment apart.
            since = max(it.at for it in self._looks if it.at < first.at)
            rate = (last.delivered - before[-1].delivered) / (last.at - since)
            print("\nOutage: the broker was stopped while the cameras played")
            print(f"  away               {self._back_at - self._gone_at:6.1f} s")
            print(f"  spooled at most    {self._most:6} results")
            print(f"  first record after {first.at - self._back_at:6.1f} s")
            print(f"  replayed at        {rate:6.0f} results/s or more; cameras: {live:.0f}/s")
            print(f"  came twice         {self._twice:6}")
            print(f"  lost               {lost:6}")
        return (
            f"an outage is survived: {lost} of {delivered} results lost,"
            f" {self._most} spooled at the most",
            lost == 0 and self._most > 0 and last is not None,
        )
