"""What `./dev soak` calls flat, and how it ends."""

import json

import pytest

from soak import ending
from soak.__main__ import grows, thirds


def test_what_fills_up_once_and_stays_is_flat() -> None:
    seen = [10, 40, 70] + [100, 101, 99] * 20
    assert grows("memory", thirds(seen), 5) == []


def test_what_grows_all_the_time_is_told() -> None:
    seen = [100 + number for number in range(60)]
    assert grows("memory", thirds(seen), 5) == ["memory: 130 in the middle, 150 at the end"]


@pytest.fixture(autouse=True)
def signals_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending.stopping, "raise_once", lambda: None)


def told(result: dict[str, object]) -> list[str]:
    return [f"{result['looks']} looks"]


def test_a_soak_in_which_all_was_well_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending.run(lambda: {"looks": 3, "wrong": []}, told, as_json=False) == 0
    assert capsys.readouterr().out == "3 looks\nall is well\n"


def test_what_was_wrong_is_said_and_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    result = {"looks": 3, "wrong": ["it grew", "it hung"]}
    assert ending.run(lambda: result, told, as_json=False) == 1
    assert capsys.readouterr().out == "3 looks\nit grew; it hung\n"
    assert ending.run(lambda: result, told, as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == result


def test_a_soak_that_cannot_be_done_or_is_stopped_ends_with_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> dict[str, object]:
        raise RuntimeError("gwd does not start")

    def stop() -> dict[str, object]:
        raise KeyboardInterrupt(15)

    assert ending.run(fail, told, as_json=True) == 1
    assert ending.run(stop, told, as_json=True) == 128 + 15
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "soak: gwd does not start\nsoak: stopped\n")
