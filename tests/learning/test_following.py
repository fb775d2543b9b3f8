"""Learners of which a fleet says what they do: files come, change and go."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from framegate_learn.cli import run
from framegate_learn.config import load
from framegate_learn.following import Following
from framegate_learn.truth import Truth
from testbed import places


def wait(true: Callable[[], bool], seconds: float = 90) -> None:
    """Until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def take(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str, text: str = "") -> int:
    """`framegate-learn take`, as a fleet runs it; its exit code."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return run(["take", "--folder", str(folder), *words])


def test_what_a_fleet_wants_is_looked_at_and_taken_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "wishes"
    good = 'model: digits\nlabel: {truth: {door: "3"}}\n'
    assert take(folder, monkeypatch, "digits", text=good) == 0
    file = folder / "digits.yaml"
    assert file.read_text() == good
    assert file.stat().st_mode & 0o777 == 0o644
    for text, why in (
        ("model: digits\nlooks: 9\n", "standard input:2: looks: must be 0.01 to 5, not 9"),
        ("model: hats\n", "it is of hats, and digits was named"),
        ("model: digits\nlabel: {truth: {door: 3}}\n", "label.truth.door: must be a label"),
        ("model: [\n", "no YAML"),
    ):
        assert take(folder, monkeypatch, "digits", text=text) == 1
        assert why in capsys.readouterr().err
    assert take(folder, monkeypatch, "../digits", text=good) == 1
    assert [it.name for it in folder.iterdir()] == ["digits.yaml"]
    assert file.read_text() == good
    capsys.readouterr()
    assert take(folder, monkeypatch, "--list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"models": {"digits": good}}
    assert take(folder, monkeypatch, "digits", "--remove") == 0
    assert take(folder, monkeypatch, "digits", "--remove") == 0
    assert list(folder.iterdir()) == []


def test_what_cameras_show_may_stand_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "digits.yaml"
    file.write_text('model: digits\nlabel: {truth: {door: "3"}}\n')
    known = Truth(load(file).label.truth)
    assert known.of({"sensorId": "door"}) == "3"
    assert known.of({"sensorId": "yard"}) is None


def learn_yaml(folder: Path, looks: float) -> str:
    """Of a gateway that is away: the collector waits for it, and collects nothing."""
    return f"model: digits\ngateway: {folder}/none.sock\nstate: {folder}/state\nlooks: {looks}\n"


def test_collectors_begin_change_and_end_with_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(places.ROOT / "fleet"))
    wishes, own = tmp_path / "wishes", tmp_path / "learn.yaml"
    said: list[str] = []
    following = Following([own, wishes], said.append)
    following.turn()
    assert said == []
    wishes.mkdir()
    (wishes / "digits.yaml").write_text(learn_yaml(tmp_path, 1))
    following.turn()
    assert said == [f"{wishes}/digits.yaml: collects"]
    status = tmp_path / "state" / "collector.json"
    wait(status.exists)
    first = _pid(following, "digits.yaml")
    following.turn()
    assert _pid(following, "digits.yaml") == first

    # Another file is another collector; one with mistakes leaves the others alone.
    (wishes / "digits.yaml").write_text(learn_yaml(tmp_path, 2))
    own.write_text("looks: 9\n")
    following.turn()
    second = _pid(following, "digits.yaml")
    assert second != first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    wait(lambda: following.turn() or "another try in 1 s" in said[-1])
    assert _pid(following, "digits.yaml") == second

    # One that has ended by itself is begun once more.
    os.kill(second, signal.SIGKILL)
    wait(lambda: following.turn() or _pid(following, "digits.yaml") not in (0, second))

    (wishes / "digits.yaml").unlink()
    own.unlink()
    following.turn()
    assert following._collectors == {}


def _pid(following: Following, name: str) -> int:
    found = [it for file, it in following._collectors.items() if file.name == name]
    return found[0].process.pid if found and found[0].process else 0


def test_the_service_ends_with_all_of_its_collectors(tmp_path: Path) -> None:
    (tmp_path / "digits.yaml").write_text(learn_yaml(tmp_path, 1))
    words = [sys.executable, "-m", "framegate_learn", "collect", "--each", str(tmp_path)]
    surroundings = {**os.environ, "PYTHONPATH": str(places.ROOT / "fleet")}
    child = subprocess.Popen(words, env=surroundings, stderr=subprocess.PIPE, text=True)
    status = tmp_path / "state" / "collector.json"
    try:
        wait(lambda: status.exists() and json.loads(status.read_text())["running"])
        child.terminate()
        assert child.wait(90) == 0
    finally:
        child.kill()
        child.wait()
    assert json.loads(status.read_text())["running"] is False
