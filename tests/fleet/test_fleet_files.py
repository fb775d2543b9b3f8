"""The files of the repository; no gateway is asked."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloud import Cloud, Edge, camera

from framegate_fleet.arguments import parser
from framegate_fleet.desired import Fleet, load
from framegate_fleet.health import worse
from framegate_fleet.waves import divide
from testbed import places

FINGERPRINT = ":".join(["AB"] * 32)


def write(folder: Path, files: dict[str, str]) -> tuple[Fleet, list[str]]:
    """Makes them and reads them."""
    for path, text in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    fleet, mistakes = load(folder)
    return fleet, [str(mistake) for mistake in mistakes]


def test_all_mistakes_are_said_at_once_with_file_and_line(tmp_path: Path) -> None:
    door = "{name: door, source: 10.0.0.1, destination: 10.0.0.2, port: 5001}"
    enrolled = f"address: 10.1.1.1:8443\nfingerprint: {FINGERPRINT}\n"
    _, mistakes = write(
        tmp_path,
        {
            "fleet.yaml": "name: f\nwaves: [1, 200%]\nholt: 3\n",
            "templates/good.yaml": "log:\n  level: ${nobody}\n",
            "templates/bad.yaml": "cameras: []\nkafak: {}\n",
            "templates/broken.yaml": "log: {level: [\n",
            "groups/twice.yaml": "variables:\n  a: 1\n  a: 2\n",
            "groups/alias.yaml": "variables:\n  a: &x 1\n  b: *x\n",
            "groups/text.txt": "",
            "sites/one.yaml": "template: good\n"
            "groups: [none]\n"
            "gateways:\n"
            "  gw1:\n"
            f"    cameras:\n      - {door}\n      - {door}\n"
            "      - {name: gate, url: rtsp://h/, colour: red}\n"
            "      - {name: yard, source: 10.0.0.3, destination: 10.0.0.2, port: 70000}\n"
            "  gw2: {template: absent}\n",
            "sites/two.yaml": "template: good\ngateways:\n  gw1:\n",
            "sites/three.yaml": "gateways: {gw3: }\n",
            "enrolled/gw1.yaml": enrolled,
            "enrolled/gw2.yaml": enrolled,
            "enrolled/gw3.yaml": "address: here\nfingerprint: AB\n",
        },
    )
    expected = [
        ("enrolled/gw2.yaml:1", "the address is that of gw1"),
        ("enrolled/gw2.yaml:2", "the certificate is that of gw1"),
        ("enrolled/gw3.yaml:1", "'here' does not match"),
        ("enrolled/gw3.yaml:2", "'AB' does not match"),
        ("fleet.yaml:2", "'200%' is not valid"),
        ("fleet.yaml:3", "'holt' was unexpected"),
        ("groups/alias.yaml:3", "'*x'"),
        ("groups/text.txt", "is not read"),
        ("groups/twice.yaml:3", "'a' stands here twice"),
        ("sites/one.yaml:2", "there is no groups/none.yaml"),
        ("sites/one.yaml:7", "has a camera door already"),
        ("sites/one.yaml:8", "'colour' was unexpected"),
        ("sites/one.yaml:9", "70000 is greater than the maximum"),
        ("sites/one.yaml:10", "there is no templates/absent.yaml"),
        ("sites/three.yaml:1", "neither gw3 nor its site names a template"),
        ("sites/two.yaml:3", "gateway gw1 stands in site one already"),
        ("templates/bad.yaml:2", "'kafak' was unexpected"),
        ("templates/broken.yaml:2", "no YAML"),
        ("templates/good.yaml:2", "gateway gw1 has no variable 'nobody'"),
    ]
    for where, what in expected:
        assert any(it.startswith(f"{where}: ") and what in it for it in mistakes), (what, mistakes)
    assert len(mistakes) == len(expected), mistakes


def test_what_is_said_of_one_counts_more_than_what_is_said_of_all(tmp_path: Path) -> None:
    fleet, mistakes = write(
        tmp_path,
        {
            "fleet.yaml": "name: f\nvariables: {a: fleet, b: fleet, c: fleet, d: fleet, n: 7}\n",
            "groups/g.yaml": "variables: {b: group, c: group, d: group}\n",
            "templates/t.yaml": "kafka: {brokers: '${a} ${b} ${c} ${d}', x: '${n}'}\n"
            "gateway: {name: '${site}-${gateway}'}\n",
            "sites/s.yaml": "template: t\ngroups: [g]\nvariables: {c: site, d: site}\n"
            "gateways: {one: {variables: {d: own}}, two: }\n",
        },
    )
    assert mistakes == []
    made = yaml.safe_load(fleet.gateways["one"].text)
    assert made["kafka"] == {"brokers": "fleet group site own", "x": 7}
    assert made["gateway"] == {"name": "s-one"}
    assert "fleet group site site" in fleet.gateways["two"].text


def test_cameras_have_the_keys_that_gateways_know() -> None:
    ours = json.loads((places.ROOT / "fleet/framegate_fleet/schema.json").read_text())["$defs"]
    api = yaml.safe_load((places.ROOT / "mgmt/openapi.yaml").read_text())["components"]["schemas"]
    assert set(ours["camera"]["properties"]) == set(api["CameraConfig"]["properties"])
    assert set(ours["template"]["properties"]) >= set(api["Config"]["required"])


@pytest.mark.parametrize(
    ("count", "sizes", "waves"),
    [
        (25, [1, "10%", "all"], [1, 3, 21]),
        (3, [1, "all"], [1, 2]),
        (1, [1, "10%", "all"], [1]),
        (5, [2], [2, 3]),
        (0, ["all"], []),
    ],
)
def test_waves(count: int, sizes: list[int | str], waves: list[int]) -> None:
    names = [str(number) for number in range(count)]
    made = divide(names, sizes)
    assert [len(wave) for wave in made] == waves
    assert [name for wave in made for name in wave] == names


def failed(failed: int, pictures: int, version: int = 1) -> dict[str, Any]:
    """What a gateway's health says of its model then."""
    counters = {"version": version, "failed": failed, "pictures": pictures}
    return {"failed": {"m": failed / pictures}, "models": {"m": counters}}


