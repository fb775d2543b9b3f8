"""What `./dev soak` calls flat."""

from soak.__main__ import grows, thirds


def test_what_fills_up_once_and_stays_is_flat() -> None:
    seen = [10, 40, 70] + [100, 101, 99] * 20
    assert grows("memory", thirds(seen), 5) == []


def test_what_grows_all_the_time_is_told() -> None:
    seen = [100 + number for number in range(60)]
    assert grows("memory", thirds(seen), 5) == ["memory: 130 in the middle, 150 at the end"]
