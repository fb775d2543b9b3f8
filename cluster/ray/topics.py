"""What the driver asks the brokers: whether topics are there, and how far the group is."""

from confluent_kafka import Consumer, KafkaException, TopicPartition
from framegate.ray.options import Options

TIMEOUT_S = 5.0


class Missing(Exception):
    """The line says what is not there, and what to do."""


class Away(Exception):
    """No broker answers."""


class Topics:
    """Asks as the group, without being a member."""

    def __init__(self, options: Options) -> None:
        """Raises KafkaException for a property that is refused."""
        self._options = options
        self._consumer = Consumer({**options.consumer(), "log_level": 2})

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
        left = 0
        for it in committed:
            at = it.offset if it.offset >= 0 else self._marks(it.partition)[0]
            left += max(ends[it.partition] - at, 0)
        return left

    def close(self) -> None:
        """Nobody asks any more."""
        self._consumer.close()

    def _partitions(self, name: str) -> list[int]:
        try:
            topic = self._consumer.list_topics(name, timeout=TIMEOUT_S).topics.get(name)
        except KafkaException as error:
            raise Away(error.args[0].str()) from error
        return sorted(topic.partitions) if topic else []

    def _marks(self, number: int) -> tuple[int, int]:
        try:
            at = TopicPartition(self._options.topic, number)
            return self._consumer.get_watermark_offsets(at, timeout=TIMEOUT_S)
        except KafkaException as error:
            raise Away(error.args[0].str()) from error
