"""A whole gateway is killed under load: what it had accepted arrives (docs/kafka.md).

`./dev soak kafka` does it for longer.
"""

import random
import shutil

import pytest

from soak.kills import Kills, Start, Verdict, judge, kill_often
from testbed.kafka import Kafka

KILLS = 20


def test_twenty_kills_of_a_whole_gateway_lose_nothing(
    need_root: None, shared_broker: Kafka
) -> None:
    seed = random.randrange(1 << 32)
    verdict = kill_often(shared_broker, KILLS, random.Random(seed))
    print(f"seed {seed}: {verdict}")
    assert verdict.wrong == [], f"seed {seed}: {verdict}"
    assert verdict.accepted > KILLS * 10


def test_without_the_files_the_same_kills_lose_results(
    need_root: None, shared_broker: Kafka
) -> None:
    """Negative control: it is the spool that keeps them."""
    run = Kills(shared_broker, random.Random(1))
    try:
        run.send(600)
        for _ in range(2):
            run.kill_one(frozen=True)
            shutil.rmtree(run.spool)
        run.finish()
        assert judge(run.starts, run.read()).missing > 0
    finally:
        run.leave()


def _starts() -> list[Start]:
    return [Start("a", {"cam0": 2}, {"cam0": 3}, 0), Start("b", {"cam0": 1}, {"cam0": 1}, 0)]


@pytest.mark.parametrize(
    ("ids", "verdict"),
    [
        (["a/cam0/0", "a/cam0/1", "a/cam0/4", "b/cam0/0"], Verdict(4, 0, 0, 0, 1)),
        (["a/cam0/0", "a/cam0/1", "b/cam0/0"], Verdict(4, 1, 0, 0, 0)),
        (["a/cam0/1", "a/cam0/0", "a/cam0/4", "b/cam0/0"], Verdict(4, 0, 1, 0, 1)),
        (["a/cam0/0", "a/cam0/1", "b/cam0/0", "a/cam0/4"], Verdict(4, 0, 1, 0, 1)),
        (["a/cam0/0", "a/cam0/1", "a/cam0/4", "a/cam0/4", "b/cam0/0"], Verdict(4, 0, 0, 1, 1)),
        (["a/cam0/0", *3 * ["a/cam0/1"], "a/cam0/4", "b/cam0/0"], Verdict(4, 0, 0, 2, 1)),
    ],
)
def test_a_verdict_counts_what_is_wrong(ids: list[str], verdict: Verdict) -> None:
    assert judge(_starts(), {"cam0": ids}) == verdict
    broken = verdict.missing + verdict.inversions + (verdict.again > verdict.on_the_way)
    assert len(verdict.wrong) == broken
