"""The sink stage with a real Apache Kafka, read by a client that is not ours."""

import signal
import time

import pytest

from testbed.consumer import stored, validate
from testbed.kafka import Kafka
from testbed.sink_run import SinkRun, sequences

FRAMES = 500


def test_every_result_arrives_once_in_order_and_as_the_schema_says(broker, tmp_path):
    run = SinkRun(tmp_path, broker, FRAMES, 300)
    counts = run.counts()
    customer = run.read(2 * FRAMES, 2 * FRAMES // 10)
    shown = {(it.key, it.sequence) for it in customer.frames}
    for camera in ("cam0", "cam1"):
        assert counts[camera]["delivered"] == FRAMES
        assert sequences(customer.of(camera)) == list(range(FRAMES))
        # Where a busy machine makes a broker slow, a picture is left out, and that is counted.
        left_out = counts[camera]["drops"].get("sample_budget", 0)
        pictures = sequences(customer.pictures_of(camera))
        assert set(pictures) <= set(range(0, FRAMES, 10))
        assert pictures == sorted(pictures)
        assert len(pictures) == len(set(pictures)) == FRAMES // 10 - left_out
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
        assert record.body["sampled"] == ((record.key, record.sequence) in shown)
        assert record.time_ms == 1795246800123
    for record in customer.frames:
        assert record.headers["ce_type"] == "com.framegate.frame.v1"
        assert record.headers["content-type"] == "image/jpeg"
        assert record.value == bytes([record.sequence % 256]) * 26000


@pytest.mark.parametrize("go", [Kafka.kill, Kafka.stop])
def test_a_broker_that_goes_and_returns_costs_nothing(go, broker, tmp_path):
    run = SinkRun(tmp_path, broker, FRAMES, 100)
    end = time.monotonic() + 60
    while (there := stored(broker.brokers, "framegate.results")) == 0:
        assert time.monotonic() < end, run.process.text()
    # It stands still until the broker is away: it could be through before, on a busy machine.
    run.process.signal(signal.SIGSTOP)
    assert there < 2 * FRAMES
    go(broker)
    run.process.signal(signal.SIGCONT)
    run.wait_for("kafka.framegate.results.down: no broker of", 60)
    broker.start()
    counts = run.counts()
    customer = run.read(2 * FRAMES, 0)
    for camera in ("cam0", "cam1"):
        assert counts[camera]["delivered"] == FRAMES
        assert counts[camera]["samples"] == FRAMES // 10
        lost = sum(counts[camera]["drops"].values())
        assert counts[camera]["samples_delivered"] + lost == FRAMES // 10
        # At least once: a repeated record carries the id that it had before.
        first_seen = list(dict.fromkeys(sequences(customer.of(camera))))
        assert first_seen == list(range(FRAMES))
    assert run.process.text().count("kafka.framegate.results.down: no broker of") == 1


def test_a_broker_that_comes_late_gets_everything(broker, tmp_path):
    broker.stop()
    run = SinkRun(tmp_path, broker, 50, 1000)
    time.sleep(1.5)
    assert run.process.running
    broker.start()
    counts = run.counts()
    customer = run.read(100, 10)
    assert counts["cam1"]["delivered"] == 50
    assert counts["describe"]["state"] == "up"
    assert sequences(customer.of("cam1")) == list(range(50))
