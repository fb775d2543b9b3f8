"""`framegate-learn train`, beside something that answers as a gateway would."""

import json
import os
import random
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lessons
import pytest

from framegate_learn import train
from framegate_learn.cli import run
from framegate_learn.mistakes import Failure
from framegate_learn.runs import JUDGING, ROLLING_OUT, Runs
from testbed import places

SHORT = ("--members", "2", "--epochs", "2", "--seed", "3")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that tests copy."""
    folder = tmp_path_factory.mktemp("pictures")
    lessons.fill(folder, 300).close()
    return folder


@pytest.fixture
def site(pictures: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[int, dict, str]]]:
    """Trains in a copy of the set."""
    shutil.copytree(pictures, tmp_path / "state")
    gateway = lessons.gateway(tmp_path / "sock", places.models())

    def train(*more: object) -> tuple[int, dict[str, Any], str]:
        return lessons.train(tmp_path / "state", tmp_path / "sock", *more)

    train.state, train.socket, train.gateway = tmp_path / "state", tmp_path / "sock", gateway
    yield train
    gateway.close()


def _say(state: Path, command: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "framegate_learn", command, "--state", state, "--json"]
    told = subprocess.run(words, env=lessons.surroundings(), capture_output=True, check=True)
    return json.loads(told.stdout)


def test_what_is_not_better_is_thrown_away_and_its_figures_stay(site: Any) -> None:
    code, told, said = site(*SHORT, "--held", "30", "--least", "100%")
    assert code == 3, said
    assert (told["state"], told["accepted"], told["parent"]) == ("not accepted", False, "digits:1")
    assert "right less often than 100%" in told["reason"]
    figures = told["figures"]
    assert figures["before"]["accuracy"] < figures["ensemble"]["accuracy"]
    assert [it["accuracy"] > 0 for it in figures["members"]] == [True, True]
    held = told["verdict"]["held"]
    assert figures["judgement"] == {"number": 1, "luck": held["luck"], "level": 0.005}
    assert told["material"]["train"] + told["material"]["held"] == 300
    # Weights and pictures are gone, what is said of them is not.
    folder = site.state / "runs" / told["id"]
    assert [it.name for it in folder.iterdir()] == ["run.json"]
    assert _say(site.state, "runs")["runs"] == [told]
    assert _say(site.state, "status")["runs"] == [told]
    report = json.loads((site.state / "reports" / f"{told['id']}.json").read_text())
    assert report == {"schema": 1, **told}
    assert not [it for it in site.gateway.asked if it[0] == "POST"]


def test_labels_that_mean_nothing_are_not_accepted(site: Any) -> None:
    shutil.rmtree(site.state)
    lessons.fill(site.state, 300, shuffled=True).close()
    code, told, said = site(*SHORT, "--held", "30")
    assert code == 3, said
    assert told["figures"]["ensemble"]["accuracy"] < 0.5
    assert told["accepted"] is False


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--held", "500"), "kept back to judge by, at least 500 are needed"),
        (("--least-pictures", "5000"), "pictures to learn from, at least 5000 are needed"),
    ],
)
def test_with_too_few_pictures_nothing_is_begun(site: Any, options: tuple, words: str) -> None:
    code, told, _ = site(*options)
    assert code == 3
    assert words in told["reason"]
    assert told["figures"] == {}
    assert told["accepted"] is False


def test_killed_at_any_moment_it_goes_on_or_ends(site: Any) -> None:
    options = (*SHORT, "--held", "30", "--least", "100%")
    moments, kills, runs = random.Random(5), 0, Runs(site.state)
    while kills < 4:
        process = subprocess.Popen(
            lessons.command(site.state, site.socket, *options),
            env=lessons.surroundings(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(0.2, 5))
        if process.poll() is not None:
            break
        members = lessons.children(process.pid)
        process.kill()
        process.wait()
        kills += 1
        lessons.wait_until(lambda gone=members: not any(map(lessons.alive, gone)))
    assert kills > 0
    before = runs.unfinished()
    code, told, said = site(*options)
    assert code == 3, said
    assert runs.unfinished() is None
    if before:
        assert told["id"] == before.told["id"]
        assert f"run {told['id']} goes on: " in said
    # Those of one seed learn the same, kills or none.
    _, again, _ = site(*options)
    accuracies = [[it["accuracy"] for it in one["figures"]["members"]] for one in (told, again)]
    assert accuracies[0] == accuracies[1]
    # ... and have judged as often as they ended.
    numbers = [one["figures"]["judgement"]["number"] for one in (told, again)]
    assert numbers[1] == numbers[0] + 1 <= kills + 2


def test_two_do_not_learn_at_once(site: Any) -> None:
    runs = Runs(site.state)
    with runs.alone():
        code, _, said = site(*SHORT)
    assert code == 1
    assert "a run is under way" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"phase": "running"}, "a rollout of digits is under way (running)"),
        ({"stable": {"version": 77, "digest": "x"}}, "the version that runs cannot be read"),
    ],
)
def test_a_gateway_that_is_not_ready_is_one_line(site: Any, change: dict, words: str) -> None:
    status, route = site.gateway.answers["models/digits/rollout"]
    site.gateway.answers["models/digits/rollout"] = (status, {**route, **change})
    code, _, said = site(*SHORT)
    assert code == 1
    assert words in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (ValueError("of no shape\nthat is known"), True),
        (OSError(28, "No space left"), False),
        (sqlite3.OperationalError("database is locked"), False),
    ],
)
def test_what_nobody_has_thought_of_is_not_in_the_next_runs_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, ended: bool
) -> None:
    runs = Runs(tmp_path)
    runs.begin(model="digits").save(state=JUDGING)

    def judge(*_: object) -> None:
        raise error

    monkeypatch.setattr(train.Training, "_judge", judge)
    training = train.Training(runs, SimpleNamespace(model="digits"), None, tmp_path, print)
    with pytest.raises(Failure if ended else type(error)):
        training.run()
    [run] = runs.listed()
    assert run.over == ended
    if ended:
        assert (run.state, run.told["reason"]) == ("failed", "ValueError: of no shape")


def test_another_users_runs_are_not_gone_on_with(need_root: None, tmp_path: Path) -> None:
    """He could have who trains as root clear away what lies behind a link."""
    theirs = tmp_path / "theirs"
    (theirs / "kept").mkdir(parents=True)
    linked, owned = Runs(tmp_path / "linked"), Runs(tmp_path / "owned")
    linked.folder.parent.mkdir()
    linked.folder.symlink_to(theirs)
    owned.folder.mkdir(parents=True)
    os.chown(owned.folder, 9, 9)
    for runs in (linked, owned):
        with pytest.raises(Failure, match="is not a folder of the user who trains"), runs.alone():
            runs.sweep()
    assert (theirs / "kept").is_dir()


def test_steps_that_take_longer_than_the_patience_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "digits", "--state", str(tmp_path), "--hold", "20m", "--patience", "1"]
    with pytest.raises(SystemExit):
        run(["train", *words])
    words[5:] = ["60", "--patience", "180"]
    assert run(["train", *words]) == 1
    assert "--patience 180: 3 steps of 60 s take longer" in capsys.readouterr().err


def test_a_gateway_that_is_away_is_one_line(site: Any) -> None:
    code, _, said = lessons.train(site.state, site.state / "nobody", *SHORT)
    assert code == 1
    assert "no gateway answers at" in said
    assert Runs(site.state).listed() == []


class _Rollout:
    """A run whose version is better by such gates as it has, up to its rollout."""

    OPTIONS = ("--members", "1", "--epochs", "1", "--seed", "3", "--held", "30")
    OPTIONS += ("--margin", "0", "--luck", "1", "--least", "0")

    def __init__(self, site: Any) -> None:
        self.site = site
        script = site.state / "gwctl"
        script.write_text('#!/bin/sh\necho add >> "$0.log"\necho \'{"version": 2}\'\n')
        script.chmod(0o755)
        self.gwctl = ("--gwctl", script)
        self.log = site.state / "gwctl.log"

    def refuse(self, line: str, code: object) -> None:
        """What its gwctl says, and ends with."""
        script = self.site.state / "gwctl"
        script.write_text(
            f'#!/bin/sh\necho add >> "$0.log"\necho {shlex.quote(line)} >&2\n{code}\n'
        )

    def begin(self, *more: object) -> subprocess.Popen[str]:
        """Until its members have learned something."""
        words = lessons.command(
            self.site.state, self.site.socket, *self.OPTIONS, *self.gwctl, *more
        )
        return subprocess.Popen(
            words,
            env=lessons.surroundings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def expect(self) -> None:
        """From now on the gateway says that it rolls out what it is told to."""
        pattern = "runs/*/member-1/checkpoint.npz"
        lessons.wait_until(lambda: list(self.site.state.glob(pattern)), 200)
        self.answer(phase="running", rollout=STEP)
        lessons.wait_until(self.posted, 200)

    def answer(self, **changes: Any) -> None:
        """What the gateway says of the model from now on."""
        status, route = self.site.gateway.answers["models/digits/rollout"]
        self.site.gateway.answers["models/digits/rollout"] = (status, {**route, **changes})

    def posted(self, path: str = "models/digits/rollout") -> list[Any]:
        """What the gateway was told to do there."""
        return [it[2] for it in list(self.site.gateway.asked) if it[:2] == ("POST", path)]

    def end(self, process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
        """Its exit code, and the run."""
        said, _ = process.communicate(timeout=200)
        return process.returncode, json.loads(said)

    def fail(self, process: subprocess.Popen[str]) -> None:
        """It could not be done now."""
        said, _ = process.communicate(timeout=200)
        assert (process.returncode, said) == (1, "")


STEP = {"step": 1, "steps": [0.1, 0.5, 1.0], "share": 0.1, "waiting": "no pictures for this model"}


def test_another_version_meanwhile_is_not_replaced(site: Any) -> None:
    """What was learned was compared with the one before."""
    rollout = _Rollout(site)
    process = rollout.begin()
    lessons.wait_until(lambda: list(site.state.glob("runs/*/member-1/checkpoint.npz")), 200)
    rollout.answer(stable={"version": 5, "digest": "x"})
    code, told = rollout.end(process)
    assert code == 3
    assert told["reason"] == (
        "the rollout: the gateway has version 5 now: what was learned was compared with version 1"
    )
    assert rollout.posted() == []


def test_a_version_that_the_gateway_does_not_take_ends_the_run_once(site: Any) -> None:
    rollout = _Rollout(site)
    # What passes does not end it: it has learned, and goes on when that is repaired.
    for line, code in (
        ("gwctl: /models/digits/.adding-x/model.onnx: No space left on device", "exit 1"),
        ("gwctl: /models/digits/2: File exists", "exit 1"),
        ("gwctl: model.onnx: Cannot allocate memory", "exit 1"),
        ("gwctl: no gateway answers", "exit 3"),
        ("it was ended", "kill -TERM $$"),
    ):
        rollout.refuse(line, code)
        rollout.fail(rollout.begin())
        [run] = Runs(site.state).listed()
        assert run.state == ROLLING_OUT
    rollout.refuse("gwctl: model.onnx: its output has no such tensor", "exit 1")
    code, told = rollout.end(rollout.begin())
    assert (code, told["id"], told["state"]) == (3, run.told["id"], "not accepted")
    assert told["reason"] == (
        "the gateway does not take it: gwctl model add: "
        "gwctl: model.onnx: its output has no such tensor"
    )
    assert _say(site.state, "status")["runs"] == [told]
    assert (site.state / "reports" / f"{told['id']}.json").exists()
    assert rollout.log.read_text() == 6 * "add\n"
    # The next one is another.
    assert Runs(site.state).unfinished() is None


def test_a_version_that_the_gateway_takes_back_is_not_accepted(site: Any) -> None:
    rollout = _Rollout(site)
    process = rollout.begin()
    rollout.expect()
    [wish] = rollout.posted()
    assert (wish["version"], wish["steps"], wish["hold_s"]) == (2, [0.1, 0.5, 1.0], 60)
    assert 0 < wish["max_disagreement"] <= 1 <= wish["max_latency"]
    why = "it fails with 100.0 % of the pictures"
    rollout.answer(
        phase="none", rollout=None, last={"from": 1, "to": 2, "completed": False, "reason": why}
    )
    code, told = rollout.end(process)
    assert (code, told["accepted"], told["version"]) == (3, False, 2)
    assert told["reason"] == f"the rollout: {why}"


def test_a_rollout_that_was_cut_off_is_watched_on(site: Any) -> None:
    rollout = _Rollout(site)
    process = rollout.begin()
    rollout.expect()
    rollout.answer(canary={"version": 2})
    process.kill()
    process.communicate()
    again = rollout.begin()
    done = {"from": 1, "to": 2, "completed": True, "reason": ""}
    rollout.answer(
        phase="none", rollout=None, canary=None, stable={"version": 2, "digest": "x"}, last=done
    )
    code, told = rollout.end(again)
    assert (code, told["state"]) == (0, "accepted")
    assert told["reason"].endswith("version 2 looks at all pictures")
    # It was neither added nor begun once more.
    assert len(rollout.posted()) == 1
    assert rollout.log.read_text() == "add\n"


def test_a_rollout_that_does_not_end_is_taken_back(site: Any) -> None:
    rollout = _Rollout(site)
    site.gateway.answers["models/digits/rollback"] = (200, {})
    process = rollout.begin("--hold", "0", "--patience", "0.5")
    rollout.expect()
    code, told = rollout.end(process)
    assert code == 3
    assert told["reason"] == "the rollout: taken back after 0 s: no pictures for this model"
    assert len(rollout.posted("models/digits/rollback")) == 1


def test_interrupted_it_leaves_what_can_go_on(site: Any) -> None:
    process = subprocess.Popen(
        lessons.command(site.state, site.socket, *SHORT),
        env=lessons.surroundings(),
        stderr=subprocess.PIPE,
        text=True,
    )
    lessons.wait_until(lambda: list(site.state.glob("runs/*/member-1/plan.json")), 120)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("framegate-learn: interrupted")
    assert Runs(site.state).unfinished()
