"""The service beside a gateway: what it keeps, and what it does when that or the disk is away."""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import records
import shots
from PIL import Image
from stand_in import StandIn

from framegate_learn import service
from framegate_learn.cli import run
from framegate_learn.config import Choose, Config, Crops, Labels, load
from framegate_learn.picture_set import Example, Limits, PictureSet
from testbed.process import Process

FLEET = Path(__file__).resolve().parents[2] / "fleet"
DIGITS = {"name": "door", "model": "digits"}


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    made = StandIn(tmp_path / "api.sock")
    yield made
    made.close()


def _cameras(stand_in: StandIn, *configs: dict[str, Any]) -> None:
    stand_in.answers["cameras"] = (200, {"cameras": [{"name": it["name"]} for it in configs]})
    for it in configs:
        stand_in.answers[f"cameras/{it['name']}/config"] = (200, it)


def _config(folder: Path, **more: Any) -> Config:
    return Config("digits", folder / "api.sock", folder / "state", looks=5, **more)


def _all(state: Path) -> list[Example]:
    made = PictureSet(state)
    found = [*made.examples(True, labelled=False), *made.examples(False, labelled=False)]
    made.close()
    return sorted(found, key=lambda it: it.captured_us)


def _turn_until(made: service.Service, true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        made._next.clear()  # the next look is due
        made.turn()


def _pixels(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)), np.float64)


def test_frames_that_are_worth_it_are_kept_with_what_was_said(
    stand_in: StandIn, tmp_path: Path
) -> None:
    _cameras(stand_in, DIGITS, {"name": "yard", "model": "others"})
    digits = shots.digits(3)
    for number, (label, jpeg) in enumerate(digits):
        stand_in.show("door", records.digit("door", number, label, (0.9, 0.4, 0.7)[number]), jpeg)
    stand_in.show("yard", records.digit("yard", 1, "1", 0.1), shots.noise(1))
    made = service.Service(_config(tmp_path))
    _turn_until(made, lambda: stand_in.left("door") == 1 and made.figures()["frames"] == 3)
    kept = _all(tmp_path / "state")
    assert [(it.said, it.confidence, it.reason) for it in kept] == [
        (digits[1][0], 0.4, "uncertain"),
        (digits[2][0], 0.7, "uncertain"),
    ]
    # The camera's own bytes: nothing was encoded again.
    assert [it.path.read_bytes() for it in kept] == [digits[1][1], digits[2][1]]
    assert all(it.label is None for it in kept)
    # Of a camera with another model nothing was asked.
    assert "cameras/yard/view" not in [path for _, path, _ in stand_in.asked]


def test_what_the_model_sees_is_kept_turned_and_its_region_alone(
    stand_in: StandIn, tmp_path: Path
) -> None:
    region = {"x": 20, "y": 10, "width": 40, "height": 30}
    _cameras(stand_in, {**DIGITS, "region": region})
    pixels = np.zeros((60, 100))
    pixels[10:40, 20:60] = np.linspace(60, 250, 40)
    # Exif's 6: what is stored must be turned clockwise by a quarter.
    stored = shots.jpeg(np.rot90(pixels), quality=98)
    record = records.digit("door", 1, "1", 0.1, size=(100, 60), orientation=6)
    stand_in.show("door", record, stored)
    made = service.Service(_config(tmp_path))
    _turn_until(made, lambda: made.figures()["pictures"] != {})
    [it] = _all(tmp_path / "state")
    got = _pixels(it.path.read_bytes())
    assert got.shape == (30, 40)
    assert np.abs(got - pixels[10:40, 20:60]).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_exif_says(orientation: int) -> None:
    from PIL import ImageOps

    from framegate_learn import parts

    random = np.random.default_rng(orientation)
    pixels = np.kron(random.integers(0, 255, (3, 4)), np.ones((8, 8))).astype(np.uint8)
    picture = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[274] = orientation
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(out)))
    assert np.array_equal(parts.seen(out.getvalue(), orientation), expected)


def test_the_truth_and_the_ensemble_label(stand_in: StandIn, tmp_path: Path) -> None:
    plan = [{"name": "digit", "models": ["digits", "digits:2"]}]
    _cameras(stand_in, DIGITS, {"name": "yard", "plan": plan})
    (tmp_path / "truth.yaml").write_text('door: "8"\n')
    digits = shots.digits(5)
    stand_in.show("door", records.digit("door", 1, "3", 0.2), digits[0][1])
    for number, (mean, disagreement) in enumerate([(0.96, 0), (0.96, 0.5), (0.7, 0)]):
        record = records.opinion("yard", 2 + number, "4", mean, disagreement)
        stand_in.show("yard", record, digits[1 + number][1])
    choose = Choose(confidence=0.8, disagreement=0.5, seconds=0.05)
    labels = Labels(agreement=0.9, truth=tmp_path / "truth.yaml")
    made = service.Service(_config(tmp_path, choose=choose, label=labels))
    _turn_until(made, lambda: made.figures()["frames"] == 4)
    assert [(it.camera, it.label, it.source, it.reason) for it in _all(tmp_path / "state")] == [
        ("door", "8", "truth", "uncertain"),
        ("yard", "4", "agreement", "seconds"),
        ("yard", None, None, "disagreeing"),
        ("yard", None, None, "uncertain"),
    ]


