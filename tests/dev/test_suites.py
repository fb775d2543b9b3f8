"""./dev test: suites that run beside others, and what is said of them."""

import os
import re
import subprocess
from pathlib import Path

from testbed import places

# What the suites need of the rest of ./dev; a test brings suites of its own.
_DEV = """\
JOBS=1 PYTHON=$2 CACHE=$1
cmd_setup() { :; }
ask_for_root() { :; }
stop_ticker() { :; }
build_default() { echo "builds"; }
cmd_models() { :; }
cd "$1"
. tests/suites.sh
suite_unit() { echo "unit at work"; record passed "a test"; }
suite_asan() { echo "asan at work"; sleep 1; record passed "a test"; }
suite_integration() { echo "integration at work"; record passed "a test"; }
suite_kafka() { echo "kafka at work"; sleep 0.2; record failed "a test" "no broker"; }
suite_network() { echo "network at work"; record passed "a test"; }
suite_soak() { echo "soak at work"; record passed "a test"; }
suite_lint() { echo "lint at work"; nice; exit 3; }
"""


def run(folder: Path, script: str) -> tuple[int, str]:
    """Runs suites; returns the exit code and what was printed."""
    (folder / "tests").symlink_to(places.ROOT / "tests")
    done = subprocess.run(
        ["bash", "-euc", _DEV + script, "bash", folder, places.cache() / "venv/bin/python"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_what_runs_beside_is_told_afterwards_and_counted(tmp_path: Path) -> None:
    code, said = run(tmp_path, "run_suites kafka asan lint unit")
    assert code == 1
    # Beside the unit tests is only what gives way to them; what two would build is built before.
    begun = r"=== lint: begins .*=== unit ===\sunit at work.*builds.*=== kafka: begins beside "
    others = "".join(rf".*=== {name} ===\s{name} at work" for name in ("asan", "kafka", "lint"))
    assert re.search(begun + others, said, re.DOTALL), said
    rows = re.findall(r"^(\w+) +(\d+) +(\d+) +(\d+)$", said, re.MULTILINE)
    assert rows == [
        ("kafka", "0", "1", "0"),
        ("asan", "1", "0", "0"),
        ("lint", "0", "1", "0"),
        ("unit", "1", "0", "0"),
    ]
    assert "failed: kafka: a test: no broker" in said
    assert "failed: lint: the suite runs to its end: it ended with status 3" in said
    assert said.endswith("2 passed, 2 failed\n")
    # What computes beside the others gives way to them.
    assert "lint at work\n19\n" in said


def test_the_integration_tests_wait_for_those_that_need_the_network(tmp_path: Path) -> None:
    code, said = run(tmp_path, "run_suites kafka soak integration")
    assert code == 1
    for name in ("kafka", "soak"):
        assert said.index(f"{name} at work") < said.index("=== integration ===")
        assert said.count(f"{name} at work") == 1
    assert said.endswith("2 passed, 1 failed\n")


def test_the_network_tests_run_beside_the_integration_tests(tmp_path: Path) -> None:
    code, said = run(tmp_path, "run_suites network kafka integration asan")
    assert code == 1
    at = [said.index(f"{name} at work") for name in ("integration", "network", "asan")]
    assert at == sorted(at)
    begun = said.index("=== network: begins beside")
    assert said.index("kafka at work") < begun < said.index("=== integration ===")
    assert said.endswith("3 passed, 1 failed\n")


def test_without_others_nothing_runs_beside(tmp_path: Path) -> None:
    code, said = run(tmp_path, "run_suites lint")
    assert code == 1
    assert "beside" not in said
    assert "builds" not in said
    assert f"lint at work\n{os.nice(0)}\n" in said
