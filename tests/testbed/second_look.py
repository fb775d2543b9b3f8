"""Results that a gateway wrote of pictures from a topic, and what their readers must find."""

import json
from collections.abc import Mapping

from testbed import messages, places
from testbed.consumer import Record, validate
from testbed.pictures import Topic
from testbed.worker import Workers, source_facts

CAMERA = "gate"


def write(topic: Topic, kind: str, count: int = 50) -> set[str]:
    """Has a gateway look at so many pictures and write `kind`: json or protobuf; returns the ids of
    its results."""
    ids = {topic.feeder.send_relayed(CAMERA, number) for number in range(count)}
    topic.feeder.flush()
    workers = Workers(topic.kafka, topic.names)
    try:
        gateway = workers.configure()
        gateway.configuration["accel"] |= {
            "backend": "ort",
            "library": str(places.onnxruntime()),
        }
        gateway.configuration["kafka"]["format"] = kind
        gateway.write()
        workers.start(gateway)
        gateway.wait_until(lambda: topic.committed() == len(ids), 60, "it does not end")
        assert source_facts(gateway)["assigned"] > 0
    finally:
        workers.close()
    return ids


def check(kind: str, headers: Mapping[str, str], value: bytes) -> str:
    """Holds a record against its schema; returns its id."""
    assert headers["content-type"] == f"application/{kind}"
    if kind == "json":
        validate(Record("", 0, 0, CAMERA, 0, dict(headers), value))
        body = json.loads(value)
    else:
        body = messages.plain(messages.read(messages.RESULT, value))
    assert (body["id"], body["sensorId"]) == (headers["ce_id"], CAMERA)
    assert body["classes"]
    return headers["ce_id"]