def test_parts_that_two_detectors_agree_about_become_pictures(
    stand_in: StandIn, tmp_path: Path
) -> None:
    _cameras(stand_in, {"name": "door", "plan": [{"model": "objects"}, {"model": "yolo"}]})
    random = np.random.default_rng(1)
    scene = np.kron(random.integers(0, 256, (48, 64, 3)), np.ones((10, 10, 1)))
    found = [
        (model, *box)
        for model in ("objects", "yolo")
        for box in (("person", 0.9, 100, 100, 150, 200), ("car", 0.8, 300, 200, 400, 260))
    ]
    stand_in.show("door", records.objects("door", 1, *found), shots.jpeg(scene, quality=95))
    crops = Crops(("objects", "yolo"), {"person": "person"}, other="other", margin=0.2)
    made = service.Service(_config(tmp_path, choose=Choose(seconds=1), crops=crops))
    _turn_until(made, lambda: made.figures()["pictures"] != {})
    kept = {it.id[-1]: it for it in _all(tmp_path / "state")}
    assert {name: it.label for name, it in kept.items()} == {"0": "person", "1": "other"}
    # As large as a plan's step would see it.
    got = _pixels(kept["0"].path.read_bytes())
    assert got.shape == (120, 60, 3)
    assert np.abs(got - scene[90:210, 95:155]).mean() < 12


def test_while_the_gateway_is_away_it_is_asked_less_and_less(tmp_path: Path) -> None:
    made = service.Service(_config(tmp_path))
    waits = [made.turn() for _ in range(7)]
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    [trouble] = made.figures()["troubles"]
    assert "no gateway answers" in trouble
    stand_in = StandIn(tmp_path / "api.sock")
    try:
        _cameras(stand_in, DIGITS)
        stand_in.show("door", records.digit("door", 1, "1", 0.1), shots.noise(1))
        _turn_until(made, lambda: made.figures()["frames"] == 1)
        assert made.figures()["troubles"] == []
    finally:
        stand_in.close()


def test_cameras_that_are_not_there_are_told(stand_in: StandIn, tmp_path: Path) -> None:
    _cameras(stand_in, DIGITS)
    made = service.Service(_config(tmp_path, cameras=("door", "gate")))
    made.turn()
    assert made.figures()["troubles"] == [
        "digits does not look at gate, or there is no such camera"
    ]


