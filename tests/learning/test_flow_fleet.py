"""A flow takes its sites from a fleet's repository."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flow_sites import HERE, MODEL, Cloud

# The machine may have other things to do.
pytestmark = pytest.mark.timeout(900)
FINGERPRINT = ":".join(["AB"] * 32)


@pytest.fixture
def cloud(need_root: None, tmp_path: Path) -> Iterator[Cloud]:
    """Without a site."""
    made = Cloud(tmp_path)
    yield made
    made.close()


def repository(cloud: Cloud, gateways: dict[str, Any], **more: Any) -> Path:
    """Of gateways that are on this machine, but for those whose `variables` have another host."""
    folder = cloud.folder / "fleet"
    camera = {"name": "gate", "url": "rtsp://h/", "model": MODEL}
    models = {MODEL: {"learn": {"state": "${place}/learned"}}}
    files: dict[str, Any] = {
        "fleet.yaml": {"name": "f", "models": models, **more},
        "templates/t.yaml": {"api": {"socket": "${socket}"}},
        "sites/s.yaml": {"template": "t", "cameras": [camera], "gateways": gateways},
    }
    for number, (name, said) in enumerate(gateways.items()):
        host = said["variables"].get("host", "127.0.0.1")
        files[f"enrolled/{name}.yaml"] = {
            "address": f"{host}:{8443 + number}",
            "fingerprint": FINGERPRINT[:-2] + f"{number:02d}",
        }
    for path, value in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(yaml.safe_dump(value))
    return folder


def gateway(socket: object = "/run/api.sock", place: object = "/srv", **more: Any) -> Any:
    """As a site has it."""
    return {"variables": {"socket": str(socket), "place": str(place), **more}}


def test_a_drafted_flow_runs_at_the_fleets_gateways(cloud: Cloud) -> None:
    site = cloud.site("north").start()
    folder = repository(cloud, {"north": gateway(site.gateway.socket, site.folder)})
    file = folder / "flow.yaml"
    recipe = ("--recipe", HERE / "flow_recipe")
    code, said, told = cloud.run("init", file, "--data", cloud.data, *recipe)
    assert (code, said["model"], said["missing"]) == (0, MODEL, []), told
    code, _, told = cloud.run("init", file)
    assert (code, told) == (1, f"framegate-flow: {file} is there already\n")
    code, said, told = cloud.run("check", file)
    assert (code, said) == (0, {"name": "flow", "steps": 10, "sites": ["north"]}), told
    # As the other tests train and roll out: quickly.
    declared = yaml.safe_load(cloud.declare().read_text())
    drafted = yaml.safe_load(file.read_text())
    quick = {key: declared[key] for key in ("pre_train", "roll_out", "collect", "retry")}
    file.write_text(yaml.safe_dump({**drafted, **quick}))
    code, said, told = cloud.run("run", file)
    assert (code, said["state"], said["sites"]) == (0, "promoted", {"north": "promoted"}), told
    assert site.stable() == 3
    # What came to this machine lies with the run's own things.
    assert list((cloud.state / "sites/north").iterdir())


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("model: hats\ndata: d\n", "no gateway of the fleet learns hats"),
        ("model: digits\ndata: d\nsites: [east]\n", "the fleet has no gateway east"),
        ("model: digits\ndata: d\nfleet: none\n", "fleet.yaml:0: missing"),
        ("model: digits\ndata:\n", "flow.yaml:2: data: None is not of type 'string'"),
        ("model: digits\ndata: d\nsites: {}\n", "flow.yaml:3: sites: "),
    ],
)
def test_what_makes_no_sense_of_a_fleet_is_said(cloud: Cloud, lines: str, why: str) -> None:
    folder = repository(cloud, {"north": gateway()})
    file = folder / "flow.yaml"
    file.write_text(f"{lines}pre_train: {{recipe: r}}\n")
    code, _, told = cloud.run("check", file)
    assert code == 1
    assert why in told


def test_sites_are_those_that_learn_or_that_are_named(cloud: Cloud) -> None:
    south = gateway(host="south.example")
    west = gateway() | {"models": {MODEL: {"learn": False}}}
    folder = repository(cloud, {"north": gateway(), "south": south, "west": west})
    file = folder / "digits.yaml"
    smallest = "model: digits\ndata: d\npre_train: {recipe: r}\n"
    for more, sites in (
        ("", ["north", "south"]),
        ("sites: [south]\n", ["south"]),
        ("sites: {west: , north: {socket: /s}}\n", ["west", "north"]),
        (f"fleet: {folder}\nsites: {{west: {{learner: /l}}}}\n", ["west"]),
    ):
        file.write_text(smallest + more)
        code, said, told = cloud.run("check", file)
        assert code == 0, told
        assert (said["name"], sorted(said["sites"])) == ("digits", sorted(sites))
    # Outside of a repository it has to be said which.
    other = cloud.folder / "other.yaml"
    other.write_text(smallest)
    code, _, told = cloud.run("check", other)
    assert code == 1
    assert "sites: say which, or `fleet: FOLDER`" in told
    code, said, told = cloud.run("init", cloud.folder / "flows/x.yaml", "--fleet", folder)
    assert (code, said["missing"]) == (0, ["data", "pre_train.recipe"]), told
    assert f"fleet: {folder}" in (cloud.folder / "flows/x.yaml").read_text()
    code, _, told = cloud.run("check", cloud.folder / "flows/x.yaml")
    assert code == 1
    assert "data: None is not of type 'string'" in told
    assert "pre_train.recipe: None is not of type 'string'" in told
