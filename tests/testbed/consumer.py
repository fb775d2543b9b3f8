"""A customer of the gateway: reads both topics with a Kafka client that is not ours."""

import functools
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from testbed import places, stopping
from testbed.gateway import DEFAULT_TOPICS, Topics


@dataclass(frozen=True)
class Record:
    """One record as it came out of Kafka."""

    topic: str
    partition: int
    offset: int
    key: str
    time_ms: int
    headers: dict[str, str]
    value: bytes

    @functools.cached_property
    def body(self) -> dict[str, Any]:
        """The value of a result."""
        return json.loads(self.value)

    @property
    def id(self) -> str:
        """What a result and its sampled picture have in common."""
        return self.headers["ce_id"]

    @property
    def is_enhanced(self) -> bool:
        """Whether it is a picture that a model made, and not the camera's own."""
        return self.headers["ce_type"] == "com.framegate.frame.enhanced.v1"

    @property
    def sequence(self) -> int:
        """The number of the frame, counted per camera."""
        return int(self.id.rsplit("/", 1)[1])


def _record(message: Message) -> Record:
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=(message.key() or b"").decode(),
        time_ms=message.timestamp()[1],
        headers={name: value.decode() for name, value in message.headers() or []},
        value=message.value(),
    )


@functools.cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(places.result_schema().read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def validate(result: Record) -> None:
    """Raises jsonschema.ValidationError when a result is not what the schema promises."""
    _validator().validate(result.body)


class Customer:
    """Reads topics from their beginning and keeps everything, apart by topic."""

    def __init__(self, brokers: str, topics: Topics = DEFAULT_TOPICS) -> None:
        self._topics = topics
        self._consumer = Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": f"customer-{uuid.uuid4()}",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                # A broker may stand still: not for a minute, then.
                "socket.timeout.ms": 5000,
                "log_level": 0,
            }
        )
        self._consumer.subscribe(list(topics))
        self.results: list[Record] = []
        self.frames: list[Record] = []

    def poll(self, seconds: float) -> list[Record]:
        """Reads what is there, waiting up to `seconds` for it; returns the new results."""
        results = []
        for message in self._consumer.consume(500, seconds):
            if message.error() is None:
                record = _record(message)
                (self.frames if record.topic == self._topics.frames else results).append(record)
        self.results += results
        return results

    def read_until(self, enough: Callable[["Customer"], bool], timeout: float) -> bool:
        """Reads until `enough` says so; False when that did not happen in time."""
        end = time.monotonic() + timeout
        while not enough(self):
            if time.monotonic() > end:
                return False
            stopping.check()
            self.poll(0.2)
        return True

    def distinct_results(self) -> int:
        """How many there are, however often each came."""
        return len({record.id for record in self.results})

    def of(self, camera: str) -> list[Record]:
        """The results of one camera, in the order in which they came."""
        return [record for record in self.results if record.key == camera]

    def pictures_of(self, camera: str) -> list[Record]:
        """The sampled pictures of one camera, in the order in which they came."""
        return [it for it in self.frames if it.key == camera and not it.is_enhanced]

    def enhanced_of(self, camera: str) -> list[Record]:
        """What models made of the camera's pictures."""
        return [it for it in self.frames if it.key == camera and it.is_enhanced]

    def close(self) -> None:
        """Leaves the group."""
        self._consumer.close()


def bounds(brokers: str, topic: str) -> dict[int, tuple[int, int]]:
    """Each partition's first offset and the next one, once who leads it knows that he does."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "nobody", "log_level": 0})
    end = time.monotonic() + 60
    try:
        while True:
            try:
                numbers = consumer.list_topics(topic, timeout=30).topics[topic].partitions
                wanted = {number: TopicPartition(topic, number) for number in numbers}
                return {
                    number: consumer.get_watermark_offsets(it, timeout=30)
                    for number, it in wanted.items()
                }
            except KafkaException:
                if time.monotonic() > end:
                    raise
            stopping.pause(0.1)
    finally:
        consumer.close()


def stored(brokers: str, topic: str) -> int:
    """How many records there are in a topic."""
    return sum(high - low for low, high in bounds(brokers, topic).values())


def read_all(brokers: str, topics: Topics = DEFAULT_TOPICS, silence: float = 3.0) -> Customer:
    """All that is in both topics by now, and until nothing more came for so many seconds."""
    results, frames = (stored(brokers, topic) for topic in topics)
    customer = Customer(brokers, topics)
    customer.read_until(lambda it: len(it.results) >= results and len(it.frames) >= frames, 120)
    silent_since = time.monotonic()
    while time.monotonic() < silent_since + silence:
        before = len(customer.frames)
        if customer.poll(0.2) or len(customer.frames) > before:
            silent_since = time.monotonic()
    customer.close()
    return customer
