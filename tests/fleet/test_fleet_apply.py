"""A change goes out to real gateways, stays or goes back."""

import shutil
from collections.abc import Callable

from cloud import Cloud, Uplink, camera, wait

Fleet = Callable[..., Cloud]


def states(said: dict) -> dict[str, str]:
    """What came of each gateway."""
    return {name: it["state"] for name, it in said["gateways"].items()}


def test_a_change_goes_out_in_waves_and_twice_is_once(fleet: Fleet) -> None:
    cloud = fleet(3)
    assert states(cloud.well("plan")) == {"gw1": "same", "gw2": "same", "gw3": "same"}
    cloud.site(gw1=[camera("door", 1)], gw2=[camera("gate", 2)], gw3=[camera("yard", 3)])
    assert "not committed" in cloud.wrong("apply")
    cloud.commit()

    planned = cloud.well("plan")["gateways"]["gw2"]
    assert [it["path"] for it in planned["differences"]] == ["cameras[gate]"]
    assert cloud.edges[1].cameras() == []

    said = cloud.well("apply")
    assert said["what"] == "done"
    assert [len(wave) for wave in said["waves"]] == [1, 2]
    assert states(said) == dict.fromkeys(("gw1", "gw2", "gw3"), "confirmed")
    assert [edge.cameras() for edge in cloud.edges] == [["door"], ["gate"], ["yard"]]
    assert not any(edge.unconfirmed() for edge in cloud.edges)

    commits = [len(edge.commits()) for edge in cloud.edges]
    assert cloud.well("apply")["what"] == "nothing"
    assert [len(edge.commits()) for edge in cloud.edges] == commits
    assert cloud.well("status")["well"]

    cloud.well("rollback")
    assert [edge.cameras() for edge in cloud.edges] == [[], [], []]
    assert "back to" in cloud.git("log", "-1", "--format=%s")


def test_a_gateway_that_gets_worse_stops_it_and_all_come_back(fleet: Fleet) -> None:
    cloud = fleet(3, hold=8)
    # The last wave has a camera that nobody answers for.
    nobody = {"name": "gone", "url": "rtsp://127.0.0.1:1/x"}
    cloud.site(gw1=[camera("door", 1)], gw2=[camera("gate", 2)], gw3=[nobody])
    cloud.commit()
    said = cloud.wrong("apply")
    assert "gw3: camera gone: it cannot be reached" in said
    assert [edge.cameras() for edge in cloud.edges] == [[], [], []]
    assert not any(edge.unconfirmed() for edge in cloud.edges)
    # The first wave was confirmed already when that happened.
    assert len(cloud.edges[0].commits()) == 3


def test_what_a_gateway_refuses_changes_nothing_anywhere(fleet: Fleet) -> None:
    cloud = fleet(2)
    cloud.site(gw1=[camera("door", 1)], gw2=[camera("gate", 2, model="nobody-has-it")])
    cloud.commit()
    assert "nothing was changed: gw2: " in cloud.wrong("apply")
    assert [edge.cameras() for edge in cloud.edges] == [[], []]
    cloud.site(gw1=[camera("door", 1)], gw2=[])
    cloud.write("fleet.yaml", "name: test\nwaves: [all]\nhold: 1\nvariables: {level: info}\n")
    cloud.write(
        "templates/standard.yaml",
        (cloud.folder / "templates/standard.yaml").read_text() + "decode: {workers: 2}\n",
    )
    cloud.commit()
    assert "decode.workers holds only after a restart" in cloud.wrong("apply")
    assert cloud.edges[0].cameras() == []
    assert cloud.well("apply", "--restart")["what"] == "done"


