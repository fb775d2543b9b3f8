"""What a benchmark prints: a table for people, one object for machines."""

import json
from typing import NamedTuple

import pytest

from bench import decode, kafka, latency, models, report, schedule, way

ROWS = [
    report.row("receive", "Mpps", "testpmd", [2.0, 4.0, 3.0], [1.0, 1.0, 1.0]),
    report.row("receive", "cycles/packet", "testpmd", [100.0], [50.0]),
]


def test_json_is_one_object_of_the_promised_shape(capsys: pytest.CaptureFixture[str]) -> None:
    report.show("dataplane", ROWS, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"name", "machine", "rows"}
    assert said["name"] == "dataplane"
    for row in said["rows"]:
        assert set(row) == {"what", "ours", "peer", "peer_name", "unit", "ratio"}
    assert said["rows"][0]["ratio"] == 3.0


def test_the_table_says_for_each_unit_which_direction_is_better(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report.show("dataplane", ROWS, as_json=False)
    said = capsys.readouterr().out
    assert "cycles/packet: of the time stamp counter; less is better" in said
    assert "Mpps: million packets per second of processor time; more is better" in said


class Turn(NamedTuple):
    rate: float
    cost: float


def test_turns_are_held_against_each_other_figure_by_figure() -> None:
    ours, peer = [Turn(6, 1), Turn(8, 3)], [Turn(2, 2), Turn(4, 2)]
    rows = report.rows_of("it", "them", ours, peer, {"Mpps": "rate", "MiB": "cost"})
    assert [(it["unit"], it["ours"], it["peer"], it["ratio"]) for it in rows] == [
        ("Mpps", 7, 3, 2.5),
        ("MiB", 2, 2, 1.0),
    ]


def test_every_unit_that_is_measured_has_a_direction() -> None:
    assert decode.UNIT in report.DIRECTIONS
    assert {"Mpps", "cycles/packet"} <= set(report.DIRECTIONS)
    assert {schedule.SECONDS, schedule.JAIN} <= set(report.DIRECTIONS)
    assert {kafka.RATE, kafka.COST, kafka.STORED, kafka.DISK} <= set(report.DIRECTIONS)
    assert {latency.UNIT, way.UNIT, way.LATENCY, models.CLOCK} <= set(report.DIRECTIONS)
    assert {"MiB", "slots touched", "frames delivered"} <= set(report.DIRECTIONS)
