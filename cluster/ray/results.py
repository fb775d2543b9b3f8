"""The way of results to their topic, and what becomes of each."""

import time
from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException, Producer
from framegate.cluster import records
from framegate.ray.facts import Account
from framegate.ray.offsets import Entry
from framegate.ray.options import Options

FLUSH_S = 10.0  # for results that are on their way when partitions go, or when there is no room

# What is not an error of one record.
_TOO_LARGE = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE)


class Failed(Exception):
    """The membership cannot go on; the line says why."""


class Results:
    """A producer of one membership. One thread; close() ends it."""

    def __init__(
        self, options: Options, account: Account, on_error: Callable[[KafkaError], None]
    ) -> None:
        self._topic = options.results
        self._account = account
        self._stale = True  # until something is done: the trouble of an earlier membership stays
        self.failure: str | None = None  # why there can be no more results
        self._producer = Producer({**options.producer(), "error_cb": on_error})

    def write(
        self, made: records.Result, key: bytes | None, time_ms: int, where: str, entry: Entry
    ) -> None:
        """Sends one, of the record that `where` names; the entry is done when it has arrived."""
        until = time.monotonic() + FLUSH_S
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    made.value,
                    key,
                    headers=made.headers,
                    timestamp=time_ms,
                    on_delivery=lambda error, _: self._delivered(error, where, entry),
                )
                return
            except KafkaException as refused:
                self._delivered(refused.args[0], where, entry)
                return
            except BufferError:
                if time.monotonic() > until:
                    raise Failed(f"{self._topic}: too many results wait for brokers") from None
            self.poll(0.05)

    def bad(self, where: str, entry: Entry, cause: str, why: str) -> None:
        """A record that becomes no result."""
        entry.done = True
        self._account.bad(cause, where, why)

    def poll(self, timeout: float = 0) -> None:
        """Hears what became of some."""
        self._producer.poll(timeout)

    def flush(self) -> None:
        """Waits for those that are on their way, not for long."""
        self._producer.flush(FLUSH_S)

    def close(self) -> None:
        """What has not arrived by now is not sent any more: who reads its picture again does it."""
        self._producer.purge()
        self._producer.poll(0)
        # It has functions of ours, which have it: nothing else would end its threads soon.
        del self._producer

    def _delivered(self, error: KafkaError | None, where: str, entry: Entry) -> None:
        if error is None:
            entry.done = True
            self._account.add(results=1)
            if self._stale:
                self._stale = False
                self._account.trouble(None)
        elif error.code() in _TOO_LARGE:
            self.bad(where, entry, "result_too_large", f"{self._topic} does not take it.")
        else:
            self.failure = self.failure or f"{self._topic}: {error.str()}"
