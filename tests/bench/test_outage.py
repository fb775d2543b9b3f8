"""What is reckoned of an outage: of records that were made for it."""

import pytest

from bench import outage, report
from bench.outage_figures import Figures, Marks, Seen, Span, courses, reckon

# Ten results a second; away from 10 to 20, and back at 22.
MARKS = Marks(began=0, gone=10, returns=20, back=22, ended=30)
FIRST_S, REPLAY_S = 1.5, 0.6
WAY_MS, SLOW_MS = 2.0, 8.0


def made() -> list[Seen]:
    """Each result is taken at once; those of the outage one after the other at its end."""
    seen = []
    for number in range(300):
        captured = number / 10 + 0.05
        appended = captured + 0.01
        if MARKS.gone <= captured < MARKS.back:
            share = (number - 100) / 119
            appended = MARKS.back + FIRST_S + REPLAY_S * share
        elif MARKS.back <= captured < MARKS.back + FIRST_S + REPLAY_S:
            # Behind what had waited.
            appended = MARKS.back + FIRST_S + REPLAY_S + 0.01
        slow = MARKS.gone <= captured < MARKS.returns
        seen.append(Seen(captured, appended, SLOW_MS if slow else WAY_MS))
    return seen


def test_a_replay_goes_from_the_first_result_to_the_last_that_had_waited() -> None:
    figures = reckon(made(), MARKS)
    assert figures.waited == 120
    assert figures.first_s == pytest.approx(FIRST_S)
    assert figures.replay_s == pytest.approx(REPLAY_S)
    assert figures.replay_rate == pytest.approx(120 / REPLAY_S)


def test_rate_and_latency_are_those_of_the_pictures_that_came_in_a_time() -> None:
    figures = reckon(made(), MARKS)
    assert figures.before == (pytest.approx(10), WAY_MS, 100)
    assert figures.during == (pytest.approx(10), SLOW_MS, 100)
    # Until 24.1: the start of the broker, from 20 to 22, is in none.
    assert figures.replaying == (pytest.approx(10), WAY_MS, 21)


def test_pictures_that_get_lost_on_the_way_are_missing_in_the_rate() -> None:
    kept = [it for it in made() if not MARKS.gone <= it.captured < MARKS.gone + 5]
    assert reckon(kept, MARKS).during.per_second == pytest.approx(5)


def test_an_outage_in_which_nothing_waits_is_none() -> None:
    with pytest.raises(RuntimeError, match="the outage was none"):
        reckon([it for it in made() if it.captured < MARKS.gone], MARKS)


def test_one_batch_of_one_millisecond_has_a_rate() -> None:
    batch = [it._replace(appended=23.0) if it.captured >= 10 else it for it in made()]
    # Those that came after the return were taken at the same moment, too.
    assert reckon(batch, MARKS).replay_rate == pytest.approx(200 / 0.001)


def test_a_short_replay_is_looked_at_for_long_enough() -> None:
    batch = [it._replace(appended=22.1) if it.captured >= 10 else it for it in made()]
    assert reckon(batch, MARKS).replaying == (pytest.approx(10), WAY_MS, 20)


def test_the_courses_tell_what_came_what_was_taken_and_what_waited() -> None:
    found = courses(made(), MARKS, width=1)
    assert [height for _, height in found["came, /s"]] == [10] * 30
    taken = dict(found["taken, /s"])
    assert taken[5.5] == pytest.approx(10, abs=1)
    assert [taken[at + 0.5] for at in range(11, 23)] == [0] * 12
    waiting = dict(found["waiting"])
    assert waiting[5] <= 1
    assert waiting[20] == 100
    assert waiting[30] <= 1


def test_the_table_has_ratios_to_what_was_before_and_to_the_aims() -> None:
    spans = [Span(400, 2.0, 100), Span(390, 2.2, 100), Span(360, 3.0, 9)]
    figures = Figures(*spans, waited=6000, first_s=0.5, replay_s=1, replay_rate=8000)
    turns = [outage.Turn(figures, accepted=1000, found=999, again=0)]
    table = outage.table("frozen", turns)
    assert [(it["what"], it["unit"], it["ratio"]) for it in table] == [
        ("frozen: replay", outage.REPLAY, 20.0),
        ("frozen: after its return", outage.FIRST, 0.1),
        ("frozen: during", outage.THROUGH, 0.975),
        ("frozen: during", outage.LATENCY, 1.1),
        ("frozen: at replay", outage.THROUGH, 0.9),
        ("frozen: at replay", outage.LATENCY, 1.5),
        ("frozen: in the end", outage.KEPT, 0.999),
    ]
    assert {it["unit"] for it in table} <= set(report.DIRECTIONS)
