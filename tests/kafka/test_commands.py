"""Commands of a topic: a whole gateway carries them out by its API, and answers on another."""

import copy
import json
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from testbed import places, stopping
from testbed.api import Api
from testbed.consumer import Customer, Record
from testbed.gateway import Gateway, Topics, configuration
from testbed.kafka import Kafka
from testbed.kafka_admin import KafkaAdmin
from testbed.kafka_cluster import BROKERS, KafkaCluster
from testbed.netns import CameraNet
from testbed.worker import committed_of


class Desk:
    """Who tells a gateway what to do."""

    def __init__(
        self,
        kafka: KafkaAdmin,
        port: str,
        linger_ms: int = 5,
        properties: Mapping[str, str] | None = None,
        model: str | None = None,
        repository: Path | None = None,
        led_by: int | None = None,
        name: str | None = None,
        longest: int | None = None,
        **more: object,
    ) -> None:
        """`longest`: of the answers that their topic takes, in bytes."""
        number = uuid.uuid4().hex[:8]
        self.port = port
        self.name = name or f"gw-{number}"
        self.topics = Topics.unique()
        self.commands, self.replies = f"commands-{number}", f"replies-{number}"
        names = [*self.topics, self.commands]
        if led_by is None:
            kafka.create_topics(names)
            limit = {"max.message.bytes": str(longest)} if longest else {}
            kafka.create_topics([self.replies], settings=limit)
        else:
            kafka.create_topics([*names, self.replies], partitions=1, led_by=led_by)
        self._brokers = kafka.brokers
        self._sent = 0
        cameras = [{"name": "door", "source": "10.0.0.10", "destination": "10.0.0.2", "port": 5010}]
        told = configuration(port, cameras, kafka.brokers, self.topics)
        told["gateway"]["name"] = self.name
        if model and repository:
            cameras[0]["model"] = model
            told["accel"]["repository"] = str(repository)
        set_to = {"linger.ms": str(linger_ms)} | dict(properties or {})
        told["kafka"]["properties"] = [{"name": it, "value": set_to[it]} for it in set_to]
        told["kafka"]["commands"] = {"topic": self.commands, "replies": self.replies, **more}
        self.gateway = Gateway(told)
        self.gateway.start()
        # Who asks does not wait for a minute for a broker that stands still, either.
        # Once each, though: all that was sent is counted.
        self._producer = Producer(
            {
                "bootstrap.servers": kafka.brokers,
                "socket.timeout.ms": 3000,
                "enable.idempotence": True,
            }
        )
        self._customer = Customer(kafka.brokers, Topics(self.replies, self.topics.frames))
        # A group that is new hears what comes after it is there.
        self._wait_until_heard()

    def _wait_until_heard(self) -> None:
        end = time.monotonic() + 60
        number = 0
        while not self._customer.results:
            assert time.monotonic() < end, self.gateway.log()
            self.send("GET", "version", id=f"knock-{number}")
            number += 1
            self._customer.poll(0.5)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        id: str | None = None,  # noqa: A002
        key: str | None = None,
        age: float = 0,
        value: bytes | None = None,
        **headers: str,
    ) -> str:
        """Sends one; returns its id."""
        id = id or str(uuid.uuid4())  # noqa: A001
        asked = {"method": method, "path": path} | ({} if body is None else {"body": body})
        self._producer.produce(
            self.commands,
            value if value is not None else json.dumps(asked).encode(),
            key or self.name,
            timestamp=int((time.time() - age) * 1000),
            headers={
                "ce_specversion": "1.0",
                "ce_type": "com.framegate.command.v1",
                "ce_source": "/desk",
                "ce_id": id,
                **headers,
            },
        )
        assert self._producer.flush(60) == 0
        self._sent += 1
        return id

    def answers(self, id: str) -> list[Record]:  # noqa: A002
        """What has been answered to one so far."""
        return [it for it in self._customer.results if it.headers["ce_commandid"] == id]

    def wait(self, id: str, count: int = 1) -> Record:  # noqa: A002
        """Waits for so many answers to one; returns the last."""
        if not self._customer.read_until(lambda _: len(self.answers(id)) >= count, 60):
            raise AssertionError(self.gateway.log()[-3000:])
        return self.answers(id)[-1]

    def ask(self, *arguments: Any, **more: Any) -> tuple[int, Any]:
        """Sends one and waits for the answer: its status and body."""
        body = self.wait(self.send(*arguments, **more)).body
        return body["status"], body["body"]

    def facts(self) -> dict[str, Any]:
        """What the service says of itself."""
        with Api(self.gateway.socket) as api:
            services = api.get("services")["services"]
        return next(it["facts"] for it in services if it["service"] == "commands")

    def all_is_committed(self) -> bool:
        """Whether the gateway has said to be done with all that was sent, which has one key."""
        return committed_of(self._brokers, f"framegate-commands-{self.name}", self.commands) == (
            self._sent
        )

    def close(self) -> None:
        """Takes the gateway away."""
        self._customer.close()
        self.gateway.remove()


