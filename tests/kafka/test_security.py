"""A real Apache Kafka that wants TLS with a client certificate, SCRAM and rights."""

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from testbed import places
from testbed.consumer import Customer
from testbed.gateway import Gateway, Topics
from testbed.secure_kafka import USER, SecureKafka, make_authority
from testbed.sink_run import SinkRun, sequences
from testbed.worker import PARTITIONS, Feeder, Names, committed, configuration

PASSWORD = "correct-horse-battery"
WRONG = "wrong-horse"
CAMERAS = ("gate", "yard")
# What the source says when it has read its files anew.
AGAIN = "a new client reads on"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """A broker that lets in who it knows."""
    try:
        kafka = SecureKafka(tmp_path_factory.mktemp("secure"), PASSWORD)
    except places.NotThere as missing:
        pytest.skip(str(missing))
    kafka.start()
    yield kafka
    kafka.kill()


def _topics(secure: SecureKafka) -> Topics:
    """Two that the gateway may write to and the customer may read."""
    topics = Topics.unique()
    secure.create_topics(topics)
    for topic in topics:
        secure.grant("ANONYMOUS", topic)
    secure.grant(USER, topics.results)
    return topics


def _run(
    secure: SecureKafka, folder: Path, topics: Topics, password: str = PASSWORD, **changed: str
) -> SinkRun:
    """The sink, which has its password from a file."""
    secret = folder / "password"
    secret.write_text(password + "\n")
    files = {
        "ssl.ca.location": str(secure.folder / "ca.crt"),
        "ssl.certificate.location": str(secure.folder / "client.crt"),
        "ssl.key.location": str(secure.folder / "client.key"),
    }
    return SinkRun(
        folder,
        secure,
        100,
        200,
        topics=topics,
        port=secure.secure,
        properties={
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": USER,
            "sasl.password": {"file": str(secret)},
        }
        | files
        | {name.replace("_", "."): value for name, value in changed.items()},
    )


def _refused(run: SinkRun, topics: Topics, words: str) -> None:
    """It says what is wrong and tells no password; then it is ended."""
    run.wait_for(f"kafka.{topics.results}.down: ", 60)
    run.wait_for(words, 60)
    text = run.process.text()
    run.process.kill()
    assert PASSWORD not in text
    assert WRONG not in text


def test_records_arrive_encrypted_and_with_rights_alone(
    secure: SecureKafka, tmp_path: Path
) -> None:
    topics = _topics(secure)
    run = _run(secure, tmp_path, topics)
    # It may write results, and pictures not yet: they wait.
    run.wait_for(f"grant Write and Describe on the topic {topics.frames}", 60)
    secure.grant(USER, topics.frames)
    counts = run.counts()
    customer = run.read(200, 20)
    for camera in ("cam0", "cam1"):
        assert counts[camera]["delivered"] == 100
        assert counts[camera]["drops"] == {}
        assert list(dict.fromkeys(sequences(customer.of(camera)))) == list(range(100))
        pictures = dict.fromkeys(sequences(customer.pictures_of(camera)))
        assert list(pictures) == list(range(0, 100, 10))
    assert PASSWORD not in run.process.text()


def test_a_wrong_password_is_a_clear_state(secure: SecureKafka, tmp_path: Path) -> None:
    topics = _topics(secure)
    _refused(_run(secure, tmp_path, topics, WRONG), topics, "Authentication failed")


def test_a_wrong_authority_is_a_clear_state(secure: SecureKafka, tmp_path: Path) -> None:
    topics = _topics(secure)
    make_authority(tmp_path, "other")
    run = _run(secure, tmp_path, topics, ssl_ca_location=str(tmp_path / "other.crt"))
    _refused(run, topics, "certificate verify failed")


def test_a_certificate_is_changed_under_the_running_gateway(
    secure: SecureKafka, tmp_path: Path
) -> None:
    """Nobody is let in with another one, which shows that it is the certificate that counts."""
    topics = _topics(secure)
    secure.grant(USER, topics.frames)
    make_authority(tmp_path, "mine")
    run = _run(
        secure,
        tmp_path,
        topics,
        ssl_certificate_location=str(tmp_path / "mine.crt"),
        ssl_key_location=str(tmp_path / "mine.key"),
    )
    run.wait_for(f"kafka.{topics.results}.down: ", 60)
    for end in ("crt", "key"):
        shutil.copy(secure.folder / f"client.{end}", tmp_path / f"mine.{end}")
    counts = run.counts()
    assert counts["cam0"]["delivered"] == 100
    assert counts["cam0"]["drops"] == {}
    assert len(run.read(200, 20).results) >= 200


