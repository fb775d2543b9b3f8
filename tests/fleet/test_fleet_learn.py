"""A fleet's model entry says what is learned at sites: its learners are told, and what a site has
learned is left alone."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloud import Cloud, Edge, wait
from model_site import ModelSite, route, stable
from test_fleet_apply import states
from test_fleet_files import write

from framegate_fleet import learners
from framegate_fleet.desired import Gateway
from testbed import places

sys.path.append(str(places.ROOT / "tests/api"))

import rollout_models

DIGITS = (
    'cameras: [{each: 0-2, name: "digit-${each}", source: "10.0.0.1${each}", '
    'destination: 10.0.0.1, port: "50${each}0", shows: "${each}", model: digits}]\n'
)


def files(site: str, top: str = "name: f\n") -> dict[str, str]:
    """A repository of one site."""
    template = "api: {socket: /run/own.sock}\n"
    return {"fleet.yaml": top, "templates/t.yaml": template, "sites/s.yaml": f"template: t\n{site}"}


def test_many_cameras_are_one_line(tmp_path: Path) -> None:
    more = 'cameras: [{each: [a, b], name: "x-${each}", url: "rtsp://${each}/"}]\n'
    fleet, mistakes = write(
        tmp_path, files(DIGITS + "gateways: {one: }\n") | {"groups/g.yaml": more}
    )
    assert mistakes == []
    made = yaml.safe_load(fleet.gateways["one"].text)["cameras"]
    # Numbers are numbers, and what they show is no matter of the gateway.
    assert made[1] == {
        "name": "digit-1",
        "source": "10.0.0.11",
        "destination": "10.0.0.1",
        "port": 5010,
        "model": "digits",
    }
    assert fleet.gateways["one"].cameras == ["digit-0", "digit-1", "digit-2"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{each: 0-x, name: a, url: 'rtsp://h/'}", "cameras.0.each: '0-x' is not valid"),
        ("{each: 1-2, name: a, url: 'rtsp://h/'}", "has a camera a already"),
        ("{name: 'a-${each}', url: 'rtsp://h/'}", "has no variable 'each'"),
        ("{name: a, url: 'rtsp://h/', shows: {rate: 0}}", "cameras.0.shows: "),
    ],
)
def test_a_line_of_cameras_that_makes_no_sense_is_said(tmp_path: Path, line: str, why: str) -> None:
    _, mistakes = write(tmp_path, files(f"cameras: [{line}]\ngateways: {{one: }}\n"))
    assert len(mistakes) == 1, mistakes
    assert mistakes[0].startswith("sites/s.yaml:2: ")
    assert why in mistakes[0]


def test_the_learn_yaml_of_a_site_is_drafted_from_the_entry(tmp_path: Path) -> None:
    top = "name: f\nvariables: {place: /srv}\nmodels: {digits: {learn: {looks: 2}}}\n"
    site = 'models: {digits: {learn: {state: "${place}/${gateway}", choose: {seconds: 60}}}}\n'
    gateways = (
        "gateways:\n  one:\n"
        "  two: {models: {digits: {learn: {looks: 5}}}}\n"
        "  three: {models: {digits: {learn: false}}}\n"
    )
    fleet, mistakes = write(tmp_path, files(DIGITS + site + gateways, top))
    assert mistakes == []
    made = {name: it.learn["digits"] for name, it in fleet.gateways.items()}
    assert made["three"] is None
    assert yaml.safe_load(made["two"])["looks"] == 5
    assert yaml.safe_load(made["one"]) == {
        "model": "digits",
        "gateway": "/run/own.sock",
        "state": "/srv/one",
        "looks": 2,
        "choose": {"seconds": 60},
        "label": {"truth": {"digit-0": "0", "digit-1": "1", "digit-2": "2"}},
    }
    # No version is wished for, and none is taken from the site.
    assert fleet.gateways["one"].models == {}


def test_mistakes_in_what_is_learned_are_said_with_their_line(tmp_path: Path) -> None:
    for said, why in (
        ("learn: {look: 2}", "is not valid under any of the given schemas"),
        ("learn: {looks: 9}", "9 is greater than the maximum of 5"),
        ("learn: {looks: '${none}'}", "gateway one has no variable 'none'"),
        ("learn: true, share: 10%", "nothing says which version gateway one should have"),
    ):
        site = f"{DIGITS}models:\n  digits: {{{said}}}\ngateways: {{one: }}\n"
        _, mistakes = write(tmp_path, files(site))
        assert len(mistakes) == 1, mistakes
        assert mistakes[0].startswith("sites/s.yaml:4: "), mistakes
        assert why in mistakes[0]


@pytest.mark.parametrize(
    ("address", "said", "run"),
    [
        ("127.0.0.1:8443", "", []),
        ("[::1]:8443", "", []),
        ("localhost:8443", "", []),
        ("north.example:8443", "", ["ssh", "-o", "BatchMode=yes", "root@north.example"]),
        ("10.0.0.1:8443", "run: [ssh, 'fleet@${host}', sudo]\n", ["ssh", "fleet@10.0.0.1", "sudo"]),
        ("10.0.0.1:8443", "run: []\n", []),
        ("", "", None),
    ],
)
def test_how_programs_are_run_at_a_gateway(
    tmp_path: Path, address: str, said: str, run: list[str] | None
) -> None:
    made = files(f"{said}gateways: {{one: }}\n")
    if address:
        text = f"address: '{address}'\nfingerprint: {':'.join(['AB'] * 32)}\n"
        made["enrolled/one.yaml"] = text
    fleet, mistakes = write(tmp_path, made)
    assert mistakes == []
    assert fleet.gateways["one"].run == run


def test_a_learner_that_is_away_is_said(tmp_path: Path) -> None:
    there = Gateway("one", "s", [], learn={"digits": "model: digits\n"}, run=[str(tmp_path / "no")])
    assert "its learner: " in learners.tell(there).wrong
    way = tmp_path / "ssh"
    way.write_text('#!/bin/sh\necho "ssh: no route to host" >&2\nexit 255\n')
    way.chmod(0o755)
    there.run = [str(way), "root@one"]
    assert learners.tell(there).wrong == "its learner: ssh: no route to host"


# With real gateways.


@pytest.fixture
def site(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelSite]:
    """Two gateways with a model, and something that takes what learners are told there."""
    programs = tmp_path / "bin"
    programs.mkdir()
    learner = programs / "framegate-learn"
    stand_in = Path(__file__).with_name("taking_learner.py")
    learner.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
    learner.chmod(0o755)
    path = f"{programs}:{cloud.environment['PATH']}"
    monkeypatch.setenv("PATH", path)
    made = ModelSite(cloud, tmp_path, 2)
    made.settle({"version": 1}, run=["env", "FRAMEGATE_LEARN_WISHES=${folder}/wishes"])
    yield made
    made.close()


def learned_there(edge: Edge, folder: Path) -> int:
    """What a learner does at the end: its version takes all pictures. Its number."""
    kind = rollout_models.write(folder / f"learned-{edge.name}", "good")
    text = (kind / "model.yaml").read_text()
    (kind / "model.yaml").write_text(text)
    _touch(kind / "model.onnx")
    number = edge.json("model", "add", str(kind), "--name", "gate")["version"]
    words = ["--steps", "100%", "--hold", "1s", "--min-pictures", "1", "--max-latency", "1000x"]
    edge.json("model", "rollout", "gate", str(number), *words)
    return number


def _touch(file: Path) -> None:
    """Another file, and the same model."""
    import onnx

    model = onnx.load(file)
    model.doc_string = "learned there"
    onnx.save(model, file)


def wishes(edge: Edge) -> dict[str, Any]:
    """What its learner was told."""
    found = (edge.folder / "wishes").glob("*.yaml")
    return {file.stem: yaml.safe_load(file.read_text()) for file in found}


def test_learners_are_told_by_an_apply_and_what_they_learned_stays(
    site: ModelSite, tmp_path: Path
) -> None:
    cloud = site.cloud
    first, second = cloud.edges
    assert wishes(first) == {}
    site.wish({"version": 1, "learn": {"looks": 2}}, gw2={"learn": {"looks": 3}})
    planned = cloud.run("plan")
    assert planned.returncode == 0, planned.stderr
    assert "learn.gate.looks: - -> 2" in planned.stdout
    assert "gw1: 4 differences" in planned.stdout
    assert "gw1" in cloud.wrong("status")
    said = cloud.well("apply")
    assert states(said) == {"gw1": "confirmed", "gw2": "confirmed"}
    assert said["gateways"]["gw1"]["note"] == "its learner is told of gate"
    assert wishes(first)["gate"] == {
        "model": "gate",
        "gateway": str(first.folder / "api.sock"),
        "state": "/var/lib/framegate-learn/gate",
        "looks": 2,
    }
    assert wishes(second)["gate"]["looks"] == 3
    assert cloud.well("apply")["what"] == "nothing"
    assert cloud.well("status")["well"]

    # The first site learns, and the fleet goes on to another version: there it stays.
    own = learned_there(first, tmp_path)
    wait(lambda: stable(first) == own, lambda: str(route(first)))
    assert own == 2
    assert "models.gate: version 2, learned there: it stays" in cloud.run("plan").stdout
    assert cloud.well("status")["gateways"]["gw1"]["kept"]
    site.add("gate:2", "good")
    site.wish({"version": 2, "learn": {"looks": 2}}, gw2={"learn": False})
    cloud.well("publish")
    # Its number is the learned one's: there is nothing to bring there, and nothing wrong.
    for edge in cloud.edges:
        site.courier(edge)
    planned = cloud.run("plan").stdout
    assert "gw1: same\n    models.gate: version 2, learned there: it stays" in planned
    said = cloud.well("apply")
    assert states(said) == {"gw1": "same", "gw2": "confirmed"}
    assert (stable(first), stable(second)) == (own, 2)
    assert route(first)["stable"]["digest"] != route(second)["stable"]["digest"]
    # There nothing learns any more.
    assert wishes(second) == {}

    # Without `learn` the fleet's version takes its place, as it says before.
    site.wish({"version": 1})
    assert "version 2 (learned or added there, not of this repository)" in cloud.run("plan").stdout


def test_a_gateway_whose_learner_cannot_be_told_is_behind(site: ModelSite) -> None:
    cloud = site.cloud
    file = cloud.folder / "fleet.yaml"
    told = yaml.safe_load(file.read_text())
    cloud.write("fleet.yaml", {**told, "run": ["env", "-i", "PATH=/usr/bin"]})
    site.wish({"version": 1, "learn": True})
    assert "install-learn.sh --service" in cloud.wrong("plan")
    said = cloud.run("apply")
    assert said.returncode == 1
    assert "gw1: behind: its learner: " in said.stdout
    cloud.write("fleet.yaml", told)
    cloud.commit()
    assert states(cloud.well("apply")) == {"gw1": "confirmed", "gw2": "confirmed"}


def test_a_gateway_that_fetches_gets_what_its_learner_should_do(site: ModelSite) -> None:
    cloud = site.cloud
    edge = cloud.edges[0]
    folder = edge.folder / "fetched"
    site.wish({"version": 1, "learn": {"looks": 2}})
    cloud.well("publish")
    words = site.courier_words(edge, "--files-only", "--once", "--learners", str(folder))
    assert cloud.well(*words)["reason"] == "the learner of gate"
    assert yaml.safe_load((folder / "gate.yaml").read_text())["looks"] == 2
    assert cloud.well(*words)["what"] == "nothing"
    site.wish({"version": 1, "learn": False})
    cloud.well("publish")
    words.remove("--files-only")
    assert cloud.well(*words)["what"] in ("done", "nothing")
    assert list(folder.iterdir()) == []
