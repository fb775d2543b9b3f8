"""Gateways that nobody can reach are told by a topic of a real Kafka, and answer on another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cloud import TEMPLATE, Cloud, camera, wait
from model_site import ModelSite, route, stable
from test_fleet_apply import states

from testbed import places
from testbed.kafka import Kafka

TOPICS = ("framegate.commands", "framegate.replies", "framegate.results", "framegate.frames")


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Kafka]:
    """With the topics of a fleet."""
    try:
        made = Kafka(tmp_path / "kafka")
    except places.NotThere as missing:
        pytest.skip(str(missing))
    made.start()
    made.create_topics(TOPICS)
    yield made
    made.kill()


@pytest.fixture
def behind(cloud: Cloud, kafka: Kafka) -> Cloud:
    """A cloud whose gateways hear the topic, and of which it knows no address."""
    told = {"brokers": kafka.brokers, "commands": {"role": "admin"}}
    cloud.template = {**TEMPLATE, "kafka": told}
    return cloud


def by_topic(cloud: Cloud) -> None:
    """Has the site say so."""
    file = cloud.folder / "sites/harbour.yaml"
    site = yaml.safe_load(file.read_text())
    cloud.write("sites/harbour.yaml", {**site, "transport": "topic"})


def test_a_change_goes_out_by_the_topic_alone(behind: Cloud, kafka: Kafka) -> None:
    cloud = behind
    for name in ("gw1", "gw2"):
        cloud.edge(name)
    cloud.settle(topic={"brokers": kafka.brokers}, timeout=20)
    cloud.site(gw1=[camera("door", 1)], gw2=[camera("gate", 2)])
    by_topic(cloud)
    cloud.commit()
    assert cloud.well("check")["not_enrolled"] == []
    said = cloud.well("apply")
    assert states(said) == {"gw1": "confirmed", "gw2": "confirmed"}
    assert [edge.cameras() for edge in cloud.edges] == [["door"], ["gate"]]
    # There is no other way: nobody has a token.
    assert not cloud.tokens.exists()
    assert cloud.well("apply")["what"] == "nothing"

    # One is off; the other one is killed with its apply, and goes on with it.
    cloud.edges[1].stop()
    cloud.write(
        "fleet.yaml", {**yaml.safe_load((cloud.folder / "fleet.yaml").read_text()), "timeout": 10}
    )
    cloud.site(gw1=[camera("yard", 3)], gw2=[camera("yard", 4)])
    by_topic(cloud)
    cloud.commit()
    cloud.kill_when(cloud.edges[0].unconfirmed, "apply")
    assert states(cloud.well("apply")) == {"gw1": "confirmed"}
    cloud.edges[1].start()
    # It is one of its group again when it was heard.
    wait(lambda: "gw2: away" not in cloud.run("plan").stdout, cloud.edges[1].process.text)
    assert states(cloud.well("apply")) == {"gw1": "same", "gw2": "confirmed"}
    assert cloud.edges[1].cameras() == ["yard"]


def test_brokers_that_are_away_and_a_role_that_is_too_little_are_said(
    behind: Cloud, kafka: Kafka
) -> None:
    cloud = behind
    told = {**cloud.template["kafka"], "commands": {"role": "operator"}}
    cloud.template = {**cloud.template, "kafka": told}
    cloud.edge("gw1")
    cloud.settle()
    assert "fleet.yaml says no `topic`" in cloud.wrong("plan", "--by-topic")
    fleet = yaml.safe_load((cloud.folder / "fleet.yaml").read_text())
    cloud.write("fleet.yaml", {**fleet, "topic": {"brokers": kafka.brokers}, "timeout": 10})
    cloud.commit()
    said = cloud.wrong("plan", "--by-topic")
    assert "gw1: refused: " in said
    assert "admin" in said
    kafka.kill()
    said = cloud.wrong("plan", "--by-topic")
    assert f"Kafka at {kafka.brokers}: " in said
    assert said.count("\n") == 1


def test_a_version_goes_out_by_the_topic_and_its_files_by_http(
    behind: Cloud, kafka: Kafka, tmp_path: Path
) -> None:
    cloud = behind
    here = ModelSite(cloud, tmp_path, 1)
    try:
        here.settle({"version": 1}, topic={"brokers": kafka.brokers}, timeout=20)
        here.add("gate:2", "good")
        here.wish({"version": 2})
        by_topic(cloud)
        cloud.commit("by the topic")
        cloud.well("publish")
        here.courier(cloud.edges[0])
        assert states(cloud.well("apply")) == {"gw1": "confirmed"}
        assert stable(cloud.edges[0]) == 2
        assert route(cloud.edges[0])["last"]["completed"] is True
    finally:
        here.close()
