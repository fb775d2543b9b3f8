"""A member of a consumer group: reads pictures, writes what was found, and commits afterwards.

It ends at the first thing that goes wrong for good: who joins again reads again from what was
committed, so nothing is lost, and what was in flight comes twice.
"""

import time
from collections.abc import Callable
from typing import Any, Protocol

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from framegate.cluster import records
from framegate.ray.facts import Account
from framegate.ray.offsets import Entry, Offsets
from framegate.ray.options import Options
from framegate.ray.results import Failed, Results

COMMIT_S = 0.2  # between commits, unless there is no room in flight
PATIENCE = 3  # times that a picture is tried for which there was no memory
FULL_S = 1.0  # without room in flight, until the group is listened to without reading
NO_MEMORY = "no_memory"

# Why a commit fails that the next one may not: the group changes, or brokers are away.
_PASSES = (
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._NO_OFFSET,
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._WAIT_COORD,
)

# What brokers say to who may not come in, and afterwards nobody is there.
_DENIED = (KafkaError._AUTHENTICATION, KafkaError._SSL)


class Looker(Protocol):
    """framegate.Engine, or what stands in for it."""

    def run_json(self, pictures: list[bytes]) -> list[str]: ...


class Membership:
    """From joining the group to leaving it. One thread."""

    def __init__(self, options: Options, name: str, engine: Looker, account: Account) -> None:
        self._options = options
        self._name = name
        self._engine = engine
        self._account = account
        self._offsets = Offsets()
        self._batch: list[tuple[Message, Entry]] = []
        self._failure: str | None = None
        self._commit_at = 0.0
        self._away = False
        self._denied = False
        self._refused = False  # the last commit
        self._full_at: float | None = None  # since when there is no room in flight
        self._paused: list[TopicPartition] = []
        self._results = Results(options, account, self._error)
        self._consumer = Consumer({**options.consumer(), "error_cb": self._error})
        self._consumer.subscribe([options.topic], on_revoke=self._revoked, on_lost=self._lost)

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Works as long as `goes_on` says so; raises Failed."""
        while goes_on():
            if self._read():
                self._look()
            self._results.poll()
            self._commit()
            failure = self._failure or self._results.failure
            if failure:
                raise Failed(failure)

    def leave(self) -> None:
        """Ends it when what is on its way has arrived, or the time for that is over."""
        self._batch.clear()
        try:
            self._results.flush()
            self._commit(now=True)
            rest = self._offsets.undone
            self._consumer.close()
        finally:
            del self._consumer
            self._results.close()
        self._account.set(in_flight=rest, partitions=0)

    # What comes.

    def _read(self) -> bool:
        """Fills the batch; False when nothing came."""
        room = self._options.in_flight - len(self._offsets)
        if room <= 0:
            self._wait_for_room()
            return False
        self._full_at = None
        self._resume()
        until = time.monotonic() + self._options.wait_ms / 1000
        most = min(self._options.batch, room)
        while len(self._batch) < most:
            message = self._consumer.poll(max(until - time.monotonic(), 0))
            if message is None:
                break
            self._take(message)
        return bool(self._batch)

    def _take(self, message: Message) -> None:
        if message.error() is not None:
            self._tell(message.error())
            return
        self._denied = False
        if self._away and not self._refused:
            self._away = False
            self._account.trouble(None)
        at = (message.topic(), message.partition())
        self._batch.append((message, self._offsets.begin(at, message.offset())))

    def _wait_for_room(self) -> None:
        """Results are slow, or commits are refused, which the group may have a reason for."""
        self._results.poll(0.05)
        now = time.monotonic()
        self._full_at = self._full_at or now
        if now - self._full_at < FULL_S:
            # What was fetched ahead would be fetched again.
            return
        self._paused = self._consumer.assignment()
        if self._paused:
            self._consumer.pause(self._paused)
        message = self._consumer.poll(0)
        if message is not None:
            self._take(message)

    def _resume(self) -> None:
        paused, self._paused = self._paused, []
        if paused:
            self._consumer.resume(paused)

    def _error(self, error: KafkaError) -> None:
        """The clients' own troubles; they go on by themselves, but for fatal ones."""
        if error.fatal():
            self._failure = self._failure or str(error)
        elif error.code() in _DENIED:
            self._denied = True
            self._tell(error)
        elif error.code() == KafkaError._ALL_BROKERS_DOWN and not self._denied:
            self._tell(error)

    def _tell(self, error: KafkaError) -> None:
        if error.fatal():
            self._failure = self._failure or str(error)
            return
        code = error.code()
        if code == KafkaError.UNKNOWN_TOPIC_OR_PART:
            line = f"the brokers have no topic {self._options.topic}: waiting for it"
        elif code == KafkaError._ALL_BROKERS_DOWN:
            line = f"no broker of {self._options.brokers} answers: waiting for one"
        elif code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED):
            line = f"{error.str()}: the brokers must let the group read the topic"
        elif code in _DENIED:
            line = f"{error.str()}: the brokers do not let the worker in: trying again"
        else:
            line = f"{error.str()}: trying again"
        self._away = True
        self._account.trouble(line)

    # What is found.

    def _look(self) -> None:
        batch, self._batch = self._batch, []
        began = time.monotonic()
        there = []
        for message, entry in batch:
            try:
                place = _place(message)
                picture = records.is_picture(place)
            except Exception as error:
                # Whatever a client wrote, it is one record of many.
                self._results.bad(_where(message), entry, "record_headers", _why(error))
                continue
            if picture:
                there.append((message, entry, place))
            else:
                self._results.bad(
                    _where(message), entry, "record_headers", "Its headers are of no picture."
                )
        if there:
            self._write(
                there, self._run([message.value() or b"" for message, _, _ in there]), began
            )

    def _run(self, pictures: list[bytes]) -> list[str]:
        begin = time.monotonic()
        try:
            texts = self._engine.run_json(pictures)
        except MemoryError:
            raise Failed("out of memory: give the worker more, or smaller batches") from None
        for attempt in range(1, PATIENCE):
            again = [i for i, text in enumerate(texts) if records.cause(text) == NO_MEMORY]
            if again:
                time.sleep(attempt)
            for i in again:
                texts[i] = self._engine.run_json([pictures[i]])[0]
        self._account.add(pictures=len(pictures), batches=1, busy_s=time.monotonic() - begin)
        return texts

    def _write(self, there: list[Any], texts: list[str], began: float) -> None:
        for (message, entry, place), text in zip(there, texts, strict=True):
            cause = records.cause(text)
            if cause:
                self._results.bad(_where(message), entry, cause, records.reason(text))
                continue
            us = int((time.monotonic() - began) * 1e6)
            try:
                made = records.result(place, text, self._name, us)
            except Exception as error:
                self._results.bad(_where(message), entry, "record_headers", _why(error))
                continue
            # Not the message, which has the picture.
            key, time_ms = message.key(), max(place.time_ms, 0)
            self._results.write(made, key, time_ms, _where(message), entry)

    # What is done.

    def _commit(self, now: bool = False) -> None:
        full = len(self._offsets) >= self._options.in_flight
        if not now and not full and time.monotonic() < self._commit_at:
            return
        self._commit_at = time.monotonic() + COMMIT_S
        ready = self._offsets.ready()
        if ready:
            wanted = [TopicPartition(*at, offset) for at, offset in ready.items()]
            try:
                done = self._consumer.commit(offsets=wanted, asynchronous=False)
            except KafkaException as refused:
                # It is tried again, or read again.
                self._answered(refused.args[0])
                done = []
            for it in done:
                self._answered(it.error)
                if it.error is None:
                    self._offsets.committed((it.topic, it.partition), it.offset)
        self._account.set(in_flight=len(self._offsets), partitions=len(self._consumer.assignment()))

    def _answered(self, error: KafkaError | None) -> None:
        """What the brokers say to a commit."""
        if error is None and self._refused:
            self._refused = False
            self._account.trouble(None)
        elif error is not None and not error.retriable() and error.code() not in _PASSES:
            self._refused = True
            self._account.trouble(f"{error.str()}: what is done cannot be committed: trying again")

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """They go to somebody else after this: what is on its way is waited for."""
        gone = {(it.topic, it.partition) for it in partitions}
        self._drop(gone)
        self._results.flush()
        self._commit(now=True)
        self._forget(gone)

    def _lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Somebody else has them already."""
        gone = {(it.topic, it.partition) for it in partitions}
        self._drop(gone)
        self._forget(gone)

    def _drop(self, gone: set[tuple[str, int]]) -> None:
        """What was read and not looked at."""
        # Or they would still be paused when they come back.
        self._resume()
        self._batch = [it for it in self._batch if (it[0].topic(), it[0].partition()) not in gone]

    def _forget(self, gone: set[tuple[str, int]]) -> None:
        for at in gone:
            self._offsets.forget(at)


def _where(message: Message) -> str:
    return f"{message.topic()}/{message.partition()} at {message.offset()}"


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _place(message: Message) -> records.Place:
    kind, time_ms = message.timestamp()
    return records.Place(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=message.key(),
        headers=records.headers_of(message.headers()),
        time_ms=time_ms if kind else -1,
    )
