"""Versions of a model that take each other's place while a camera plays on, on ONNX Runtime: no
frame is lost, whatever the new version does, and what runs survives the gateway."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import description
import pytest
import rollout_models
import rtp_capture
from PIL import Image
from player import Gateway, configuration

from testbed import places

# Wide enough for a machine that is busy with something else: where a picture takes 0.1 ms, one of a
# few may wait for its processor for long.
PATIENT = ["--max-latency", "1000x"]
QUICK = ["--steps", "30%,100%", "--hold", "1s", "--min-pictures", "20"]
# Each step is there for longer than who looks at it may be kept from that.
SEEN = ["--steps", "30%,100%", "--hold", "5s", "--min-pictures", "20"]
LONG = ["--steps", "30%,100%", "--hold", "1h"]


class Site:
    """A gateway whose camera's model is `gate`, and where its versions come from."""

    def __init__(self, gateway: Gateway, folder: Path, write: Callable[[Path, str], Path]) -> None:
        self.gateway = gateway
        self.folder = folder
        self.repository = folder / "models"
        self.write = write

    def add(self, kind: str) -> int:
        """Adds a version of that kind by `gwctl model add`; returns its number."""
        source = self.write(self.folder / f"training-{len(list(self.folder.iterdir()))}", kind)
        said = self.gateway.ctl("--json", "model", "add", str(source), "--name", "gate")
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)["version"]

    def roll_out(self, version: int, *options: str) -> Any:
        """Runs `gwctl model rollout`."""
        return self.gateway.ctl("model", "rollout", "gate", str(version), *options)

    def route(self) -> dict[str, Any]:
        """What the API says of it, which is as described."""
        body = self.gateway.get("models/gate/rollout")
        description.answer("/models/{name}/rollout", "get", 200).validate(body)
        return body

    def stable(self) -> int:
        """The version that looks at pictures."""
        return self.route()["stable"]["version"]

    def assert_nothing_lost(self) -> None:
        """Every frame that came went out with a result, or is on its way."""
        frames = self.gateway.get("cameras/cam0")["frames"]
        assert frames["delivered"] > 0
        assert frames["dropped"] == 0
        assert self.gateway.get("audit")["balanced"] is True

    def goes_on(self) -> None:
        """Some more frames come through."""
        before = self.gateway.get("cameras/cam0")["frames"]["delivered"]
        self.gateway.wait_until(
            lambda: self.gateway.get("cameras/cam0")["frames"]["delivered"] > before + 50
        )


def _play(
    start: Callable[[dict[str, Any]], Gateway],
    folder: Path,
    write: Callable[[Path, str], Path],
    **camera: Any,
) -> Site:
    """Version 1 runs; the camera plays again and again, as fast as it is taken."""
    capture = folder / "loop.pcap"
    rtp_capture.write(capture, 40, "10.0.0.1", "10.0.0.99", 5001, looped=True)
    write(folder / "models" / "gate" / "1", "good")
    plain = configuration(
        f"net_pcap0,rx_pcap={capture},infinite_rx=1",
        accel={
            "library": str(places.onnxruntime()),
            "repository": str(folder / "models"),
        },
        frames={"classes": [{"width": 640, "height": 480, "count": 200}]},
    )
    plain["cameras"][0] |= camera or {"model": "gate"}
    gateway = start(plain)
    gateway.wait_until(lambda: gateway.get("cameras/cam0")["frames"]["delivered"] > 20)
    return Site(gateway, folder, write)


@pytest.fixture
def site(start: Callable[[dict[str, Any]], Gateway], tmp_path: Path) -> Iterator[Site]:
    """One whose model classifies."""
    site = _play(start, tmp_path, rollout_models.write)
    yield site
    site.gateway.process.stop()


