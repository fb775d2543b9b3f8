"""What a fleet says to a learner is what the learner reads."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from framegate_files import plain
from framegate_fleet import learn_yaml, learners, wishes
from framegate_fleet.desired import Gateway
from framegate_learn import config
from framegate_learn.documents import Flag, Number, Section
from framegate_learn.following import Following
from testbed import places


def test_what_may_be_said_is_what_the_learner_reads() -> None:
    def alike(section: Section, said: dict[str, Any]) -> None:
        assert said["properties"].keys() == section.keys.keys() - {"gateway", "model"}
        assert set(said.get("required", ())) == set(section.needed) - {"model"}
        for key, kind in section.keys.items():
            ours = said["properties"].get(key, {})
            if ours.get("$ref") == "#/$defs/part":
                ours = {"type": "number", "minimum": 0, "maximum": 1}
            if isinstance(kind, Section):
                alike(kind, ours)
            elif isinstance(kind, Number):
                bounds = (ours["minimum"], ours["maximum"], ours["type"] == "integer")
                assert bounds == (kind.least, kind.most, kind.whole), key
            elif isinstance(kind, Flag):
                assert ours == {"type": "boolean"}

    alike(config._KEYS, learners.schema())


@pytest.mark.parametrize(
    "said",
    [
        True,
        {"looks": 5, "choose": {"seconds": 60}, "set": {"near": 1}},
        {"crops": {"detectors": ["a", "b"], "labels": {"person": "person"}}},
    ],
)
def test_a_learner_is_told_asked_and_told_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Any
) -> None:
    program = tmp_path / "framegate-learn"
    module = f"PYTHONPATH={places.ROOT / 'fleet'} exec {sys.executable} -m framegate_learn"
    program.write_text(f'#!/bin/sh\n{module} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    made = learn_yaml.drafted("digits", said, {}, {"door": "3"})
    there = Gateway("one", "s", [], learn={"digits": learn_yaml.text(made)})
    there.run = ["env", f"FRAMEGATE_LEARN_WISHES={tmp_path / 'wishes'}"]
    assert {"learn.digits.model"} <= {it["path"] for it in learners.differences(there)}
    assert learners.tell(there) == (["digits"], "")
    assert learners.differences(there) == []
    assert learners.tell(there) == ([], "")
    read = config.load(tmp_path / "wishes/digits.yaml")
    assert (read.model, str(read.gateway)) == ("digits", "/run/framegate/api.sock")
    assert str(read.state) == "/var/lib/framegate-learn/digits"
    assert read.label.truth == (None if read.crops else {"door": "3"})
    there.learn = {"digits": None}
    assert learners.tell(there) == (["digits"], "")
    assert list((tmp_path / "wishes").iterdir()) == []
    # What a fleet says nothing of any more goes; what somebody else left there stays.
    there.learn = {"digits": learn_yaml.text(made)}
    assert learners.tell(there).models == ["digits"]
    mine = tmp_path / "wishes/mine.yaml"
    mine.write_text("model: mine\n")
    there.learn = {"hats": learn_yaml.text({"model": "hats"})}
    assert "learn.digits.model" in {it["path"] for it in learners.differences(there)}
    assert sorted(learners.tell(there).models) == ["digits", "hats"]
    assert sorted(it.name for it in mine.parent.iterdir()) == ["hats.yaml", "mine.yaml"]
    # What is wrong there is said as it is.
    there.learn = {"digits": "model: digits\nlooks: 9\n"}
    assert "looks: must be 0.01 to 5, not 9" in learners.tell(there).wrong


@pytest.mark.parametrize(
    "text",
    [
        "model: [",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "a: " + 2000 * "[" + 2000 * "]",
        "- model\n",
    ],
)
def test_what_somebody_wrote_there_ails_one_gateway_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(learners, "_there", lambda _: {"digits": text})
    there = Gateway("one", "s", [], learn={"digits": "model: digits\n"}, run=[str(tmp_path)])
    found = {it["path"]: it for it in learners.differences(there)}
    assert found["learn.digits.model"]["is"] == "digits"
    assert len(found) <= 2


def test_no_link_is_followed_and_no_pipe_waited_for(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("token")
    folder = tmp_path / "wishes"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(secret)
    os.mkfifo(folder / "pipe.yaml")
    (folder / "good.yaml").write_text("model: good\n")
    assert plain.texts(folder, "*.yaml") == {"good": "model: good\n"}
    following = Following([folder], lambda _: None)
    assert list(following._found()) == [folder / "good.yaml"]


def test_an_agent_ends_what_its_fleet_says_nothing_of(tmp_path: Path) -> None:
    text = learn_yaml.text({"model": "digits"})
    assert wishes.leave(tmp_path, {"digits": text}) == ["digits"]
    (tmp_path / "mine.yaml").write_text("model: mine\n")
    assert wishes.leave(tmp_path, {"digits": text}) == []
    assert wishes.leave(tmp_path, {}) == ["digits"]
    assert [it.name for it in tmp_path.iterdir()] == ["mine.yaml"]
