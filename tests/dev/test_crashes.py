"""A program that crashes fails the test that it ran in, whatever that test looks at."""

import subprocess
from pathlib import Path

from testbed import places

_TEST = """\
from testbed.process import Process
{conftest}

def test_it(tmp_path):
    process = Process(["bash", "-c", "echo here; kill -{signal} $$"], tmp_path / "log")
    process.wait(20)
"""


def run(folder: Path, signal: str) -> tuple[int, str]:
    """Runs a test whose program ends by that signal."""
    (folder / "pyproject.toml").touch()
    hook = "from conftest import nothing_crashes"
    (folder / "test_some.py").write_text(_TEST.format(conftest=hook, signal=signal))
    done = subprocess.run(
        [places.cache() / "venv/bin/python", "-m", "pytest", "-p", "no:cacheprovider", "-q"],
        cwd=folder,
        env={"PYTHONPATH": str(places.ROOT / "tests"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout


def test_a_crash_fails_a_test_that_does_not_look(tmp_path: Path) -> None:
    code, said = run(tmp_path, "SEGV")
    assert code == 1
    assert "crashed: bash: SIGSEGV:\nhere" in said


def test_an_end_by_somebody_is_no_crash(tmp_path: Path) -> None:
    code, said = run(tmp_path, "TERM")
    assert code == 0, said
