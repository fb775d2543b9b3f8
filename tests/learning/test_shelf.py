"""Old versions that were learned here leave the gateway's repository; what has a use stays."""

from collections.abc import Iterator
from pathlib import Path

import lessons
import pytest

from framegate_learn import runs, served, shelf
from framegate_learn.cli import run as command
from framegate_learn.gateway import Gateway
from framegate_learn.runs import ACCEPTED, NOT_ACCEPTED, Run, Runs


class _Shelf:
    """A repository with version 1, which nobody here has learned, and what runs have added."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "models" / "digits"
        self.runs = Runs(folder / "state")
        self.socket = folder / "sock"
        self.gateway = lessons.gateway(self.socket, folder / "models")
        self.said: list[str] = []
        self._put(1)
        self.use(stable=1)

    def add(self, version: int, state: str = ACCEPTED) -> Run:
        """A run that has ended with this version."""
        self._put(version)
        return self.again(version, state)

    def again(self, version: int, state: str = ACCEPTED) -> Run:
        """Another one, which has learned the same."""
        run = self.runs.begin(model="digits", repository=str(self.home.parent))
        digest = served.digest(self.home / str(version) / "model.onnx")
        run.save(version=version, digest=digest)
        run.end(state, "as the test says")
        return run

    def use(
        self,
        stable: int,
        previous: int | None = None,
        phase: str = "none",
        named: int | None = None,
    ) -> None:
        """What the gateway says that it needs."""
        status, route = self.gateway.answers["models/digits/rollout"]
        route = {**route, "stable": {"version": stable}, "previous": previous, "phase": phase}
        self.gateway.answers["models/digits/rollout"] = (status, route)
        looking = [{"name": "digits", "version": it} for it in (stable, named) if it]
        others = [{"name": "objects", "version": 3}]
        self.gateway.answers["models"] = (200, {"models": looking + others})

    def clear(self, keep: int) -> list[int]:
        """The versions that are there then."""
        shelf.clear(self.runs, Gateway(self.socket), "digits", keep, self.said.append)
        return self.there()

    def there(self) -> list[int]:
        """Those that the gateway would see; and nothing else is left."""
        return sorted(int(it.name) for it in self.home.iterdir())

    def removed(self) -> list[int]:
        """As the runs say."""
        return [it.told["version"] for it in self.runs.listed() if it.told.get("removed")]

    def _put(self, version: int) -> None:
        folder = self.home / str(version)
        folder.mkdir(parents=True)
        (folder / "model.yaml").write_text("task: classify\n")
        (folder / "model.onnx").write_text(f"version {version}")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[_Shelf]:
    made = _Shelf(tmp_path)
    yield made
    made.gateway.close()


def test_the_last_ones_stay(made: _Shelf) -> None:
    for version in range(2, 8):
        made.add(version, NOT_ACCEPTED if version % 2 else ACCEPTED)
    made.use(stable=7, previous=6)
    assert made.clear(keep=6) == list(range(1, 8))
    # Nobody is asked where there is nothing to do.
    assert made.gateway.asked == []
    # The first is somebody else's.
    assert made.clear(keep=3) == [1, 5, 6, 7]
    assert made.removed() == [2, 3, 4]
    assert len(made.said) == 3
    assert made.clear(keep=3) == [1, 5, 6, 7]


def test_two_runs_that_learned_the_same_have_one_version(made: _Shelf) -> None:
    for version in range(2, 5):
        made.add(version)
    for version in (2, 4):
        made.again(version)
    made.use(stable=1)
    assert made.clear(keep=2) == [1, 3, 4]
    assert made.removed() == [2, 2]
    assert len(made.said) == 1


def test_what_has_a_use_stays_however_old(made: _Shelf) -> None:
    for version in range(2, 10):
        made.add(version)
    made.use(stable=3, previous=2, named=5)
    assert made.clear(keep=2) == [1, 2, 3, 5, 8, 9]
    made.use(stable=9, previous=3)
    assert made.clear(keep=2) == [1, 3, 8, 9]


def test_nothing_goes_while_another_is_rolled_out(made: _Shelf) -> None:
    """One that is being loaded is told by nothing that the gateway says."""
    for version in range(2, 6):
        made.add(version)
    made.use(stable=5, previous=4, phase="loading")
    assert made.clear(keep=2) == [1, 2, 3, 4, 5]
    assert made.said == [
        "old versions of digits stay in the repository until the next time: "
        "a rollout is under way (loading)"
    ]


def test_what_somebody_has_put_there_is_not_ours(made: _Shelf) -> None:
    for version in range(2, 6):
        made.add(version)
    (made.home / "2" / "model.onnx").write_text("another one")
    (made.home / "3" / "model.onnx").unlink()
    made.use(stable=5, previous=4)
    assert made.clear(keep=2) == [1, 2, 3, 4, 5]
    assert made.removed() == [2, 3]


def test_a_gateway_that_does_not_answer_keeps_all_of_them(made: _Shelf) -> None:
    for version in range(2, 6):
        made.add(version)
    made.gateway.answers["models"] = (500, {})
    assert made.clear(keep=2) == [1, 2, 3, 4, 5]
    assert made.removed() == []
    [line] = made.said
    assert line.startswith("old versions of digits stay in the repository until the next time: ")


def test_what_a_kill_has_left_half_removed_goes(made: _Shelf) -> None:
    killed = made.add(2)
    (made.home / "2").rename(made.home / ".going-2")
    made.add(3)
    assert made.clear(keep=2) == [1, 3]
    assert Runs(made.runs.folder.parent).listed()[0].told == {**killed.told, "removed": True}


def test_a_run_is_known_as_long_as_its_version_is_there(
    made: _Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_KEPT", 2)
    made.add(2)
    made.add(3).save(removed=True)
    for _ in range(4):
        made.runs.begin(model="digits").end(NOT_ACCEPTED, "not better")
    versions = [it.told.get("version") for it in made.runs.listed()]
    assert sorted(versions, key=str) == [2, None, None]


@pytest.mark.parametrize("number", ["1", "1001", "x"])
def test_how_many_stay_is_checked(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command(["train", "--model", "digits", "--keep", number])
    assert "--keep" in capsys.readouterr().err