@pytest.mark.usefixtures("need_root")
def test_a_full_disk_is_told_and_then_goes_on(
    stand_in: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", state], check=True)
    made = None
    try:
        _cameras(stand_in, DIGITS)
        for number in range(60):
            jpeg = shots.noise(number, side=128)  # about 40 KB
            stand_in.show("door", records.digit("door", number, "1", 0.1), jpeg)
        made = service.Service(_config(tmp_path))
        _turn_until(made, lambda: made.figures()["troubles"] != [])
        assert made.figures()["troubles"] == [
            f"the disk of {state} is full: nothing is kept until there is room"
        ]
        assert made.turn() > 1
        kept = _all(state)
        assert 0 < len(kept) < 60
        assert all(it.path.stat().st_size > 10000 for it in kept)
        assert list(state.rglob("*.part")) == []
        made._say()
        # What was told once is not told again and again.
        assert capsys.readouterr().err.count("is full") == 1
        subprocess.run(["mount", "-o", "remount,size=8m", state], check=True)
        before = len(kept)
        _turn_until(made, lambda: len(_all(state)) > before)
        assert made.figures()["troubles"] == []
    finally:
        if made:
            made._set.close()
        subprocess.run(["umount", state], check=True)


def _learn(folder: Path, text: str) -> Process:
    (folder / "learn.yaml").write_text(text)
    command = [sys.executable, "-m", "framegate_learn", "collect", "--json"]
    command += ["--config", folder / "learn.yaml"]
    return Process(["env", f"PYTHONPATH={FLEET}", *command], folder / "learn.log")


def test_the_service_ends_well_and_alone(stand_in: StandIn, tmp_path: Path) -> None:
    _cameras(stand_in, DIGITS)
    stand_in.show("door", records.digit("door", 1, "1", 0.1), shots.noise(1))
    text = f"model: digits\ngateway: {tmp_path}/api.sock\nstate: {tmp_path}/state\nlooks: 5\n"
    first = _learn(tmp_path, text)
    try:
        end = time.monotonic() + 90
        while not (tmp_path / "state" / "collector.json").exists() or not _all(tmp_path / "state"):
            assert time.monotonic() < end, first.text()
            time.sleep(0.05)
        said = tmp_path / "said.json"
        with said.open("w") as file, contextlib.redirect_stdout(file):
            assert run(["status", "--state", str(tmp_path / "state"), "--json"]) == 0
        told = json.loads(said.read_text())
        assert (told["pictures"], told["labelled"], told["held"], told["runs"]) == (1, 0, 0, [])
        assert told["collector"]["running"] is True
        other = _learn(tmp_path, text)
        assert other.wait(90) == 1
        assert "another collector is at work" in other.text()
        first.stop(60)
        assert first.exit_code == 0, first.text()
        assert json.loads((tmp_path / "state" / "collector.json").read_text())["running"] is False
    finally:
        first.kill()


def test_pictures_that_are_asked_for_are_kept(
    stand_in: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _cameras(stand_in, DIGITS)
    for number in range(4):
        record = records.digit("door", number, "1", 1)
        stand_in.show("door", record, shots.noise(number))
    file = tmp_path / "learn.yaml"
    file.write_text(f"model: digits\ngateway: api.sock\nstate: {tmp_path}/state\nlooks: 5\n")
    words = ["collect", "--config", str(file), "--now", "door", "--count", "3", "--json"]
    assert run(words) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 3
    assert [it.reason for it in _all(tmp_path / "state")] == ["demand"] * 3
    assert run([*words[:-2], "9", "--wait", "0.5"]) == 1
    assert load(file).limits == Limits()


def test_somebody_labels_what_was_kept_and_takes_it_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = ["--state", str(tmp_path / "state")]
    assert run(["status", *state]) == 1
    assert "has no set of pictures" in capsys.readouterr().err
    made = PictureSet(tmp_path / "state")
    for number in range(3):
        made.add(f"b/door/{number}", "door", number, shots.noise(number), "uncertain")
    made.add("b/door/3", "door", 3, shots.noise(3), "seconds", "5", "agreement")
    names = {it.id: it for it in _all(tmp_path / "state")}
    assert run(["label", *state, "b/door/0", "seven/7"]) == 0
    assert run(["label", *state, names["b/door/1"].digest[:8], ".."]) == 0
    for wrong in (["b/door/9", "1"], ["b/door/1"], ["b/door/1", "2", "--forget"]):
        assert run(["label", *state, *wrong]) == 1
    assert "no picture b/door/9" in capsys.readouterr().err
    out = tmp_path / "out"
    assert run(["export", *state, str(out)]) == 0
    assert {path.parent.name for path in out.rglob("*.jpg")} == {
        "seven_7",
        "_..",
        "unknown",
        "5",
    }
    assert run(["export", *state, str(out)]) == 1
    # The file that it wrote says the labels, edited.
    text = (out / "labels.csv").read_text()
    edited = text.replace(f"{names['b/door/2'].digest},", f"{names['b/door/2'].digest},9")
    monkeypatch.setattr("sys.stdin", io.StringIO(edited))
    capsys.readouterr()
    assert run(["label", *state, "-"]) == 0
    assert capsys.readouterr().out == "1 pictures\n"
    assert made.counts_by("label") == {"..": 1, "5": 1, "9": 1, "seven/7": 1}
    assert made.counts_by("source") == {"agreement": 1, "operator": 3}
    # All lines, or none.
    monkeypatch.setattr("sys.stdin", io.StringIO("b/door/0,1\nb/door/77,1\n"))
    assert run(["label", *state, "-"]) == 1
    assert "line 2: the set has no picture b/door/77" in capsys.readouterr().err
    assert made.counts_by("label") == {"..": 1, "5": 1, "9": 1, "seven/7": 1}
    assert run(["label", *state, "b/door/0", "--forget"]) == 0
    assert run(["label", *state, "b/door/3", "5"]) == 0
    assert made.counts_by("source") == {"operator": 3}


def test_who_collects_is_who_the_set_belongs_to(
    need_root: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Folders of root's among them the service could not write into."""
    (tmp_path / "learn.yaml").write_text("gateway: api.sock\nstate: state\nmodel: digits\n")
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", 1, 1)
    for more in ([], ["--now", "door"]):
        assert run(["collect", "--config", str(tmp_path / "learn.yaml"), *more]) == 1
        assert "belongs to daemon: run this as that user" in capsys.readouterr().err
    assert not [*(tmp_path / "state").iterdir()]


def _correct(stand_in: StandIn, record: dict[str, Any], jpeg: bytes, label: str | None) -> str:
    """An operator says it on the page."""
    name = f"b-{record['frame']['sequence']}-{record['sensorId']}"
    told = {"id": name, "camera": record["sensorId"], "frame": name, "label": label}
    told |= {"who": "anna", "at": "2026-03-01T10:00:00.000Z", "bytes": len(jpeg)}
    listed = stand_in.answers.setdefault("corrections", (200, {"corrections": []}))
    listed[1]["corrections"].append(told)
    stand_in.answers["models/digits/labels"] = (200, {"labels": list("0123456789")})
    stand_in.answers[f"corrections/{name}"] = (200, {**told, "record": record})
    stand_in.answers[f"corrections/{name}/picture"] = (200, jpeg)
    return name


def test_what_operators_said_is_taken_and_holds(stand_in: StandIn, tmp_path: Path) -> None:
    region = {"x": 8, "y": 8, "width": 96, "height": 96}
    _cameras(stand_in, {**DIGITS, "region": region})
    digits = shots.digits(4)
    doubted = records.digit("door", 1, "3", 0.4)
    stand_in.show("door", doubted, digits[0][1])
    made = service.Service(_config(tmp_path))
    _turn_until(made, lambda: made.figures()["pictures"] != {})
    # One that the set has, one that it has not, one of which nobody has said more for long, one of
    # a camera that is not ours, and one that was damaged.
    wrong = records.digit("door", 2, "4", 1)
    names = [
        _correct(stand_in, doubted, digits[0][1], "7"),
        _correct(stand_in, wrong, digits[1][1], "9"),
        _correct(stand_in, records.digit("door", 3, "4", 1), digits[2][1], None),
        _correct(stand_in, records.digit("yard", 4, "4", 1), digits[3][1], "1"),
        _correct(stand_in, records.digit("door", 5, "4", 1), b"junk", "1"),
    ]
    made._corrected = -1e9
    made.turn()
    assert [(it.label, it.source, it.said) for it in _all(tmp_path / "state")] == [
        ("7", "operator", "3"),
        ("9", "operator", "4"),
        (None, None, "4"),
    ]
    assert _pixels(_all(tmp_path / "state")[1].path.read_bytes()).shape == (96, 96)
    deleted = [path for method, path, _ in stand_in.asked if method == "DELETE"]
    assert deleted == [f"corrections/{names[n]}" for n in (0, 1, 2, 4)]
    assert made.figures()["troubles"] == []


def test_what_is_of_another_models_labels_is_left_for_who_learns_that(
    stand_in: StandIn, tmp_path: Path
) -> None:
    _cameras(stand_in, DIGITS)
    mine = _correct(stand_in, records.digit("door", 1, "3", 1), shots.noise(1), "7")
    _correct(stand_in, records.digit("door", 2, "3", 1), shots.noise(2), "person")
    made = service.Service(_config(tmp_path))
    made.turn()
    assert [it.label for it in _all(tmp_path / "state")] == ["7"]
    deleted = [path for method, path, _ in stand_in.asked if method == "DELETE"]
    assert deleted == [f"corrections/{mine}"]


def test_what_an_operator_calls_wrong_gets_no_label_of_the_models(
    stand_in: StandIn, tmp_path: Path
) -> None:
    """All of them agree, and are wrong; nobody has said what is right."""
    step = {"models": ["digits:1", "others:1"], "combine": "mean"}
    _cameras(stand_in, {"name": "door", "plan": [step]})
    kept, other = shots.digits(2)
    record = records.opinion("door", 1, "4", 0.99, 0)
    stand_in.show("door", record, kept[1])
    label, choose = Labels(agreement=0.9), Choose(seconds=1)
    made = service.Service(_config(tmp_path, label=label, choose=choose))
    _turn_until(made, lambda: made.figures()["pictures"] != {})
    assert [it.source for it in _all(tmp_path / "state")] == ["agreement"]
    _correct(stand_in, record, kept[1], None)
    _correct(stand_in, records.opinion("door", 2, "4", 0.99, 0), other[1], None)
    made._corrected = -1e9
    made.turn()
    assert [(it.label, it.source) for it in _all(tmp_path / "state")] == 2 * [(None, None)]


def test_a_correction_that_cannot_be_kept_stays_at_the_gateway(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cameras(stand_in, DIGITS)
    _correct(stand_in, records.digit("door", 2, "4", 1), shots.noise(1), "9")
    made = service.Service(_config(tmp_path))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("framegate_learn.picture_set._write", full)
    made.turn()
    assert "is full" in made.figures()["troubles"][0]
    assert not [path for method, path, _ in stand_in.asked if method == "DELETE"]
    monkeypatch.undo()
    made._corrected = -1e9
    made.turn()
    assert [it.label for it in _all(tmp_path / "state")] == ["9"]
