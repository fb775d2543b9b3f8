"""Heartbeats with a real Apache Kafka, read by a client that is not ours."""

import json
from pathlib import Path

import jsonschema

from testbed import places
from testbed.consumer import Customer
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.sink_run import SinkRun


def test_every_camera_and_the_gateway_say_how_they_are(
    shared_broker: Kafka, tmp_path: Path
) -> None:
    topics = Topics.unique()
    beats = f"{topics.results}.heartbeats"
    shared_broker.create_topics([*topics, beats])
    run = SinkRun(
        tmp_path,
        shared_broker,
        150,
        100,
        topics=topics,
        every=0,
        heartbeats={"topic": beats, "seconds": 1},
    )
    counts = run.counts()
    customer = Customer(shared_broker.brokers, Topics(beats, topics.frames))
    customer.read_until(lambda c: len(c.results) >= 6, 60)
    customer.close()
    schema = json.loads(places.heartbeat_schema().read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    for beat in customer.results:
        validator.validate(beat.body)
        assert beat.headers["ce_id"] == beat.body["id"]
        assert beat.body["gateway"] == "test gateway"
    assert {beat.key for beat in customer.results} == {"cam0", "cam1", "test gateway"}
    ids = [beat.id for beat in customer.results]
    assert len(ids) == len(set(ids))
    # Nobody looks at what the sink is given: no camera ever sent by the network.
    assert {beat.body["state"] for beat in customer.of("cam0")} == {"silent"}
    assert counts["describe"]["heartbeats"]["lost"] == 0
    assert counts["cam0"]["delivered"] == 150
