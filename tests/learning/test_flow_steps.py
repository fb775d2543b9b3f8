"""Steps of a flow at a site that does what a real one seldom does, and what a run writes down."""

import multiprocessing
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from framegate_flow import page, site_steps, training, watch
from framegate_flow.declaration import DEFAULTS, SITE, Flow
from framegate_flow.graph import nodes
from framegate_flow.mistakes import Away
from framegate_flow.record import Run, Step
from framegate_flow.training import Epoch

FEW, ENOUGH = ({"pictures": 900, "labelled": count, "held": 80, "runs": []} for count in (10, 300))


class Site:
    """Answers one after the other; its gateway has a version."""

    name, socket = "north", "/nowhere"

    def __init__(self, *answers: dict[str, Any] | Away, stable: int = 0) -> None:
        self.answers = list(answers)
        self.stable = stable
        self.asked: list[tuple[str, ...]] = []

    def learn(self, command: str, *_: str, **__: Any) -> dict[str, Any]:
        self.asked.append((command,))
        answer = self.answers.pop(0)
        if isinstance(answer, Away):
            raise answer
        return answer

    def gateway(self, *words: str) -> None:
        self.asked.append(words)

    def rollout(self, _: str) -> dict[str, Any]:
        return {"phase": "none", "stable": {"version": self.stable}, "previous": None}


def work(site: Site, noted: dict[str, Any] | None = None, **given: dict[str, Any]) -> Any:
    """A step at that site, behind steps that gave this."""
    told = {
        "model": "digits",
        "collect": {"labelled": 200, "held": 50, "patience": 60, "every": 0.01},
        "fine_tune": {"options": [], "timeout": 5},
    }
    said: list[str] = []
    run = SimpleNamespace(
        site=lambda _: noted or {}, note_of_site=lambda _, **more: {**more, **(noted or {})}
    )
    return SimpleNamespace(
        site=lambda: site,
        site_name="north",
        flow=SimpleNamespace(**told),
        run=run,
        given=lambda kind: given.get(kind, {}),
        progress=said.append,
        said=said,
    )


def test_what_one_site_takes_back_goes_to_no_later_wave() -> None:
    sites = dict.fromkeys(("north", "south", "west"), SITE)
    parts = {**DEFAULTS, "roll_out": {"waves": [1, 1, 1], "timeout": 5}, "sites": sites}
    flow = Flow(name="life", model="digits", data=".", parallel=4, **parts)
    after = {node.name: node.after for node in nodes(flow)}
    assert "roll_out.south" in after["roll_out.west"]
    gave = {"north": {"outcome": "taken back", "why": "its answers differ"}}
    for name, earlier in (("south", "north"), ("west", "south")):
        site = Site()
        at = work(site)
        at.before = lambda _, earlier=earlier: iter([(earlier, gave[earlier])])
        gave[name] = site_steps.roll_out(at)
        assert gave[name] == {"outcome": "held back", "why": "north did not keep it"}
        assert site.asked == []


def test_a_site_that_is_away_for_a_while_is_waited_for() -> None:
    gone = Away("north: no route to host")
    site = Site(FEW, gone, gone, ENOUGH)
    at = work(site, roll_out={"outcome": "rolled out"})
    assert site_steps.collect(at)["outcome"] == "enough"
    assert at.said[-1] == "north: no route to host; waits for it"
    # One that was never there is away.
    with pytest.raises(Away):
        site_steps.collect(work(Site(gone), roll_out={"outcome": "rolled out"}))


def test_what_somebody_put_there_since_is_left_as_it_is() -> None:
    verdict = {"sites": {"north": {"stays": False, "why": "too few"}}}
    rolled = {"outcome": "rolled out", "version": 2}
    tuned = {"outcome": "accepted", "version": 3}
    site = Site(stable=7)
    at = work(site, {"former": 1}, roll_out=rolled, fine_tune=tuned, evaluate=verdict)
    assert site_steps.settle(at) == {
        "outcome": "left as it is",
        "version": 7,
        "why": "version 7 came since",
    }
    assert site.asked == []


def test_what_was_learned_of_another_model_is_not_taken_for_it() -> None:
    other = {"id": "2", "state": "accepted", "accepted": True, "model": "hats"}
    mine = {"id": "3", "state": "accepted", "accepted": True, "model": "digits", "figures": {}}
    site = Site({"runs": [other]}, {"runs": [other]}, mine, stable=3)
    at = work(site, {"runs": []}, collect={"outcome": "enough"})
    assert site_steps.fine_tune(at)["run"] == "3"
    assert site.asked[-1] == ("train",)


def test_epochs_are_in_order_and_read_once(tmp_path: Path) -> None:
    for number in (1, 2, 101, 999, 1000):
        training.keep(tmp_path, Epoch(number, 0.5, 1, b""))
    assert [it.number for it in training.kept(tmp_path)] == [1, 2, 101, 999, 1000]
    (tmp_path / "epoch-002").write_bytes(b"is not looked at")
    assert [it.number for it in training.kept(tmp_path, 101)] == [999, 1000]


def test_what_ends_between_two_looks_is_told() -> None:
    """The last epoch may be kept, and its step be over, before anybody looks again."""
    seen = Step("pre_train", "running", 1, progress="epoch 2 of 3")
    over = Step("pre_train", "done", 1, progress="epoch 3 of 3")
    assert watch.news(seen, over) == ["epoch 3 of 3", "done"]
    assert watch.news(over, over) == []
    told = Step("pre_train", "running", 1, progress="epoch 3 of 3")
    assert watch.news(told, over) == ["done"]

    away = ["no route to host"] * 2
    again = Step("roll_out.north", "running", 3, errors=away)
    begun = Step("roll_out.north", "running", 1)
    assert watch.news(begun, again) == ["retrying: no route to host"] * 2 + ["begins, try 3"]
    waits = Step("roll_out.north", "retrying", 2, errors=away)
    assert watch.news(begun, waits) == ["retrying: no route to host"] * 2
    assert watch.news(Step("close"), Step("close")) == []


def test_a_page_may_be_written_by_two_at_a_time(tmp_path: Path) -> None:
    run = Run.make(tmp_path, "life")
    parts = {**DEFAULTS, "sites": {"north": SITE}}
    run.declare(Flow(name="life", model="digits", data=".", parallel=4, **parts), "")
    many = multiprocessing.get_context("fork")
    both = [many.Process(target=_write, args=(run,)) for _ in range(2)]
    for it in both:
        it.start()
    for it in both:
        it.join(60)
    assert [it.exitcode for it in both] == [0, 0]
    assert sorted(it.name for it in run.folder.glob(".*")) == []


def _write(run: Run) -> None:
    end = time.monotonic() + 1
    while time.monotonic() < end:
        page.write(run)
