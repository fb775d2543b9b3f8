"""Pictures that come as records of a topic: every one becomes a result, whoever works on it."""

import contextlib
import io
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from testbed import scenes, turned
from testbed.consumer import Customer, bounds, validate
from testbed.gateway import Topics
from testbed.replay import accel
from testbed.worker import (
    PARTITIONS,
    Traffic,
    Workers,
    committed,
    offsets_of,
    picture,
    source_facts,
)

CAMERAS = ("gate", "yard", "door.2")


def read(workers: Workers, results: int, timeout: float = 60) -> Customer:
    """Everything in the topic of results, when it is at least so much."""
    customer = Customer(workers.kafka.brokers, workers.names.topics)
    customer.read_until(lambda it: len(it.results) >= results, timeout)
    customer.poll(0.3)
    customer.close()
    return customer


def settle(workers: Workers, offsets: int) -> None:
    """Waits until the group has committed so many records."""
    workers.running[0].wait_until(
        lambda: committed(workers.kafka.brokers, workers.names, PARTITIONS) == offsets,
        60,
        f"{committed(workers.kafka.brokers, workers.names, PARTITIONS)} of {offsets} committed",
    )


def balanced(workers: Workers) -> None:
    """Every worker's equations hold."""
    for gateway in workers.running:
        answer = gateway.ctl("audit")
        assert answer.body["balanced"] is True, answer.body


def test_every_record_becomes_a_result_and_its_offset_is_committed(workers, feeder):
    worker = workers.start()
    feeder.send_pictures(CAMERAS, 40)
    customer = read(workers, feeder.sent)
    assert len(customer.results) == feeder.sent
    assert len({record.id for record in customer.results}) == feeder.sent
    for camera in CAMERAS:
        assert [record.sequence for record in customer.of(camera)] == list(range(40))
    for record in customer.results:
        validate(record)
        assert record.body["frame"]["clockSource"] == "source"
        assert record.body["frame"]["width"] == 160
    settle(workers, feeder.sent)
    assert source_facts(worker)["consumed"] == feeder.sent
    # It looks at itself from time to time.
    worker.wait_until(
        lambda: [source_facts(worker)[it] for it in ("in_flight", "lag")] == [0, 0],
        60,
        "something is left",
    )
    assert {camera["name"] for camera in worker.ask("camera", "list")["cameras"]} == set(CAMERAS)
    assert worker.ctl("status").code == 0
    balanced(workers)
    worker.stop()


def test_records_that_are_no_picture_are_counted_by_name_and_the_offset_goes_on(workers, feeder):
    worker = workers.start(workers.configure(most=2))
    progressive = io.BytesIO()
    Image.new("RGB", (64, 48)).save(progressive, "JPEG", progressive=True)
    feeder.send_pictures(["gate", "yard"], 3)
    # These two are there before a third name comes, in whatever partition.
    settle(workers, feeder.sent)
    feeder.send(None, picture(0))
    feeder.send("", picture(0))
    feeder.send("no camera", picture(0))
    feeder.send(b"\xff\xfe", picture(0))
    feeder.send("x" * 64, picture(0))
    feeder.send("gate", b"not a picture")
    feeder.send("gate", None)
    feeder.send("gate", picture(1)[:-200])
    feeder.send("gate", progressive.getvalue())
    feeder.send("yard", picture(1, 1200, 900))
    feeder.send("yard", picture(1), {"ce_type": "com.framegate.frame.v1", "ce_source": "/x"})
    feeder.send("third", picture(1))
    feeder.send_pictures(["gate", "yard"], 3)
    settle(workers, feeder.sent)
    assert worker.dropped() == {
        "record_key": 5,
        "record_bad": 3,
        "record_unsupported": 1,
        "record_too_large": 1,
        "record_headers": 1,
        "record_cameras": 1,
    }
    customer = read(workers, 12)
    assert Counter(record.key for record in customer.results) == {"gate": 6, "yard": 6}
    audit = worker.ask("audit")
    assert audit["balanced"]
    records = [it for it in audit["equations"] if it["unit"] == "record"]
    assert {it["name"]: it["received"] for it in records} == {
        "total": feeder.sent,
        "gate": 10,
        "yard": 8,
        "unmatched": 6,
    }
    worker.stop()


