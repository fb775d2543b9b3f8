"""Alarms with a real Apache Kafka, read by a client that is not ours."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from testbed import messages, pcap, places
from testbed.consumer import Customer, Record
from testbed.gateway import Gateway, Topics, configuration
from testbed.kafka import Kafka

SCHEMA = json.loads(places.alarm_schema().read_text())
SCHEMA_ID = 19


def _of_json(record: Record) -> dict[str, Any]:
    assert record.headers["content-type"] == "application/json"
    return record.body


def _of_protobuf(record: Record) -> dict[str, Any]:
    assert record.headers["content-type"] == "application/protobuf"
    schema, message = messages.unframe(record.value)
    assert schema == SCHEMA_ID
    return messages.plain(messages.read(messages.ALARM, message))


@pytest.mark.parametrize("kind", ["json", "protobuf"])
def test_a_silent_camera_is_a_record(shared_broker: Kafka, tmp_path: Path, kind: str) -> None:
    topics = Topics.unique()
    alarms = f"{topics.results}.alarms"
    shared_broker.create_topics([*topics, alarms])
    capture = tmp_path / "nothing.pcap"
    pcap.Writer(capture).close()
    camera = {"name": "door", "source": "10.0.0.1", "destination": "10.0.0.9", "port": 5004}
    wanted = configuration(f"net_pcap0,rx_pcap={capture}", [camera], shared_broker.brokers, topics)
    wanted["interfaces"] = [{"name": "lan0", "device": f"net_pcap0,rx_pcap={capture}"}]
    wanted["alarms"] = {"raise": 1, "clock": False, "disk": 0}
    wanted["kafka"] |= {"alarms": {"topic": alarms, "schema_id": SCHEMA_ID}, "format": kind}
    if kind == "protobuf":
        wanted["kafka"] |= {"framing": "confluent"}
        wanted["kafka"]["results"]["schema_id"] = 7
    read = _of_json if kind == "json" else _of_protobuf

    def of_cameras(customer: Customer) -> list[Record]:
        return [it for it in customer.results if read(it)["kind"].startswith("camera_")]

    gateway = Gateway(wanted)
    customer = Customer(shared_broker.brokers, Topics(alarms, topics.frames))
    try:
        gateway.start()
        # On a busy machine there may be one more, of brokers that are slow.
        assert customer.read_until(lambda c: of_cameras(c) != [], 60)
    finally:
        customer.close()
        gateway.stop()
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    record = of_cameras(customer)[0]
    said = read(record)
    validator.validate(said)
    assert record.key == said["gateway"]
    assert record.headers["ce_type"] == "com.framegate.alarm.v1"
    assert (record.headers["ce_id"], record.headers["ce_time"]) == (said["id"], said["@timestamp"])
    assert (said["kind"], said["state"], said["subjects"]) == ("camera_silent", "raised", 1)
    assert (said["subject"], said["sensorId"]) == ("door", "door")
    assert said["text"] == "camera door has sent no complete picture since the gateway started"
