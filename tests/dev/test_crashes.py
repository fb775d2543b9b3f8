"""A program that crashes fails the test that it ran in, whatever that test looks at."""

import subprocess
from pathlib import Path

import pytest

from testbed import places

_AT_ONCE = """\
from testbed.process import Process

def test_it(tmp_path):
    process = Process(["bash", "-c", "echo here; kill -SIGNAL $$"], tmp_path / "log")
    process.wait(20)
"""

# It crashes when it is told to end, and that is after the module's last test.
_AT_ITS_END = """\
import time
import pytest
from testbed.process import Process

@pytest.fixture(scope="module")
def program(tmp_path_factory):
    script = "trap 'echo here; kill -SIGNAL $$' TERM; echo ready; while :; do sleep 0.1; done"
    process = Process(["bash", "-c", script], tmp_path_factory.mktemp("all") / "log")
    while "ready" not in process.text():
        time.sleep(0.05)
    yield process
    process.stop(60)

def test_first(program):
    assert program.running

def test_it(program):
    assert program.running
"""


def run(folder: Path, tests: str, signal: str) -> tuple[int, str]:
    """Runs these tests, whose program ends by that signal."""
    (folder / "pyproject.toml").touch()
    (folder / "conftest.py").write_text("from testbed.crash_hook import pytest_runtest_teardown\n")
    (folder / "test_some.py").write_text(tests.replace("SIGNAL", signal))
    done = subprocess.run(
        [places.cache() / "venv/bin/python", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA"],
        cwd=folder,
        env={"PYTHONPATH": str(places.ROOT / "tests"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("tests", [_AT_ONCE, _AT_ITS_END], ids=["at once", "at its end"])
def test_a_crash_fails_a_test_that_does_not_look(tmp_path: Path, tests: str) -> None:
    code, said = run(tmp_path, tests, "SEGV")
    assert code == 1, said
    assert "crashed: bash: SIGSEGV:\n" in said
    assert "\nhere" in said
    assert "ERROR test_some.py::test_it" in said
    assert "ERROR test_some.py::test_first" not in said


@pytest.mark.parametrize("tests", [_AT_ONCE, _AT_ITS_END], ids=["at once", "at its end"])
def test_an_end_by_somebody_is_no_crash(tmp_path: Path, tests: str) -> None:
    code, said = run(tmp_path, tests, "KILL")
    assert code == 0, said