def health(**more: Any) -> dict[str, Any]:
    """Of a gateway that is well, and has been so for years."""
    well = {"ready": True, "troubles": {}, "live": ["a", "b"], **failed(1000000, 10000000)}
    return {**well, **more}


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({}, ""),
        ({"troubles": {"old": "known"}}, ""),
        ({"troubles": {"new": "port lan0 has no link"}}, "port lan0 has no link"),
        ({"ready": False}, "not ready"),
        ({"live": ["a"]}, "no pictures come any more from b"),
        (failed(1000105, 10001000), ""),
        (failed(1000200, 10001000), "model m fails with 20%"),
        # A picture or two of few say nothing yet; when all fail, they do.
        (failed(1000002, 10000020), ""),
        (failed(1000002, 10000002), ""),
        (failed(1000003, 10000003), "model m fails with 100%"),
        # It was started since, or another version runs: what was before says nothing of that.
        (failed(105, 1000), ""),
        (failed(200, 1000), "model m fails with 20%"),
        (failed(10000000, 50000000, version=2), "model m fails with 20%"),
    ],
)
def test_worse_is_said_of_what_was_well_before(now: dict[str, Any], why: str) -> None:
    said = worse(health(troubles={"old": "known"}), health(**now), ["a", "b"])
    assert why in said
    assert bool(said) == bool(why)
    # A camera that should not be there any more may be dark.
    assert worse(health(), health(live=["a"]), ["a"]) == ""


def test_a_model_is_wished_for_key_by_key_and_by_those_whose_cameras_have_it(
    tmp_path: Path,
) -> None:
    files = "".join(
        f"  {name}: {{sha256: {'ab' * 32}, bytes: 3}}\n" for name in ("model.onnx", "model.yaml")
    )
    camera = "{name: c, source: 10.0.0.1, destination: 10.0.0.2, port: 5001, model: gate}"
    (tmp_path / "models/gate").mkdir(parents=True)
    fleet, mistakes = write(
        tmp_path,
        {
            "fleet.yaml": "name: f\nmodels: {gate: {version: 1, hold: 5}, hats: {version: 7}}\n",
            "groups/g.yaml": "models: {gate: {share: 12.5%, max_errors: 2%}}\n",
            "templates/t.yaml": "log: {}\n",
            "models/gate/1.yaml": f"files:\n{files}",
            "models/gate/2.yaml": f"files:\n{files}",
            "models/gate/x.yaml": f"files:\n{files}",
            "sites/s.yaml": "template: t\ngateways:\n"
            f"  one: {{groups: [g], cameras: [{camera}]}}\n"
            f"  two: {{cameras: [{camera}], models: {{gate: {{version: 2}}}}}}\n"
            "  three:\n"
            f"  four: {{cameras: [{camera}], models: {{gate: {{version: 3}}}}}}\n"
            f"  five: {{cameras: [{camera}], models: {{gate: {{steps: [50%, 10%]}}}}}}\n",
        },
    )
    one, two, three = (fleet.gateways[name] for name in ("one", "two", "three"))
    assert one.models["gate"].body() == {
        "version": 1,
        "steps": [0.125, 1],
        "hold_s": 2592000,
        "max_errors": 0.02,
    }
    assert two.models["gate"].body(0.1) == {
        "version": 2,
        "steps": [0.01, 0.1, 0.5, 1],
        "hold_s": 5,
        "share": 0.1,
    }
    assert two.models["gate"].digest == f"sha256:{'ab' * 32}"
    assert [(it.name, it.number) for it in two.versions] == [("gate", 2)]
    assert (three.models, three.versions) == ({}, [])
    assert [it.split(": ")[0] for it in mistakes] == [
        "models/gate/x.yaml:1",
        "sites/s.yaml:6",
        "sites/s.yaml:7",
    ], mistakes
    assert "`framegate-fleet model add gate:3 FOLDER` makes it" in mistakes[1]
    assert "steps grow, and the last is 100%" in mistakes[2]