def test_a_picture_with_much_beside_it_gets_the_slot_that_holds_it(workers, feeder):
    worker = workers.configure()
    worker.configuration["frames"]["classes"] = [
        {"width": width, "height": height, "count": 16}
        for width, height in ((160, 120), (480, 360), (640, 480))
    ]
    worker.write()
    workers.start(worker)
    plain = picture(1)
    comment = b"\xff\xfe\xff\xff" + bytes(0xFFFD)
    # More than the first two sizes hold, then more than any does.
    for comments in (8, 12):
        feeder.send("gate", plain[:2] + comments * comment + plain[2:])
    feeder.flush()
    settle(workers, feeder.sent)
    assert worker.dropped() == {"record_too_large": 1}
    assert [record.sequence for record in read(workers, 1).results] == [0]
    balanced(workers)


def test_pictures_are_seen_as_their_exif_says(workers, feeder, tmp_path):
    template = {"model": "digits", "quota": 8, "region": scenes.PANEL}
    worker = workers.configure(template=template)
    worker.configuration["accel"] = accel()
    worker.write()
    workers.start(worker)
    drawn = scenes.draw(tmp_path, first=300, count=8, kind="jpg")
    for orientation in range(1, 9):
        upright = Image.open(drawn.path(orientation - 1))
        feeder.send("gate", turned.stored(upright, orientation))
    feeder.flush()
    settle(workers, feeder.sent)
    results = read(workers, 8).of("gate")
    for orientation, record in enumerate(results, 1):
        validate(record)
        frame = record.body["frame"]
        assert (frame["width"], frame["height"]) == (320, 240)
        assert frame.get("orientation", 1) == orientation
    found = [record.body["classes"][0]["type"] for record in results]
    assert sum(got == str(want) for got, want in zip(found, drawn.truth)) >= 7
    balanced(workers)


def test_another_gateways_pictures_keep_their_id(workers, feeder):
    workers.start()
    ids = [feeder.send_relayed("gate", number) for number in range(5)]
    # What another gateway says of a picture is no picture of its own.
    feeder.send("yard", picture(1), {"ce_id": "a", "ce_type": "com.example.other"})
    feeder.flush()
    customer = read(workers, 6)
    assert [record.id for record in customer.of("gate")] == ids
    for record in customer.of("gate"):
        validate(record)
        assert record.headers["ce_source"] == "/gateways/other/cameras/gate"
        assert record.headers["ce_time"] == "2026-02-28T23:59:59.678Z"
        assert record.body["id"] == record.id
        assert record.body["@timestamp"] == "2026-02-28T23:59:59.678Z"
    (own,) = customer.of("yard")
    assert own.id.endswith("/yard/0")
    assert own.headers["ce_source"] == "/gateways/worker0/cameras/yard"
    settle(workers, feeder.sent)


