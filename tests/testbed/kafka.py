"""A real Apache Kafka: one node in KRaft mode on a loopback port, its data in a given folder."""

import contextlib
import random
import shutil
import signal
import socket
import time
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from testbed import places, stopping
from testbed.process import Process

_CLUSTER = "ZnJhbWVnYXRlLXRlc3RiZQ"
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.network.threads=2
num.io.threads=2
num.recovery.threads.per.data.dir=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
group.initial.rebalance.delay.ms=0
message.max.bytes=16777216
log.retention.ms=-1
auto.create.topics.enable=false
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
"""


def free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment.

    It is none of those that Linux gives to clients: one could sit on it while its broker is away.
    """
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


class Kafka:
    """A broker that can go away and come back with its data, on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self.properties = folder / "server.properties"
        self._jars = places.kafka_jars()
        self._process: Process | None = None
        self.port = free_port()
        # No broker's: who produces there is wrong.
        self.controller = free_port()
        self.brokers = f"127.0.0.1:{self.port}"

    def _java(self, *arguments: object) -> Process:
        return Process(
            [
                # A short-lived broker gains nothing from the optimising compiler.
                *("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                *(self._classes(), "-cp", f"{self._jars}/*", *arguments),
            ],
            self.folder / "kafka.log",
        )

    def _classes(self) -> str:
        """Where Java finds what it loaded before, or does not, and does without."""
        return f"-XX:SharedArchiveFile={places.kafka_classes()}"

    def _format(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.properties.write_text(
            _PROPERTIES.format(port=self.port, controller=self.controller, data=self._data)
        )
        self._secure()
        tool = self._java(
            *("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", self.properties),
            *self._credentials(),
        )
        if tool.wait(60) != 0:
            raise RuntimeError(f"Kafka's storage cannot be formatted:\n{tool.text()}")

    def _secure(self) -> None:
        """Adds to the properties what another kind of broker has."""

    def _credentials(self) -> list[str]:
        """Users that the storage is made with."""
        return []

    def start(self, timeout: float = 60.0) -> None:
        """Starts the broker, on the data of an earlier start if there was one, until it answers."""
        if not self._data.exists():
            self._format()
        self._process = self._java("kafka.Kafka", self.properties)
        end = time.monotonic() + timeout
        while not self.answers():
            if not self._process.running or time.monotonic() > end:
                tail = self._process.text()[-2000:]
                self.kill()
                raise RuntimeError(f"Kafka does not answer on {self.brokers}:\n{tail}")
            stopping.pause(0.2)

    def answers(self) -> bool:
        """True when the broker tells about itself."""
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", self.port)) != 0:
                return False
        try:
            return bool(self._admin().list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})

    def create_topics(self, names: Iterable[str], partitions: int = 3) -> None:
        """Creates topics and waits until they exist."""
        topics = [NewTopic(name, num_partitions=partitions, replication_factor=1) for name in names]
        admin = self._admin()
        for done in admin.create_topics(topics, operation_timeout=15).values():
            done.result(20)

    def delete_topics(self, names: Iterable[str]) -> None:
        """Deletes topics and waits until they are gone."""
        admin = self._admin()
        for done in admin.delete_topics(list(names), operation_timeout=15).values():
            done.result(20)

    def set_topic(self, name: str, key: str, value: str) -> None:
        """Changes one setting of a topic."""
        change = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[change])
        admin = self._admin()
        for done in admin.incremental_alter_configs([resource]).values():
            done.result(20)

    def deny_writing(self, name: str) -> AclBinding:
        """Lets nobody write to a topic any more; the answer is for allow_writing()."""
        return self._rule(ResourceType.TOPIC, name, AclOperation.WRITE, AclPermissionType.DENY)

    def deny(self, kind: ResourceType, name: str, operation: AclOperation) -> AclBinding:
        """Takes one right on a topic or a group from everybody, and leaves them all others."""
        self._rule(kind, name, AclOperation.ALL, AclPermissionType.ALLOW)
        return self._rule(kind, name, operation, AclPermissionType.DENY)

    def grant(self, user: str, name: str) -> None:
        """Lets a user do all to a topic; who has no such right may do nothing there any more."""
        self._rule(ResourceType.TOPIC, name, AclOperation.ALL, AclPermissionType.ALLOW, user)

    def _rule(
        self,
        kind: ResourceType,
        name: str,
        operation: AclOperation,
        permission: AclPermissionType,
        user: str = "ANONYMOUS",
    ) -> AclBinding:
        rule = AclBinding(
            kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, permission
        )
        admin = self._admin()
        for done in admin.create_acls([rule]).values():
            done.result(20)
        return rule

    def allow(self, rule: AclBinding) -> None:
        """Takes a rule of deny() or deny_writing() back."""
        only = AclBindingFilter(
            rule.restype,
            rule.name,
            rule.resource_pattern_type,
            rule.principal,
            rule.host,
            rule.operation,
            rule.permission_type,
        )
        admin = self._admin()
        for done in admin.delete_acls([only]).values():
            done.result(20)

    def delete_records(self, topic: str, ends: dict[int, int]) -> None:
        """Takes the records of each partition before an offset, as retention does."""
        wanted = [TopicPartition(topic, number, offset) for number, offset in ends.items()]
        admin = self._admin()
        for done in admin.delete_records(wanted).values():
            done.result(20)

    def wipe(self) -> None:
        """Takes the data of a broker that does not run."""
        shutil.rmtree(self._data)

    def stop(self, timeout: float = 20.0) -> None:
        """Lets the broker close its data and end."""
        if self._process:
            self._process.stop(timeout)

    def kill(self) -> None:
        """Ends the broker as a power cut would."""
        if self._process:
            self._process.kill()

    def freeze(self) -> None:
        """The broker keeps its connections and says nothing any more."""
        if self._process:
            self._process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """The broker goes on where it was frozen."""
        if self._process:
            self._process.signal(signal.SIGCONT)
