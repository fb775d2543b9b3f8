"""What the driver asks the brokers: whether topics are there, and how far the group is."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from framegate.ray.options import Options

TIMEOUT_S = 5.0


class Missing(Exception):
    """The line says what is not there, or not allowed, and what to do."""


class Away(Exception):
    """No broker answers."""


class Topics:
    """Asks as the group, without being a member."""

    def __init__(self, options: Options) -> None:
        """Raises KafkaException for a property that is refused."""
        self._options = options
        self._denied: str | None = None
        self._left = 0
        own = {"log_level": 2, "enable.partition.eof": True, "error_cb": self._error}
        self._consumer = Consumer({**options.consumer(), **own})

    def check(self) -> None:
        """Raises Missing, or Away."""
        for name, what in ((self._options.topic, "topic"), (self._options.results, "results")):
            if not self._partitions(name):
                raise Missing(f"{what}: the brokers have no topic {name}: create it first")

    def ends(self) -> dict[int, int]:
        """Of each partition of pictures, the offset that the next record gets; raises Away."""
        found = {}
        for number in self._partitions(self._options.topic):
            low, high = self._marks(number)
            if high > low:
                found[number] = high
        return found

    def left(self, ends: dict[int, int]) -> int:
        """Records before `ends` that the group has not done; raises Away."""
        wanted = [TopicPartition(self._options.topic, number) for number in ends]
        try:
            committed = self._consumer.committed(wanted, timeout=TIMEOUT_S) if wanted else []
        except KafkaException as error:
            raise Away(error.args[0].str()) from error
        begins = {
            it.partition: it.offset if it.offset >= 0 else self._marks(it.partition)[0]
            for it in committed
        }
        behind = {number: at for number, at in begins.items() if at < ends[number]}
        left = sum(ends[number] - at for number, at in behind.items())
        before, self._left = self._left, left
        if left == before:
            # Behind the last record there may be what is none: marks of transactions, for one.
            left = sum(ends[it] - at for it, at in behind.items() if self._comes(it, at, ends[it]))
        return left

    def _comes(self, number: int, begin: int, end: int) -> bool:
        """Whether a record is left from `begin` to before `end`; also when nobody says so now."""
        self._consumer.assign([TopicPartition(self._options.topic, number, begin)])
        until = time.monotonic() + TIMEOUT_S
        try:
            while (now := time.monotonic()) < until:
                message = self._consumer.poll(until - now)
                ended = message and message.error()
                if message and (not ended or ended.code() == KafkaError._PARTITION_EOF):
                    return message.offset() < end
            return True
        finally:
            self._consumer.unassign()

    def close(self) -> None:
        """Nobody asks any more."""
        self._consumer.close()

    def _partitions(self, name: str) -> list[int]:
        try:
            topic = self._consumer.list_topics(name, timeout=TIMEOUT_S).topics.get(name)
        except KafkaException as error:
            # What the brokers said to the client is heard here.
            self._consumer.poll(0)
            if self._denied:
                raise Missing(f"{self._denied}: look at the properties") from error
            raise Away(error.args[0].str()) from error
        if topic and topic.error and topic.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise Missing(f"{name}: {topic.error.str()}: the brokers must let this user read it")
        return sorted(topic.partitions) if topic else []

    def _error(self, error: KafkaError) -> None:
        if error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL):
            self._denied = error.str()

    def _marks(self, number: int) -> tuple[int, int]:
        try:
            at = TopicPartition(self._options.topic, number)
            return self._consumer.get_watermark_offsets(at, timeout=TIMEOUT_S)
        except KafkaException as error:
            raise Away(error.args[0].str()) from error
