"""A model's version goes out to real gateways in waves, stays or goes back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloud import Cloud, wait
from model_site import ModelSite, route, stable
from test_fleet_apply import states

Make = Callable[..., ModelSite]


@pytest.fixture
def site(cloud: Cloud, tmp_path: Path) -> Iterator[Make]:
    """Makes one."""
    made: list[ModelSite] = []

    def make(count: int, **settings: Any) -> ModelSite:
        made.append(ModelSite(cloud, tmp_path, count))
        made[0].settle({"version": 1}, **settings)
        return made[0]

    yield make
    for it in made:
        it.close()


def test_a_version_goes_out_in_waves_and_its_share_rises(site: Make) -> None:
    here = site(2)
    cloud = here.cloud
    assert [stable(edge) for edge in cloud.edges] == [1, 1]
    assert here.add("gate:2", "good")["new"] is True
    assert cloud.well("model", "list")["versions"][1]["gateways"] == {}
    here.wish({"version": 2, "share": "30%"})
    cloud.well("publish")
    # Without its files nobody is changed; the other one has them.
    for edge in cloud.edges[:1]:
        here.courier(edge)
    planned = cloud.run("plan")
    assert planned.returncode == 1
    assert "models.gate: version 1 -> version 2 at 30 %" in planned.stdout
    assert "gw2: behind: version 2 of model gate is not there yet" in planned.stdout
    cloud.write(
        "fleet.yaml", (cloud.folder / "fleet.yaml").read_text().replace("fetch: 60", "fetch: 0")
    )
    cloud.commit()
    said = cloud.run("apply")
    assert said.returncode == 1
    assert "gw2: behind" in said.stdout
    shares = [it["canary"]["version"] if it["canary"] else 0 for it in map(route, cloud.edges)]
    assert shares == [2, 0]
    assert route(cloud.edges[0])["rollout"]["share"] == pytest.approx(0.3, abs=0.001)

    # It catches up; then all of it looks at all pictures.
    here.courier(cloud.edges[1])
    assert states(cloud.well("apply")) == {"gw1": "same", "gw2": "confirmed"}
    here.wish({"version": 2})
    assert "version 1, 2 at 30 % -> version 2" in cloud.run("plan").stdout
    said = cloud.well("apply")
    assert [len(wave) for wave in said["waves"]] == [1, 1]
    assert states(said) == dict.fromkeys(("gw1", "gw2"), "confirmed")
    assert [stable(edge) for edge in cloud.edges] == [2, 2]
    assert cloud.well("apply")["what"] == "nothing"
    assert cloud.well("status")["well"]

    # Each way back is an apply, too.
    cloud.well("rollback", "HEAD~2")
    assert [stable(edge) for edge in cloud.edges] == [1, 1]
    assert all(route(edge)["canary"]["version"] == 2 for edge in cloud.edges)


@pytest.mark.parametrize(("kind", "why"), [("failing", "it fails with"), ("different", "differ")])
def test_a_bad_version_at_one_gateway_comes_back_everywhere(
    site: Make, kind: str, why: str
) -> None:
    here = site(2)
    cloud = here.cloud
    here.add("gate:2", "good")
    here.add("gate:3", kind)
    # The second wave gets the bad one, when the first has its version already.
    here.wish({"version": 2}, gw2={"version": 3})
    cloud.well("publish")
    for edge in cloud.edges:
        here.courier(edge)
    said = cloud.wrong("apply")
    assert "wave 1 of 2: models have their places" in said
    assert "gw2: model gate: version 3 was taken back: " in said
    assert why in said
    assert [stable(edge) for edge in cloud.edges] == [1, 1]
    assert [route(edge)["canary"] for edge in cloud.edges] == [None, None]
    # The first one had its version, and has lost it again by hand.
    last = route(cloud.edges[0])["last"]
    assert (last["to"], last["completed"]) == (2, False)


def test_one_that_is_off_catches_up_with_the_version(site: Make) -> None:
    here = site(2)
    cloud = here.cloud
    last = cloud.edges[1]
    here.add("gate:2", "good")
    here.wish({"version": 2})
    cloud.well("publish")
    here.courier(cloud.edges[0])
    last.stop()
    assert states(cloud.well("apply")) == {"gw1": "confirmed", "gw2": "away"}
    last.start()
    # An apply waits for its files, until they are there.
    child = cloud.start("apply")
    wait(lambda: "files of models are awaited at gw2" in child.text(), child.text)
    here.courier(last)
    assert child.wait(90) == 0, child.text()
    assert "gw2: confirmed" in child.text()
    assert stable(last) == 2


def test_a_killed_apply_goes_on_with_the_versions(site: Make) -> None:
    here = site(2)
    cloud = here.cloud
    first, second = cloud.edges
    here.add("gate:2", "good")
    here.wish({"version": 2, "hold": 3})
    cloud.well("publish")
    for edge in cloud.edges:
        here.courier(edge)
    cloud.kill_when(lambda: bool(route(first)["canary"]), "apply")
    cloud.kill_when(lambda: bool(route(second)["canary"]), "apply")
    said = cloud.well("apply")
    assert states(said) == {"gw1": "confirmed", "gw2": "confirmed"}
    assert [stable(edge) for edge in cloud.edges] == [2, 2]
    # Each was asked once.
    for edge in cloud.edges:
        assert edge.log.read_text().count("POST /api/v1/models/gate/rollout by") == 1


def test_another_revision_takes_a_version_back_that_was_left_half_way(site: Make) -> None:
    here = site(1)
    cloud = here.cloud
    edge = cloud.edges[0]
    here.add("gate:2", "good")
    here.wish({"version": 2, "hold": 60})
    cloud.well("publish")
    here.courier(edge)
    cloud.kill_when(lambda: bool(route(edge)["canary"]), "apply")
    here.wish({"version": 1})
    assert states(cloud.well("apply")) == {"gw1": "same"}
    assert (stable(edge), route(edge)["canary"]) == (1, None)


def test_a_gateway_that_fetches_gets_its_version_and_no_other_file(site: Make) -> None:
    here = site(1)
    cloud = here.cloud
    edge = cloud.edges[0]
    digest = here.add("gate:2", "good")["files"]["model.onnx"]["sha256"]
    here.wish({"version": 2})
    cloud.well("publish")
    file = cloud.shelf / "sha256" / digest
    whole = file.read_bytes()
    file.write_bytes(whole + b"x")
    words = here.courier_words(edge, "--once")
    assert "model.onnx is larger than what was signed" in cloud.wrong(*words)
    file.write_bytes(b"y" * len(whole))
    assert "model.onnx is not what was signed" in cloud.wrong(*words)
    file.unlink()
    assert "cannot be read" in cloud.wrong(*words)
    assert stable(edge) == 1
    file.write_bytes(whole)
    assert states(cloud.well(*words)) == {"gw1": "confirmed"}
    assert stable(edge) == 2
    assert cloud.well(*words)["what"] == "nothing"
