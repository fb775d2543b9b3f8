"""Which frames are chosen, and what they are said to show."""

from pathlib import Path

import pytest
import records

from framegate_learn import crops
from framegate_learn.choose import Chooser
from framegate_learn.config import Choose, Config, Crops
from framegate_learn.label import CameraFacts, agreed
from framegate_learn.mistakes import Failure
from framegate_learn.truth import Truth


def _chooser(**more: float) -> Chooser:
    return Chooser(Config("digits", choose=Choose(**more)))


def test_what_the_model_is_unsure_of_is_chosen() -> None:
    chooser = _chooser(confidence=0.8)
    assert chooser.reason(records.digit("door", 1, "3", 0.79)) == "uncertain"
    assert chooser.reason(records.digit("door", 2, "3", 0.8)) is None
    assert chooser.reason(records.opinion("door", 3, "3", 0.5, 0)) == "uncertain"
    # Another model's doubt is not this one's.
    other = records.digit("door", 4, "3", 0.1)
    other["model"]["name"] = "letters"
    assert chooser.reason(other) is None
    assert chooser.reason(records.frame("door", 5)) is None


def test_what_an_ensemble_disagrees_about_is_chosen() -> None:
    chooser = _chooser(confidence=0, disagreement=0.5)
    assert chooser.reason(records.opinion("door", 1, "3", 0.9, 0.5)) == "disagreeing"
    assert chooser.reason(records.opinion("door", 2, "3", 0.9, 0.49)) is None


def test_what_is_due_is_chosen_of_each_camera() -> None:
    chooser = _chooser(confidence=0, seconds=60)
    sure = [records.digit("door", number, "3", 1) for number in (0, 599, 600, 601, 1200)]
    assert [chooser.reason(it) for it in sure] == ["seconds", None, "seconds", None, "seconds"]
    assert chooser.reason(records.digit("yard", 601, "3", 1)) == "seconds"


def test_what_is_asked_for_is_chosen() -> None:
    assert _chooser().reason(records.digit("door", 1, "3", 1), demanded=True) == "demand"


PLAN = {
    "name": "door",
    "region": {"x": 4, "y": 8, "width": 0, "height": 50},
    "plan": [{"name": "digit", "models": ["digits", "digits:2", "others"]}],
}


def test_an_ensemble_labels_when_all_its_models_agree_and_each_is_sure() -> None:
    camera = CameraFacts.of(PLAN)
    assert camera.region == (4, 8, 0, 50)
    assert camera.models == {"digits", "others"}

    def label(mean: float, disagreement: float = 0) -> str | None:
        return agreed(records.opinion("door", 1, "3", mean, disagreement), camera, "digits", 0.9)

    # A mean of 0.97 of three: one may be at 0.91 when the others are at 1, and none is lower.
    assert label(0.97) == "3"
    assert label(2.9 / 3) == "3"
    assert label(0.96) is None
    assert label(1, 1 / 3) is None
    # Shares of votes say nothing of how sure anybody was.
    votes = CameraFacts.of({**PLAN, "plan": [{**PLAN["plan"][0], "combine": "vote"}]})
    assert agreed(records.opinion("door", 1, "3", 1, 0), votes, "digits", 0.9) is None
    alone = CameraFacts.of({"name": "door", "model": "digits:1"})
    assert agreed(records.digit("door", 1, "3", 1), alone, "digits", 0.9) is None


def test_the_truth_is_that_of_the_camera_or_of_the_picture(tmp_path: Path) -> None:
    file = tmp_path / "truth.yaml"
    file.write_text('door: "3"\nyard: {rate: 10, labels: ["7", "2", "9"]}\n')
    truth = Truth(file)
    assert truth.of(records.digit("door", 5, "1", 1)) == "3"
    assert [truth.of(records.digit("yard", n, "1", 1)) for n in range(4)] == ["7", "2", "9", "7"]
    assert truth.of(records.digit("gate", 1, "1", 1)) is None
    file.write_text('door: "44"\n')
    assert truth.of(records.digit("door", 6, "1", 1)) == "44"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("door: 3\n", "truth.yaml:1: door: must be a label in quotes"),
        ('a: "1"\nb: {rate: 0, labels: ["1"]}\n', "truth.yaml:2: b: must be a label"),
        ("- door\n", "truth.yaml:1: must be lines of a camera"),
    ],
)
def test_a_truth_that_makes_no_sense_is_told(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "truth.yaml").write_text(text)
    with pytest.raises(Failure, match=line):
        Truth(tmp_path / "truth.yaml").of(records.digit("door", 5, "1", 1))


BOTH = Crops(("objects", "yolo"), {"person": "person"}, other="other", sure=0.5)


def _parts(wanted: Crops, *found: tuple) -> list[tuple[str | None, str | None]]:
    made = crops.parts(records.objects("door", 1, *found), wanted, 640, 480)
    return [(it.label, it.said) for it in made]


def test_two_detectors_that_agree_label_what_they_found() -> None:
    person = ("person", 0.9, 100, 100, 150, 200)
    close = ("person", 0.6, 105, 102, 152, 205)
    car = ("car", 0.8, 300, 200, 400, 260)
    assert _parts(BOTH, ("objects", *person), ("yolo", *close)) == [("person", "person")]
    assert _parts(BOTH, ("objects", *car), ("yolo", *car)) == [("other", "car")]
    # One has not seen it, is not sure of it, or says something else: nobody knows.
    assert _parts(BOTH, ("objects", *person)) == [(None, "person")]
    assert _parts(BOTH, ("yolo", *person)) == [(None, "person")]
    unsure = ("person", 0.4, 100, 100, 150, 200)
    assert _parts(BOTH, ("objects", *person), ("yolo", *unsure)) == [(None, "person")]
    dog = ("dog", 0.9, 100, 100, 150, 200)
    assert _parts(BOTH, ("objects", *person), ("yolo", *dog)) == [(None, "person")]
    assert _parts(BOTH, ("objects", *unsure), ("yolo", *unsure)) == []
    # Elsewhere is something else.
    away = ("person", 0.9, 160, 100, 210, 200)
    assert _parts(BOTH, ("objects", *person), ("yolo", *away)) == [(None, "person")] * 2
    # What is too small to learn from, and what nobody wants to learn, is left out.
    small = ("person", 0.9, 10, 10, 20, 40)
    assert _parts(BOTH, ("objects", *small), ("yolo", *small)) == []
    narrow = Crops(("objects", "yolo"), {"person": "person"})
    assert _parts(narrow, ("objects", *car), ("yolo", *car)) == []


def test_background_lies_where_nobody_has_seen_anything() -> None:
    wanted = Crops(("objects", "yolo"), {"person": "person"}, other="other", background=3)
    found = [
        (model, "person", 0.9, left, 100, left + 50, 200)
        for model in ("objects", "yolo")
        for left in (10, 100)
    ]
    found.append(("yolo", "car", 0.1, 300, 0, 640, 480))
    record = records.objects("door", 7, *found)
    made = crops.parts(record, wanted, 640, 480)
    # Not more of it than of what they agree about.
    assert [it.label for it in made] == ["person", "person", "other", "other"]
    assert made == crops.parts(record, wanted, 640, 480)
    for part in made[2:]:
        assert 0 <= part.box.left < part.box.right <= 300
        assert not any(part.box.shared(it.box) for it in made[:2])
    nobody = crops.parts(records.objects("door", 8, found[0]), wanted, 640, 480)
    assert [it.label for it in nobody] == [None]
