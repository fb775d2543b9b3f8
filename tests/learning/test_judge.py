"""What is learned must be better, by more than luck, on enough pictures that it never saw."""

import json
import tracemalloc
from fractions import Fraction
from math import comb
from pathlib import Path

import lessons
import numpy as np
import pytest
import shots

from framegate_learn import judge, judgements, material, promote, served
from framegate_learn.judge import Figures
from framegate_learn.material import Part
from framegate_learn.mistakes import Failure
from framegate_learn.picture_set import PictureSet
from framegate_learn.settings import Gates
from testbed import scenes


def _figures(right: list[bool]) -> Figures:
    """Wrong ones say 9, right ones 1."""
    found = np.array(right)
    return Figures(found, np.where(found, 1, 9), 1.0)


def _pair(both: int, gained: int, lost: int, neither: int = 0) -> tuple[Figures, Figures]:
    before = [True] * both + [False] * gained + [True] * lost + [False] * neither
    after = [True] * both + [True] * gained + [False] * lost + [False] * neither
    return _figures(before), _figures(after)


def test_luck_is_what_coins_would_have() -> None:
    # Nine heads or more of ten throws: 11 of 1,024.
    assert judge.luck(9, 1) == pytest.approx(11 / 1024)
    assert judge.luck(0, 0) == 1
    many = Fraction(sum(comb(300, k) for k in range(180, 301)), 2**300)
    assert judge.luck(180, 120) == pytest.approx(float(many))


def test_what_is_clearly_better_is_accepted_with_its_interval() -> None:
    before, after = _pair(both=80, gained=18, lost=2)
    verdict = judge.judge(before, after, Gates())
    assert verdict.accepted
    assert verdict.reason == "better: 82.0% before, 98.0% after, of 100 pictures"
    held = verdict.told["held"]
    assert (held["difference"], held["gained"], held["lost"]) == (0.16, 18, 2)
    low, high = held["interval"]
    # 0.16 +- 1.96 * sqrt((0.2 - 0.16^2) / 100)
    assert low == pytest.approx(0.16 - 0.082, abs=0.02)
    assert high == pytest.approx(0.16 + 0.082, abs=0.02)


def test_very_many_pictures_can_be_compared() -> None:
    before, after = _pair(both=1_000_000, gained=30_000, lost=20_000)
    tracemalloc.start()
    found = judge.compare(before, after, seed=1)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 64 << 20
    low, high = found["interval"]
    # 10,000 +- 1.96 * sqrt(50,000) of 1,050,000
    assert (low, high) == pytest.approx((0.0095 - 0.0004, 0.0095 + 0.0004), abs=0.0002)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (_pair(both=30, gained=19, lost=0), "49 pictures were kept back, fewer than 50"),
        (_pair(both=97, gained=0, lost=0, neither=3), "not better by 1.0%"),
        (_pair(both=90, gained=2, lost=8), "not better by 1.0%"),
        (
            _pair(both=90, gained=4, lost=1, neither=5),
            "could be luck (p = 0.19, at most 0.005 in judgement 1 on these pictures)",
        ),
        (_pair(both=10, gained=40, lost=5, neither=45), "are the labels right?"),
    ],
    ids=["few", "same", "worse", "luck", "poisoned"],
)
def test_what_speaks_against_it_is_said(pair: tuple[Figures, Figures], words: str) -> None:
    verdict = judge.judge(*pair, Gates())
    assert not verdict.accepted
    assert words in verdict.reason


def test_what_the_cloud_knows_must_not_be_forgotten() -> None:
    site = _pair(both=80, gained=18, lost=2)
    for lost, accepted in ((2, True), (3, False)):
        general = _pair(both=97, gained=0, lost=lost, neither=3 - lost)
        verdict = judge.judge(*site, Gates(), general)
        assert verdict.accepted is accepted
        assert ("worse on the general pictures" in verdict.reason) is not accepted


def test_luck_alone_is_hardly_ever_accepted() -> None:
    """Two versions that are right as often as each other, many times."""
    drawn = np.random.default_rng(1)
    accepted = 0
    for _ in range(400):
        before, after = (_figures(drawn.random(200) < 0.9) for _ in range(2))
        accepted += judge.judge(before, after, Gates(margin=0)).accepted
    # One in a hundred may be, and ten of 400 would not be chance.
    assert accepted <= 10


def test_the_same_pictures_allow_less_each_time() -> None:
    pair = _pair(both=80, gained=18, lost=2)
    told = [judge.judge(*pair, Gates(), number=number) for number in range(1, 9)]
    # p = 211 / 2^20 = 0.0002: less than 0.01 / (6 * 7), more than 0.01 / (7 * 8).
    assert [it.accepted for it in told] == [True] * 6 + [False] * 2
    assert told[6].reason.endswith(
        "could be luck (p = 0.0002, at most 0.00018 in judgement 7 on these pictures)"
    )
    assert [told[6].told["held"][key] for key in ("judgement", "level")] == [7, 0.01 / 56]
    # Who allows everything has asked for nothing.
    assert judge.judge(*_pair(90, 4, 1, 5), Gates(luck=1), number=9).accepted


