"""A topic of pictures and the topic of their results: who fills it, and who counts what came."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from testbed.consumer import Customer, Record
from testbed.kafka import Kafka
from testbed.worker import PARTITIONS, Feeder, Names, committed


@dataclass
class Topic:
    """The two topics and the consumers' group of one test."""

    kafka: Kafka
    names: Names
    partitions: int
    feeder: Feeder

    @classmethod
    def make(
        cls, kafka: Kafka, partitions: int = PARTITIONS, results: Mapping[str, str] | None = None
    ) -> "Topic":
        """Both topics, empty; that of results with these settings."""
        names = Names.unique()
        kafka.create_topics([names.pictures], partitions)
        kafka.create_topics(names.topics, settings=results)
        return cls(kafka, names, partitions, Feeder(kafka.brokers, names.pictures))

    @property
    def results(self) -> str:
        """The name of the topic of results."""
        return self.names.topics.results

    def committed(self) -> int:
        """How many records of pictures the group has said to be done with."""
        return committed(self.kafka.brokers, self.names, self.partitions)

    def read(self, ids: set[str], timeout: float = 60) -> "Count":
        """Reads results until every id was seen or the time is over, and a little longer."""
        customer = Customer(self.kafka.brokers, self.names.topics)
        customer.read_until(lambda it: ids <= {record.id for record in it.results}, timeout)
        customer.poll(0.5)
        customer.close()
        return Count(ids, customer.results)


@dataclass
class Count:
    """What was sent, and what came of it."""

    ids: set[str]
    results: list[Record]

    @property
    def seen(self) -> Counter[str]:
        """How often each id came."""
        return Counter(record.id for record in self.results)

    @property
    def lost(self) -> set[str]:
        """Those that never came."""
        return self.ids - set(self.seen)

    @property
    def strange(self) -> set[str]:
        """Those that nobody sent."""
        return set(self.seen) - self.ids

    @property
    def repeats(self) -> int:
        """How many results came once more."""
        return len(self.results) - len(self.seen)