def test_a_good_version_takes_the_place_and_keeps_it(site: Site) -> None:
    version = site.add("good")
    assert (version, site.stable()) == (2, 1)
    done = site.roll_out(version, *SEEN, *PATIENT, "--wait")
    assert done.returncode == 0, done.stderr
    assert "step 2 of 2, 100 % of the pictures" in done.stdout
    assert done.stdout.endswith("version 2 looks at all pictures now\n")
    route = site.route()
    assert (route["stable"]["version"], route["previous"], route["canary"]) == (2, 1, None)
    assert route["last"]["completed"] is True
    site.goes_on()
    site.assert_nothing_lost()
    # The one before is gone, though nobody has waited for that.
    site.gateway.wait_until(
        lambda: [it["version"] for it in site.gateway.get("models")["models"]] == [2]
    )
    site.gateway.process.kill()
    site.gateway.launch()
    site.gateway.wait_until(site.gateway.ready)
    site.goes_on()
    assert site.stable() == 2
    # By hand it goes back, though it is not loaded any more.
    back = site.gateway.ctl("model", "rollback", "gate")
    assert (back.returncode, back.stdout) == (0, "version 1 of model gate looks at all pictures\n")
    site.goes_on()
    site.assert_nothing_lost()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("failing", "it fails with 100.0 % of"),
        ("slow", "times as long is allowed"),
        ("different", "its answers differ from the stable version's by"),
    ],
)
def test_a_bad_version_is_taken_back_by_itself_and_costs_no_frame(
    site: Site, kind: str, words: str
) -> None:
    limits = ["--max-latency", "2x"] if kind == "slow" else PATIENT
    done = site.roll_out(site.add(kind), *QUICK, *limits, "--wait")
    assert done.returncode == 1
    assert words in done.stderr
    route = site.route()
    assert (route["stable"]["version"], route["phase"]) == (1, "none")
    assert words in route["last"]["reason"]
    assert "was taken back, version 1 goes on" in site.gateway.process.text()
    site.goes_on()
    site.assert_nothing_lost()


def test_without_limits_a_bad_version_would_take_the_place(site: Site) -> None:
    """Negative control: it is the judgment that sends it back."""
    version = site.add("different")
    done = site.roll_out(version, *QUICK, *PATIENT, "--max-disagreement", "100%", "--wait")
    assert done.returncode == 0, done.stderr
    assert site.stable() == version


@pytest.mark.parametrize("task", sorted(rollout_models.TASKS))
def test_answers_of_every_task_are_compared(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path, task: str
) -> None:
    site = _play(
        start, tmp_path, lambda folder, kind: rollout_models.write_task(folder, task, kind)
    )
    site.gateway.wait_until(lambda: site.route()["stable"]["pictures"] > 20)
    done = site.roll_out(site.add("different"), *QUICK, *PATIENT, "--wait")
    assert done.returncode == 1, done.stdout
    assert "its answers differ from the stable version's by" in done.stderr
    assert site.stable() == 1
    near = site.add("near")
    assert site.roll_out(near, *LONG, *PATIENT).returncode == 0
    site.gateway.wait_until(lambda: site.route()["rollout"]["compared"] > 20)
    assert 0 <= site.route()["rollout"]["disagreement"] < 0.2
    assert site.gateway.ctl("model", "rollback", "gate").returncode == 0
    done = site.roll_out(near, *QUICK, *PATIENT, "--wait")
    assert done.returncode == 0, done.stderr
    assert site.stable() == near
    site.goes_on()
    site.assert_nothing_lost()
    site.gateway.process.stop()


