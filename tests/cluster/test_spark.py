"""framegate.spark on a real cluster: a master and two workers, pictures from a real broker."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from framegate.spark import counts, findings, mapping, schema
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql.streaming import StreamingQuery
from pyspark.sql.types import StructType

from framegate import Engine
from testbed import places, second_look, stopping
from testbed.pictures import Topic
from testbed.spark import Spark
from testbed.worker import Traffic, picture

WORKERS = 2
DIGITS = (str(places.models()), "digits")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    made = Spark(tmp_path_factory.mktemp("spark"))
    try:
        made.start(WORKERS)
        made.open("framegate tests")
        made.wait_for_executors(WORKERS)
        yield made
    finally:
        made.close()


@pytest.fixture
def spark(cluster: Spark) -> SparkSession:
    return cluster.session


def options(topic: Topic, **more: object) -> dict[str, str]:
    given = {
        "kafka.bootstrap.servers": topic.kafka.brokers,
        "subscribe": topic.names.pictures,
        "startingOffsets": "earliest",
        "includeHeaders": True,
        **more,
    }
    return {name: str(value) for name, value in given.items()}


def batch(spark: SparkSession, topic: Topic) -> DataFrame:
    return spark.read.format("kafka").options(**options(topic)).load()


def begin(spark: SparkSession, topic: Topic, checkpoint: Path, **trigger: object) -> StreamingQuery:
    """A stream from pictures to results; a batch of it has few pictures, so that there are many."""
    frames = spark.readStream.format("kafka").options(**options(topic, maxOffsetsPerTrigger=40))
    found = frames.load().mapInArrow(findings(*DIGITS), schema).observe("framegate", *counts())
    written = found.select("key", "headers", found.record.alias("value")).writeStream
    written = written.format("kafka").option("kafka.bootstrap.servers", topic.kafka.brokers)
    written = written.option("topic", topic.results).option("checkpointLocation", str(checkpoint))
    return written.trigger(**trigger).start() if trigger else written.start()


def wait_until(true: Callable[[], bool], tries: int = 600) -> None:
    for _ in range(tries):
        if true():
            return
        stopping.pause(0.1)
    raise AssertionError("it does not come")


def test_a_batch_says_what_the_library_says(spark: SparkSession, topic: Topic) -> None:
    ids = [topic.feeder.send_relayed("gate", number) for number in range(100)]
    topic.feeder.send("gate", b"no picture")
    topic.feeder.send("gate", picture(7)[:300])
    topic.feeder.send("door", None)
    topic.feeder.flush()
    seen = Observation("framegate")
    rows = batch(spark, topic).mapInArrow(findings(*DIGITS), schema).observe(seen, *counts())
    rows = sorted(rows.collect(), key=lambda row: (row.partition, row.offset))

    well = [row for row in rows if row.error is None]
    with Engine(*DIGITS) as engine:
        assert [row.record for row in well] == engine.run_json(list(map(picture, range(100))))
    for row, wanted in zip(well, ids, strict=True):
        assert (row.key, row.topic, row.task) == (b"gate", topic.names.pictures, "classify")
        assert {it.key: bytes(it.value).decode() for it in row.headers}["ce_id"] == wanted
        best = json.loads(row.record)["classes"][0]
        assert (row.findings[0].label, row.findings[0].model) == (best["type"], "digits:1")
    assert sorted(row.error for row in rows if row.error) == ["jpeg_bad", "jpeg_bad", "no_value"]
    assert all(row.reason and row.findings is None for row in rows if row.error)
    assert seen.get == {"pictures": 103, "bad": 3}


def test_a_topic_without_records_has_no_rows(spark: SparkSession, topic: Topic) -> None:
    assert batch(spark, topic).mapInArrow(findings(*DIGITS), schema).count() == 0


def test_columns_that_are_not_there_are_null(spark: SparkSession) -> None:
    pictures = spark.createDataFrame([(picture(1),)], "value binary")
    (row,) = pictures.mapInArrow(findings(*DIGITS), schema).collect()
    assert row.error is None
    assert [row.key, row.headers, row.topic, row.offset, row.timestamp] == [None] * 5


def test_the_schema_is_that_of_the_librarys_table() -> None:
    from framegate.arrow import SCHEMA

    spark_names = StructType.fromDDL(schema).fieldNames()
    assert spark_names[-len(SCHEMA) :] == SCHEMA.names


def test_a_process_opens_one_engine_and_keeps_it(spark: SparkSession) -> None:
    look = findings(*DIGITS)

    def told(batches):  # type: ignore[no-untyped-def]
        import pyarrow as pa

        for _ in look(batches):
            found = [id(it) for it in mapping._engines.values()]
            yield pa.RecordBatch.from_pydict(
                {"pid": [os.getpid()], "engine": [found[0]], "all": [len(found)]}
            )

    pictures = spark.createDataFrame([(picture(n),) for n in range(8)], "value binary")
    wanted = "pid long, engine long, all long"
    rows = [
        row for _ in range(2) for row in pictures.repartition(8).mapInArrow(told, wanted).collect()
    ]
    engines = {(row.pid, row.engine) for row in rows}
    assert len(engines) == len({row.pid for row in rows}) <= WORKERS
    assert {row.all for row in rows} == {1}


def test_a_missing_model_is_said_in_the_librarys_words(spark: SparkSession) -> None:
    pictures = spark.createDataFrame([(picture(1),)], "value binary")
    with pytest.raises(PythonException, match=r"FramegateError.*nowhere"):
        pictures.mapInArrow(findings(DIGITS[0], "nowhere"), schema).collect()


def test_a_stream_goes_on_where_it_was_stopped(
    spark: SparkSession, topic: Topic, tmp_path: Path
) -> None:
    ids = {topic.feeder.send_relayed("gate", number) for number in range(200)}
    topic.feeder.flush()
    query = begin(spark, topic, tmp_path)
    wait_until(lambda: bool(query.lastProgress and query.lastProgress["sink"]["numOutputRows"]))
    query.stop()
    assert query.exception() is None
    before = topic.read(ids, timeout=5)
    assert 0 < len(before.seen) < len(ids)

    # Meanwhile it grows.
    ids |= {topic.feeder.send_relayed("door", number) for number in range(40)}
    topic.feeder.send("door", b"no picture", {"ce_id": "bad"})
    topic.feeder.flush()
    again = begin(spark, topic, tmp_path, availableNow=True)
    assert again.awaitTermination(120)
    told = [it["observedMetrics"].get("framegate") for it in again.recentProgress]
    assert sum(it.bad for it in told if it) == 1
    count = topic.read(ids | {"bad"})
    assert (count.lost, count.strange) == (set(), set())
    # One batch at most was written, and not yet noted.
    assert count.repeats <= 40


def test_nothing_is_lost_when_an_executor_is_killed(
    cluster: Spark, topic: Topic, tmp_path: Path
) -> None:
    traffic = Traffic(topic.feeder, ["gate", "door", "yard"], rate=40)
    query = begin(cluster.session, topic, tmp_path)
    wait_until(lambda: bool(query.lastProgress and query.lastProgress["batchId"] >= 1))
    killed = cluster.executor_pids()[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in cluster.executor_pids())
    at = query.lastProgress["batchId"]
    wait_until(lambda: query.lastProgress["batchId"] > at + 1)
    ids = traffic.stop()
    query.processAllAvailable()
    query.stop()
    count = topic.read(ids)
    assert (count.lost, count.strange) == (set(), set())
    # What the killed one wrote of a batch is written again by another.
    assert count.repeats <= 80
    with Engine(*DIGITS) as engine:
        numbers = [record.sequence for record in count.results]
        told = dict(zip(set(numbers), engine.run_json([picture(it) for it in set(numbers)])))
    assert all(record.value.decode() == told[record.sequence] for record in count.results)
    cluster.wait_for_executors(WORKERS)


@pytest.mark.parametrize("kind", ["json", "protobuf"])
def test_sparks_reader_gets_a_gateways_records(
    spark: SparkSession, topic: Topic, kind: str
) -> None:
    ids = second_look.write(topic, kind)
    read = options(topic, subscribe=topic.results)
    rows = spark.read.format("kafka").options(**read).load().collect()
    seen = set()
    for row in rows:
        headers = {it.key: bytes(it.value).decode() for it in row.headers}
        seen.add(second_look.check(kind, headers, bytes(row.value)))
    assert seen == ids