def test_a_bench_takes_certificates_and_password_from_a_configuration(secure, tmp_path):
    (tmp_path / "password").write_text(PASSWORD + "\n")
    files = {
        "ssl.ca.location": secure.folder / "ca.crt",
        "ssl.certificate.location": secure.folder / "client.crt",
        "ssl.key.location": secure.folder / "client.key",
    }
    values = {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"} | files
    properties = [{"name": name, "value": str(value)} for name, value in values.items()]
    properties.append({"name": "sasl.username", "value": USER})
    properties.append({"name": "sasl.password", "file": str(tmp_path / "password")})
    kafka = {"brokers": f"127.0.0.1:{secure.secure}", "properties": properties}
    # JSON is YAML, too.
    (tmp_path / "gateway.yaml").write_text(json.dumps({"kafka": kafka}))
    command = [places.gwctl(), "bench", "kafka", "--config", tmp_path / "gateway.yaml"]
    command += ["--output", tmp_path / "out", "--messages", "500", "--partitions", "2"]
    command += ["--consumers", "2", "--scenarios", "together", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    book = json.loads(done.stdout)
    assert book["plan"]["brokers"] == kafka["brokers"]
    assert len(book["cells"]) == 1
    assert PASSWORD not in done.stdout

    (tmp_path / "password").write_text(WRONG + "\n")
    command[command.index(tmp_path / "out")] = tmp_path / "wrong"
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "the brokers do not let this client in" in done.stderr
    assert "uthentication" in done.stderr
    assert WRONG not in done.stderr


class Desk:
    """Who sends commands by the port that wants nothing, and reads the answers."""

    def __init__(self, secure: SecureKafka, gateway: str) -> None:
        number = uuid.uuid4().hex[:8]
        self.commands, self.replies = f"commands-{number}", f"replies-{number}"
        secure.create_topics([self.commands, self.replies])
        self._gateway = gateway
        self._producer = Producer({"bootstrap.servers": secure.brokers})
        self._customer = Customer(secure.brokers, Topics(self.replies, f"none-{number}"))

    def wait_for_an_answer(self) -> None:
        """Asks until there is one: a group that is new hears what comes after it is there."""
        before = len(self._customer.results)
        end = time.monotonic() + 60
        while len(self._customer.results) == before:
            assert time.monotonic() < end
            self._producer.produce(
                self.commands,
                b'{"method": "GET", "path": "version"}',
                self._gateway,
                headers={
                    "ce_specversion": "1.0",
                    "ce_type": "com.framegate.command.v1",
                    "ce_source": "/desk",
                    "ce_id": str(uuid.uuid4()),
                },
            )
            self._producer.flush(5)
            self._customer.poll(0.5)

    def close(self) -> None:
        """Reads no more."""
        self._customer.close()


def _replace(file: Path, text: str) -> None:
    """As whoever renews a secret does: the file is another one, at once."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(file)


def _wait_until_read(gateway: Gateway, times: int) -> None:
    """The source has read its files so many times since its start."""
    gateway.wait_until(
        lambda: gateway.log().count(AGAIN) >= times, 60, "the file is not read again"
    )


def test_commands_and_the_source_go_on_with_a_renewed_password(
    secure: SecureKafka, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text(WRONG + "\n")
    properties = [
        {"name": "security.protocol", "value": "SASL_SSL"},
        {"name": "sasl.mechanism", "value": "SCRAM-SHA-512"},
        {"name": "sasl.username", "value": USER},
        {"name": "sasl.password", "file": str(secret)},
        {"name": "ssl.ca.location", "value": str(secure.folder / "ca.crt")},
        {"name": "ssl.certificate.location", "value": str(secure.folder / "client.crt")},
        {"name": "ssl.key.location", "value": str(secure.folder / "client.key")},
    ]
    names = Names.unique()
    secure.create_topics([*names.topics, names.pictures], PARTITIONS)
    desk = Desk(secure, "renewed")
    told = configuration(f"127.0.0.1:{secure.secure}", names, "renewed", properties=properties)
    told["kafka"]["properties"] = properties
    told["kafka"]["commands"] = {"topic": desk.commands, "replies": desk.replies}
    gateway = Gateway(told)
    feeder = Feeder(secure.brokers, names.pictures)
    customer = Customer(secure.brokers, names.topics)
    try:
        gateway.start()
        feeder.send_pictures(CAMERAS, 10)
        gateway.wait_until(
            lambda: "uthentication" in json.dumps(gateway.status()), 60, "nobody is let in"
        )
        _replace(secret, PASSWORD + "\n")
        assert customer.read_until(lambda it: len(it.results) >= feeder.sent, 60), gateway.log()
        desk.wait_for_an_answer()

        # And while all is well, which must not be noticed.
        for time_of in (2, 3):
            feeder.send_pictures(CAMERAS, 20)
            _replace(secret, PASSWORD + "\n")
            _wait_until_read(gateway, time_of)
            feeder.send_pictures(CAMERAS, 20)
            assert customer.read_until(lambda it: len(it.results) >= feeder.sent, 60)
            desk.wait_for_an_answer()
        gateway.wait_until(
            lambda: committed(secure.brokers, names, PARTITIONS) == feeder.sent,
            60,
            "not all is committed",
        )
        # Each picture once, for what was on its way was committed before another client read on.
        assert len(customer.results) == feeder.sent
        assert gateway.log().count("commands are heard with the files as they are now") >= 2
        assert gateway.ask("audit")["balanced"] is True
        assert PASSWORD not in gateway.log()
        assert gateway.stop() <= 5
    finally:
        customer.close()
        desk.close()
        gateway.remove()


def test_a_file_that_cannot_be_read_leaves_those_who_read_it(
    secure: SecureKafka, tmp_path: Path
) -> None:
    secret = tmp_path / "linger"
    secret.write_text("5\n")
    # One whose value has to be a number.
    properties = [{"name": "fetch.wait.max.ms", "file": str(secret)}]
    names = Names.unique()
    secure.create_topics([*names.topics, names.pictures], PARTITIONS)
    gateway = Gateway(configuration(secure.brokers, names, "kept", properties=properties))
    feeder = Feeder(secure.brokers, names.pictures)
    customer = Customer(secure.brokers, names.topics)
    try:
        gateway.start()
        _replace(secret, "many\n")
        gateway.wait_until(lambda: "as they were: " in gateway.log(), 60, "it is not told")
        feeder.send_pictures(CAMERAS, 10)
        assert customer.read_until(lambda it: len(it.results) >= feeder.sent, 60)
        assert gateway.log().count("as they were: ") == 1
        _replace(secret, "20\n")
        gateway.wait_until(lambda: AGAIN in gateway.log(), 60, "it is not tried again")
        feeder.send_pictures(CAMERAS, 10)
        assert customer.read_until(lambda it: len(it.results) >= feeder.sent, 60)
    finally:
        customer.close()
        gateway.remove()
