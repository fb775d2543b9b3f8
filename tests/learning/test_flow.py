"""A model's life as a declared flow, with real gateways at the sites."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flow_sites import Cloud, kill, wait

from framegate_flow.record import Run

# The machine may have other things to do.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def cloud(need_root: None, tmp_path: Path) -> Iterator[Cloud]:
    """Without a site."""
    made = Cloud(tmp_path)
    yield made
    made.close()


def test_a_model_is_trained_goes_out_is_tuned_and_stays(cloud: Cloud, tmp_path: Path) -> None:
    site = cloud.site("north").start()
    # The way to the site fails twice, and then works.
    way = tmp_path / "way"
    way.write_text(
        '#!/bin/sh\necho x >> "$0.tries"\n'
        '[ $(wc -l < "$0.tries") -gt 2 ] || { echo "no route to host" >&2; exit 255; }\nexec "$@"\n'
    )
    way.chmod(0o755)
    code, said, told = cloud.run(
        "run", cloud.declare(sites={"north": {**site.declared, "run": [str(way)]}})
    )
    assert (code, said["state"], said["sites"]) == (0, "promoted", {"north": "promoted"}), told
    assert site.stable() == 3

    steps = cloud.steps()
    assert steps["roll_out.north"]["attempts"] == 3
    assert steps["roll_out.north"]["errors"] == ["north: no route to host"] * 2
    assert all(it["state"] == "done" for it in steps.values())
    assert "pre_train: epoch 3 of 3" in told
    assert "roll_out.north: retrying: north: no route to host" in told

    code, card, _ = cloud.run("card")
    folder = Path(said["folder"])
    for number, file in ((2, site.repository / "digits/2/model.onnx"), (0, None)):
        made = file or folder / "artifacts/model/model.onnx"
        assert card["weights"] == hashlib.sha256(made.read_bytes()).hexdigest(), number
    assert card["outcome"] == "promoted"
    assert card["parent"] is None
    assert sum(card["data"]["labels"].values()) == card["data"]["pictures"] == 512
    assert card["figures"]["cloud"] > 0.9
    assert card["training"]["plan"]["seed"] == 5
    assert {"python", "jax", "numpy", "onnx"} <= card["libraries"].keys()
    north = card["sites"]["north"]
    assert [north[it] for it in ("former_version", "cloud_version", "version")] == [1, 2, 3]
    assert (north["before"], north["after"], north["held"]) == (0.90, 0.97, 80)
    text = (folder / "card.md").read_text()
    assert card["weights"] in text
    assert "| north | promoted | 1 > 2 > 3 | 300, 80 kept back | 90.00 % | 97.00 % |  |" in text
    assert (
        "north: judgement 1 on the pictures that it keeps back; could be luck with p = 0.0004, at"
        in text
    )

    code, shown, _ = cloud.run("show")
    page = Path(shown["page"]).read_text()
    assert page.count("<rect") == len(steps) == shown["steps"] == 10
    for text in ("life-1: promoted", "settle.north", "97.00 %", "no route to host"):
        assert text in page
    assert "http" not in page.replace("http-equiv", "")
    code, listed, _ = cloud.run("status")
    assert [it["state"] for it in listed["runs"]] == ["promoted"]

    # The next one has it as its parent, and is held against it.
    site.plan(before=0.93, after=0.94)
    code, said, told = cloud.run("run", cloud.declare())
    assert (code, said["state"]) == (3, "rolled back"), told
    assert (
        "worse than the 97.00 % of the run before"
        in cloud.steps("life-2")["settle.north"]["outputs"]["why"]
    )
    assert site.stable() == 3
    _, card, _ = cloud.run("card", "life-2")
    assert card["parent"]["run"] == "life-1"


def test_what_is_below_the_margin_is_not_promoted_and_comes_back(cloud: Cloud) -> None:
    north, south = (cloud.site(name).start() for name in ("north", "south"))
    south.plan(accepted=False, after=0.90)
    file = cloud.declare(gates={"margin": 0.02}, roll_out={"waves": ["all"]})
    code, said, told = cloud.run("run", file)
    assert (code, said["state"]) == (3, "rolled back"), told
    assert said["sites"] == {"north": "rolled back", "south": "rolled back"}
    # At north two versions came since, at south one.
    assert (north.stable(), south.stable()) == (1, 1)
    verdict = cloud.steps()["evaluate"]["outputs"]
    assert verdict["why"] == "1 of 2 sites pass, 2 are asked for"
    assert "not 2.00 % better" in verdict["sites"]["south"]["why"]
    code, again, told = cloud.run("resume")
    assert (code, again["state"]) == (3, "rolled back")
    assert (north.stable(), south.stable()) == (1, 1)


def test_what_one_site_takes_back_goes_to_no_other(cloud: Cloud) -> None:
    north, south = (cloud.site(name).start() for name in ("north", "south"))
    file = cloud.declare(roll_out={"waves": [1, "all"], "max_disagreement": "0%"})
    code, said, told = cloud.run("run", file)
    assert (code, said["state"]) == (3, "rolled back"), told
    steps = cloud.steps()
    assert steps["roll_out.north"]["outputs"]["outcome"] == "taken back"
    assert "its answers differ" in steps["roll_out.north"]["outputs"]["why"]
    assert steps["roll_out.south"]["outputs"]["outcome"] == "held back"
    assert (north.stable(), south.stable()) == (1, 1)
    assert not (south.repository / "digits" / "2").exists()


@pytest.mark.parametrize("all_of_it", [True, False])
def test_a_run_that_is_killed_in_mid_training_goes_on(cloud: Cloud, all_of_it: bool) -> None:
    site = cloud.site("north").start()
    hold = cloud.data / "hold"
    hold.write_text("")
    child = cloud.start("run", cloud.declare())
    training = cloud.state / "runs/life-1/artifacts/training"

    def said() -> str:
        return (cloud.folder / "begun.log").read_text()

    wait((training / "epoch-001").exists, said)
    _, listed, _ = cloud.run("status")
    assert listed["runs"][0]["state"] == "under way"
    kill(child, all_of_it)
    _, listed, _ = cloud.run("status")
    assert listed["runs"][0]["state"] == "broken off"
    before = cloud.steps()
    assert not (training / "epoch-003").exists()
    hold.unlink()
    code, said_then, told = cloud.run("resume")
    assert (code, said_then["state"]) == (0, "promoted"), told
    assert site.stable() == 3
    after = cloud.steps()
    assert after["data"] == before["data"]
    # With the driver alone killed, what it has started ends its work, and nobody begins it again.
    begins = [0, 1] if all_of_it else [0]
    assert after["pre_train"]["outputs"]["begins"] == begins
    assert len(after["pre_train"]["outputs"]["losses"]) == 3


def test_a_site_that_is_away_catches_up(cloud: Cloud) -> None:
    north, south = cloud.site("north").start(), cloud.site("south")
    file = cloud.declare(gates={"sites": 1}, retry={"times": 1})
    code, said, told = cloud.run("run", file)
    assert (code, said["state"]) == (1, "promoted"), told
    assert said["sites"] == {"north": "promoted", "south": "unchanged"}
    assert (said["undone"], north.stable()) == (["south"], 3)
    assert "no gateway answers" in cloud.steps()["roll_out.south"]["outputs"]["why"]
    before = cloud.steps()
    south.start()
    code, said, told = cloud.run("resume")
    assert (code, said["sites"]) == (0, {"north": "promoted", "south": "promoted"}), told
    assert (north.stable(), south.stable()) == (3, 3)
    after = cloud.steps()
    for name in ("pre_train", "roll_out.north", "fine_tune.north"):
        assert after[name] == before[name]


def test_what_is_not_good_enough_in_the_cloud_goes_nowhere(cloud: Cloud) -> None:
    cloud.site("north")
    file = cloud.declare(gates={"cloud": 1.0}, pre_train={"epochs": 1, "rate": 1e-60})
    code, said, told = cloud.run("run", file)
    assert (code, said["state"]) == (1, "failed"), told
    assert "100.00 % are asked for: it goes to no site" in said["failed"]["export"]
    # Tried again it would come to the same.
    assert cloud.steps()["export"]["attempts"] == 1
    assert "roll_out.north" not in cloud.steps()


def test_a_run_is_under_way_from_its_first_moment(cloud: Cloud) -> None:
    file = cloud.declare(sites={"north": {}})
    child = cloud.start("run", file)
    folder = cloud.state / "runs/life-1"
    try:
        wait((folder / "flow.json").exists, lambda: (cloud.folder / "begun.log").read_text())
        assert Run(folder).under_way
    finally:
        kill(child, all_of_it=True)


def test_mistakes_are_said_with_their_lines(cloud: Cloud) -> None:
    cloud.site("north")
    file = cloud.declare()
    text = file.read_text()
    for old, new, line in (
        ("name: life", "name: Life!", "1: name: 'Life!' does not match"),
        ("  epochs: 3", "  epoch: 3", ": pre_train.epoch: Additional properties"),
        ("  hold: 1s", "  hold: soon", ": roll_out.hold: 'soon' does not match"),
        ("model: digits", "model: digits\nmodel: hats", "3: 'model' stands here twice"),
        ("model: digits", "model: [", ": no YAML: "),
    ):
        file.write_text(text.replace(old, new, 1))
        code, _, told = cloud.run("check", file)
        assert code == 1
        assert line in told, told
    file.write_text(text)
    code, said, _ = cloud.run("check", file)
    assert (code, said) == (0, {"name": "life", "steps": 10, "sites": ["north"]})
    code, _, told = cloud.run("resume", "life-9")
    assert code == 1
    assert "there is no run life-9" in told
    assert json.loads(json.dumps(cloud.run("status")[1])) == {"runs": []}
