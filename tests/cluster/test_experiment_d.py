"""Ten sites in small: what their steps are, and the quick form of the whole."""

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from experiments import effort, site_learning
from experiments.effort import Ledger
from experiments.site_learning import Experiment
from testbed import places

PATIENCE = 900


def test_what_is_typed_and_what_is_edited_is_counted(tmp_path: Path) -> None:
    ledger = Ledger()
    file = tmp_path / "a.yaml"
    ledger.edit(file, "one\ntwo\nthree\n")
    ledger.part = "operation"
    ledger.edit(file, "one\n2\nthree\n")
    assert ledger.type("cat", file) == "one\n2\nthree\n"
    ledger.run("cat", file)
    ledger.go_there()
    told = ledger.told()
    assert told["set-up"] == {"commands": 0, "lines": 3, "steps": 3}
    assert told["operation"] == {"commands": 2, "lines": 1, "steps": 3}
    assert effort.total(effort.times(told, 10, Ledger().told())) == 60
    with pytest.raises(RuntimeError, match=r"none\.yaml"):
        ledger.type("cat", tmp_path / "none.yaml")


@pytest.mark.timeout(PATIENCE + 60)
@pytest.mark.usefixtures("need_root")
def test_sites_learn_what_the_cloud_does_not_know() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "experiments", "d", "--quick"],
        cwd=places.ROOT / "tests",
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    folder = places.ROOT / "build-experiments" / "d"
    facts = json.loads((folder / "d.json").read_text())
    assert {it["look"] for it in facts["sites"]} == {"inverted", "lined"}
    for site in facts["sites"]:
        assert site["outcome"] == "accepted"
        assert site["site"] > site["cloud"]
        assert site["frames"]["dropped"] == 0
    by_hand, ours = facts["steps"]["by_hand"], facts["steps"]["ours"]
    # A flow is declared for two sites as for ten: less than by hand is what is told of ten.
    for part in ("set-up", "operation"):
        assert 0 < ours[part]["steps"] < by_hand[part]["steps"]
    assert ours["training"]["steps"] > 0
    assert facts["steps"]["of_ten"]["saved"] >= 0.75
    # Its pictures stayed at the site.
    assert facts["bytes"]["ratio"] > 10
    assert all((folder / f"d-{it}.png").exists() for it in ("accuracy", "steps"))


@pytest.mark.timeout(PATIENCE + 60)
@pytest.mark.usefixtures("need_root")
def test_a_further_site_is_one_more_line_and_both_sides_are_counted_alike() -> None:
    steps = []
    for looks in (site_learning.STEPS.looks[:1], site_learning.STEPS.looks[:3]):
        size = replace(site_learning.STEPS, looks=looks)
        with tempfile.TemporaryDirectory(prefix="framegate-d-") as folder:
            steps.append(Experiment(size, Path(folder)).steps_alone())
    one, three = (it["ours"] for it in steps)
    for part in effort.PARTS:
        assert three[part]["commands"] == one[part]["commands"]
        assert three[part]["lines"] == one[part]["lines"] + (2 if part == "set-up" else 0)
    for report in steps:
        _is_counted_alike(report)
        # Ten are computed from one and from three: it is the same.
        assert report["of_ten"] == steps[0]["of_ten"]
        assert report["of_ten"]["saved"] >= 0.75


def _is_counted_alike(report: dict[str, Any]) -> None:
    """What is a step on one side is one on the other, in what was typed."""
    by_hand, ours = report["typed"]["each"], report["typed"]["ours"]
    for typed in (by_hand, ours):
        # After each change it is asked once how things are.
        for part in ("set-up", "operation"):
            commands = [command for its, command in typed if its == part]
            assert commands[-1].endswith(" status")
            assert sum("status" in command.split() for command in commands) == 1
        # And what is only a look ahead is on neither side.
        assert not any("config check" in command for _, command in typed)
    assert [part for part, command in by_hand if "model status" in command] == ["deployment"]
    assert ours[-1] == ("training", "framegate-flow status")
    # One loop for all cameras, as one line is all of them for us.
    assert sum(command.startswith("for ") for _, command in by_hand) == 1
    assert report["typed"]["once"] == []  # what is done once for all is edited
