"""./dev answers wrong words with one line and exit code 2, and right ones with help."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from soak.__main__ import SHORTEST
from testbed import places

COMMANDS = (
    "setup",
    "models",
    "build",
    "package",
    "image",
    "wheel",
    "demo",
    "test",
    "bench",
    "gpu",
    "experiment",
    "soak",
)
COMMANDS += ("lint", "fuzz", "clean")


def dev(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [places.ROOT / "dev", *words], capture_output=True, text=True, check=False, timeout=60
    )


def test_without_words_it_prints_the_menu() -> None:
    done = dev()
    assert done.returncode == 0
    menu = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert menu.issuperset(COMMANDS)


def test_every_command_has_help() -> None:
    for command in COMMANDS:
        done = dev(command, "--help")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"./dev {command}")


def test_a_soak_says_how_short_it_may_be() -> None:
    assert f"at least {SHORTEST})" in dev("soak", "--help").stdout


@pytest.mark.parametrize(
    "words",
    [("dmeo",), ("help", "dmeo"), ("test", "units"), ("bench", "decoder"), ("lint", "all")]
    + [("experiment", "speed")]
    + [("soak", "image", "--all"), ("clean", "--everything")],
    ids=" ".join,
)
def test_a_wrong_word_is_a_usage_error(words: tuple[str, ...]) -> None:
    done = dev(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert words[-1] in line or "takes no arguments" in line
    assert line.endswith("'./dev' prints the menu")


def test_a_command_may_add_to_what_its_programs_read() -> None:
    script = "FRAMEGATE_CACHE=x FRAMEGATE_BUILD=y; . packaging/setup/debian.sh; "
    script += (
        'ENVIRONMENT+=(ADDED=here); as_root() { "$@"; }; as_root_with_environment printenv ADDED'
    )
    done = subprocess.run(
        ["bash", "-ec", script], cwd=places.ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "here\n"), done.stderr


def in_bash(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs lines that use the functions of the set-up scripts."""
    parts = "".join(f". packaging/setup/{name}.sh; " for name in ("steps", "downloads"))
    return subprocess.run(
        ["bash", "-euc", f"exec 3>&2; SETUP_DIR=packaging/setup; {parts}{script}", "bash", folder],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


def test_a_download_with_a_wrong_checksum_fails_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "right").write_text("a file\n")
    (tmp_path / "wrong").write_text("another file\n")
    check = (
        'sum=$(sha256sum <"$1/right" | cut -d" " -f1); check_sha256 "$1/{}" "$sum" "the file 1.0"'
    )
    assert in_bash(check.format("right"), tmp_path).returncode == 0
    done = in_bash(check.format("wrong"), tmp_path)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("dev: the file 1.0: wrong checksum: pinned is ")


def test_a_step_with_a_wrong_checksum_shows_that_line_and_not_the_log(tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("another file\n")
    done = in_bash(
        'steps_begin 1 "$1/log"; step "a download" check_sha256 "$1/wrong" 00 "the file 1.0"',
        tmp_path,
    )
    assert done.returncode == 1
    assert "dev: the file 1.0: wrong checksum" in done.stderr
    assert "the end of the log" not in done.stderr


def test_models_end_in_one_line_on_ctrl_c(tmp_path: Path) -> None:
    mnist, human = tmp_path / "mnist", tmp_path / "human"
    for folder in (mnist, human):
        source = places.cache() / folder.name
        if not source.exists():
            pytest.skip(f"{source} is missing: ./dev models makes it")
        folder.symlink_to(source)
    script = places.ROOT / "configs" / "models" / "build.py"
    child = subprocess.Popen(
        [sys.executable, script, "--cache", tmp_path, "--only", "digits"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert "making it" in child.stdout.readline()
    time.sleep(0.5)
    # As a terminal does it: to the whole group, and impatiently.
    for _ in range(2):
        os.killpg(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=20)
    assert child.returncode == 130
    assert said == "digits: stopped; the same command makes it anew\n"
    assert list((tmp_path / "models" / "digits" / "1").iterdir()) == []
