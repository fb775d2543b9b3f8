"""A real Apache Kafka: one node in KRaft mode on a loopback port, its data in a given folder."""

import shutil
import signal
import time
from pathlib import Path

from testbed import kafka_metadata, places, stopping
from testbed.kafka_admin import KafkaAdmin
from testbed.loopback import free_port, takes_connections
from testbed.process import Process

_CLUSTER = "ZnJhbWVnYXRlLXRlc3RiZQ"
# Of a node that is a cluster of its own.
_ALONE = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""
# Of every node: small, and missed soon when it is away.
_EVERY = """\
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.network.threads=2
num.io.threads=2
num.recovery.threads.per.data.dir=1
offsets.topic.num.partitions=1
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
group.initial.rebalance.delay.ms=0
message.max.bytes=16777216
log.retention.ms=-1
auto.create.topics.enable=false
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
"""


class Kafka(KafkaAdmin):
    """A broker that can go away and come back with its data, on the same port."""

    # Of Java.
    heap_mib = 512

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self.properties = folder / "server.properties"
        self._jars = places.kafka_jars()
        self._process: Process | None = None
        self.port = free_port()
        # No broker's: who produces there is wrong.
        self.controller = free_port()
        super().__init__(f"127.0.0.1:{self.port}")

    def _java(self, *arguments: object) -> Process:
        return Process(
            [
                # A short-lived broker gains nothing from the optimising compiler.
                *("java", f"-Xmx{self.heap_mib}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                *(self._classes(), "-cp", f"{self._jars}/*", *arguments),
            ],
            self.folder / "kafka.log",
        )

    def _classes(self) -> str:
        """Where Java finds what it loaded before, or does not, and does without."""
        return f"-XX:SharedArchiveFile={places.kafka_classes()}"

    def begin_format(self) -> Process:
        """Has the storage made, by a program that is not waited for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.properties.write_text(self._own() + _EVERY.format(data=self._data))
        self._secure()
        return self._java(
            *("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", self.properties),
            *self._credentials(),
        )

    def finish_format(self, tool: Process) -> None:
        """Waits for that program."""
        if tool.wait(120) != 0:
            raise RuntimeError(f"Kafka's storage cannot be formatted:\n{tool.text()}")

    def _own(self) -> str:
        """The properties that no other node has."""
        return _ALONE.format(port=self.port, controller=self.controller)

    def _secure(self) -> None:
        """Adds to the properties what another kind of broker has."""

    def _credentials(self) -> list[str]:
        """Users that the storage is made with."""
        return []

    def launch(self) -> None:
        """Starts it, on the data of an earlier start if there was one, and does not wait."""
        if not self._data.exists():
            self.finish_format(self.begin_format())
        self._process = self._java("kafka.Kafka", self.properties)

    def start(self, timeout: float = 120.0) -> None:
        """The same, and waits until it answers."""
        self.launch()
        self.wait_until_there(timeout)

    def wait_until_there(self, timeout: float = 120.0) -> None:
        """Waits until one that was launched answers."""
        end = time.monotonic() + timeout
        while not self.answers():
            if not self._process.running or time.monotonic() > end:
                tail = self._process.text()[-2000:]
                self.kill()
                raise RuntimeError(f"Kafka does not answer on {self.brokers}:\n{tail}")
            stopping.pause(0.2)

    @property
    def running(self) -> bool:
        """True between its start and its end."""
        return self._process is not None and self._process.running

    def answers(self) -> bool:
        """True when the broker tells about itself."""
        try:
            return kafka_metadata.ask(self.port, 2).brokers > 0
        except OSError:
            return False

    def listens(self) -> bool:
        """True when its port takes connections."""
        return takes_connections(self.port)

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
