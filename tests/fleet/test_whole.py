"""Files that are written whole or not at all."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from framegate_files import whole


def test_a_file_is_the_new_one_or_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.json"
    # What a kill has left is no hindrance.
    (tmp_path / ".a.json.part").write_text("half")
    whole.write(file, "one")
    assert file.read_text() == "one"

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        whole.write(file, b"two")
    assert file.read_text() == "one"
    assert [it.name for it in tmp_path.iterdir()] == ["a.json"]


def test_a_secret_is_nobody_elses_from_its_first_byte_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    sync = whole.os.fsync

    def look(number: int) -> None:
        seen.extend(stat.S_IMODE(it.stat().st_mode) for it in tmp_path.iterdir())
        sync(number)

    monkeypatch.setattr(whole.os, "fsync", look)
    whole.write(tmp_path / "token", "secret", mode=0o600)
    assert set(seen) == {0o600}


def test_many_may_write_one_file(tmp_path: Path) -> None:
    file = tmp_path / "page"
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_write, args=(file, str(n) * 20000)) for n in range(3)]
    for it in writers:
        it.start()
    for it in writers:
        it.join(60)
    assert [it.exitcode for it in writers] == [0, 0, 0]
    assert file.read_text() in [str(n) * 20000 for n in range(3)]
    assert list(tmp_path.iterdir()) == [file]


def _write(file: Path, text: str) -> None:
    for _ in range(50):
        whole.write(file, text, many=True)
