"""Gateways that nobody can reach are told by a Kafka topic, and answer on another."""

import json
import os
import uuid
from pathlib import Path
from typing import Any

import gevent
from confluent_kafka import OFFSET_END, Consumer, KafkaException, Producer, TopicPartition
from gevent.event import AsyncResult

from framegate_fleet.client import Reply, message_of
from framegate_fleet.mistakes import Failure

# Seconds between looks at what came; nobody else here waits for more than that.
_LOOK = 0.02
_BROKERS = 10


def own_properties() -> dict[str, str]:
    """Those that do not belong into Git: `name=value` lines of $FRAMEGATE_FLEET_KAFKA."""
    named = os.environ.get("FRAMEGATE_FLEET_KAFKA")
    if not named:
        return {}
    try:
        lines = Path(named).read_text().splitlines()
    except OSError as error:
        raise Failure(f"FRAMEGATE_FLEET_KAFKA: {error}") from None
    found = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name.strip()] = value.strip()
        elif line.strip() and not line.startswith("#"):
            # What stands there may be a password: it is not repeated.
            raise Failure(f"{named}:{number}: lines are name=value, and this is none")
    return found


class Exchange:
    """One for all gateways: a producer of commands, and a consumer of what they answer."""

    def __init__(
        self, brokers: str, commands: str, replies: str, properties: dict[str, Any]
    ) -> None:
        self._commands = commands
        self._replies = replies
        # By the command that it is of.
        self._waiting: dict[str, AsyncResult] = {}
        self._source = f"/framegate-fleet/{uuid.uuid4().hex[:12]}"
        self.sent = self.received = 0
        own = {"bootstrap.servers": brokers, "log_level": 0, **properties}
        try:
            self._producer = Producer({"linger.ms": 0, "message.max.bytes": 8000000, **own})
            # Of no group: nobody else may take answers away, and each run hears its own.
            self._consumer = Consumer(
                {
                    "group.id": f"framegate-fleet-{uuid.uuid4().hex}",
                    "enable.auto.commit": False,
                    "fetch.wait.max.ms": 20,
                    **own,
                }
            )
            self._listen(replies)
        except KafkaException as error:
            raise Failure(f"Kafka at {brokers}: {error.args[0].str()}") from None
        self._job = gevent.spawn(self._serve)

    def ask(self, gateway: str, method: str, path: str, body: object, timeout: float) -> Reply:
        """One command and its answer; sent once more, as the same one, where none comes.

        It is carried out once however often it is sent, and not at all by a gateway that comes
        back after its `kafka.commands.age`.
        """
        number = uuid.uuid4().hex
        came = self._waiting[number] = AsyncResult()
        wish = {"method": method, "path": path} | ({} if body is None else {"body": body})
        try:
            for _ in range(2):
                self._send(gateway, number, wish)
                answered = came.wait(timeout)
                if answered is not None:
                    return answered
        except (KafkaException, BufferError) as error:
            return Reply(0, None, f"{self._commands} cannot be written: {error}")
        finally:
            del self._waiting[number]
        return Reply(0, None, f"no answer on {self._replies}")

    def close(self) -> None:
        """Hears no more."""
        self._job.kill()
        self._consumer.close()

    def _send(self, gateway: str, number: str, wish: dict[str, Any]) -> None:
        headers = {
            "ce_specversion": "1.0",
            "ce_type": "com.framegate.command.v1",
            "ce_source": self._source,
            "ce_id": number,
            "content-type": "application/json",
        }
        value = json.dumps(wish).encode()
        self._producer.produce(self._commands, value, gateway, headers=headers)
        self._producer.poll(0)
        self.sent += len(value)

    def _listen(self, replies: str) -> None:
        """From what is there at its end now: before anything is sent."""
        topics = self._consumer.list_topics(replies, _BROKERS).topics
        if topics[replies].error:
            raise Failure(f"topic {replies}: {topics[replies].error.str()}")
        places = []
        for number in topics[replies].partitions:
            place = TopicPartition(replies, number)
            _, end = self._consumer.get_watermark_offsets(place, _BROKERS)
            places.append(TopicPartition(replies, number, end if end >= 0 else OFFSET_END))
        self._consumer.assign(places)

    def _serve(self) -> None:
        while True:
            record = self._consumer.poll(0)
            self._producer.poll(0)
            if record is None:
                gevent.sleep(_LOOK)
            elif not record.error():
                self._take(record)

    def _take(self, record: Any) -> None:
        headers = {
            name: (value or b"").decode(errors="replace") for name, value in record.headers() or []
        }
        waits = self._waiting.get(headers.get("ce_commandid", ""))
        if not waits or headers.get("ce_commandsource") != self._source:
            return
        value = record.value() or b""
        self.received += len(value)
        waits.set(_reply_of(value))


def _reply_of(value: bytes) -> Reply:
    """Anybody may have written it: what makes no sense is no answer, and ends nothing."""
    try:
        said = json.loads(value)
        status, body = int(said["status"]), said["body"]
        return Reply(status, body, message_of(status, body))
    except (ValueError, KeyError, TypeError) as error:
        return Reply(0, None, f"the answer makes no sense: {error}")
