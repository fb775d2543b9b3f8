"""A worker of a group, without Ray: what it promises of records, brokers, models and memory."""

import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AclOperation, ResourceType
from framegate.cluster import records
from framegate.ray import facts as facts_of_workers
from framegate.ray import membership, results
from framegate.ray import worker as workers
from framegate.ray.offsets import At, Entry, Offsets
from framegate.ray.options import Options
from framegate.ray.worker import Worker, open_engine

from testbed import places
from testbed.consumer import validate
from testbed.kafka import Kafka
from testbed.pictures import Topic
from testbed.worker import Workers, picture, source_facts

IN_FLIGHT = 32


def options(topic: Topic, **more: Any) -> Options:
    return Options(
        **{
            "brokers": topic.kafka.brokers,
            "topic": topic.names.pictures,
            "group": topic.names.group,
            "results": topic.results,
            "repository": str(places.models()),
            "model": "digits",
            "in_flight": IN_FLIGHT,
            **more,
        }
    )


@contextmanager
def at_work(topic: Topic, opener: Any = open_engine, **more: Any) -> Iterator[Worker]:
    worker = Worker("worker", options(topic, **more), opener)
    try:
        yield worker
    finally:
        worker.drain()


def wait_for(true: Callable[[], bool], what: str, timeout: float = 40) -> None:
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def send(topic: Topic, count: int, begin: int = 0) -> set[str]:
    ids = {topic.feeder.send_relayed(f"cam{n % 5}", n) for n in range(begin, begin + count)}
    topic.feeder.flush()
    return ids


def assert_all(topic: Topic, ids: set[str], repeats: int = 0) -> None:
    count = topic.read(ids)
    assert (len(count.lost), count.strange) == (0, set())
    assert count.repeats <= repeats


def test_every_picture_becomes_a_result_and_is_committed(topic):
    ids = send(topic, 100)
    with at_work(topic) as worker:
        assert_all(topic, ids)
        # One topic is read while it grows.
        ids |= send(topic, 50, begin=100)
        assert_all(topic, ids)
        facts = worker.drain()
    assert (facts["results"], facts["in_flight"], facts["state"]) == (150, 0, "ended")
    assert (facts["bad"], facts["lines"], facts["begun_again"]) == ({}, [], 0)
    assert topic.committed() == 150
    count = topic.read(ids)
    for record in count.results:
        validate(record)
    assert {record.key for record in count.results} == {f"cam{n}" for n in range(5)}


def test_an_empty_topic_is_waited_for(topic):
    with at_work(topic) as worker:
        wait_for(lambda: worker.facts()["partitions"] == topic.partitions, "it has no partitions")
        assert worker.facts()["trouble"] is None
        assert_all(topic, send(topic, 10))


def test_a_record_that_is_no_picture_is_counted_and_told_and_the_rest_goes_on(topic):
    ids = send(topic, 20)
    topic.feeder.send("cam0", b"no picture")
    topic.feeder.send("cam1", None)
    topic.feeder.send("cam2", picture(1)[:-200])
    topic.feeder.send("cam3", picture(1), {"ce_type": "com.framegate.result.v1"})
    ids |= send(topic, 20, begin=20)
    with at_work(topic) as worker:
        assert_all(topic, ids)
        wait_for(lambda: topic.committed() == 44, "not all offsets went on")
        facts = worker.facts()
    assert facts["bad"] == {"jpeg_bad": 3, "record_headers": 1}
    said = [line for _, line in facts["lines"]]
    assert any("jpeg_bad: Its JPEG headers are malformed." in line for line in said)
    assert all(line.startswith(topic.names.pictures) for line in said)


def test_a_record_that_cannot_be_made_a_result_costs_itself_alone(topic, monkeypatch):
    made = records.result

    def picky(place: records.Place, *more: Any) -> records.Result:
        if place.offset == 1:
            raise ValueError("a number of 5,000 digits")
        return made(place, *more)

    monkeypatch.setattr(records, "result", picky)
    for number in range(3):
        topic.feeder.send("cam", picture(number))
    topic.feeder.send(
        "cam", picture(9), {"ce_id": "0b0e7a5e-0000-4000-8000-000000000000/c/" + "9" * 5000}
    )
    topic.feeder.flush()
    with at_work(topic) as worker:
        wait_for(lambda: topic.committed() == 4, "the offsets do not go on")
        facts = worker.facts()
    assert (facts["bad"], facts["begun_again"]) == ({"record_headers": 1}, 0)
    assert "ValueError: a number of 5,000 digits" in facts["lines"][0][1]


def test_a_result_that_its_topic_does_not_take_is_counted(kafka):
    topic = Topic.make(kafka, results={"max.message.bytes": "400"})
    send(topic, 3)
    with at_work(topic) as worker:
        wait_for(lambda: topic.committed() == 3, "the offsets do not go on")
        assert worker.facts()["bad"] == {"result_too_large": 3}