def test_one_that_is_off_catches_up(fleet: Fleet) -> None:
    cloud = fleet(2)
    cloud.site(gw1=[camera("door", 1)], gw2=[camera("gate", 2)])
    cloud.commit()
    cloud.edges[1].stop()
    said = cloud.well("apply")
    assert states(said) == {"gw1": "confirmed", "gw2": "away"}
    cloud.edges[1].start()
    assert states(cloud.well("apply")) == {"gw1": "same", "gw2": "confirmed"}
    assert cloud.edges[1].cameras() == ["gate"]


def test_one_that_loses_its_uplink_comes_back_by_itself(cloud: Cloud) -> None:
    first, last = cloud.edge("gw1"), cloud.edge("gw2")
    cloud.settle(hold=4, confirm=30, waves=[1, "all"], timeout=10)
    uplink = Uplink(last.port)
    cloud.enrol(first)
    cloud.enrol(last, uplink.address)
    cloud.site(gw1=[camera("door", 1)], gw2=[camera("gate", 2)])
    cloud.commit()

    def cut() -> bool:
        if last.unconfirmed():
            uplink.cut()
            return True
        return False

    child = cloud.start("apply")
    wait(cut, child.text)
    assert child.wait(120) == 1
    assert "gw2: cannot be reached" in child.text()
    assert first.cameras() == []
    wait(lambda: last.cameras() == [], last.process.text)
    wait(lambda: last.commits()[0]["from"] == "deadline", last.process.text)


def test_a_killed_apply_goes_on(fleet: Fleet) -> None:
    cloud = fleet(3, hold=3)
    first, second, _ = cloud.edges
    cloud.site(gw1=[camera("door", 1)], gw2=[camera("gate", 2)], gw3=[camera("yard", 3)])
    cloud.commit()
    # Before its first commit, after that, and in the last wave.
    cloud.kill_when((cloud.folder / ".git/framegate/apply.json").exists, "apply")
    cloud.kill_when(first.unconfirmed, "apply")
    cloud.kill_when(second.unconfirmed, "apply")
    assert not first.unconfirmed()
    said = cloud.well("apply")
    assert states(said) == dict.fromkeys(("gw1", "gw2", "gw3"), "confirmed")
    assert [edge.cameras() for edge in cloud.edges] == [["door"], ["gate"], ["yard"]]
    # Each was changed once.
    assert [len(edge.commits()) for edge in cloud.edges] == [2, 2, 2]


def test_another_revision_takes_back_what_was_left_half_done(fleet: Fleet) -> None:
    cloud = fleet(2, hold=3)
    cloud.site(gw1=[camera("door", 1)], gw2=[])
    cloud.commit()
    cloud.kill_when(cloud.edges[0].unconfirmed, "apply")
    cloud.site(gw1=[], gw2=[camera("gate", 2)])
    cloud.commit()
    said = cloud.well("apply")
    assert states(said) == {"gw1": "same", "gw2": "confirmed"}
    assert [edge.cameras() for edge in cloud.edges] == [[], ["gate"]]


def test_the_clouds_disk_is_wiped_and_restored_from_git(fleet: Fleet) -> None:
    cloud = fleet(2)
    cloud.site(gw1=[camera("door", 1)], gw2=[camera("gate", 2)])
    cloud.commit()
    cloud.well("apply")
    elsewhere = cloud.folder.with_name("elsewhere.git")
    cloud.git("clone", "--quiet", "--bare", ".", str(elsewhere))
    shutil.rmtree(cloud.folder)
    shutil.rmtree(cloud.tokens)
    shutil.copytree(elsewhere, cloud.folder / ".git")
    cloud.git("config", "core.bare", "false")
    cloud.git("reset", "--quiet", "--hard")

    assert states(cloud.well("plan")) == {"gw1": "not enrolled", "gw2": "not enrolled"}
    for edge in cloud.edges:
        # The certificate is known from Git; a token is made by root there.
        cloud.well("enrol", edge.name, edge.address, "--token", edge.token("fleet-again"))
    assert cloud.git("status", "--porcelain") == ""
    assert cloud.well("apply")["what"] == "nothing"
