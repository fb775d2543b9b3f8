"""What an apply has done is on the disk before it does more; what a kill leaves is read."""

import json
import threading
from pathlib import Path

import pytest

from framegate_fleet import journal
from framegate_fleet.journal import Desk, Entry, Journal, Swap
from framegate_fleet.mistakes import Failure


def begin(folder: Path) -> tuple[Desk, Journal]:
    """An apply to two gateways."""
    desk = Desk(folder)
    journal = Journal("r", [["a", "b"]], entries={it: Entry(name=it) for it in ("a", "b")})
    desk.write(journal)
    return desk, journal


def again(desk: Desk, folder: Path) -> Journal:
    """What the one after a kill reads."""
    desk._lock.close()
    found = Desk(folder).read()
    assert found
    return found


def test_what_came_of_one_is_noted_beside_the_whole(tmp_path: Path) -> None:
    desk, journal = begin(tmp_path)
    whole = (tmp_path / "apply.json").read_bytes()
    entry = journal.entries["b"]
    entry.state, entry.models = "confirmed", {"gate": Swap(2, "rolling", before=1)}
    desk.note(entry)
    # One gateway's step does not write what is known of all.
    assert (tmp_path / "apply.json").read_bytes() == whole
    assert again(desk, tmp_path) == journal


def test_those_who_wait_for_the_disk_share_one_turn_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, journal_ = begin(tmp_path)
    may_go, began = threading.Event(), threading.Event()
    turns: list[str] = []

    def sync(_: int) -> None:
        turns.append((tmp_path / "apply.notes").read_text())
        began.set()
        assert may_go.wait(20)

    monkeypatch.setattr(journal, "sync", sync)
    entries = [Entry(name=f"gw{number}") for number in range(9)]
    threads = [threading.Thread(target=desk.note, args=(entry,)) for entry in entries]
    threads[0].start()
    assert began.wait(20)
    for thread in threads[1:]:
        thread.start()
    while desk._written < len(entries):
        threads[-1].join(0.01)
    may_go.set()
    for thread in threads:
        thread.join(20)
    assert [turn.count("\n") for turn in turns] == [1, len(entries)]
    assert set(again(desk, tmp_path).entries) == {*journal_.entries, *(it.name for it in entries)}


def test_a_line_that_a_kill_has_torn_was_never_relied_on(tmp_path: Path) -> None:
    desk, journal = begin(tmp_path)
    journal.entries["a"].state = "asked"
    desk.note(journal.entries["a"])
    notes = tmp_path / "apply.notes"
    notes.write_text(notes.read_text() + notes.read_text()[:20])
    desk._lock.close()
    after = Desk(tmp_path)
    found = after.read()
    assert found == journal
    # What follows stands on lines of its own.
    journal.entries["b"].state = "committed"
    after.note(journal.entries["b"])
    assert again(after, tmp_path) == journal


def test_lines_of_the_whole_before_do_not_count(tmp_path: Path) -> None:
    desk, journal = begin(tmp_path)
    journal.entries["a"].state = "asked"
    desk.note(journal.entries["a"])
    old = (tmp_path / "apply.notes").read_text()
    journal.entries["a"].state = "committed"
    desk.write(journal)
    # Killed between the two files.
    (tmp_path / "apply.notes").write_text(old)
    assert again(desk, tmp_path).entries["a"].state == "committed"


@pytest.mark.parametrize("line", ["{}", "7", "no json", json.dumps({"of": 1, "entry": {}})])
def test_lines_that_make_no_sense_are_not_passed_over(tmp_path: Path, line: str) -> None:
    desk, _ = begin(tmp_path)
    (tmp_path / "apply.notes").write_text(line + "\n")
    desk._lock.close()
    with pytest.raises(Failure, match=r"apply\.notes cannot be read: "):
        Desk(tmp_path).read()