def test_a_worker_leaves_and_another_goes_on_without_a_repeat(topic):
    ids = send(topic, 60)
    with at_work(topic) as first:
        wait_for(lambda: first.facts()["results"] > 0, "no result")
        with at_work(topic) as second:
            wait_for(lambda: second.facts()["partitions"] == 3, "the second has no partitions")
            for n in range(60, 600, 60):
                ids |= send(topic, 60, begin=n)
            wait_for(lambda: second.facts()["results"] > 0, "the second has no work")
            first.drain()
            ids |= send(topic, 60, begin=600)
            assert_all(topic, ids)
    assert topic.committed() == len(ids)


def test_a_model_that_is_missing_is_told_and_used_when_it_comes(topic, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "MODEL_S", 0.2)
    ids = send(topic, 10)
    with at_work(topic, repository=str(tmp_path)) as worker:
        wait_for(lambda: worker.facts()["state"] == "without a model", "it says nothing")
        trouble = worker.facts()["trouble"]
        assert trouble.startswith("model digits: it is not in the repository")
        assert worker.facts()["partitions"] == 0
        (tmp_path / "digits").symlink_to(places.models() / "digits")
        assert_all(topic, ids)
        assert worker.facts()["trouble"] is None


def test_brokers_that_are_away_are_waited_for(tmp_path):
    kafka = Kafka(tmp_path / "kafka")
    kafka.start()
    try:
        topic = Topic.make(kafka)
        ids = send(topic, 40)
        with at_work(topic) as worker:
            assert_all(topic, ids)
            kafka.kill()
            wait_for(lambda: worker.facts()["trouble"] is not None, "nobody misses the brokers")
            assert "no broker of" in worker.facts()["trouble"]
            kafka.start()
            ids |= send(topic, 40, begin=40)
            assert_all(topic, ids, repeats=IN_FLIGHT)
            wait_for(lambda: worker.facts()["trouble"] is None, "the trouble stays")
    finally:
        kafka.kill()


class Scarce:
    """An engine that has no memory for one picture, so many times, and for a call, once."""

    def __init__(self, given: Options, times: int, calls: int = 0) -> None:
        self._engine = open_engine(given)
        self._times = times
        self._calls = calls

    def run_json(self, pictures: list[bytes]) -> list[str]:
        if self._calls:
            self._calls -= 1
            raise MemoryError
        found = self._engine.run_json(pictures)
        if self._times and picture(3) in pictures:
            self._times -= 1
            where = pictures.index(picture(3))
            frame = found[where].partition("},")[0] + "},"
            found[where] = frame + json.dumps({"error": "no_memory", "reason": "None left."})[1:]
        return found


@pytest.mark.parametrize("times", [1, 9])
def test_a_picture_without_memory_is_tried_again_and_then_counted(topic, times):
    ids = [topic.feeder.send_relayed("cam", n) for n in range(6)]
    topic.feeder.flush()
    with at_work(topic, lambda given: Scarce(given, times)) as worker:
        wait_for(lambda: topic.committed() == 6, "the offsets do not go on")
        assert worker.facts()["bad"] == ({} if times == 1 else {"no_memory": 1})
    assert_all(topic, set(ids) if times == 1 else set(ids[:3] + ids[4:]))


def test_a_worker_without_memory_begins_again_and_loses_nothing(topic):
    ids = send(topic, 30)
    with at_work(topic, lambda given: Scarce(given, 0, calls=1)) as worker:
        assert_all(topic, ids)
        assert worker.facts()["begun_again"] == 1
        assert "out of memory" in worker.facts()["lines"][0][1]
        assert worker.facts()["trouble"] is None


def test_an_engine_that_raises_begins_again_and_says_so_again(topic, monkeypatch):
    monkeypatch.setattr(facts_of_workers, "QUIET_S", 0.5)
    monkeypatch.setattr(workers, "AGAIN_S", 0.6)
    ids = send(topic, 30)

    class Odd(Scarce):
        def run_json(self, pictures: list[bytes]) -> list[str]:
            if self._calls:
                self._calls -= 1
                raise KeyError("weights")
            return super().run_json(pictures)

    with at_work(topic, lambda given: Odd(given, 0, calls=3)) as worker:
        assert_all(topic, ids)
        wait_for(lambda: worker.facts()["trouble"] is None, "the trouble stays")
        facts = worker.facts()
    assert (facts["begun_again"], facts["state"]) == (3, "working")
    said = [line for _, line in facts["lines"]]
    assert said == ["KeyError: 'weights': beginning again at what was committed"] * 3


def test_results_without_a_topic_are_written_when_it_is_there(topic):
    """Their producer gives up; the pictures are read again."""
    topic.kafka.delete_topics([topic.results])
    ids = send(topic, 10)
    with at_work(topic) as worker:
        wait_for(lambda: worker.facts()["begun_again"] > 0, "nobody misses the topic")
        assert topic.committed() == 0
        topic.kafka.create_topics([topic.results])
        assert_all(topic, ids)
        wait_for(lambda: worker.facts()["trouble"] is None, "the trouble stays")
    lines = [line for _, line in worker.facts()["lines"]]
    assert any(topic.results in line and "beginning again" in line for line in lines)
    assert len(lines) < 5