def shared_by(workers: Workers, count: int) -> None:
    """Waits until so many workers have equal shares of the partitions."""
    workers.running[0].wait_until(
        lambda: (
            [source_facts(it)["assigned"] for it in workers.running]
            == [PARTITIONS // count] * count
        ),
        60,
        "the partitions are not shared",
    )


def test_a_key_may_not_name_a_camera_of_the_network(workers, feeder):
    worker = workers.configure()
    worker.configuration["interfaces"] = [{"name": "lan0", "device": "net_null0,no-rx=1"}]
    worker.configuration["cameras"] = [
        {"name": "street", "source": "192.0.2.1", "destination": "192.0.2.2", "port": 5004}
    ]
    worker.write()
    workers.start(worker)
    feeder.send("street", picture(0))
    feeder.send("gate", picture(0))
    settle(workers, feeder.sent)
    assert worker.dropped() == {"record_taken": 1}
    assert [record.key for record in read(workers, 1).results] == ["gate"]
    balanced(workers)


def test_a_camera_of_records_is_changed_by_its_template_alone(workers, feeder):
    worker = workers.start()
    traffic = Traffic(feeder, ["gate"], rate=50)
    worker.wait_until(lambda: worker.ask("camera", "list")["cameras"], 60, "no camera was made")
    change = worker.ctl("camera", "set", "gate", "--port", "5004", "--source", "10.0.0.1")
    assert change.code == 1
    assert "kafka.source.template" in change.stderr
    # On a busy machine none may have come for so long that it can be removed, until the next one.
    worker.wait_until(
        lambda: "they still come" in worker.ctl("camera", "remove", "gate").stderr,
        60,
        "it is removed while they come",
    )
    ids = traffic.stop()
    assert repeats(read_all(workers, ids), ids) == 0
    # Its place is free when nobody needs it, and it is made again when somebody does.
    worker.wait_until(
        lambda: worker.ctl("camera", "remove", "gate").code == 0, 60, "it cannot be removed"
    )
    assert worker.ask("camera", "list")["cameras"] == []
    ids.add(feeder.send_relayed("gate", 1_000_000))
    feeder.flush()
    assert repeats(read_all(workers, ids), ids) == 0
    assert worker.dropped() == {}
    settle(workers, feeder.sent)
    balanced(workers)


def processors(pid: int) -> dict[str, str]:
    """Where the process's threads may run, by their names."""
    lines = []
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        # One that has ended meanwhile is nowhere.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            text = status.read_text()
            lines.append(dict(line.split(":\t", 1) for line in text.splitlines()))
    return {line["Name"]: line["Cpus_allowed_list"] for line in lines}


def test_the_sources_thread_runs_where_it_is_told_to(workers):
    worker = workers.configure()
    everywhere = processors(os.getpid()).popitem()[1]
    worker.configuration["cores"] = {"source": [0]}
    worker.write()
    workers.start(worker)
    threads = processors(worker.process.pid)
    assert threads["source"] == "0"
    assert threads["decode"] == everywhere
    # Those of the library do not crowd there.
    assert {where for name, where in threads.items() if name.startswith("rdk:")} == {everywhere}


def missing(ids: set[str], seen: Counter[str]) -> dict[str, str]:
    """Which numbers of which cameras, so that it can be seen when they went."""
    numbers: dict[str, list[int]] = {}
    for lost in ids - set(seen):
        _, camera, number = lost.rsplit("/", 2)
        numbers.setdefault(camera, []).append(int(number))
    return {
        camera: f"{len(them)} of {min(them)}..{max(them)}"
        for camera, them in sorted(numbers.items())
    }


class Done(NamedTuple):
    """How far a group had come at a moment, by partition: what it was done with of the pictures,
    and where the results ended then."""

    pictures: dict[int, int]
    results: dict[int, int]


def done_with(workers: Workers) -> Done:
    """What it is once that is some way."""
    brokers, names = workers.kafka.brokers, workers.names
    before = committed(brokers, names, PARTITIONS)
    workers.running[0].wait_until(
        lambda: committed(brokers, names, PARTITIONS) >= before + 200,
        60,
        "nothing is committed as it goes",
    )
    done = offsets_of(brokers, names.group, names.pictures, PARTITIONS)
    results = bounds(brokers, names.topics.results)
    return Done(done, {number: end for number, (_, end) in results.items()})


def assert_none_again(workers: Workers, customer: Customer, done: Done) -> None:
    """What the group had said to be done with did not come any more.

    Of the rest what was on its way may come again: how much that is, is a matter of how long
    brokers and workers were kept waiting.
    """
    pictures = Topics(workers.names.pictures, workers.names.topics.frames)
    fed = Customer(workers.kafka.brokers, pictures)
    ids = {record.id for record in customer.results}
    assert fed.read_until(lambda it: ids <= {record.id for record in it.results}, 60)
    fed.close()
    sure = {it.id for it in fed.results if it.offset < done.pictures[it.partition]}
    assert len(sure) == sum(done.pictures.values()) > 0
    later = [it.id for it in customer.results if it.offset >= done.results[it.partition]]
    assert len(later) > 0
    assert sure & set(later) == set()


def repeats(customer: Customer, ids: set[str]) -> int:
    """How many results came more than once; fails when one is missing."""
    seen = Counter(record.id for record in customer.results)
    assert set(seen) == ids, f"{len(ids - set(seen))} of {len(ids)} are lost: {missing(ids, seen)}"
    return sum(seen.values()) - len(ids)


def read_all(workers: Workers, ids: set[str], timeout: float = 60) -> Customer:
    """Reads until every id was seen."""
    customer = Customer(workers.kafka.brokers, workers.names.topics)
    customer.read_until(lambda it: ids <= {record.id for record in it.results}, timeout)
    customer.poll(0.5)
    customer.close()
    if not ids <= {record.id for record in customer.results}:
        print(workers.account())
    return customer


def test_workers_that_come_and_go_lose_nothing_and_repeat_little(workers, feeder):
    traffic = Traffic(feeder, [f"cam{number}" for number in range(12)], rate=300)
    for count in (1, 2, 3):
        workers.start()
        shared_by(workers, count)
    # A worker that ends while partitions change hands may be refused its last commit.
    done = done_with(workers)
    workers.stop(workers.running[0])
    workers.stop(workers.running[1])
    shared_by(workers, 1)
    ids = traffic.stop()
    customer = read_all(workers, ids)
    repeats(customer, ids)
    assert_none_again(workers, customer, done)
    settle(workers, feeder.sent)
    balanced(workers)
    assert len({record.headers["ce_id"] for record in customer.results}) == len(ids)


def test_a_worker_that_is_killed_loses_nothing(workers, feeder):
    traffic = Traffic(feeder, [f"cam{number}" for number in range(12)], rate=300)
    for count in (1, 2):
        worker = workers.configure()
        # Results linger: some are always on their way.
        worker.configuration["kafka"]["properties"] = [{"name": "linger.ms", "value": "500"}]
        worker.write()
        workers.start(worker)
        shared_by(workers, count)
    done = done_with(workers)
    assert [worker.dropped() for worker in workers.running] == [{}, {}]
    workers.kill(workers.running[0])
    shared_by(workers, 1)
    ids = traffic.stop()
    customer = read_all(workers, ids)
    (survivor,) = workers.running
    assert survivor.dropped() == {}
    assert source_facts(survivor)["assigned"] == PARTITIONS, source_facts(survivor)
    repeats(customer, ids)
    assert_none_again(workers, customer, done)
    settle(workers, feeder.sent)
    balanced(workers)


def test_what_finds_no_room_at_the_sink_waits(workers, feeder):
    worker = workers.configure(template={"model": "digits", "quota": 64})
    worker.configuration["kafka"]["properties"] = [
        {"name": "queue.buffering.max.messages", "value": "5"},
        {"name": "linger.ms", "value": "50"},
    ]
    worker.write()
    ids = {feeder.send_relayed(f"cam{n % 7}", n) for n in range(350)}
    feeder.flush()
    workers.start(worker)
    customer = read_all(workers, ids)
    assert repeats(customer, ids) == 0
    assert worker.dropped() == {}
    settle(workers, feeder.sent)
    balanced(workers)
    worker.stop()


def test_a_topic_that_is_missing_and_brokers_that_are_away_are_told(workers, tmp_path):
    worker = workers.configure(topic="nowhere")
    worker.start()

    def troubles() -> set[str]:
        return {trouble["id"] for trouble in worker.status().get("troubles", [])}

    worker.wait_until(
        lambda: "source.nowhere.unknown_topic" in troubles(), 60, "nobody misses the topic"
    )
    assert worker.ctl("status").code == 1
    workers.kafka.create_topics(["nowhere"], 1)
    worker.wait_until(lambda: not troubles(), 60, "the topic is there")
    worker.stop()

    lonely = workers.configure()
    lonely.configuration["kafka"]["brokers"] = "127.0.0.1:1"
    lonely.write()
    lonely.start()
    lonely.wait_until(
        lambda: any(
            trouble["id"].endswith(".away") and trouble["id"].startswith("source.")
            for trouble in lonely.status().get("troubles", [])
        ),
        60,
        "nobody misses the brokers",
    )
    assert lonely.stop() < 5


def test_a_property_that_is_refused_is_named_and_its_value_is_not(workers):
    for name, value in (
        ("session.timeout.ms", "hunter2"),
        ("sasl.pasword", "hunter2"),
        ("enable.auto.commit", "true"),
    ):
        worker = workers.configure(properties=[{"name": name, "value": value}])
        process = worker.launch()
        assert process.wait(60) == 1
        last = process.text().splitlines()[-1]
        assert last.startswith("gwd: source: property ")
        assert name in last
        assert "hunter2" not in process.text()
