"""Workers on a Ray cluster of several machines: what dies costs little; and the command."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from confluent_kafka import Producer
from confluent_kafka.admin import AclOperation, ResourceType
from framegate.cluster import records
from framegate.ray import Findings
from framegate.ray.crew import Crew
from framegate.ray.options import Options
from framegate.ray.worker import Worker, open_engine

from framegate import Engine
from testbed import places
from testbed.gateway import camera
from testbed.pictures import Topic
from testbed.process import Process
from testbed.ray_cluster import RayCluster
from testbed.scenes import Scenes
from testbed.secure_kafka import USER, SecureKafka
from testbed.site import Site
from testbed.worker import Traffic, picture

IN_FLIGHT = 64


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """A machine with room for two workers; tests add others."""
    made = RayCluster()
    made.add(2)
    yield made
    made.close()


def words(topic: Topic, *more: object) -> list[str]:
    """The command, as a user writes it."""
    return [
        *(sys.executable, "-m", "framegate.ray", "workers"),
        *("--brokers", topic.kafka.brokers, "--topic", topic.names.pictures),
        *("--group", topic.names.group, "--results", topic.results),
        *("--repository", str(places.models()), "--model", "digits"),
        *map(str, more),
    ]


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def wait_for(true: Callable[[], bool], what: str, timeout: float = 60) -> None:
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def test_workers_and_machines_that_die_lose_nothing(cluster: RayCluster, topic: Topic) -> None:
    options = Options(
        brokers=topic.kafka.brokers,
        topic=topic.names.pictures,
        group=topic.names.group,
        results=topic.results,
        repository=str(places.models()),
        model="digits",
        in_flight=IN_FLIGHT,
    )
    crew = Crew(options)
    answers: list[Any] = []

    def share(count: int) -> bool:
        """So many workers are there, and all partitions are theirs."""
        answers[:] = [it for it in crew.ask() if it is not None]
        shares = [it["partitions"] for it in answers]
        return len(shares) == count and all(shares) and sum(shares) == topic.partitions

    crew.add(2)
    traffic = Traffic(topic.feeder, [f"cam{number}" for number in range(12)], rate=200)
    wait_for(lambda: share(2), "two do not share the partitions")
    machine = cluster.add(2)
    crew.add()
    wait_for(lambda: share(3), "three do not share the partitions")
    lives = {it["begun"] for it in answers}
    on = {it["node"] for it in answers}
    assert len(on) == 2

    ray.kill(crew.actors[0], no_restart=False)
    wait_for(
        lambda: share(3) and len({it["begun"] for it in answers} - lives) == 1,
        "the one that was killed does not come back",
    )
    cluster.cut(machine)
    # Where the machine's workers were, there is no room for them any more but beside the others.
    wait_for(
        lambda: share(len(answers)) and len({it["node"] for it in answers}) == 1,
        "the lost machine's partitions are nobody's",
    )
    ids = traffic.stop()
    count = topic.read(ids)
    assert (len(count.lost), count.strange) == (0, set())
    # One was killed, and those of one machine: at most what was in flight there.
    assert count.repeats <= 3 * IN_FLIGHT
    assert crew.drain()
    assert topic.committed() == len(ids)
    assert crew.total()["bad"] == {}


def test_who_is_slow_to_answer_is_waited_for(cluster: RayCluster, topic: Topic) -> None:
    """And who has no room is not."""

    class Slow:
        """An engine whose process has a pause of some seconds when all are to end."""

        def __init__(self, options: Options) -> None:
            self._engine = open_engine(options)

        def run_json(self, pictures: list[bytes]) -> list[str]:
            found = self._engine.run_json(pictures)
            # Nobody else's turn comes in a process that stands still.
            resume = f"sleep 4; kill -CONT {os.getpid()}"
            subprocess.Popen(["sh", "-c", resume], start_new_session=True)
            os.kill(os.getpid(), signal.SIGSTOP)
            return found

    options = Options(
        brokers=topic.kafka.brokers,
        topic=topic.names.pictures,
        group=topic.names.group,
        results=topic.results,
        repository=str(places.models()),
        model="digits",
    )
    crew = Crew(options, opener=Slow)
    crew.add(1)
    wait_for(lambda: sum(it["partitions"] for it in crew.ask() if it) == topic.partitions, "none")
    # More than the cluster ever has.
    crew.add(20)
    ids = {topic.feeder.send_relayed("cam", number) for number in range(10)}
    topic.feeder.flush()
    time.sleep(2)
    assert crew.drain()
    assert topic.committed() == 10
    assert topic.read(ids).repeats == 0


def test_a_gateways_sampled_pictures_become_what_the_gateway_found(
    cluster: RayCluster, topic: Topic, drawn: Scenes, tmp_path: Path, need_root: None
) -> None:
    site = Site(tmp_path, topic.kafka, topic.names.topics, drawn)
    try:
        street = site.stream("street", rate=20, pictures=60)
        site.start(camera(street, model="digits", quota=64), every=1)
        site.send_digits(street)
        site.finish_sending()
        customer = site.read(60, pictures=60)
    finally:
        site.close()
    assert len(customer.frames) == 60
    theirs = {record.id: record for record in customer.results}
    relayed = f"relayed-{topic.names.group}"
    topic.kafka.create_topics([relayed])
    command = words(topic, "--until-end", "--address", cluster.address)
    command[command.index(topic.names.pictures)] = topic.names.topics.frames
    command[command.index(topic.results)] = relayed
    done = run(command)
    assert done.returncode == 0, done.stderr
    topic.names = topic.names._replace(topics=topic.names.topics._replace(results=relayed))
    count = topic.read(set(theirs))
    assert (len(count.lost), count.strange, count.repeats) == (0, set(), 0)
    for record in count.results:
        for member in ("classes", "model", "task", "@timestamp", "sensorId", "id"):
            assert record.body[member] == theirs[record.id].body[member]
        assert record.headers == theirs[record.id].headers
        assert record.body["frame"]["sequence"] == theirs[record.id].sequence
    with Engine(places.models(), "digits") as engine:
        for frame in customer.frames:
            found = engine.run_json([frame.value])[0].partition("},")[2][:-1]
            assert any(found.encode() in record.value for record in count.results)


def test_the_command_says_how_it_goes_and_ends_well(cluster: RayCluster, topic: Topic, tmp_path):
    ids = {topic.feeder.send_relayed(f"cam{n % 5}", n) for n in range(300)}
    topic.feeder.send("cam0", b"no picture")
    topic.feeder.flush()
    out = tmp_path / "out"
    with out.open("wb") as stdout:
        command = Process(
            words(topic, "--workers", 2, "--batch", 5, "--json", "--address", cluster.address),
            tmp_path / "log",
            stdout=stdout.fileno(),
        )
        count = topic.read(ids)
        wait_for(lambda: topic.committed() == 301, "not everything is committed")
        command.signal(signal.SIGTERM)
        assert command.wait(30) == 0, command.text()
    assert (len(count.lost), count.strange, count.repeats) == (0, set(), 0)
    summary = json.loads(out.read_text())
    assert (summary["results"], summary["bad"]) == (300, {"jpeg_bad": 1})
    assert (summary["workers"], summary["restarts"]) == (2, 0)
    assert "jpeg_bad: Its JPEG headers are malformed." in command.text()
    assert "300 results of 2 workers" in command.text()


def test_what_is_wrong_is_said_in_a_line(cluster: RayCluster, topic: Topic, tmp_path: Path) -> None:
    def line(*more: object, **environment: str) -> str:
        done = run(words(topic, "--address", cluster.address, *more), **environment)
        assert done.returncode == 1, done.stderr
        return done.stderr

    assert "topic: the brokers have no topic nowhere: create it" in line("--topic", "nowhere")
    assert "results: the brokers have no topic nowhere" in line("--results", "nowhere")
    said = line("--property", "sasl.pasword=hunter2")
    assert "sasl.pasword" in said
    assert "hunter2" not in said
    assert "model nothing: it is not in the repository" in line("--model", "nothing")
    (tmp_path / "ray.py").write_text("raise ModuleNotFoundError('no', name='ray')\n")
    path = f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}"
    assert line(PYTHONPATH=path) == "framegate.ray: ray is missing: pip install 'framegate[ray]'\n"
    begin = time.monotonic()
    assert "Ray: no cluster answers at 127.0.0.1:1: " in line("--address", "127.0.0.1:1")
    # Ray itself tries for minutes.
    assert time.monotonic() - begin < 60
    topic.kafka.deny(ResourceType.TOPIC, topic.results, AclOperation.DESCRIBE)
    assert f"{topic.results}: Broker: Topic authorization failed: the brokers must" in line()
    done = run(words(topic, "--batch", "0"))
    assert done.returncode == 2
    assert "batch must be 1 to 4096" in done.stderr


def test_a_topic_of_transactions_has_an_end(cluster: RayCluster, topic: Topic) -> None:
    """Behind the last record of a partition is a mark that is none."""
    writer = Producer({"bootstrap.servers": topic.kafka.brokers, "transactional.id": "writer"})
    writer.init_transactions(30)
    for end in (writer.commit_transaction, writer.abort_transaction):
        writer.begin_transaction()
        for number in range(12):
            writer.produce(topic.names.pictures, picture(number), f"cam{number}")
        writer.flush(30)
        end(30)
    done = run(words(topic, "--until-end", "--json", "--address", cluster.address))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"] == 12


def test_a_wrong_password_is_said_in_a_line(topic: Topic, tmp_path: Path) -> None:
    kafka = SecureKafka(tmp_path / "kafka", "right")
    kafka.start()
    try:
        (tmp_path / "secrets").write_text(
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
            f"sasl.username={USER}\nsasl.password=wrong\n"
            f"ssl.ca.location={kafka.folder}/ca.crt\n"
            f"ssl.certificate.location={kafka.folder}/client.crt\n"
            f"ssl.key.location={kafka.folder}/client.key\n"
        )
        at = ("--brokers", f"127.0.0.1:{kafka.secure}", "--properties", tmp_path / "secrets")
        done = run(words(topic, *at))
        assert done.returncode == 1, done.stderr
        assert "uthentication failed" in done.stderr
        assert "look at the properties" in done.stderr
        assert "wrong" not in done.stderr
        given = dict(it.split("=", 1) for it in (tmp_path / "secrets").read_text().splitlines())
        options = Options(
            brokers=at[1],
            topic=topic.names.pictures,
            group=topic.names.group,
            repository=str(places.models()),
            model="digits",
            properties=given,
        )
        worker = Worker("worker", options)
        wait_for(lambda: worker.facts()["trouble"] is not None, "nobody is told")
        time.sleep(3)
        assert "do not let the worker in" in worker.facts()["trouble"]
        worker.drain()
    finally:
        kafka.kill()


def test_brokers_that_do_not_answer_are_waited_for(tmp_path: Path, topic: Topic) -> None:
    command = Process(words(topic, "--brokers", "127.0.0.1:1"), tmp_path / "log")
    wait_for(lambda: "no broker of 127.0.0.1:1 answers: waiting" in command.text(), "silence")
    command.signal(signal.SIGINT)
    assert command.wait(20) == 0


def test_a_column_of_pictures_becomes_columns_of_findings(cluster: RayCluster) -> None:
    rows = [{"bytes": picture(n), "name": n} for n in range(8)] + [{"bytes": b"no", "name": 8}]
    found = ray.data.from_items(rows).map_batches(
        Findings,
        fn_constructor_args=(places.models(), "digits"),
        batch_format="pyarrow",
        batch_size=4,
        concurrency=1,
    )
    by_name = {row["name"]: row for row in found.take_all()}
    with Engine(places.models(), "digits") as engine:
        for n in range(8):
            assert by_name[n]["record"] == engine.run_json([picture(n)])[0]
    assert by_name[8]["error"] == "jpeg_bad"
    assert records.cause(by_name[8]["record"]) == "jpeg_bad"


def test_findings_say_what_batches_they_take() -> None:
    pa = pytest.importorskip("pyarrow")
    findings = Findings(places.models(), "digits", column="jpeg")
    with pytest.raises(TypeError, match="batch_format='pyarrow'"):
        findings({"jpeg": [picture(0)]})
    with pytest.raises(ValueError, match="there is no column jpeg"):
        findings(pa.table({"bytes": [picture(0)]}))
    with pytest.raises(ValueError, match="give a prefix="):
        findings(pa.table({"jpeg": [picture(0)], "width": [1]}))
    prefixed = Findings(places.models(), "digits", column="jpeg", prefix="found_")
    table = prefixed(pa.table({"jpeg": [picture(0)], "width": [1]}))
    assert table.column_names[:3] == ["jpeg", "width", "found_error"]
