"""Many gateways become a fleet by one command, and what runs already a site as it is."""

from typing import Any

import pytest
import yaml
from cloud import Cloud, Edge, camera

from framegate_fleet import consoles
from framegate_fleet.adoption import Draft, fill
from framegate_fleet.mistakes import Failure

FINGERPRINT = ":".join(["AB"] * 32)
TOKEN = "fg_" + "0" * 64


def line(edge: Edge, **more: str) -> str:
    """As its console shows it."""
    said = {"name": edge.name, "address": edge.address, "token": edge.set_up_token, **more}
    fingerprint = more.get("fingerprint", edge.fingerprint)
    return f"{said['name']} {said['address']} {fingerprint} {said['token']}\n"


def test_lines_are_told_apart_by_how_they_look() -> None:
    text = f"# north\n\n{TOKEN} gw1, 10.0.0.1:8443 {FINGERPRINT.lower()}\n"
    assert consoles.read(text) == [consoles.Line(3, "gw1", "10.0.0.1:8443", FINGERPRINT, TOKEN)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no line: each is NAME HOST:PORT FINGERPRINT TOKEN"),
        (f"gw1 h:1 {FINGERPRINT}", "line 1: no token"),
        (f"\nh:1 {FINGERPRINT} {TOKEN}", "line 2: no name"),
        (f"gw1 h:1 h:2 {FINGERPRINT} {TOKEN}", "line 1: more than one address: h:1 and h:2"),
        (f"gw1 h:1 {FINGERPRINT} {TOKEN} {TOKEN}", "line 1: more than one token"),
        (f"gw/1 h:1 {FINGERPRINT} {TOKEN}", "one word is neither a name"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_by_its_number(text: str, why: str) -> None:
    with pytest.raises(Failure) as failure:
        consoles.read(text)
    assert why in str(failure.value)
    # What may be one stands in no log.
    assert TOKEN not in str(failure.value)


def test_many_are_enrolled_by_one_command_and_the_rest_by_the_same_one(cloud: Cloud) -> None:
    edges = [cloud.edge(f"gw{number}") for number in (1, 2, 3)]
    cloud.settle()
    before = cloud.git("rev-parse", "HEAD")
    good = [line(edge) for edge in edges]

    # Mistakes that can be seen from here: nobody was asked.
    for wrong, why in (
        (line(edges[1], name="gw9"), "line 2: no site has a gateway gw9"),
        (line(edges[1], name="gw1"), "line 2: the name of line 1 once more: gw1"),
        (line(edges[1], address=edges[0].address), "line 2: the address of line 1 once more"),
    ):
        said = cloud.run("enrol", "--from", "-", text=good[0] + wrong)
        assert said.returncode == 1
        assert why in said.stderr
        assert "nothing was done" in said.stderr
    assert not cloud.tokens.exists()

    # One that is off, and one that is somebody else: the others are enrolled.
    edges[1].stop()
    other = edges[2].fingerprint[:-2] + ("00" if edges[2].fingerprint[-2:] != "00" else "11")
    lines = [good[0], good[1], line(edges[2], fingerprint=other)]
    said = cloud.run("enrol", "--from", "-", text="".join(lines))
    assert said.returncode == 1
    assert "line 2: gw2 made no token: " in said.stdout
    assert "line 3: gw3 made no token: another certificate" in said.stdout
    assert "gw1 is enrolled" in said.stdout
    assert cloud.git("rev-list", "--count", f"{before.strip()}..HEAD").strip() == "1"

    # The same once more, mended: whose token is there already needs no other one.
    edges[1].start()
    file = cloud.folder.parent / "consoles"
    # The one for the set-up is another one after a start.
    file.write_text(good[0] + line(edges[1]) + good[2])
    said = cloud.well("enrol", "--from", str(file))
    assert said["enrolled"] == ["gw1", "gw2", "gw3"]
    assert sorted(it.stem for it in cloud.tokens.iterdir()) == ["gw1", "gw2", "gw3"]
    assert len(edges[0].json("token", "list")["tokens"]) == 1
    assert "gw1: same" in cloud.run("plan").stdout
    assert cloud.run("enrol", "gw1").returncode == 2
    assert cloud.run("enrol", "--from", "-", "--fingerprint", FINGERPRINT).returncode == 2


def test_what_runs_already_becomes_a_site_as_it_is(cloud: Cloud) -> None:
    edges = [cloud.edge(name) for name in ("north", "south", "west")]
    cloud.settle()
    cloud.write("sites/harbour.yaml", {"template": "standard", "gateways": {}})
    cloud.commit()
    before = cloud.git("rev-parse", "HEAD")
    edges[0].json("camera", "add", "door", "--source", "10.0.0.1", "--destination", "10.0.0.99",
                  "--port", "5001")  # fmt: skip
    # All or nothing.
    lines = [line(edge) for edge in edges]
    edges[2].stop()
    said = cloud.run("enrol", "--adopt", "coast", "--from", "-", text="".join(lines))
    assert said.returncode == 1
    assert "line 3: west made no token" in said.stderr
    assert "no site was made" in said.stderr
    assert cloud.git("rev-parse", "HEAD") == before
    edges[2].start()
    lines[2] = line(edges[2])
    said = cloud.run("enrol", "--adopt", "coast", "--from", "-", text="".join(lines))
    assert said.returncode == 0, said.stderr

    planned = cloud.run("plan")
    assert planned.stdout.splitlines()[:3] == ["north: same", "south: same", "west: same"], planned
    template = yaml.safe_load((cloud.folder / "templates/coast.yaml").read_text())
    assert template["gateway"] == {"name": "${gateway}"}
    text = (cloud.folder / "sites/coast.yaml").read_text()
    assert len([it for it in text.splitlines() if it.startswith("  ")]) == 3
    assert [it["name"] for it in yaml.safe_load(text)["gateways"]["north"]["cameras"]] == ["door"]

    # From now on it is a fleet as any other.
    cloud.write("templates/coast.yaml", {**template, "log": {"level": "debug", "to": "stderr"}})
    cloud.commit()
    assert {it["state"] for it in cloud.well("apply")["gateways"].values()} == {"confirmed"}
    said = cloud.run("enrol", "--adopt", "coast", "--from", "-", text=lines[0])
    assert "has gateways already: name another SITE" in said.stderr


def test_a_secret_of_a_gateway_does_not_get_into_the_repository(cloud: Cloud) -> None:
    secret = {"name": "sasl.password", "value": "hush"}
    cloud.template = {**cloud.template, "kafka": {"backend": "null", "properties": [secret]}}
    edge = cloud.edge("north")
    cloud.settle()
    cloud.write("sites/harbour.yaml", {"template": "standard", "gateways": {}})
    cloud.write("templates/standard.yaml", {})
    cloud.commit()
    said = cloud.run("enrol", "--adopt", "coast", "--from", "-", text=line(edge))
    assert said.returncode == 1
    assert "kafka.properties.0: sasl.password stands in its configuration" in said.stderr
    assert "hush" not in said.stderr
    assert not (cloud.folder / "templates/coast.yaml").exists()


def test_what_differs_alike_is_one_variable() -> None:
    def config(name: str, lan: str, level: str, ports: list[int]) -> dict[str, Any]:
        return {
            "gateway": {"name": name},
            "interfaces": [{"name": "lan0", "device": f"net,iface={lan}"}],
            "log": {"level": level},
            "kafka": {"topic": f"results-{name}", "again": level, "ports": ports},
        }

    both = {"a": config("a", "eth0", "info", [1]), "b": config("b", "eth1", "debug", [1, 2])}
    made = Draft.of(both, {name: [camera("door", 1)] for name in both})
    assert made.body == {
        "gateway": {"name": "${gateway}"},
        "interfaces": [{"name": "lan0", "device": "${interfaces_0_device}"}],
        "log": {"level": "${log_level}"},
        "kafka": {
            "topic": "results-${gateway}",
            "again": "${log_level}",
            "ports": "${kafka_ports}",
        },
    }
    site = yaml.safe_load(made.site("s"))
    assert site["cameras"] == [camera("door", 1)]
    assert site["gateways"]["b"] == {
        "variables": {
            "interfaces_0_device": "net,iface=eth1",
            "log_level": "debug",
            "kafka_ports": [1, 2],
        }
    }


def test_what_one_says_is_said_of_all() -> None:
    said = {"a": {"log": {"level": "debug"}}, "b": {}}
    fill(said, {"a": {"log": {"level": "debug", "to": "x"}}, "b": {"log": {"level": "info"}}})
    assert said == {"a": {"log": {"level": "debug"}}, "b": {"log": {"level": "info"}}}
    with pytest.raises(Failure, match=r"kafka.record is said of others, and not of b"):
        fill({"a": {"kafka": {"record": 1}}, "b": {"kafka": {}}}, {"a": {}, "b": {}})
