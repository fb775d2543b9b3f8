"""Ray Data's own reader of Kafka on what gateways write (docs/cluster.md)."""

from collections.abc import Iterator

import pytest
import ray
from framegate.ray import Findings

from framegate import Engine
from testbed import places, second_look
from testbed.pictures import Topic
from testbed.ray_cluster import RayCluster
from testbed.worker import picture


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    made = RayCluster()
    made.add(2)
    yield made
    made.close()


def read(topic: Topic, name: str) -> ray.data.Dataset:
    return ray.data.read_kafka(name, bootstrap_servers=topic.kafka.brokers)


@pytest.mark.parametrize("kind", ["json", "protobuf"])
def test_rays_reader_gets_a_gateways_records(cluster: RayCluster, topic: Topic, kind: str) -> None:
    ids = second_look.write(topic, kind)
    rows = read(topic, topic.results).take_all()
    seen = set()
    for row in rows:
        headers = {name: bytes(value).decode() for name, value in dict(row["headers"]).items()}
        assert (bytes(row["key"]).decode(), row["topic"]) == (second_look.CAMERA, topic.results)
        seen.add(second_look.check(kind, headers, bytes(row["value"])))
    assert seen == ids
    assert len(rows) == len(ids)


def test_findings_take_the_column_of_values(cluster: RayCluster, topic: Topic) -> None:
    ids = [topic.feeder.send_relayed("gate", number) for number in range(19)]
    # A header that the others do not have.
    ids.append(topic.feeder.send_relayed("gate", 19, ce_reduced="true"))
    topic.feeder.flush()
    found = read(topic, topic.names.pictures).map_batches(
        Findings,
        fn_constructor_args=(places.models(), "digits"),
        fn_constructor_kwargs={"column": "value"},
        batch_format="pyarrow",
        batch_size=5,
        concurrency=1,
    )
    rows = sorted(found.take_all(), key=lambda row: row["offset"])
    assert [bytes(dict(row["headers"])["ce_id"]).decode() for row in rows] == ids
    reduced = [dict(row["headers"]).get("ce_reduced") for row in rows]
    assert reduced == [None] * 19 + [b"true"]
    with Engine(places.models(), "digits") as engine:
        assert [row["record"] for row in rows] == engine.run_json(list(map(picture, range(20))))