@pytest.fixture
def net(need_root: None) -> Iterator[CameraNet]:
    """A network for the gateway's port."""
    made = CameraNet()
    yield made
    made.remove()


@pytest.fixture
def desk(shared_broker: Kafka, net: CameraNet) -> Iterator[Desk]:
    """Somebody who may all."""
    made = Desk(shared_broker, net.port, role="admin")
    yield made
    made.close()


def _new(name: str, number: int) -> dict[str, object]:
    return {
        "name": name,
        "source": f"10.0.0.{number}",
        "destination": "10.0.0.2",
        "port": 5000 + number,
    }


def test_commands_do_what_the_api_does(desk: Desk) -> None:
    status, body = desk.ask("GET", "/api/v1/status")
    assert (status, body["name"]) == (200, desk.name)
    assert desk.ask("POST", "cameras/door/sample")[0] in (200, 202)
    assert desk.ask("POST", "cameras", _new("yard", 20))[0] in (200, 201)
    assert {it["name"] for it in desk.gateway.ask("camera", "list")["cameras"]} == {"door", "yard"}
    assert desk.ask("PATCH", "cameras/yard", {"quota": 3})[0] == 200
    assert desk.ask("DELETE", "cameras/yard")[0] in (200, 204)
    # What the API refuses is an answer too, in its words.
    status, body = desk.ask("DELETE", "cameras/nobody")
    assert (status, body["error"]["code"]) == (404, "not_found")
    assert desk.ask("POST", "models/nothing/rollback")[0] == 404
    log = desk.gateway.log()
    assert "POST /api/v1/cameras by command " in log
    assert "of /desk: 201" in log or "of /desk: 200" in log
    assert desk.gateway.stop() <= 5


def test_an_answer_says_what_it_is_the_answer_to(desk: Desk) -> None:
    command = desk.send("GET", "version")
    answer = desk.wait(command)
    assert answer.key == desk.name
    assert answer.headers["ce_type"] == "com.framegate.reply.v1"
    assert answer.headers["ce_source"] == f"/gateways/{desk.name}"
    assert answer.headers["ce_commandid"] == command
    assert answer.headers["ce_commandsource"] == "/desk"
    assert answer.headers["content-type"] == "application/json"


def test_a_command_that_comes_again_is_carried_out_once(desk: Desk) -> None:
    command = desk.send("POST", "cameras", _new("yard", 20))
    first = desk.wait(command)
    desk.send("POST", "cameras", _new("yard", 20), id=command)
    again = desk.wait(command, 2)
    # A second time it would be refused: there is one of that name.
    assert again.value == first.value
    assert first.body["status"] in (200, 201)
    assert again.id != first.id
    # It is counted when it has been answered.
    desk.gateway.wait_until(lambda: desk.facts()["repeated"] == 1, 60, "it is not counted")
    # The same number from somebody else is another command.
    desk.send("POST", "cameras", _new("yard", 20), id=command, ce_source="/other")
    assert desk.wait(command, 3).body["status"] == 409


def _gets_a_short_answer(desk: Desk) -> None:
    """To what would be said at length; and the same to one that comes again."""
    command = desk.send("GET", "drops")
    answer = desk.wait(command)
    assert answer.body["status"] == 413
    error = answer.body["body"]["error"]
    assert error["code"] == "answer_too_large"
    assert "answered with 200, by " in error["message"]
    assert desk.replies in error["message"]
    desk.send("GET", "drops", id=command)
    assert desk.wait(command, 2).value == answer.value
    assert desk.ask("GET", "version")[0] == 200
    assert desk.facts()["shortened"] == 1
    assert desk.facts()["unanswered"] == 0


def test_an_answer_that_the_client_does_not_take_comes_short(
    shared_broker: Kafka, net: CameraNet
) -> None:
    desk = Desk(shared_broker, net.port, properties={"message.max.bytes": "4000"})
    try:
        _gets_a_short_answer(desk)
    finally:
        desk.close()


