"""What a worker is told; it travels to where the worker runs."""

from dataclasses import dataclass, field

# What is the worker's own to say.
RESERVED = (
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "group.id",
    "partition.assignment.strategy",
)


@dataclass(frozen=True)
class Options:
    """What the options of `python -m framegate.ray workers` say, under their names."""

    brokers: str
    topic: str
    group: str
    repository: str
    model: str
    results: str = "framegate.results"
    batch: int = 20  # pictures
    threads: int = 1
    in_flight: int = 256  # records
    start: str = "earliest"
    wait_ms: int = 50  # for a batch to fill
    properties: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name, most in (("batch", 4096), ("threads", 64), ("in_flight", 1_000_000)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name.replace('_', '-')} must be 1 to {most}")
        if self.in_flight < self.batch:
            raise ValueError(f"in-flight must be at least a batch, {self.batch}")
        if self.start not in ("earliest", "latest"):
            raise ValueError("start must be 'earliest' or 'latest'")
        for name in self.properties:
            if name in RESERVED:
                raise ValueError(f"property {name}: it is not for you to set")

    def client(self) -> dict[str, str]:
        """What every client of the brokers needs."""
        return {"bootstrap.servers": self.brokers, **self.properties}

    def consumer(self) -> dict[str, object]:
        """A member of the group, who alone says what is done."""
        return {
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 1_000,
            # New partitions, and topics that are made again.
            "topic.metadata.refresh.interval.ms": 10_000,
            "queued.max.messages.kbytes": 16_384,
            **self.client(),
            "group.id": self.group,
            "auto.offset.reset": self.start,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "partition.assignment.strategy": "cooperative-sticky",
        }

    def producer(self) -> dict[str, object]:
        """As a gateway's: a key's results keep their order, and wait for brokers that are away."""
        return {
            "linger.ms": 5,
            "compression.type": "lz4",
            "partitioner": "murmur2_random",
            "message.timeout.ms": 0,
            # All that is in flight may wait for brokers.
            "queue.buffering.max.messages": max(100_000, self.in_flight),
            **self.client(),
            "enable.idempotence": True,
        }
