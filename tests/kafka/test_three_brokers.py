"""A whole gateway and three brokers of which some are killed (docs/kafka.md)."""

import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soak.kills import Start, judge
from testbed import places
from testbed.consumer import read_all
from testbed.gateway import Topics
from testbed.kafka_cluster import BROKERS, IN_SYNC, KafkaCluster
from testbed.steady import Steady

CAMERAS = 6
RATE = 20  # pictures a second of each camera
EVERY = 10  # results to a sampled picture
LONGEST = 300  # that the cameras send, in seconds
PATIENCE = 90
LEADER = 2
SOME = 200  # results: enough to see that something goes on


class Run:
    """Cameras, their gateway with its spool, and what it says of itself."""

    def __init__(self, cluster: KafkaCluster) -> None:
        self.cluster = cluster
        self.topics = Topics.unique()
        cluster.create_topics(self.topics, led_by=LEADER)
        self._steady = Steady(cluster.brokers, self.topics, CAMERAS, RATE, every=EVERY)
        self.gateway = self._steady.gateway
        self._confirmed: dict[str, int] = {}

    def begin(self) -> None:
        """The cameras send, and first results are delivered."""
        self.gateway.start()
        self._steady.send(LONGEST)
        self.wait_for_more()

    def frames(self) -> dict[str, int]:
        """What the status counts."""
        frames: dict[str, int] = self.gateway.status()["frames"]
        return frames

    def delivered(self) -> dict[str, int]:
        """What brokers have confirmed of each camera."""
        cameras = self.gateway.ask("camera", "list")["cameras"]
        return {camera["name"]: camera["frames"]["delivered"] for camera in cameras}

    def kill(self, *numbers: int) -> None:
        """Ends brokers, after noting what has been confirmed by then."""
        self._confirmed = self.delivered()
        for number in numbers:
            self.cluster.broker(number).kill()

    def troubles(self) -> dict[str, str]:
        """What the status complains of."""
        return {it["id"]: it["text"] for it in self.gateway.status()["troubles"]}

    def wait(self, true: Callable[[], bool], otherwise: str) -> None:
        """While the gateway runs."""
        self.gateway.wait_until(true, PATIENCE, otherwise)

    def wait_for_more(self, what: str = "delivered") -> None:
        """Waits until so many more are delivered, or spooled, than now."""
        before = self.frames()[what]
        self.wait(lambda: self.frames()[what] > before + SOME, f"no more are {what}")

    def wait_until_well(self) -> dict[str, Any]:
        """Waits until the status has nothing to complain of; returns it."""
        self.wait(lambda: self.gateway.ctl("status").code == 0, "it is not well")
        return self.gateway.status()

    def finish(self) -> None:
        """Nobody sends any more, and all that waits goes out."""
        self._steady.stop_sending()

        def is_through() -> bool:
            frames = self.frames()
            return frames["in_flight"] == frames["spooled"] == 0

        self.wait(is_through, "something is left")
        assert self.gateway.ctl("audit").body["balanced"] is True

    def judge(self) -> None:
        """Holds what is in the topics against what the gateway says it delivered."""
        customer = read_all(self.cluster.brokers, self.topics)
        counted = self.delivered()
        start = Start(self.gateway.status()["boot_id"], counted, counted, 0)
        ids = {name: [it.id for it in customer.of(name)] for name in counted}
        verdict = judge([start], ids)
        print(verdict)
        assert (verdict.missing, verdict.inversions) == (0, 0)
        assert verdict.accepted == sum(counted.values()) > SOME
        assert min(counted.values()) > 0
        # What came that nobody had accepted would have come from nowhere.
        assert verdict.on_the_way == 0
        # What was on its way when a broker was killed may come again, and nothing else.
        assert sum(self._confirmed.values()) > 0
        for name, confirmed in self._confirmed.items():
            times = Counter(ids[name])
            assert [it for it in list(times)[:confirmed] if times[it] > 1] == []
        shown = {it.id for it in customer.frames}
        assert shown == {it.id for it in customer.results if it.body["sampled"]}
        assert len(shown) > verdict.accepted // (2 * EVERY)

    def remove(self) -> None:
        """Takes it away."""
        self._steady.remove()


@pytest.fixture
def run(need_root: None, three_brokers: KafkaCluster) -> Iterator[Run]:
    made = Run(three_brokers)
    yield made
    made.remove()


def test_a_killed_leader_costs_nothing(run: Run) -> None:
    leaders = run.cluster.leaders(run.topics)
    assert leaders[LEADER] > leaders.total() / 2
    run.begin()
    assert run.wait_until_well()["kafka"]["state"] == "up"

    run.kill(LEADER)
    run.cluster.wait_until_in_sync(run.topics, BROKERS - 1)
    end = time.monotonic() + PATIENCE
    while run.cluster.leaders(run.topics)[LEADER] > 0:
        assert time.monotonic() < end, "nobody leads in its place"
        time.sleep(0.1)
    # One of three is away: it goes on, and that is what the status says.
    run.wait_for_more()
    status = run.wait_until_well()
    assert status["kafka"]["state"] == "up"
    assert status["kafka"]["brokers"] == run.cluster.brokers

    run.cluster.broker(LEADER).start()
    run.cluster.wait_until_in_sync(run.topics)
    run.wait_for_more()
    run.wait_until_well()
    run.finish()
    run.judge()


def test_below_the_replicas_that_must_be_in_sync_results_wait(run: Run) -> None:
    run.begin()
    killed = [LEADER, LEADER % BROKERS + 1]
    run.kill(*killed)
    run.cluster.wait_until_in_sync(run.topics, BROKERS - len(killed))
    assert BROKERS - len(killed) < IN_SYNC

    trouble = f"kafka.{run.topics.results}.unconfirmed"
    run.wait(lambda: trouble in run.troubles(), "nobody notices it")
    assert re.match(r"\d+ records wait, the oldest for \d+\.\d s: ", run.troubles()[trouble])
    answer = run.gateway.ctl("status")
    assert (answer.code, answer.body["kafka"]["state"]) == (1, "stalled")
    delivered = run.frames()["delivered"]
    run.wait_for_more("spooled")
    assert run.frames()["delivered"] == delivered

    # One more, and it is enough again.
    run.cluster.broker(killed[0]).start()
    run.cluster.wait_until_in_sync(run.topics, IN_SYNC)
    run.wait(lambda: run.frames()["spooled"] < SOME, "what waits does not go out")
    assert run.wait_until_well()["kafka"]["state"] == "up"
    run.finish()
    run.judge()


def test_a_bench_takes_three_brokers_and_as_many_replicas(
    three_brokers: KafkaCluster, tmp_path: Path
) -> None:
    words = [places.gwctl(), "bench", "kafka", "--brokers", three_brokers.brokers]
    words += ["--output", tmp_path / "out", "--prefix", "three", "--messages", 20_000]
    words += ["--partitions", "1,3", "--consumers", "1", "--replication", BROKERS, "--json"]
    begun = subprocess.Popen(
        [str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    replicas: set[int] = set()
    while begun.poll() is None:
        replicas |= three_brokers.replicas("three-")
    said, words_of_it = begun.communicate(timeout=PATIENCE)
    assert begun.returncode == 0, words_of_it
    book = json.loads(said)
    assert len(book["cells"]) == 6
    assert all(cell["seconds"] > 0 for cell in book["cells"])
    assert replicas == {BROKERS}
    # Those that are deleted are known for a moment.
    end = time.monotonic() + PATIENCE
    while (left := three_brokers.replicas("three-")) != set():
        assert time.monotonic() < end, left
        time.sleep(0.1)
