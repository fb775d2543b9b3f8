"""A real Apache Kafka of three brokers on one machine, and a controller that no test ends.

Topics have three replicas and take a record when two of them have it: with one broker away all
goes on, with two nothing is taken.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import NewTopic

from testbed import kafka_metadata, stopping
from testbed.kafka import Kafka
from testbed.kafka_admin import PATIENCE, KafkaAdmin
from testbed.kafka_metadata import Known, Partition
from testbed.loopback import takes_connections

BROKERS = 3
IN_SYNC = 2
_NOT_YET = (
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError._TIMED_OUT,
)
_CONTROLLER = """\
process.roles=controller
node.id={node}
controller.quorum.voters={node}@127.0.0.1:{controller}
listeners=CONTROLLER://127.0.0.1:{controller}
"""
_BROKER = """\
process.roles=broker
node.id={node}
controller.quorum.voters={voter}@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
# Leaders go home by themselves in five minutes, which no test waits for.
auto.leader.rebalance.enable=false
num.replica.fetchers=1
"""


class _Controller(Kafka):
    """It knows who leads what. No client speaks to it."""

    heap_mib = 128
    number = BROKERS + 1

    def _own(self) -> str:
        return _CONTROLLER.format(node=self.number, controller=self.controller)

    def answers(self) -> bool:
        return takes_connections(self.controller)


class Broker(Kafka):
    """One of the three: it may be killed, and started again."""

    heap_mib = 256

    def __init__(self, folder: Path, number: int, controller: int) -> None:
        super().__init__(folder)
        self.number = number
        self.controller = controller

    def _own(self) -> str:
        return _BROKER.format(
            node=self.number,
            voter=_Controller.number,
            controller=self.controller,
            port=self.port,
        )


class KafkaCluster(KafkaAdmin):
    """All of them; `brokers` names the three."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._controller = _Controller(folder / "controller")
        self._brokers = {
            number: Broker(folder / f"broker{number}", number, self._controller.controller)
            for number in range(1, BROKERS + 1)
        }
        super().__init__(",".join(it.brokers for it in self._brokers.values()))

    def broker(self, number: int) -> Broker:
        """That one."""
        return self._brokers[number]

    def start(self, timeout: float = 120.0) -> None:
        """Starts all side by side, and waits until they know each other."""
        nodes = [self._controller, *self._brokers.values()]
        tools = [node.begin_format() for node in nodes]
        for node, tool in zip(nodes, tools, strict=True):
            node.finish_format(tool)
        for node in nodes:
            node.launch()
        end = time.monotonic() + timeout
        for node in nodes:
            node.wait_until_there(max(end - time.monotonic(), 1))
        while self._registered() < BROKERS:
            if time.monotonic() > end:
                raise RuntimeError(f"the brokers of {self.brokers} do not find each other")
            stopping.pause(0.1)

    def _registered(self) -> int:
        """How many brokers every broker knows, at the least."""
        return min(self._known_to(broker) for broker in self._brokers.values())

    @staticmethod
    def _known_to(broker: Broker) -> int:
        try:
            return kafka_metadata.ask(broker.port, 2).brokers
        except OSError:
            return 0

    def _known(self) -> list[Known]:
        running = [broker for broker in self._brokers.values() if broker.running]
        return [kafka_metadata.ask(it.port) for it in running]

    def _known_to_any(self) -> Known:
        """What the first one knows that answers: one may stand still."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for broker in self._brokers.values():
                with contextlib.suppress(OSError):
                    return kafka_metadata.ask(broker.port, 2)
            stopping.pause(0.05)
        raise OSError("no broker answers")

    def _partitions(self, names: Iterable[str]) -> list[Partition]:
        """Of these topics, as one of the brokers knows them."""
        topics = self._known_to_any().topics
        return [it for name in names for it in topics[name].values()]

    def create_topics(
        self, names: Iterable[str], partitions: int = 3, led_by: int | None = None
    ) -> None:
        """Creates topics and waits until they exist; one of the brokers, `led_by`, leads all
        partitions but the last, which the next one leads."""
        names = list(names)
        topics = [self._new_topic(name, partitions) for name in names]
        if led_by is not None:
            order = [(led_by - 1 + turn) % BROKERS + 1 for turn in range(BROKERS)]
            others = order[1:] + order[:1]
            replicas = [order] * (partitions - 1) + [others if partitions > 1 else order]
            topics = [
                NewTopic(name, num_partitions=partitions, replica_assignment=replicas)
                for name in names
            ]
        self._create(topics)

    def _new_topic(self, name: str, partitions: int) -> NewTopic:
        return NewTopic(name, num_partitions=partitions, replication_factor=BROKERS)

    def leaders(self, topics: Iterable[str]) -> Counter[int]:
        """How many of the topics' partitions each broker leads; -1: nobody does."""
        return Counter(it.leader for it in self._partitions(topics))

    def replicas(self, prefix: str) -> set[int]:
        """How many brokers keep a partition, of all topics whose names begin so."""
        topics = self._known_to_any().topics
        found = [topic.values() for name, topic in topics.items() if name.startswith(prefix)]
        return {len(it.replicas) for partitions in found for it in partitions}

    def coordinator(self, group: str) -> int:
        """Which broker knows who is in a group, which nobody needs to have joined yet."""
        end = time.monotonic() + PATIENCE
        while True:
            asked = self._admin().describe_consumer_groups([group], request_timeout=20)[group]
            try:
                return asked.result(PATIENCE).coordinator.id
            except KafkaException as reason:
                # The first who asks for one has the topic made that groups are kept in.
                if reason.args[0].code() not in _NOT_YET or time.monotonic() > end:
                    raise
            stopping.pause(0.1)

    def in_sync(self, topics: Iterable[str]) -> int:
        """How many brokers have all of a partition, of the one that has the fewest."""
        return min(len(it.in_sync) for it in self._partitions(topics))

    def wait_until_in_sync(
        self, topics: Iterable[str], count: int = BROKERS, timeout: float = 60.0
    ) -> None:
        """Waits until so many brokers have all of every partition, no more and no less."""
        names = list(topics)
        end = time.monotonic() + timeout
        while (found := self._in_sync_or_none(names)) != count:
            if time.monotonic() > end:
                raise RuntimeError(f"{found} brokers are in sync, not {count}")
            stopping.pause(0.1)

    def _in_sync_or_none(self, topics: list[str]) -> int | None:
        try:
            return self.in_sync(topics)
        except OSError:
            return None

    def revive(self) -> None:
        """Starts the brokers that do not run."""
        dead = [broker for broker in self._brokers.values() if not broker.running]
        for broker in dead:
            broker.launch()
        for broker in dead:
            broker.wait_until_there()

    def kill(self) -> None:
        """Ends all."""
        for node in (*self._brokers.values(), self._controller):
            node.kill()
