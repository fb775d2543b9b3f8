"""The pictures of a site: kept once, told apart, bounded, and kept back."""

import io
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shots
from PIL import Image

from framegate_learn.mistakes import Failure
from framegate_learn.picture_set import HELD_ONE_OF, Example, Kept, Limits, PictureSet

FLEET = Path(__file__).resolve().parents[2] / "fleet"


def _add(
    made: PictureSet,
    number: int,
    label: str | None = None,
    source: str = "truth",
    picture: bytes | None = None,
) -> Kept:
    jpeg = picture or shots.noise(number)
    name = f"boot/door/{number}"
    return made.add(name, "door", number, jpeg, "uncertain", label, source if label else None)


def _all(made: PictureSet) -> list[Example]:
    return [*made.examples(held=True, labelled=False), *made.examples(held=False, labelled=False)]


def _ids(made: PictureSet) -> set[int]:
    return {int(it.id.split("/")[-1]) for it in _all(made)}


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    assert _add(made, 1)
    assert _add(made, 2, picture=shots.noise(1)) is Kept.SAME
    size = len(shots.noise(1))
    assert made.counts() == {"pictures": 1, "labelled": 0, "held": 0, "bytes": size}


def test_what_is_no_picture_is_not_kept(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    for junk in (b"", b"no picture", shots.noise(1)[:100]):
        with pytest.raises(ValueError, match="no picture"):
            made.add("a", "door", 1, junk, "uncertain")
    assert made.counts()["pictures"] == 0
    assert [path for path in tmp_path.rglob("*") if path.suffix in (".jpg", ".part")] == []


def test_what_is_kept_back_is_never_trained_on(tmp_path: Path) -> None:
    first = PictureSet(tmp_path)
    for number in range(400):
        assert _add(first, number, "7" if number % 2 else None)
    again = PictureSet(tmp_path)
    held = list(again.examples(held=True))
    others = list(again.examples(held=False))
    assert {it.digest for it in held}.isdisjoint(it.digest for it in others)
    assert len(held) + len(others) == again.counts()["labelled"] == 200
    assert 0.5 < len(held) * HELD_ONE_OF / 200 < 1.5
    assert all(it.path.read_bytes() == shots.noise(it.captured_us) for it in held)


def test_of_pictures_that_look_alike_one_is_kept(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    digits = shots.digits(300)
    kept = [_add(made, n, label, picture=jpeg) for n, (label, jpeg) in enumerate(digits)]
    # Other digits are other pictures, but for a few that are hard to tell apart.
    assert kept.count(Kept.NEW) >= 295
    light = [(1, 0), (0.6, 60), (0.25, 120)]
    for shot, (factor, base) in enumerate(light):
        repeated = [
            _add(made, 1000 * (shot + 1) + n, picture=shots.again(jpeg, n, 3, factor, base))
            for n, (_, jpeg) in enumerate(digits[:100])
        ]
        assert repeated.count(Kept.NEAR) >= 99
    # Another process knows them, too, and what is turned round is something else.
    other = PictureSet(tmp_path)
    assert _add(other, 5000, picture=shots.again(digits[0][1], 1)) is Kept.NEAR
    assert _add(other, 5001, picture=shots.again(digits[0][1], 1, light=-1, base=255)) is Kept.NEW
    # What one adds the other has seen.
    assert _add(made, 5002, picture=shots.again(digits[0][1], 2, light=-1, base=255)) is Kept.NEAR


def test_without_light_pictures_are_alike(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    dark = shots.jpeg(shots.np.full((32, 32), 8))
    assert _add(made, 1, picture=dark)
    assert _add(made, 2, picture=shots.jpeg(shots.np.full((32, 32), 12))) is Kept.NEAR
    assert _add(made, 3)


def test_what_gave_way_leaves_its_side_to_those_like_it(tmp_path: Path) -> None:
    digits = shots.digits(60)
    made = PictureSet(tmp_path, Limits(pictures=40))
    sides: dict[int, bool] = {}
    for number, (label, jpeg) in enumerate(digits):
        _add(made, number, label, picture=jpeg)
        sides |= {it.captured_us: it.held for it in _all(made)}
    gone = sorted(set(sides) - _ids(made))
    assert len(gone) == 20
    assert {sides[number] for number in gone} == {True, False}
    # They come again, as other bytes: for these alone half of them would change sides.
    room = PictureSet(tmp_path, Limits(pictures=100))
    for number in gone:
        shot = shots.again(digits[number][1], 7)
        assert _add(room, 100 + number, digits[number][0], picture=shot)
    now = {it.captured_us: it.held for it in _all(room)}
    assert {number: now[100 + number] for number in gone} == {n: sides[n] for n in gone}


def test_a_time_can_be_kept_back_as_a_whole(tmp_path: Path) -> None:
    made = PictureSet(tmp_path, Limits(held_block_s=60))
    for number in range(200):
        made.add(f"a{number}", "door", number * 10_000_000, shots.noise(number), "seconds")
    sides: dict[int, set[bool]] = {}
    for it in _all(made):
        sides.setdefault(it.captured_us // 60_000_000, set()).add(it.held)
    assert all(len(of_one) == 1 for of_one in sides.values())
    assert {True} in sides.values()
    assert {False} in sides.values()


def test_a_full_set_keeps_what_is_of_use(tmp_path: Path) -> None:
    made = PictureSet(tmp_path, Limits(pictures=8, near=2))
    for number in range(4):
        _add(made, number)
    for number in range(10, 14):
        _add(made, number, "3", "agreement")
    # Those without a label give way first, the oldest before the others.
    assert _add(made, 20, "4", "truth")
    assert _ids(made) == {1, 2, 3, 10, 11, 12, 13, 20}
    for number in range(21, 24):
        assert _add(made, number, "4", "truth")
    assert _ids(made) == {10, 11, 12, 13, 20, 21, 22, 23}
    assert _add(made, 30) is Kept.FULL
    # Then those of the label that has the most on a side; what an operator said stays.
    assert _add(made, 31, "5", "operator")
    assert made.counts()["pictures"] == 8
    assert 31 in _ids(made)
    for number in range(40, 60):
        _add(made, number, "6", "agreement")
    for number in range(60, 80):
        _add(made, number, "6", "operator")
    labels = made.counts_by("label")
    assert set(labels) == {"3", "4", "5", "6"}
    assert made.counts_by("source").get("operator", 0) >= 2
    assert made.counts_by("source").get("agreement", 0) <= 2


def test_a_full_set_is_not_read_again_for_each_picture_that_comes(tmp_path: Path) -> None:
    made = PictureSet(tmp_path, Limits(pictures=50))
    for number in range(60):
        _add(made, number)
    said: list[str] = []
    made._db.set_trace_callback(said.append)
    for number in range(60, 130):
        assert _add(made, number)
    assert len([it for it in said if "FROM gone UNION" in it]) <= 7
    # What has given way is known all the same: one like it may come, on its side.
    assert _add(made, 200, picture=shots.again(shots.noise(70), 1))
    assert _add(made, 201, picture=shots.again(shots.noise(129), 1)) is Kept.NEAR


def test_it_is_bounded_in_bytes_and_so_is_its_folder(tmp_path: Path) -> None:
    limit = 20 * len(shots.noise(0))
    made = PictureSet(tmp_path, Limits(bytes=limit))
    for number in range(100):
        _add(made, number, str(number % 3))
        files = [path.stat().st_size for path in tmp_path.rglob("*.jpg")]
        assert sum(files) == made.counts()["bytes"] <= limit
    assert made.counts_by("label").keys() == {"0", "1", "2"}
    # One that is larger than all that may be is not kept, and drives nobody out.
    small = PictureSet(tmp_path / "small", Limits(bytes=limit))
    _add(small, 1)
    large = shots.noise(2, side=256)
    assert len(large) > limit
    assert _add(small, 2, picture=large) is Kept.FULL
    assert _ids(small) == {1}


def test_a_label_is_said_of_what_is_there_and_the_better_source_holds(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    _add(made, 1)
    name = "boot/door/1"
    assert made.label(name, "3", "agreement")
    assert made.label(name, "4", "operator")
    assert not made.label(name, "5", "truth")
    [it] = _all(made)
    assert (it.label, it.source) == ("4", "operator")
    assert made.label(name, None, "operator")
    [it] = _all(made)
    assert (it.label, it.source) == (None, None)
    with pytest.raises(LookupError):
        made.label("b", "3", "operator")


def test_an_operators_picture_is_kept_beside_one_that_looks_like_it(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    [(_, digit)] = shots.digits(1)
    _add(made, 1, "9", "agreement", digit)
    assert _add(made, 2, "7", "operator", shots.again(digit, 1))
    assert len({it.held for it in _all(made)}) == 1


def _blend(first: bytes, second: bytes, share: float) -> bytes:
    one, other = (np.asarray(Image.open(io.BytesIO(it)), np.float64) for it in (first, second))
    return shots.jpeg((1 - share) * one + share * other, 98)


def test_an_operators_picture_between_both_sides_leaves_none_that_judges_beside_it(
    tmp_path: Path,
) -> None:
    """It looks like one that is trained on and like one that is kept back; these do not."""
    made = PictureSet(tmp_path, Limits(near=0.97))
    for seed in range(80):
        ends = shots.noise(seed, 8), shots.noise(1000 + seed, 8)
        _add(made, seed, "1", "agreement", _blend(*ends, 0.3))
        _add(made, 1000 + seed, "1", "agreement", _blend(*ends, 0.45))
    sides = {it.captured_us: it.held for it in _all(made)}
    pairs = [it for it in range(80) if sides.get(it) != sides.get(1000 + it)]
    pairs = [it for it in pairs if it in sides and 1000 + it in sides]
    assert len(pairs) > 2
    for seed in pairs:
        ends = shots.noise(seed, 8), shots.noise(1000 + seed, 8)
        assert _add(made, 5000 + seed, "2", "operator", _blend(*ends, 0.375))
    now = {it.captured_us: it.held for it in _all(made)}
    for seed in pairs:
        trained, judged = sorted((seed, 1000 + seed), key=sides.get)
        assert (now[5000 + seed], trained in now, judged in now) == (False, True, False)


def test_the_same_bytes_of_another_frame_get_what_an_operator_says(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    _add(made, 1, "3", "agreement", shots.noise(1))
    assert _add(made, 2, "7", "operator", shots.noise(1)) is Kept.SAME
    assert _add(made, 3, "3", "agreement", shots.noise(1)) is Kept.SAME
    [it] = _all(made)
    assert (it.captured_us, it.label, it.source) == (1, "7", "operator")


def test_several_are_labelled_or_none(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    for number in (1, 2):
        _add(made, number, picture=shots.noise(number))
    names = [it.id for it in _all(made)]
    with pytest.raises(LookupError) as missing:
        made.label_all([(names[0], "1"), ("gone", "2")], "operator")
    assert missing.value.args[1] == 1
    assert made.counts()["labelled"] == 0
    assert made.label_all(zip(names, "12", strict=True), "operator") == names
    assert made.counts_by("label") == {"1": 1, "2": 1}


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    made = PictureSet(tmp_path)
    for number in range(3):
        _add(made, number)
    first = _all(made)[0]
    first.path.unlink()
    (made.folder / "ab").mkdir(exist_ok=True)
    (made.folder / "ab" / f"ab{'0' * 62}.jpg").write_bytes(shots.noise(50))
    (made.folder / "ab" / f".ab{'1' * 62}.jpg.part").write_bytes(b"half")
    assert made.sweep() == (2, 1)
    assert made.sweep() == (0, 0)
    assert first.id not in {it.id for it in _all(made)}
    assert all(it.path.exists() for it in _all(made))


def test_a_set_of_another_version_is_told(tmp_path: Path) -> None:
    PictureSet(tmp_path).close()
    db = sqlite3.connect(tmp_path / "set.db")
    db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(Failure, match="version 9"):
        PictureSet(tmp_path)


_WRITER = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[3]]
import shots
from framegate_learn.picture_set import Limits, PictureSet
made = PictureSet(Path(sys.argv[1]), Limits(pictures=30))
number = int(sys.argv[4])
while True:
    number += 1
    if made.add(f"boot/door/{number}", "door", number, shots.noise(number), "uncertain",
                str(number % 5), "truth"):
        print(number, flush=True)
"""


def _writer(folder: Path, first: int) -> subprocess.Popen[str]:
    tests = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(tests.parent)}
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, folder, FLEET, tests, str(first)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_a_kill_at_any_moment_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    for turn in range(4):
        # Two at a time: they share the set.
        writers = [_writer(tmp_path, 100_000 * (2 * turn + n)) for n in range(2)]
        said: list[list[int]] = [[], []]
        for n, writer in enumerate(writers):
            for _ in range(3 + 9 * turn):
                said[n].append(int(writer.stdout.readline()))
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for n, writer in enumerate(writers):
            said[n] += [int(line) for line in writer.stdout.read().split("\n")[:-1] if line]
            writer.wait()
        made = PictureSet(tmp_path, Limits(pictures=30))
        _, lost = made.sweep()
        assert lost == 0
        left = _all(made)
        assert len(left) <= 30
        assert all(it.path.read_bytes() == shots.noise(it.captured_us) for it in left)
        assert made.counts()["bytes"] == sum(p.stat().st_size for p in made.folder.rglob("*.jpg"))
        # Each one's last picture is younger than the room that there is, and was told as kept.
        if turn == 0:
            assert all(numbers[-1] in _ids(made) for numbers in said)
        made.close()
