"""Ten sites in small: what their steps are, and the quick form of the whole."""

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

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
    assert facts["steps"]["of_ten"]["saved"] >= 0.8
    # Its pictures stayed at the site.
    assert facts["bytes"]["ratio"] > 10
    assert all((folder / f"d-{it}.png").exists() for it in ("accuracy", "steps"))


@pytest.mark.timeout(PATIENCE + 60)
@pytest.mark.usefixtures("need_root")
def test_a_further_site_is_one_more_line() -> None:
    steps = []
    for looks in (site_learning.STEPS.looks[:1], site_learning.STEPS.looks[:3]):
        size = replace(site_learning.STEPS, looks=looks)
        with tempfile.TemporaryDirectory(prefix="framegate-d-") as folder:
            steps.append(Experiment(size, Path(folder)).steps_alone())
    one, three = (it["ours"] for it in steps)
    for part in effort.PARTS:
        assert three[part]["commands"] == one[part]["commands"]
        assert three[part]["lines"] == one[part]["lines"] + (2 if part == "set-up" else 0)
