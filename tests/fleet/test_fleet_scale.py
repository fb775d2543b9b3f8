"""Stand-ins cost what real gateways cost, and say when something is asked that those were not."""

import json
import subprocess
from pathlib import Path

import pytest

from experiments import fleet
from testbed import places
from testbed.loopback import free_port


def test_a_stand_in_is_asked_as_a_real_gateway_is(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    real = fleet.of_real(tmp_path / "real", 1, answers)
    others = fleet.of_stand_ins(tmp_path / "others", 3, answers)
    for which in ("apply", "again"):
        asked, of_others = real[which]["requests"], others[which]["requests"]
        assert set(of_others) == set(asked)
        # Looks at health are as many as fit into the time; all else is asked as often.
        looks = {"GET status", "GET cameras", "GET models/routes"}
        for wish in set(asked) - looks:
            assert of_others[wish] == 3 * asked[wish], wish
        one, other = (
            (it["sent"] + it["received"]) / it["total"] for it in (real[which], others[which])
        )
        assert other == pytest.approx(one, rel=0.25)
    assert len(json.loads(answers.read_text())) == real["apply"]["total"] + real["again"]["total"]


def test_what_no_real_gateway_was_asked_ends_it(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text("[]")
    words = [places.cache() / "fleet/bin/python", places.ROOT / "tests/fleet/stand_ins.py"]
    words += [answers, 1, free_port(), tmp_path / "made"]
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "was not asked for a commit and its confirmation" in done.stderr
