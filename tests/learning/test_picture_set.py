"""The pictures of a site: kept once, told apart, and kept back by their bytes."""

from pathlib import Path

import pytest

from framegate_learn.picture_set import HELD_ONE_OF, PictureSet


def _fill(made: PictureSet, count: int) -> None:
    for number in range(count):
        jpeg = b"picture %d" % number
        label = "7" if number % 2 else None
        assert made.add(f"id{number}", "door", number, jpeg, "uncertain", label, label and "truth")


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    assert made.add("a", "door", 1, b"one", "uncertain")
    assert not made.add("b", "yard", 2, b"one", "uncertain")
    assert made.counts() == {"pictures": 1, "labelled": 0, "held": 0, "bytes": 3}


def test_what_is_kept_back_is_never_trained_on(tmp_path: Path) -> None:
    _fill(PictureSet(tmp_path), 400)
    again = PictureSet(tmp_path)
    held = list(again.examples(held=True))
    others = list(again.examples(held=False))
    assert {it.id for it in held}.isdisjoint(it.id for it in others)
    assert len(held) + len(others) == again.counts()["labelled"] == 200
    assert 0.5 < len(held) * HELD_ONE_OF / 200 < 1.5
    assert all(it.path.read_bytes() == b"picture %s" % it.id[2:].encode() for it in held)


def test_a_label_is_said_of_what_is_there(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    made.add("a", "door", 1, b"one", "uncertain")
    made.label("a", "3", "operator")
    [it] = [*made.examples(held=True), *made.examples(held=False)]
    assert (it.label, it.source) == ("3", "operator")
    with pytest.raises(LookupError):
        made.label("b", "3", "operator")