def test_a_version_is_kept_by_digest_and_never_changes(cloud: Cloud, tmp_path: Path) -> None:
    cloud.well("init", "test")
    folder = tmp_path / "training"
    folder.mkdir()
    assert "has no model.onnx" in cloud.wrong("model", "add", "gate:1", str(folder))
    (folder / "model.onnx").write_bytes(b"graph")
    (folder / "model.yaml").write_text("task: raw\n")
    assert "is no NAME:VERSION" in cloud.wrong("model", "add", "gate", str(folder))
    said = cloud.well("model", "add", "gate:1", str(folder))
    digest = said["files"]["model.onnx"]["sha256"]
    assert (cloud.store / "sha256" / digest).read_bytes() == b"graph"
    assert cloud.git("status", "--porcelain") == ""
    assert cloud.well("model", "add", "gate:1", str(folder))["new"] is False
    (folder / "model.onnx").write_bytes(b"other")
    assert "known with other files" in cloud.wrong("model", "add", "gate:1", str(folder))
    # The store's disk was lost: what it held is added again.
    gate = camera("door", 1, model="gate")
    gateways = {"gw1": {"cameras": [gate], "models": {"gate": {"version": 1}}}}
    cloud.write("templates/standard.yaml", "log: {level: info}\n")
    cloud.write("sites/first.yaml", {"template": "standard", "gateways": gateways})
    cloud.commit()
    (cloud.store / "sha256" / digest).unlink()
    assert "missing in the store: model.onnx" in cloud.wrong("model", "list")
    said = cloud.wrong("publish", str(cloud.shelf))
    assert "model.onnx of model gate:1 is not in" in said
    assert not (cloud.shelf / "gw1.json").exists()
    (folder / "model.onnx").write_bytes(b"graph")
    cloud.well("model", "add", "gate:1", str(folder))
    kept = cloud.well("model", "list")["versions"][0]
    assert (kept["missing"], kept["gateways"]) == ([], {"gw1": 1})
    cloud.well("publish", str(cloud.shelf))
    assert (cloud.shelf / "sha256" / digest).read_bytes() == b"graph"


def test_the_program_says_mistakes_and_what_it_can(cloud: Cloud) -> None:
    cloud.well("init", "test")
    assert cloud.well("check")["mistakes"] == []
    cloud.write("sites/first.yaml", "gateways: {gw1: {cameras: 3}}\n")
    assert "sites/first.yaml:1: gateways.gw1.cameras: 3 is not of type 'array'" in cloud.wrong(
        "check"
    )
    assert "sites/first.yaml:1" in cloud.wrong("plan")
    assert "complete -o default" in cloud.run("completion", "bash").stdout
    assert cloud.run("no-such-command").returncode == 2
    site = {"template": "standard", "gateways": {"gw1": {"cameras": [camera("door", 1)]}}}
    cloud.write(
        "sites/first.yaml", {**site, "variables": {"interface": "e", "brokers": "k", "listen": "l"}}
    )
    assert cloud.well("check")["not_enrolled"] == ["gw1"]


