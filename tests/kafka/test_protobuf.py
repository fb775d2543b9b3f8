"""Records as protobuf say the same as JSON, to a reader that is not ours."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.internal.decoder import _DecodeVarint32

from testbed import messages, stopping
from testbed.consumer import Customer, Record
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.sink_run import SinkRun, sequences

CAMERAS = ("cam0", "cam1")
FRAMES = 100
RANDOM = 3000


def pairs(program: Path, *arguments: object) -> list[tuple[dict[str, Any], bytes]]:
    """Each record as JSON and as protobuf, made by the code that makes them in the gateway."""
    done = subprocess.run(
        [program, *map(str, arguments)], capture_output=True, check=True, timeout=60
    )
    lines = iter(done.stdout.decode().splitlines())
    return [(json.loads(text), bytes.fromhex(next(lines))) for text in lines]


def read(value: bytes) -> dict[str, Any]:
    """A result in the shape of its JSON."""
    return messages.plain(messages.read(messages.RESULT, value))


def test_every_shape_of_record_says_the_same(sink_run: Path) -> None:
    made = pairs(sink_run, "both")
    assert {text["task"] for text, _ in made} == {
        *("none", "classify", "detect", "text", "segment", "raw", "read", "enhance", "plan")
    }
    for text, message in made:
        assert messages.differences(text, read(message)) == []
    # Of what is most common there is less to send.
    assert all(3 * len(message) < 2 * len(json.dumps(text)) for text, message in made)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_results_say_the_same(sink_run: Path, seed: int) -> None:
    made = pairs(sink_run, "random", seed, RANDOM)
    assert len(made) == RANDOM
    for text, message in made:
        assert messages.differences(text, read(message)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["frame", "ssrc"], 1),
        (["frame", "flags"], ["cropped"]),
        (["classes", 0, "confidence"], 0.5),
        (["classes", 0, "type"], "x"),
        (["latencyUs", "total"], -1),
        (["@timestamp"], "2026-11-21T07:40:00.124Z"),
        (["objects"], [{}]),
        (["disagreement"], 0.0),
    ],
)
def test_a_difference_is_seen(sink_run: Path, path: list[Any], value: object) -> None:
    """Negative control: what tells differences apart."""
    text, message = pairs(sink_run, "both")[0]
    place = text
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert len(messages.differences(text, read(message))) == 1


def test_a_field_that_the_file_does_not_have_is_seen(sink_run: Path) -> None:
    """Negative control: so is a message that is written twice."""
    _, message = pairs(sink_run, "both")[0]
    with pytest.raises(AssertionError):
        messages.read(messages.RESULT, message + message)


def told(record: Record) -> dict[str, Any]:
    """What a result says, whatever it is written in; but for what is another at every start."""
    written = record.headers["content-type"]
    body = read(record.value) if written == "application/protobuf" else record.body
    assert body["id"] == record.id
    assert body["@timestamp"] == record.headers["ce_time"]
    return body | {"id": record.id.split("/", 1)[1], "latencyUs": {}}


def send(kafka: Kafka, folder: Path, **more: Any) -> Customer:
    """A hundred frames of each camera; what came of them."""
    topics = Topics.unique()
    kafka.create_topics(topics)
    run = SinkRun(folder, kafka, FRAMES, 1000, topics=topics, every=0, **more)
    counts = run.counts()
    customer = run.read(2 * FRAMES, 0)
    for camera in CAMERAS:
        assert counts[camera]["delivered"] == FRAMES
        assert sequences(customer.of(camera)) == list(range(FRAMES))
    return customer


def test_a_broker_gets_the_same_frames_in_either_format(
    shared_broker: Kafka, tmp_path: Path
) -> None:
    text = send(shared_broker, tmp_path / "json")
    message = send(shared_broker, tmp_path / "protobuf", format="protobuf")
    for camera in CAMERAS:
        for one, other in zip(text.of(camera), message.of(camera)):
            assert one.headers["content-type"] == "application/json"
            assert other.headers["content-type"] == "application/protobuf"
            assert other.headers["ce_type"] == one.headers["ce_type"]
            assert messages.differences(told(one), told(other)) == []
            assert set(read(other.value)["latencyUs"]) == set(one.body["latencyUs"])


def test_a_registrys_readers_find_their_schema(shared_broker: Kafka, tmp_path: Path) -> None:
    text = send(shared_broker, tmp_path / "json")
    framed = send(
        shared_broker, tmp_path / "framed", format="protobuf", framing="confluent", schema_id=70000
    )
    for one, other in zip(text.of("cam1"), framed.of("cam1")):
        schema, message = messages.unframe(other.value)
        assert schema == 70000
        assert other.headers["content-type"] == "application/protobuf"
        plain = read(message) | {"id": one.id, "latencyUs": {}}
        assert messages.differences(one.body | {"latencyUs": {}}, plain) == []


def test_heartbeats_are_written_as_results_are(shared_broker: Kafka, tmp_path: Path) -> None:
    topics = Topics.unique()
    beats = f"{topics.results}.heartbeats"
    shared_broker.create_topics([*topics, beats])
    run = SinkRun(
        *(tmp_path, shared_broker, 150, 100),
        topics=topics,
        every=0,
        format="protobuf",
        framing="confluent",
        schema_id=7,
        heartbeats={"topic": beats, "seconds": 1, "schema_id": 8},
    )
    assert run.counts()["describe"]["heartbeats"]["lost"] == 0
    customer = Customer(shared_broker.brokers, Topics(beats, topics.frames))
    customer.read_until(lambda c: len(c.results) >= 6, 60)
    customer.close()
    assert {beat.key for beat in customer.results} == {"cam0", "cam1", "test gateway"}
    for beat in customer.results:
        schema, message = messages.unframe(beat.value)
        said = messages.plain(messages.read(messages.HEARTBEAT, message))
        assert schema == 8
        assert beat.headers["content-type"] == "application/protobuf"
        assert (said["version"], said["id"], said["gateway"]) == ("1.0", beat.id, "test gateway")
        assert said["@timestamp"] == beat.headers["ce_time"]
        assert said["seconds"] == 1
        if beat.key.startswith("cam"):
            # Nobody looks at what the sink is given: no camera ever sent by the network.
            assert (said["sensorId"], said["state"]) == (beat.key, "silent")
            assert {"frames", "delivered"} <= set(said)
            assert not {"uptime", "cameras", "lastFrameAgeMs"} & set(said)
        else:
            assert "uptime" in said
            assert said["cameras"] == {"live": 0, "stalled": 0, "silent": 2}


def test_what_was_spooled_as_json_stays_json(broker: Kafka, tmp_path: Path) -> None:
    """Each record says what it is, also when the gateway that sends it writes something else."""
    broker.kill()
    spool = {"directory": str(tmp_path / "spool")}
    for folder, kind in (("first", "json"), ("second", "protobuf"), ("third", "json")):
        run = SinkRun(tmp_path / folder, broker, 100_000, 1000, every=0, spool=spool, format=kind)
        end = time.monotonic() + 60
        while not run.told():
            assert time.monotonic() < end, run.process.text()
            stopping.pause(0.1)
        stopping.pause(0.5)
        run.process.kill()
    versions = [it.read_bytes()[8] for it in sorted((tmp_path / "spool").glob("results-*.seg"))]
    # What an older gateway can read is left to it.
    assert set(versions) == {1, 2}
    broker.start()
    run = SinkRun(tmp_path / "last", broker, 100, 1000, every=0, spool=spool, format="protobuf")
    assert run.counts()["describe"]["spool"]["former"]["spooled"] == 0
    customer = run.read(200, 0)
    kinds: dict[str, set[str]] = {}
    for record in customer.results:
        assert told(record)["sensorId"] == record.key
        kinds.setdefault(record.id.split("/")[0], set()).add(record.headers["content-type"])
    assert [sorted(it) for it in kinds.values()] == [
        ["application/json"],
        ["application/protobuf"],
        ["application/json"],
        ["application/protobuf"],
    ]


def test_kcat_reads_the_same_bytes(shared_broker: Kafka, tmp_path: Path) -> None:
    customer = send(shared_broker, tmp_path, format="protobuf")
    first = min(customer.results, key=lambda it: (it.partition, it.offset))
    done = subprocess.run(
        ["kcat", "-b", shared_broker.brokers, "-t", first.topic, "-C", "-e", "-q", "-c", "1"]
        + ["-p", str(first.partition), "-o", str(first.offset), "-f", "%s"],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == first.value


def delimited(data: bytes) -> list[bytes]:
    """What stands in a file of messages, each with its length before it."""
    found = []
    at = 0
    while at < len(data):
        size, at = _DecodeVarint32(data, at)
        assert size > 0
        assert at + size <= len(data)
        found.append(data[at : at + size])
        at += size
    return found


def write_files(program: Path, folder: Path, **more: Any) -> Path:
    """A hundred frames of each camera, into files; every tenth has its picture."""
    section = {"backend": "file", "directory": str(folder), "frames": {"every": 10}, **more}
    subprocess.run(
        [program, "send", json.dumps(section), str(FRAMES), "2000"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


def test_a_file_of_messages_says_what_lines_say(sink_run: Path, tmp_path: Path) -> None:
    text = (write_files(sink_run, tmp_path / "text") / "frames.jsonl").read_text()
    lines = {(it["camera"], it["sequence"]): it for it in map(json.loads, text.splitlines())}
    folder = write_files(sink_run, tmp_path / "messages", format="protobuf")
    assert not (folder / "frames.jsonl").exists()
    data = (folder / "frames.pb").read_bytes()
    made = [messages.read(messages.FILE_RESULT, it) for it in delimited(data)]
    assert len(made) == len(lines) == 2 * FRAMES
    for camera in CAMERAS:
        of_camera = [it.result.frame.sequence for it in made if it.result.sensorId == camera]
        assert of_camera == list(range(FRAMES))
    for message in made:
        result = messages.plain(message.result)
        line = lines[result["sensorId"], result["frame"]["sequence"]]
        found = {name: result[name] for name in line["result"] if name in result}
        assert messages.differences(line["result"], found) == []
        assert (message.file or None) == line["file"]
        assert result["sampled"] is (line["file"] is not None)
        assert result["@timestamp"] == line["time"]
        for name, other in (("width", "width"), ("clockSource", "clock_source")):
            assert result["frame"][name] == line[other]
    pictures = {it.file for it in made} - {""}
    assert len(pictures) == 2 * FRAMES / 10
    assert pictures == {str(it.relative_to(folder)) for it in folder.glob("*/*.jpg")}


def test_a_file_of_messages_goes_on_behind_one_that_was_torn(
    sink_run: Path, tmp_path: Path
) -> None:
    folder = write_files(sink_run, tmp_path, format="protobuf")
    file = folder / "frames.pb"
    before = file.read_bytes()
    file.write_bytes(before + before[:40])
    write_files(sink_run, tmp_path, format="protobuf")
    after = file.read_bytes()
    assert after.startswith(before)
    made = [messages.read(messages.FILE_RESULT, it) for it in delimited(after)]
    assert len(made) == 4 * FRAMES
    # Pictures of the second start have names of their own.
    assert len({it.file for it in made} - {""}) == 4 * FRAMES / 10