def test_an_answer_that_its_topic_does_not_take_comes_short(
    shared_broker: Kafka, net: CameraNet
) -> None:
    desk = Desk(shared_broker, net.port, longest=1500)
    try:
        _gets_a_short_answer(desk)
    finally:
        desk.close()


def test_what_is_wrong_old_or_for_others_changes_nothing(desk: Desk) -> None:
    other = desk.send("DELETE", "cameras/door", key="gw2")
    strange = desk.send("DELETE", "cameras/door", ce_type="com.example.thing")
    assert desk.ask("DELETE", "cameras/door", age=3600)[0] == 408
    status, body = desk.ask("DELETE", "cameras/door", age=-1800)
    assert (status, body["error"]["code"]) == (400, "bad_request")
    assert "ahead of this gateway's clock" in body["error"]["message"]
    status, body = desk.ask("", "", value=b'{"method": "DELETE"}')
    assert (status, body["error"]["code"]) == (400, "bad_request")
    assert desk.ask("", "", value=b"\xff\x00")[0] == 400
    assert desk.answers(other) + desk.answers(strange) == []
    assert [it["name"] for it in desk.gateway.ask("camera", "list")["cameras"]] == ["door"]
    assert desk.facts()["refused"] == 4


def test_sampling_is_set_by_a_command(desk: Desk) -> None:
    told = copy.deepcopy(desk.gateway.configuration)
    told["kafka"]["frames"]["every"] = 7
    told["kafka"]["frames"]["seconds"] = 3
    status, said = desk.ask("POST", "config/commit", {"text": json.dumps(told)})
    assert status == 200, said
    paths = {it["path"] for it in said["differences"]}
    assert paths == {"kafka.frames.every", "kafka.frames.seconds"}
    frames = desk.gateway.ask("config", "show")["kafka"]["frames"]
    assert (frames["every"], frames["seconds"]) == (7, 3)


def test_a_model_is_rolled_out_and_back_by_commands(
    shared_broker: Kafka, net: CameraNet, tmp_path: Path
) -> None:
    shutil.copytree(places.models() / "digits" / "1", tmp_path / "digits" / "1")
    desk = Desk(shared_broker, net.port, model="digits", repository=tmp_path)
    try:
        shutil.copytree(tmp_path / "digits" / "1", tmp_path / "digits" / "2")
        status, said = desk.ask("POST", "models/digits/rollout", {"version": 2, "hold_s": 3600})
        assert status == 200, said
        assert said["canary"]["version"] == 2
        status, said = desk.ask("POST", "models/digits/rollback")
        assert status == 200, said
        assert said["canary"] is None
        assert said["stable"]["version"] == 1
    finally:
        desk.close()


def test_a_role_bounds_what_a_topic_may(shared_broker: Kafka, net: CameraNet) -> None:
    desk = Desk(shared_broker, net.port)
    try:
        assert desk.facts()["role"] == "operator"
        assert desk.ask("POST", "cameras/door/sample")[0] in (200, 202)
        status, body = desk.ask("DELETE", "cameras/door")
        assert (status, body["error"]["code"]) == (403, "forbidden")
        assert [it["name"] for it in desk.gateway.ask("camera", "list")["cameras"]] == ["door"]
    finally:
        desk.close()


def test_nobody_reads_a_secret_in_the_topic_of_answers(desk: Desk) -> None:
    secret = (("POST", "tokens"), ("GET", "token-setup"), ("GET", "config/text"), ("GET", "log"))
    for method, path in secret:
        body = {"name": "anna", "role": "admin"} if method == "POST" else None
        status, said = desk.ask(method, path, body)
        assert (status, said["error"]["code"]) == (403, "forbidden")
        assert "the answer is a secret" in said["error"]["message"]


def test_no_answer_has_a_password_of_the_configuration(
    shared_broker: Kafka, net: CameraNet
) -> None:
    password = "nobody-reads-this"
    desk = Desk(shared_broker, net.port, properties={"sasl.password": password}, role="admin")
    try:
        text = json.dumps(desk.gateway.configuration)
        assert password in text
        assert desk.ask("POST", "config/check", {"text": text})[0] == 200
        changed = text.replace(password, f"{password}-2")
        status, said = desk.ask("POST", "config/check", {"text": changed})
        assert any("sasl.password" in it["path"] for it in said["differences"]), (status, said)
        routes = desk.ask("GET", "/api/v1/")[1]["routes"]
        paths = [it["path"] for it in routes if it["method"] == "GET"]
        assert len(paths) > 30
        for path in paths:
            desk.ask("GET", path.replace("{name}", "door"))
        for answer in desk._customer.results:
            assert password not in json.dumps(answer.body), answer.headers
    finally:
        desk.close()


