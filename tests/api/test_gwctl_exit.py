"""gwctl's exit code says how the gateway is, and whether the answer could be written."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from player import Gateway

from testbed import places

DOWN = {
    "id": "port.lan0.down",
    "severity": "failed",
    "text": "lan0 has no link: look at its cable",
    "since_s": 75.2,
}
SLOW = {"id": "kafka.slow", "severity": "degraded", "text": "it is slow", "since_s": 3}
NOTE = {"id": "camera.cam1.silent", "severity": "notice", "text": "it is silent", "since_s": 0}


def _status(socket: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [places.gwctl(), "--socket", socket, "status"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("troubles", "left_out", "code", "state"),
    [
        ([], 0, 0, "ready"),
        ([NOTE], 0, 0, "ready"),
        ([NOTE, SLOW], 0, 1, "not well: kafka.slow"),
        ([SLOW, NOTE, DOWN], 0, 1, "not well: port.lan0.down"),
        ([NOTE], 3, 1, "not well: more troubles than can be shown"),
    ],
    ids=["none", "a notice", "degraded", "failed", "left out"],
)
def test_a_trouble_is_told_and_is_the_exit_code(
    played: Gateway,
    saying: Callable[[dict[str, Any]], Path],
    troubles: list[dict[str, Any]],
    left_out: int,
    code: int,
    state: str,
) -> None:
    well = left_out == 0 and all(trouble["severity"] == "notice" for trouble in troubles)
    status = played.get("status") | {
        "well": well,
        "troubles": troubles,
        "troubles_left_out": left_out,
    }
    done = _status(saying(status))
    assert done.returncode == code, done.stdout
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.split(maxsplit=1) == ["state", state]]
    for trouble in troubles:
        (line,) = [line for line in lines if line.startswith(trouble["severity"])]
        assert f"{trouble['id']}: {trouble['text']} (for 00:0" in line
    assert ("and 3 more" in done.stdout) is (left_out == 3)


def test_lines_of_the_log_that_nobody_read_are_told(
    played: Gateway, saying: Callable[[dict[str, Any]], Path]
) -> None:
    status = played.get("status")
    assert status["log_lost"] == 0
    assert "lines were lost" not in _status(saying(status)).stdout
    done = _status(saying(status | {"log_lost": 17}))
    assert done.returncode == 0
    assert "17 lines were lost" in done.stdout


def test_a_gateway_that_knows_no_troubles_is_judged_by_what_it_tells(
    played: Gateway, saying: Callable[[dict[str, Any]], Path]
) -> None:
    old = {
        key: value
        for key, value in played.get("status").items()
        if key not in ("well", "troubles", "troubles_left_out")
    }
    assert _status(saying(old)).returncode == 0
    assert _status(saying(old | {"ready": False})).returncode == 1
    down = old["kafka"] | {"state": "down"}
    assert _status(saying(old | {"kafka": down})).returncode == 1


@pytest.mark.parametrize(
    "arguments", [["status"], ["--json", "drops"], ["help"], ["--version"], ["completion", "bash"]]
)
def test_an_answer_that_cannot_be_written_is_an_error(
    played: Gateway, arguments: list[str]
) -> None:
    command = [places.gwctl(), "--socket", played.socket, *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("gwctl: the answer could not be written")
    assert os.strerror(28) in done.stderr
    assert len(done.stderr.splitlines()) == 1
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *map(str, command)],
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert closed.returncode == 1
    assert "could not be written" in closed.stderr