def test_a_member_of_an_ensemble_is_compared_with_what_it_replaces(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    rollout_models.write(tmp_path / "models" / "yard" / "1")
    site = _play(
        start, tmp_path, rollout_models.write, plan=[{"name": "both", "models": ["gate", "yard"]}]
    )
    done = site.roll_out(site.add("different"), *QUICK, *PATIENT, "--wait")
    assert done.returncode == 1, done.stdout
    assert "its answers differ from the stable version's by 100.0 %" in done.stderr
    version = site.add("good")
    done = site.roll_out(version, *QUICK, *PATIENT, "--wait")
    assert done.returncode == 0, done.stderr
    assert site.stable() == version
    site.goes_on()
    site.assert_nothing_lost()
    site.gateway.process.stop()


def test_a_rollout_is_ended_by_hand_at_once(site: Site) -> None:
    version = site.add("good")
    assert site.roll_out(version, *LONG, *PATIENT).returncode == 0
    site.gateway.wait_until(lambda: site.route()["canary"]["pictures"] > 20)
    route = site.route()
    assert route["rollout"]["share"] == pytest.approx(0.3, abs=1e-4)
    seen = [route[side]["pictures"] for side in ("canary", "stable")]
    # What both have looked at to be compared counts for both.
    both = route["rollout"]["compared"]
    assert seen[0] / (seen[0] + seen[1] - both) == pytest.approx(0.3, abs=0.1)
    assert route["rollout"]["disagreement"] == 0
    shown = site.gateway.ctl("model", "status", "gate").stdout
    assert "step" in shown
    assert "30 % of the pictures" in shown
    again = site.roll_out(version)
    assert again.returncode == 1
    assert "version 2 is being rolled out (step 1 of 2)" in again.stderr
    assert site.gateway.ctl("model", "rollback", "gate").returncode == 0
    assert (site.route()["phase"], site.stable()) == ("none", 1)
    assert "rolled back by uid" in site.route()["last"]["reason"]
    site.goes_on()
    site.assert_nothing_lost()
    assert "uid" in site.gateway.ctl("model", "status").stdout


def test_a_rollout_goes_on_in_its_step_after_a_kill(site: Site) -> None:
    version = site.add("good")
    assert site.roll_out(version, *LONG, *PATIENT).returncode == 0
    site.gateway.wait_until(lambda: site.route()["canary"]["pictures"] > 20)
    site.gateway.process.signal(signal.SIGKILL)
    site.gateway.process.wait(60)
    site.gateway.launch()
    site.gateway.wait_until(site.gateway.ready)
    site.gateway.wait_until(lambda: site.route()["canary"]["pictures"] > 20)
    route = site.route()
    assert (route["stable"]["version"], route["canary"]["version"]) == (1, 2)
    assert route["rollout"]["step"] == 1
    assert "the rollout of version 2 goes on at step 1 of 2" in site.gateway.process.text()
    site.assert_nothing_lost()


def test_what_cannot_be_rolled_out_leaves_everything_as_it_is(site: Site) -> None:
    unknown = site.roll_out(9)
    assert unknown.returncode == 1
    assert "no such version (there: 1)" in unknown.stderr
    # Put there by hand, past the check of `model add`.
    rollout_models.write(site.repository / "gate" / "2", "broken")
    broken = site.roll_out(2)
    assert broken.returncode == 1
    assert "NoSuchOperator" in broken.stderr
    route = site.route()
    assert (route["phase"], route["last"], route["stable"]["version"]) == ("none", None, 1)
    assert site.gateway.ctl("model", "rollout", "gate").returncode == 2
    assert site.roll_out(2, "--steps", "ten").returncode == 2
    assert "the last step must be 100%" in site.roll_out(2, "--steps", "10%").stderr
    assert site.gateway.ctl("model", "status", "yard").returncode == 1
    site.goes_on()
    site.assert_nothing_lost()


def test_a_version_is_added_whole_or_not_at_all(site: Site) -> None:
    home = site.repository / "gate"
    source = rollout_models.write(site.folder / "training", "broken")
    refused = site.gateway.ctl("model", "add", str(source), "--name", "gate")
    assert refused.returncode == 1
    assert "NoSuchOperator" in refused.stderr
    there = site.gateway.ctl("model", "add", str(home / "1"), "--name", "gate/1")
    assert there.returncode == 1
    assert "is there already" in there.stderr
    (source / "model.yaml").unlink()
    bare = site.gateway.ctl("model", "add", str(source / "model.onnx"), "--name", "gate")
    assert bare.returncode == 1
    assert "gwctl model inspect" in bare.stderr
    assert sorted(path.name for path in home.iterdir()) == ["1"]
    # What runs is written down before a higher version is there: a restart does not take it.
    assert site.add("good") == 2
    assert sorted(path.name for path in home.iterdir()) == ["1", "2", "rollout.json"]
    site.gateway.process.stop()
    site.gateway.launch()
    site.gateway.wait_until(site.gateway.ready)
    assert site.stable() == 1


def test_a_file_of_the_past_that_says_nothing_is_told(site: Site) -> None:
    (site.repository / "gate" / "rollout.json").write_text('{"format": 1, "sta')
    site.gateway.process.stop()
    site.gateway.launch()
    assert site.gateway.process.wait(60) == 1
    assert "or remove it: then the highest one is used" in site.gateway.process.text()


def test_many_versions_after_each_other_leave_nothing_behind(site: Site) -> None:
    versions = [1, site.add("good"), site.add("good")]
    process = Path(f"/proc/{site.gateway.process.pid}")

    def held() -> tuple[int, int]:
        """Descriptors and threads."""
        return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))

    figures = []
    for i in range(1, 13):
        done = site.roll_out(
            versions[i % 3],
            "--steps",
            "100%",
            "--hold",
            "0",
            "--min-pictures",
            "5",
            *PATIENT,
            "--wait",
        )
        assert done.returncode == 0, done.stderr
        site.gateway.wait_until(lambda: len(site.gateway.get("models")["models"]) == 1)
        figures.append(held())
    # Who asks has a descriptor, too, and what is taken down may be under way still.
    most = [min(it) for it in zip(*figures[:4])]
    print(figures)
    site.gateway.wait_until(lambda: all(now <= begun for now, begun in zip(held(), most)))
    site.assert_nothing_lost()