def test_the_last_answer_is_sent_before_the_end(shared_broker: Kafka, net: CameraNet) -> None:
    desk = Desk(shared_broker, net.port, linger_ms=2000, role="admin")
    try:
        command = desk.send("PATCH", "cameras/door", {"quota": 3})
        done = "PATCH /api/v1/cameras/door by command"
        desk.gateway.wait_until(lambda: done in desk.gateway.log(), 60, "it was not done")
        assert desk.gateway.stop() <= 5
        assert desk.wait(command).body["status"] == 200
    finally:
        desk.close()


def test_a_topic_that_is_missing_is_told(shared_broker: Kafka, desk: Desk) -> None:
    def troubles() -> set[str]:
        return {it["id"] for it in desk.gateway.status()["troubles"]}

    shared_broker.delete_topics([desk.commands])
    desk.gateway.stop()
    desk.gateway.start()
    desk.gateway.wait_until(
        lambda: "kafka.commands.unheard" in troubles(), 60, "a missing topic is not told"
    )
    shared_broker.create_topics([desk.commands])
    desk.gateway.wait_until(
        lambda: "kafka.commands.unheard" not in troubles(), 60, "it is told for ever"
    )
    assert desk.ask("GET", "version")[0] == 200


def _hears_when_the_other_is_gone(
    desk: Desk, meanwhile: Callable[[], None], *, keeps_its_place: bool = True
) -> None:
    other_net = CameraNet()
    told = copy.deepcopy(desk.gateway.configuration)
    device = told["interfaces"][0]["device"]
    told["interfaces"][0]["device"] = device.replace(desk.port, other_net.port)
    other = Gateway(told)

    def unheard() -> list[str]:
        troubles = desk.gateway.status()["troubles"]
        return [it["text"] for it in troubles if it["id"] == "kafka.commands.unheard"]

    try:
        other.start()
        desk.gateway.wait_until(lambda: unheard() != [], 60, "the first one does not notice")
        assert f"another gateway named {desk.name} hears the commands" in unheard()[0]
        assert desk.ask("GET", "version")[0] == 200
        meanwhile()
        # It does not take the place from one that has it, at the one look or the next.
        end = time.monotonic() + 12
        while time.monotonic() < end:
            assert unheard() != [] or not keeps_its_place
            stopping.pause(0.5)
        other.kill()
        desk.gateway.wait_until(lambda: unheard() == [], 60, "the first one stays deaf")
        assert desk.ask("GET", "version")[0] == 200
    finally:
        other.remove()
        other_net.remove()
        desk.close()


# The brokers miss one that ends no sooner.
MISSED = {"session.timeout.ms": "6000"}


def test_of_two_with_one_name_the_last_hears_until_it_is_gone(
    shared_broker: Kafka, net: CameraNet
) -> None:
    desk = Desk(shared_broker, net.port, properties=MISSED)
    _hears_when_the_other_is_gone(desk, lambda: None)


@pytest.mark.parametrize("coordinates", [False, True], ids=["leader", "leader-and-coordinator"])
def test_so_it_is_while_a_broker_does_not_answer(
    three_brokers: KafkaCluster, net: CameraNet, coordinates: bool
) -> None:
    """One that leads all topics. Where it knows who hears, too, whoever finds the next one does."""
    name = f"gw-{uuid.uuid4().hex[:8]}"
    coordinator = three_brokers.coordinator(f"framegate-commands-{name}")
    number = coordinator if coordinates else coordinator % BROKERS + 1
    silent = three_brokers.broker(number)
    desk = Desk(three_brokers, net.port, properties=MISSED, led_by=number, name=name)
    try:
        _hears_when_the_other_is_gone(desk, silent.freeze, keeps_its_place=not coordinates)
    finally:
        silent.thaw()


def test_what_was_done_is_not_done_again_after_a_restart(desk: Desk) -> None:
    command = desk.send("POST", "cameras", _new("yard", 20))
    desk.wait(command)
    # The commit is on its way for a moment.
    desk.gateway.wait_until(desk.all_is_committed, 60, "what was done is not committed")
    desk.gateway.kill()
    missed = desk.send("POST", "cameras", _new("gate", 30))
    desk.gateway.start()
    # What came meanwhile is done, and what was done before is not.
    assert desk.wait(missed).body["status"] in (200, 201)
    assert len(desk.answers(command)) == 1
    assert desk.facts()["done"] == 1
