"""Pictures stay at the site: what is collected, and how many bytes go where, of a real gateway."""

import io
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Consumer, TopicPartition
from PIL import Image
from yard import Yard

from testbed import scenes
from testbed.gateway import Topics
from testbed.kafka import Kafka


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Kafka]:
    made = Kafka(tmp_path / "kafka")
    made.start()
    try:
        yield made
    finally:
        made.kill()


def _sent(pid: int) -> Counter[str]:
    """Bytes that a process has sent on the TCP connections that it has, by destination."""
    told = subprocess.run(["ss", "-tnpiHO"], capture_output=True, text=True, check=True).stdout
    sent: Counter[str] = Counter()
    for line in told.splitlines():
        if f"pid={pid}," in line:
            found = re.search(r"bytes_sent:(\d+)", line)
            sent[line.split()[4]] += int(found[1]) if found else 0
    return sent


def _records(kafka: Kafka, topic: str) -> int:
    """How many a topic holds."""
    client = Consumer({"bootstrap.servers": kafka.brokers, "group.id": "count"})
    try:
        partitions = client.list_topics(topic, 10).topics[topic].partitions
        marks = [client.get_watermark_offsets(TopicPartition(topic, it), 10) for it in partitions]
        return sum(high for _, high in marks)
    finally:
        client.close()


def _shown(yard: Yard, picture: Path) -> int:
    """The number of the scene that it is of, by its pixels alone."""
    left, top, size = (scenes.PANEL[key] for key in ("x", "y", "width"))
    got = np.asarray(Image.open(io.BytesIO(picture.read_bytes())).convert("L"), np.float64)
    assert got.shape == (size, size)
    panels = [
        np.asarray(Image.open(yard.drawn.path(n)).convert("L"), np.float64)[
            top : top + size, left : left + size
        ]
        for n in range(len(yard.drawn.truth))
    ]
    return int(np.argmin([np.abs(got - panel).mean() for panel in panels]))


def test_what_is_collected_stays_at_the_site(yard: Yard, kafka: Kafka) -> None:
    topics = Topics.unique()
    kafka.create_topics(topics)
    gateway = yard.start(brokers=kafka.brokers, topics=topics)
    learner = yard.learn()
    gateway.wait_until(lambda: len(yard.learned()) >= 25, 120, "too few pictures are collected")
    sent = _sent(gateway.process.pid)
    [told] = gateway.ask("camera", "list")["cameras"]
    learner.stop(60)
    assert learner.exit_code == 0, learner.text()

    # Each has the label of what it shows.
    kept = yard.learned()
    shown = [_shown(yard, it.path) for it in kept]
    assert [it.label for it in kept] == [str(yard.drawn.truth[number]) for number in shown]
    assert len(set(shown)) == len(shown)

    # Nothing goes to anybody but the brokers, and what goes there is no picture.
    assert {int(where.rsplit(":", 1)[1]) for where in sent} == {kafka.port}
    assert _records(kafka, topics.frames) == 0
    assert _records(kafka, topics.results) > 0
    upstream, collected = sum(sent.values()), sum(it.path.stat().st_size for it in kept)
    print(
        f"\n{told['bytes']} bytes of pictures came, {upstream} bytes went upstream:"
        f" {told['bytes'] / upstream:.0f} times fewer; {len(kept)} pictures of {collected} bytes"
        " were kept"
    )
    assert 0 < upstream < told["bytes"] / 5
    gateway.stop()


def test_samples_that_are_asked_for_are_counted_upstream(yard: Yard, kafka: Kafka) -> None:
    """The count above sees a picture when one goes."""
    topics = Topics.unique()
    kafka.create_topics(topics)
    gateway = yard.start(brokers=kafka.brokers, topics=topics)
    gateway.wait_until(lambda: gateway.status()["frames"]["delivered"] > 10, 60, "no frames")
    gateway.ask("sample", "gate1")
    gateway.wait_until(lambda: _records(kafka, topics.frames) == 1, 60, "no sample")