def test_gwctl_hands_over_to_the_program(tmp_path: Path) -> None:
    words = [places.gwctl(), "fleet", "apply", "--hold", "3"]
    nobody = subprocess.run(words, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert nobody.returncode == 1
    assert "framegate-fleet, which is not in PATH" in nobody.stderr
    program = tmp_path / "framegate-fleet"
    program.write_text('#!/bin/sh\necho "$@"\nexit 7\n')
    program.chmod(0o755)
    done = subprocess.run(words, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (7, "apply --hold 3\n")
    words = [places.gwctl(), "--json", "fleet", "plan"]
    done = subprocess.run(words, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.stdout == "--json plan\n"


def test_gwctl_completes_the_programs_commands() -> None:
    words = [places.gwctl(), "complete", "fleet", ""]
    offered = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    commands = parser()._subparsers._group_actions[0].choices
    assert offered == list(commands)


def kept(folder: Path, number: int) -> list[str]:
    """The words that keep a version."""
    made = folder / f"version-{number}"
    made.mkdir(exist_ok=True)
    (made / "model.onnx").write_text(f"weights {number}")
    (made / "model.yaml").write_text("task: x")
    return ["model", "add", f"gate:{number}", str(made)]


def test_a_rollback_is_of_wishes_and_leaves_versions_known(cloud: Cloud, tmp_path: Path) -> None:
    cloud.settle()
    cloud.well(*kept(tmp_path, 1))
    fleet = (cloud.folder / "fleet.yaml").read_text()
    cloud.write("fleet.yaml", fleet.replace("patience: 2", "patience: 7"))
    cloud.commit("a wish")
    words = kept(tmp_path, 2)
    cloud.well(*words)
    # The newest commit is no wish: the one before it is what goes back.
    assert cloud.well("rollback")["what"] == "nothing"
    assert (cloud.folder / "fleet.yaml").read_text() == fleet
    # What a version is never changes.
    assert [it["version"] for it in cloud.well("model", "list")["versions"]] == [1, 2]
    (tmp_path / "version-2/model.onnx").write_text("other weights")
    assert "known with other files" in cloud.wrong(*words)


def test_a_version_that_a_kill_left_without_its_commit_gets_one(
    cloud: Cloud, tmp_path: Path
) -> None:
    cloud.settle()
    words = kept(tmp_path, 1)
    cloud.well(*words)
    cloud.git("reset", "--quiet", "--mixed", "HEAD~1")
    assert "models/" in cloud.git("status", "--porcelain")
    assert cloud.well(*words)["new"] is True
    assert cloud.git("status", "--porcelain") == ""
    assert cloud.well(*words)["new"] is False


def test_a_shelf_in_the_repository_is_nothing_to_commit(cloud: Cloud, tmp_path: Path) -> None:
    cloud.edges.append(Edge(tmp_path / "gw1", "gw1"))
    cloud.settle(shelf="shelf")
    cloud.edges.clear()
    cloud.well("publish")
    assert (cloud.folder / "shelf/gw1.json").exists()
    assert cloud.git("status", "--porcelain") == ""
    assert cloud.well("apply")["what"] == "nothing"


def test_a_line_that_may_be_a_password_is_not_repeated(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.edges.append(Edge(tmp_path / "gw1", "gw1"))
    cloud.settle(topic={"brokers": "127.0.0.1:1"})
    cloud.edges.clear()
    file = tmp_path / "kafka"
    file.write_text("# who we are\nsasl.username=fleet\nhunter2\n")
    monkeypatch.setenv("FRAMEGATE_FLEET_KAFKA", str(file))
    said = cloud.wrong("plan", "--by-topic")
    assert "kafka:3: lines are name=value" in said
    assert "hunter2" not in said
    (tmp_path / "other").mkdir()
    for name in ("ssl.key.pem", "ssl.keystore.password", "sasl.oauthbearer.config"):
        fleet = f"name: f\ntopic: {{brokers: k, properties: {{{name}: x}}}}\n"
        _, mistakes = write(tmp_path / "other", {"fleet.yaml": fleet})
        assert any(name in it for it in mistakes), mistakes


def test_answers_that_make_no_sense_end_nothing(cloud: Cloud) -> None:
    # Where there is Kafka's client.
    python = cloud.command()[0]
    script = Path(__file__).with_name("nonsense.py")
    done = subprocess.run(
        [python, script], env=cloud.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["of_nobody"] is None
    for status, _, error in said["nonsense"]:
        assert (status, "makes no sense" in error) == (0, True)
    assert len(said["nonsense"]) == 4
    assert said["sense"] == [200, {"a": 1}, ""]


def test_a_wish_that_no_camera_would_see_is_a_mistake(tmp_path: Path) -> None:
    door = "{name: door, url: rtsp://h/, model: hats}"
    yard = "{name: yard, url: rtsp://h/, model: 'gate:2'}"
    version = f"files: {{model.onnx: {{sha256: {'a' * 64}, bytes: 1}}, "
    version += f"model.yaml: {{sha256: {'b' * 64}, bytes: 1}}}}\n"
    (tmp_path / "models/hats").mkdir(parents=True)
    _, mistakes = write(
        tmp_path,
        {
            "fleet.yaml": "name: f\nmodels:\n  hats: {version: 1}\n  hat: {version: 1}\n",
            "models/hats/1.yaml": version,
            "templates/t.yaml": "log: {}\n",
            "sites/s.yaml": "template: t\ngateways:\n  gw1:\n"
            f"    cameras: [{door}, {yard}]\n    models:\n      gate: {{version: 2}}\n  gw2:\n",
        },
    )
    why = "models: no camera of any gateway names"
    assert mistakes == [
        f"fleet.yaml:4: {why} hat without a version",
        f"sites/s.yaml:6: {why} gate without a version",
    ]
