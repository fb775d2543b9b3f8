"""What a fleet says to a learner is what the learner reads."""

import sys
from pathlib import Path
from typing import Any

import pytest

from framegate_fleet import learn_yaml, learners
from framegate_fleet.desired import Gateway
from framegate_learn import config
from framegate_learn.documents import Flag, Number, Section
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
    # What is wrong there is said as it is.
    there.learn = {"digits": "model: digits\nlooks: 9\n"}
    assert "looks: must be 0.01 to 5, not 9" in learners.tell(there).wrong
