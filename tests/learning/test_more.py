"""More pictures of few: changed as the recipe says, and the same ones again from the same seed."""

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framegate_learn.more import NOTHING, Maker
from testbed import scenes

FLEET = Path(__file__).resolve().parents[2] / "fleet"


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return scenes.digits(0, 60)[0].copy()


@pytest.fixture(scope="module")
def colour() -> np.ndarray:
    random = np.random.default_rng(3)
    return np.kron(random.integers(0, 256, (20, 8, 10, 3)), np.ones((1, 8, 8, 1))).astype(np.uint8)


def test_the_same_seed_makes_the_same_pictures(digits: np.ndarray) -> None:
    made = [Maker({}, seed)(digits) for seed in (7, 7, 8)]
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
    # Another turn over the same pictures makes others.
    maker = Maker({"blur": 2}, 7)
    assert not np.array_equal(maker(digits), maker(digits))
    assert [maker.recipe[it] for it in ("seed", "blur", "rotation", "flip")] == [7, 2, 5.0, False]
    assert maker.recipe["library"].startswith("albumentations 2.")
    # Any whole number is a seed.
    assert not np.array_equal(Maker({}, 10**15)(digits), Maker({}, 0)(digits))


def test_pictures_keep_their_shape(digits: np.ndarray, colour: np.ndarray) -> None:
    maker = Maker({"flip": True, "invert": 0.5}, 1)
    for pictures in (digits, digits[:, :, :, None], colour, colour[:0]):
        made = maker(pictures)
        assert (made.shape, made.dtype) == (pictures.shape, np.uint8)
    with pytest.raises(TypeError, match="uint8"):
        maker(digits.astype(np.float32))


def test_nothing_changes_nothing(digits: np.ndarray, colour: np.ndarray) -> None:
    assert np.array_equal(Maker(NOTHING, 1)(digits), digits)
    assert np.array_equal(Maker(NOTHING, 1)(colour), colour)


def _changed(settings: dict[str, Any], pictures: np.ndarray) -> np.ndarray:
    """The mean difference of each picture."""
    made = Maker({**NOTHING, **settings}, 5)(pictures).astype(np.float64)
    return np.abs(made - pictures).reshape(len(pictures), -1).mean(1)


@pytest.mark.parametrize(
    ("name", "little", "much"),
    [
        ("contrast", 0.05, 0.8),
        ("brightness", 0.02, 0.4),
        ("noise", 2, 40),
        ("blur", 0.3, 3),
        ("rotation", 1, 30),
        ("crop", 0.02, 0.3),
        ("jpeg", 95, 5),
    ],
)
def test_more_of_each_changes_more(
    colour: np.ndarray, name: str, little: float, much: float
) -> None:
    few = _changed({name: little}, colour).mean()
    many = _changed({name: much}, colour).mean()
    assert 0 < few < many


def test_flipped_is_mirrored_and_half_of_them_are(colour: np.ndarray) -> None:
    pictures = np.concatenate([colour] * 5)
    made = Maker({**NOTHING, "flip": True}, 2)(pictures)
    flipped = [np.array_equal(new, old[:, ::-1]) for new, old in zip(made, pictures)]
    same = [np.array_equal(new, old) for new, old in zip(made, pictures)]
    assert all(a or b for a, b in zip(flipped, same))
    assert 25 < sum(flipped) < 75


def test_inverted_is_dark_for_light(digits: np.ndarray) -> None:
    made = Maker({**NOTHING, "invert": 1}, 2)(digits)
    assert np.array_equal(made, 255 - digits)


def test_the_library_asks_nobody(tmp_path: Path) -> None:
    """A connection that somebody tries to make is an error, and would be told."""
    text = f"""
import socket, sys
sys.path.insert(0, {str(FLEET)!r})
def refuse(*a, **k):
    print("ASKED", a, flush=True)
    raise OSError("not here")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
socket.create_connection = refuse
import framegate_learn.more
print("done")
"""
    assert socket.getaddrinfo("127.0.0.1", 1)
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "done\n"