def test_luck_is_not_accepted_by_trying_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty versions, each as good as the one that runs, on the same pictures; many such sites."""
    # The interval says nothing here.
    monkeypatch.setattr(judge, "_DRAWS", 2)
    drawn, gates, sites = np.random.default_rng(2), Gates(luck=0.1, margin=0, least=0), 250
    corrected = uncorrected = 0
    for _ in range(sites):
        # Some pictures are harder than others, for all of them.
        ease = drawn.beta(4, 1, 200)
        before = _figures(drawn.random(200) < ease)
        tries = [_figures(drawn.random(200) < ease) for _ in range(20)]
        corrected += any(
            judge.judge(before, after, gates, number=number).accepted
            for number, after in enumerate(tries, 1)
        )
        # Each by itself may be luck with 0.1.
        alone = Gates(luck=0.2, margin=0, least=0)
        uncorrected += any(judge.judge(before, after, alone).accepted for after in tries)
    print(f"of {sites} sites {corrected} take luck for better, {uncorrected} were it not counted")
    assert corrected / sites <= gates.luck
    assert uncorrected / sites > 3 * gates.luck


def test_judgements_on_the_same_pictures_are_counted(tmp_path: Path) -> None:
    PictureSet(tmp_path).close()
    first, second, other = ["a", "b"], ["b", "c"], ["d", "e"]
    assert judgements.begin(tmp_path, "run-1", first) == 1
    # It was cut off, and goes on.
    assert judgements.begin(tmp_path, "run-1", first) == 1
    assert judgements.begin(tmp_path, "run-2", first) == 2
    assert judgements.begin(tmp_path, "run-3", other) == 1
    # One that has judged is enough.
    assert judgements.begin(tmp_path, "run-4", second) == 3
    assert judgements.begin(tmp_path, "run-5", ["c", "f"]) == 2
    assert judgements.begin(tmp_path, "run-6", []) == 1
    assert sum(judgements.share(number) for number in range(1, 100_000)) < 1


def test_what_judges_is_known_by_its_bytes(tmp_path: Path) -> None:
    made = lessons.fill(tmp_path, 20)
    material.gather(made, served.read(lessons.MODEL), tmp_path / "material")
    kept = [it.digest for it in made.examples(held=True)]
    made.close()
    assert kept
    assert material.load(tmp_path / "material").held.digests == kept
    # A version of before has left none, and its run goes on.
    file = tmp_path / "material" / "material.json"
    told = json.loads(file.read_text())
    del told["digests"]
    file.write_text(json.dumps(told))
    assert material.load(tmp_path / "material").held.digests == []


def test_it_is_known_of_pictures_that_gave_way_that_they_judged_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judgements, "_GONE", 3)
    made = lessons.fill(tmp_path, 8)
    kept = [it.digest for it in made.examples(held=True)]
    made.close()
    judgements.begin(tmp_path, "run-1", [*kept, "gone"])
    judgements.begin(tmp_path, "run-2", ["1", "2"])
    assert judgements.begin(tmp_path, "run-3", ["gone"]) == 2
    judgements.begin(tmp_path, "run-4", ["3", "4"])
    assert judgements.begin(tmp_path, "run-5", ["gone"]) == 1
    assert kept
    assert judgements.begin(tmp_path, "run-6", kept) == 2


def test_a_rollout_may_differ_as_the_kept_back_pictures_did() -> None:
    before, after = _pair(both=20, gained=80, lost=0)
    told = judge.judge(before, after, Gates()).told
    bounds = promote.limits(told, slower=3.0)
    assert 0.9 < bounds["max_disagreement"] <= 1
    assert bounds["max_latency"] == 4.5
    before, after = _pair(both=95, gained=5, lost=0)
    bounds = promote.limits(judge.judge(before, after, Gates()).told, slower=0.9)
    assert 0.15 < bounds["max_disagreement"] < 0.3
    assert bounds["max_latency"] == 1.5


def test_the_gateways_own_graph_is_judged() -> None:
    model = served.read(lessons.MODEL)
    images, labels = scenes.digits(0, 130)
    found = judge.look(model, Part(images[..., None], labels))
    assert found.accuracy > 0.96
    told = found.told(model.labels, labels)
    assert told["pictures"] == 130
    assert set(told["labels"]) == set(model.labels)
    turned = judge.look(model, Part(255 - images[..., None], labels))
    assert turned.accuracy < 0.6


def test_the_clouds_pictures_lie_in_folders_of_their_labels(tmp_path: Path) -> None:
    model = served.read(lessons.MODEL)
    for number, (label, jpeg) in enumerate(shots.digits(20)):
        folder = tmp_path / label
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(jpeg)
    (tmp_path / "3" / "broken.jpg").write_bytes(b"no picture")
    part, left = judge.general_part(tmp_path, model, tmp_path / "room.npy")
    assert (len(part), left) == (20, 1)
    # There may be more of them than memory holds.
    assert isinstance(part.pictures, np.memmap)
    assert judge.look(model, part).accuracy > 0.9
    with pytest.raises(Failure, match="no pictures in folders named as"):
        judge.general_part(tmp_path / "3", model, tmp_path / "room.npy")
