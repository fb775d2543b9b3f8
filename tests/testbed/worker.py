"""Gateways whose pictures come as records of a topic, and a client that puts them there."""

import functools
import io
import itertools
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from PIL import Image, ImageDraw

from testbed import places, stopping
from testbed.gateway import Gateway, Topics
from testbed.kafka import Kafka

# Of the topic that pictures come from.
PARTITIONS = 6


class Names(NamedTuple):
    """What the workers of one test have in common."""

    pictures: str
    group: str
    topics: Topics

    @classmethod
    def unique(cls) -> "Names":
        """Names that nobody else has."""
        number = uuid.uuid4().hex[:8]
        return cls(f"pictures-{number}", f"workers-{number}", Topics.unique())


def picture(number: int, width: int = 160, height: int = 120) -> bytes:
    """A small JPEG file that shows its number."""
    image = Image.new("RGB", (width, height), (number * 7 % 256, number * 3 % 256, 90))
    ImageDraw.Draw(image).text((10, 10), str(number), fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def configuration(brokers: str, names: Names, name: str, **source: Any) -> dict[str, Any]:
    """A worker: no interface, no camera; `source` are more keys of `kafka.source`."""
    return {
        "gateway": {"name": name},
        "log": {"level": "info", "to": "stderr"},
        "cameras": [],
        "frames": {"classes": [{"width": 640, "height": 480, "count": 128}]},
        "accel": {"backend": "null", "repository": str(places.models())},
        "kafka": {
            "brokers": brokers,
            "results": {"topic": names.topics.results},
            "frames": {"topic": names.topics.frames, "every": 0},
            "source": {
                "topic": names.pictures,
                "group": names.group,
                "template": {"model": "digits", "quota": 8},
                # A worker that was killed is missed soon.
                "properties": [
                    {"name": "session.timeout.ms", "value": "6000"},
                    {"name": "heartbeat.interval.ms", "value": "500"},
                ],
                **source,
            },
        },
    }


class Workers:
    """The gateways of one group; `close` ends them all."""

    def __init__(self, kafka: Kafka, names: Names) -> None:
        self.kafka = kafka
        self.names = names
        self.running: list[Gateway] = []
        self._made: list[Gateway] = []

    def configure(self, **source: Any) -> Gateway:
        """One more that is not started yet."""
        name = f"worker{len(self._made)}"
        made = Gateway(configuration(self.kafka.brokers, self.names, name, **source))
        self._made.append(made)
        return made

    def start(self, gateway: Gateway | None = None) -> Gateway:
        """Starts one more, and waits until it has partitions."""
        gateway = gateway or self.configure()
        gateway.start()
        self.running.append(gateway)
        gateway.wait_until(
            lambda: source_facts(gateway)["assigned"] > 0, 60, "no partition was assigned"
        )
        return gateway

    def stop(self, gateway: Gateway) -> None:
        """Ends one as an operator does."""
        self.running.remove(gateway)
        gateway.stop()

    def kill(self, gateway: Gateway) -> None:
        """Ends one as a power cut does."""
        self.running.remove(gateway)
        gateway.process.kill()

    def account(self) -> str:
        """What each of them, ended or not, says of what it dropped and of its troubles."""
        return "\n".join(
            f"{made.file}: {made.dropped() if made in self.running else 'ended'}\n"
            + "\n".join(
                line
                for line in made.log().splitlines()
                if " info " not in line or "partitions" in line or "stopped:" in line
            )
            for made in self._made
        )

    def close(self) -> None:
        """Ends and removes them all."""
        for gateway in self._made:
            gateway.remove()


def source_facts(gateway: Gateway) -> dict[str, Any]:
    """What the source says of itself."""
    stages = gateway.ask("stages")["stages"]
    return next(stage["facts"] for stage in stages if stage["stage"] == "source")


class Feeder:
    """Puts pictures into the topic."""

    def __init__(self, brokers: str, topic: str) -> None:
        self._topic = topic
        # Each record is there once, however often a broker was too late to say so.
        once = {"enable.idempotence": True}
        self._producer = Producer(
            {"bootstrap.servers": brokers, "linger.ms": 5, "log_level": 0} | once
        )
        self.sent = 0
        self._failures: list[str] = []
        self._wait_for_leaders()

    def _wait_for_leaders(self) -> None:
        """A topic that was just made has none yet, and a record may be refused for that."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            topic = self._producer.list_topics(self._topic, timeout=20).topics[self._topic]
            if topic.partitions and all(it.leader >= 0 for it in topic.partitions.values()):
                return
            stopping.pause(0.1)
        raise RuntimeError(f"the topic {self._topic} has no leaders")

    def send(
        self,
        key: str | bytes | None,
        value: bytes | None,
        headers: Mapping[str, str] | None = None,
        time_ms: int = 0,
    ) -> None:
        """Hands over one record."""
        self._producer.produce(
            self._topic,
            value,
            key,
            headers=dict(headers or {}),
            timestamp=time_ms,
            on_delivery=self._delivered,
        )
        self._producer.poll(0)
        self.sent += 1

    def send_relayed(self, camera: str, number: int, **changes: str | None) -> str:
        """A picture as another gateway samples it; returns the id that it has there."""
        headers = {
            "ce_specversion": "1.0",
            "ce_id": f"0b0e7a5e-0000-4000-8000-000000000000/{camera}/{number}",
            "ce_source": f"/gateways/other/cameras/{camera}",
            "ce_type": "com.framegate.frame.v1",
            "ce_time": "2026-02-28T23:59:59.678Z",
            "content-type": "image/jpeg",
        }
        kept = {name: value for name, value in (headers | changes).items() if value is not None}
        self.send(camera, picture(number), kept)
        return headers["ce_id"]

    def send_pictures(self, cameras: Iterable[str], count: int) -> None:
        """So many pictures of each camera, in turn."""
        cameras = list(cameras)
        for number in range(count):
            for camera in cameras:
                self.send(camera, picture(number))
        self.flush()

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failures.append(str(error))

    def flush(self) -> None:
        """Waits until the brokers have everything."""
        if self._producer.flush(60) > 0 or self._failures:
            raise RuntimeError(f"the broker does not take the pictures: {self._failures[:3]}")


class Traffic:
    """Sends relayed pictures in the background, so many a second, until it is stopped."""

    def __init__(self, feeder: Feeder, cameras: Iterable[str], rate: int) -> None:
        self.ids: set[str] = set()
        self._feeder = feeder
        self._cameras = list(cameras)
        self._rate = rate
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        begin = time.monotonic()
        for number in itertools.count():
            for camera in self._cameras:
                self.ids.add(self._feeder.send_relayed(camera, number))
            # What is late is made up for.
            due = begin + len(self.ids) / self._rate
            if self._stopped.wait(max(0.0, due - time.monotonic())):
                return

    def stop(self) -> set[str]:
        """Ends it when the brokers have everything; returns the ids of all."""
        self._stopped.set()
        self._thread.join()
        self._feeder.flush()
        return self.ids


def committed(brokers: str, names: Names, partitions: int) -> int:
    """How many pictures the group has said to be done with."""
    return committed_of(brokers, names.group, names.pictures, partitions)


@functools.cache
def _admin(brokers: str) -> AdminClient:
    """The same one each time: the end of one is no small thing (see kafka_metadata)."""
    soon = {"reconnect.backoff.max.ms": 500}
    return AdminClient({"bootstrap.servers": brokers, "log_level": 0} | soon)


def offsets_of(brokers: str, group: str, topic: str, partitions: int = 3) -> dict[int, int]:
    """What is before these a group has said to be done with, by partition."""
    wanted = [TopicPartition(topic, number) for number in range(partitions)]
    asked = _admin(brokers).list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group, wanted)], request_timeout=20
    )
    try:
        found = asked[group].result(60).topic_partitions
    except KafkaException:
        return dict.fromkeys(range(partitions), 0)
    return {it.partition: max(it.offset, 0) for it in found}


def committed_of(brokers: str, group: str, topic: str, partitions: int = 3) -> int:
    """How many records of a topic a group has said to be done with."""
    return sum(offsets_of(brokers, group, topic, partitions).values())