def threads_of_clients() -> int:
    """One for each producer and consumer that there is."""
    return sum(file.read_text() == "rdk:main\n" for file in Path("/proc/self/task").glob("*/comm"))


@contextmanager
def nobody_tidies_up() -> Iterator[None]:
    """Threads and queues are ended by who has them, or stay."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_a_producer_ends_with_its_membership(topic, monkeypatch):
    """What it could not send is sent by the next one, once."""
    monkeypatch.setattr(results.Results, "flush", lambda _: None)
    slow = {"linger.ms": "8000"}
    ids = send(topic, 20)

    class Twice(Scarce):
        """It fails whenever results are on their way."""

        def run_json(self, pictures: list[bytes]) -> list[str]:
            self._calls -= 1
            if self._calls in (3, 1):
                raise MemoryError
            return self._engine.run_json(pictures)

    before = threads_of_clients()
    with (
        nobody_tidies_up(),
        at_work(topic, lambda given: Twice(given, 0, calls=5), batch=10, properties=slow) as it,
    ):
        wait_for(lambda: it.facts()["begun_again"] == 2, "the engine does not fail")
        assert_all(topic, ids)
        assert threads_of_clients() - before == 2


def test_more_results_than_a_queue_takes_wait_for_it(topic):
    ids = send(topic, 60)
    with at_work(topic, properties={"queue.buffering.max.messages": "3"}) as worker:
        assert_all(topic, ids)
        assert worker.facts()["begun_again"] == 0


def test_a_worker_that_may_not_commit_says_so_and_goes_on_when_it_may(topic):
    """Its session ends meanwhile: it has to join again, full as it is."""
    ids = send(topic, 20)
    with at_work(topic, properties={"session.timeout.ms": "6000"}) as worker:
        assert_all(topic, ids, repeats=IN_FLIGHT)
        rule = topic.kafka.deny(ResourceType.GROUP, topic.names.group, AclOperation.READ)
        ids |= send(topic, 100, begin=20)
        wait_for(lambda: worker.facts()["in_flight"] >= IN_FLIGHT, "it is not full")
        wait_for(lambda: worker.facts()["trouble"] is not None, "nobody misses the right")
        time.sleep(9)
        assert "uthoriz" in worker.facts()["trouble"]
        topic.kafka.allow(rule)
        assert_all(topic, ids, repeats=2 * IN_FLIGHT)
        wait_for(lambda: topic.committed() == 120, "the offsets do not go on")
        wait_for(lambda: worker.facts()["trouble"] is None, "the trouble stays")


def test_who_commits_before_the_result_is_there_loses_it(topic, monkeypatch):
    """The same with the protection broken."""

    class Hasty(Offsets):
        def begin(self, at: At, offset: int) -> Entry:
            entry = super().begin(at, offset)
            entry.done = True
            return entry

    monkeypatch.setattr(membership, "Offsets", Hasty)
    ids = send(topic, 30)
    with at_work(topic, lambda given: Scarce(given, 0, calls=1)):
        wait_for(lambda: topic.committed() == 30, "the offsets do not go on")
        assert topic.read(ids, timeout=3).lost


def test_a_gateway_and_a_worker_share_a_group(topic):
    gateways = Workers(topic.kafka, topic.names)
    try:
        ids = send(topic, 60)
        gateway = gateways.start()
        with at_work(topic) as worker:
            wait_for(lambda: worker.facts()["partitions"] == 3, "they do not share")
            ids |= send(topic, 60, begin=60)
            assert_all(topic, ids)
            assert source_facts(gateway)["assigned"] == 3
    finally:
        gateways.close()


def test_an_engine_that_breaks_fails_the_worker_and_is_told(topic):
    def broken(_: Options) -> None:
        raise KeyError("weights")

    worker = Worker("worker", options(topic), broken)
    wait_for(lambda: worker.facts()["state"] == "failed", "it goes on")
    assert worker.facts()["trouble"] == "KeyError: 'weights'"
    worker.drain()


def test_options_that_make_no_sense_are_refused(topic):
    for wrong, line in (
        ({"batch": 0}, "batch must be 1 to 4096"),
        ({"threads": 65}, "threads must be 1 to 64"),
        ({"in_flight": 5, "batch": 6}, "in-flight must be at least a batch, 6"),
        ({"start": "middle"}, "start must be 'earliest' or 'latest'"),
        ({"properties": {"group.id": "x"}}, "property group.id"),
    ):
        with pytest.raises(ValueError, match=f"^{line}"):
            options(topic, **wrong)
    secret = options(topic, properties={"sasl.password": "hunter2"})
    assert "hunter2" not in repr(secret)