def test_who_waits_is_told_of_every_change_as_lines_of_json(site: Site) -> None:
    done = site.gateway.ctl(
        "--json", "model", "rollout", "gate", str(site.add("good")), *SEEN, *PATIENT, "--wait"
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        description.answer("/models/{name}/rollout", "get", 200).validate(line)
    steps = [line["rollout"]["step"] for line in lines[:-1]]
    assert set(steps) == {1, 2}
    assert steps == sorted(steps)
    assert (lines[-1]["phase"], lines[-1]["last"]["completed"]) == ("none", True)


def test_what_a_rollout_and_an_addition_cannot_be_told_is_said(site: Site) -> None:
    without_unit = site.roll_out(2, "--hold", "5")
    assert without_unit.returncode == 2
    assert "--hold needs a time with its unit, as in 60s" in without_unit.stderr
    for name in ("../x", "..", ".gate/2", "x" * 64, "x" * 64 + "/2", "a:b"):
        refused = site.gateway.ctl("model", "add", str(site.folder), "--name", name)
        assert refused.returncode == 1
        assert f'"{name}" can be no model\'s name' in refused.stderr


def test_the_shell_offers_the_versions_that_are_there(site: Site) -> None:
    def offered(*words: str) -> list[str]:
        done = subprocess.run(
            [places.gwctl(), "complete", "model", "rollout", *words],
            env=os.environ | {"FRAMEGATE_SOCKET": str(site.gateway.socket)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return sorted(done.stdout.split())

    for _ in range(2):
        site.add("good")
    assert offered("gate", "") == ["2", "3"]
    assert offered("") == ["gate"]
    assert offered("gate", "2", "") == []


def test_a_version_that_fails_on_a_picture_is_not_added(site: Site) -> None:
    picture = site.folder / "gate.jpg"
    Image.new("RGB", (640, 480), (90, 120, 60)).save(picture)
    good = rollout_models.write(site.folder / "training-good", "good")
    failing = rollout_models.write(site.folder / "training-failing", "failing")
    refused = site.gateway.ctl("model", "add", str(failing), str(picture), "--name", "gate")
    assert refused.returncode == 1
    assert "1 of the pictures: model_output" in refused.stderr
    assert "model gate was not added: 1 of the pictures failed" in refused.stderr
    said = site.gateway.json("model", "add", str(good), str(picture), "--name", "gate")
    assert said["version"] == 2
    none = site.gateway.ctl("model", "add", str(good), str(good), "--name", "gate")
    assert none.returncode == 1
    assert "cannot be used" in none.stderr
    home = site.repository / "gate"
    assert sorted(path.name for path in home.iterdir()) == ["1", "2", "rollout.json"]
