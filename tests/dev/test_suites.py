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

# Tests of a suite, one of which needs time: its first try leaves a note for the second.
_TESTS = """\
from pathlib import Path
import pytest

def test_fine():
    pass

@pytest.mark.parametrize("what", ["a b", "c"])
def test_slow(what):
    note = Path(__file__).with_name("note-" + what)
    if not note.exists():
        note.touch()
        assert what == "c", "no time"

class TestKind:
    def test_never(self):
        assert FINE, "wrong"
"""


def run(folder: Path, script: str) -> tuple[int, str]:
    """Runs suites; returns the exit code and what was printed."""
    if not (folder / "tests").exists():
        (folder / "tests").symlink_to(places.ROOT / "tests")
    done = subprocess.run(
        ["bash", "-euc", _DEV + script, "bash", folder, places.cache() / "venv/bin/python"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
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


def run_python(folder: Path, tests: str) -> tuple[int, str]:
    """Runs a suite of these tests, with pytest."""
    (folder / "pyproject.toml").touch()
    (folder / "test_some.py").write_text(tests)
    return run(
        folder,
        "suite_web() { python_tests test_some.py; }\n"
        'as_root_with_environment() { "$@" 2>&1; }\n'
        "run_suites web",
    )


def test_what_fails_by_chance_is_tried_again_and_named(tmp_path: Path) -> None:
    code, said = run_python(tmp_path, _TESTS.replace("FINE", "True"))
    assert (tmp_path / "build-results/web-again.xml").read_text().count("<testcase") == 1
    assert code == 0, said
    assert "second try, passed: web: test_some: test_slow[a b]: first: " in said
    assert "no time" in said
    assert said.count("second try, ") == 1
    assert said.endswith("4 passed, 0 failed\n")


def test_what_fails_twice_has_failed(tmp_path: Path) -> None:
    code, said = run_python(tmp_path, _TESTS.replace("FINE", "False"))
    assert code == 1
    assert "failed: web: test_some.TestKind: test_never: " in said
    assert "second try, failed: web: test_some.TestKind: test_never: first: " in said
    assert said.endswith("3 passed, 1 failed\n")


def test_what_is_no_chance_is_not_tried_again(tmp_path: Path) -> None:
    many = "".join(f"def test_{n}(): assert False\n" for n in range(4))
    crash = (
        "import subprocess\n"
        'def test_it(): subprocess.run(["bash", "-c", "kill -SEGV $$"], check=True)\n'
    )
    for number, (tests, failed) in enumerate(((many, 4), (crash, 1), ("import nothing\n", 1))):
        folder = tmp_path / str(number)
        folder.mkdir()
        code, said = run_python(folder, tests)
        assert code == 1
        assert "second try" not in said
        assert said.endswith(f"0 passed, {failed} failed\n")


# Programs of a suite: what each does, in its place.
_PROGRAMS = {
    "fine": "true",
    "slow": "test -e note || { touch note; echo no time; false; }",
    "wrong": "false",
    "crashed": "test -e seen || { touch seen; kill -SEGV $$; }",
}


def run_programs(folder: Path, suite: str, *names: str) -> tuple[int, str]:
    """Runs a suite of these, with meson."""
    lines = ["project('some')", "bash = find_program('bash')"]
    for name in names:
        script = _PROGRAMS[name].replace("'", r"\'")
        place = f"workdir: '{folder}'"
        lines.append(f"test('some/{name}', bash, args: ['-c', '{script}'], {place})")
    (folder / "meson.build").write_text("\n".join(lines) + "\n")
    subprocess.run(
        ["meson", "setup", folder / "build", folder], capture_output=True, check=True, timeout=60
    )
    script = f"suite_{suite}() {{ meson_tests build 2>&1; }}\nrun_suites {suite}"
    return run(folder, script)


def test_a_program_that_fails_by_chance_is_tried_again_and_named(tmp_path: Path) -> None:
    code, said = run_programs(tmp_path, "unit", "fine", "slow")
    assert code == 0, said
    assert "second try, passed: unit: some/slow: first: no time\n" in said
    assert said.endswith("2 passed, 0 failed\n")


def test_a_program_that_fails_twice_has_failed(tmp_path: Path) -> None:
    code, said = run_programs(tmp_path, "unit", "wrong", "slow")
    assert code == 1
    assert "second try, failed: unit: some/wrong: first: fail\n" in said
    assert said.endswith("1 passed, 1 failed\n")


def test_a_crash_is_no_chance_and_a_sanitizers_finding_is_none(tmp_path: Path) -> None:
    for suite, name in (("unit", "crashed"), ("asan", "slow")):
        folder = tmp_path / suite
        folder.mkdir()
        code, said = run_programs(folder, suite, "fine", name)
        assert code == 1
        assert "second try" not in said
        assert said.endswith("1 passed, 1 failed\n")
