"""The sink stage with a real Apache Kafka, read by a client that is not ours."""

import json
import time
from pathlib import Path
from typing import Any

from testbed.consumer import Customer, Record, validate
from testbed.kafka import Kafka
from testbed.process import Process

FRAMES = 500


def counts_of(process: Process, out: Path) -> dict[str, Any]:
    """What sink_run says at its end."""
    assert process.wait(90) == 0, process.text()
    return json.loads(out.read_text())


def start(
    sink_run: Path, broker: Kafka, frames: int, rate: int, tmp_path: Path, **settings: Any
) -> Process:
    """Two cameras of `frames` frames each, `rate` frames a second together."""
    section = {"brokers": broker.brokers, "frames": {"every": 10, "budget": 40}} | settings
    with (tmp_path / "counts.json").open("wb") as out:
        return Process(
            # JSON is YAML, too.
            [sink_run, "send", json.dumps(section), frames, rate],
            tmp_path / "sink.log",
            stdout=out,
        )


def read(broker: Kafka, results: int, frames: int) -> Customer:
    """Everything in both topics, when it is at least so much."""
    customer = Customer(broker.brokers)
    customer.read_until(lambda c: len(c.results) >= results and len(c.frames) >= frames, 30)
    customer.poll(0.5)
    customer.close()
    return customer


def sequences(records: list[Record]) -> list[int]:
    """Frame numbers in the order in which they came."""
    return [record.sequence for record in records]


def test_every_result_arrives_once_in_order_and_as_the_schema_says(sink_run, broker, tmp_path):
    process = start(sink_run, broker, FRAMES, 300, tmp_path)
    counts = counts_of(process, tmp_path / "counts.json")
    customer = read(broker, 2 * FRAMES, 2 * FRAMES // 10)
    for camera in ("cam0", "cam1"):
        assert counts[camera]["delivered"] == FRAMES
        assert sequences(customer.of(camera)) == list(range(FRAMES))
        assert sequences(customer.pictures_of(camera)) == list(range(0, FRAMES, 10))
        # A camera's records share a partition: that is what keeps their order.
        assert len({record.partition for record in customer.of(camera)}) == 1
    for record in customer.results:
        validate(record)
        assert record.headers == {
            "ce_specversion": "1.0",
            "ce_id": record.body["id"],
            "ce_source": f"/gateways/test%20gateway/cameras/{record.key}",
            "ce_type": "com.framegate.result.v1",
            "ce_time": record.body["@timestamp"],
            "content-type": "application/json",
        }
        assert record.body["sensorId"] == record.key
        assert record.body["sampled"] == (record.sequence % 10 == 0)
        assert record.time_ms == 1795246800123
    for record in customer.frames:
        assert record.headers["ce_type"] == "com.framegate.frame.v1"
        assert record.headers["content-type"] == "image/jpeg"
        assert record.value == bytes([record.sequence % 256]) * 26000


def test_a_broker_that_is_killed_costs_nothing(sink_run, broker, tmp_path):
    process = start(sink_run, broker, FRAMES, 200, tmp_path)
    time.sleep(1.5)
    broker.kill()
    time.sleep(1.5)
    broker.start()
    counts = counts_of(process, tmp_path / "counts.json")
    customer = read(broker, 2 * FRAMES, 0)
    for camera in ("cam0", "cam1"):
        assert counts[camera]["delivered"] == FRAMES
        assert counts[camera]["samples"] == FRAMES // 10
        lost = sum(counts[camera]["drops"].values())
        assert counts[camera]["samples_delivered"] + lost == FRAMES // 10
        # At least once: a repeated record carries the id that it had before.
        first_seen = list(dict.fromkeys(sequences(customer.of(camera))))
        assert first_seen == list(range(FRAMES))
    log = process.text()
    assert log.count("framegate.results: brokers are away") == 1
    assert "brokers are up" in log


def test_a_broker_that_comes_late_gets_everything(sink_run, broker, tmp_path):
    broker.stop()
    process = start(sink_run, broker, 50, 1000, tmp_path)
    time.sleep(1.5)
    assert process.running
    broker.start()
    counts = counts_of(process, tmp_path / "counts.json")
    customer = read(broker, 100, 10)
    assert counts["cam1"]["delivered"] == 50
    assert counts["describe"]["state"] == "up"
    assert sequences(customer.of("cam1")) == list(range(50))


def test_a_topic_that_nobody_makes_is_counted_and_named(sink_run, broker, tmp_path):
    patience = {"name": "topic.metadata.propagation.max.ms", "value": "500"}
    process = start(
        sink_run, broker, 20, 100, tmp_path, results={"topic": "nowhere"}, properties=[patience]
    )
    counts = counts_of(process, tmp_path / "counts.json")
    assert counts["cam0"]["drops"] == {"sink_lost": 20}
    assert counts["cam0"]["samples_delivered"] == 2
    results = counts["describe"]["topics"][0]
    assert results["topic"] == "nowhere"
    assert "Unknown topic" in results["last_error"]
    assert "nowhere: " in process.text()
