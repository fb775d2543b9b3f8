"""The broker goes away under steady cameras and comes back: what that costs, and how it is made up.

Eight cameras send to a real gwd with a model and a spool. In turns the broker is frozen for a
while, connections and all, and killed and started again. Records tell when their picture came and
how long it took to be a record; the topic has the broker's clock. So replay, and the pipeline's
rate and latency before, during and after, are reckoned from what a client that is not ours reads in
the end; the gateway is asked for its books alone. The time of the replay is two seconds at least,
so that there are pictures enough for a percentile. Broker, cameras and gateway share the processors
that there are: a broker that starts takes one of them for two seconds, which is left out of the
time of the outage and is in none of the rows.
"""

import datetime
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import plots
from bench.outage_figures import Figures, Marks, Seen, courses, reckon
from bench.report import Row, progress, row, rows_of
from testbed import places, stopping
from testbed.consumer import Customer, Record, read_all
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.steady import Steady

CAMERAS = 8
RATE = 50  # pictures a second of each
WARM_S, BEFORE_S, AWAY_S, AFTER_S = 4, 8, 20, 4
PATIENCE_S = 60
ROUNDS = 2
REPLAY = "results/s"
FIRST = "s to the first result"
THROUGH = "frames/s"
LATENCY = "ms at p99 of the way"
KEPT = "results in the topic"
FIRST_AIM_S = 5.0
FOLDER = places.ROOT / "build-results" / "outage"


class Turn(NamedTuple):
    """One outage."""

    figures: Figures
    accepted: int  # by the gateway
    found: int  # of them in the topic
    again: int


def _freeze(kafka: Kafka) -> None:
    kafka.freeze()


def _thaw(kafka: Kafka) -> None:
    kafka.thaw()


def _kill(kafka: Kafka) -> None:
    kafka.kill()


def _start(kafka: Kafka) -> None:
    kafka.launch()
    end = time.monotonic() + PATIENCE_S
    while not kafka.listens():
        stopping.check()
        if not kafka.running or time.monotonic() > end:
            raise RuntimeError("the broker does not come back")
        time.sleep(0.01)


class Kind(NamedTuple):
    """How the broker goes, and how it comes back."""

    go: Callable[[Kafka], None]
    come: Callable[[Kafka], None]


KINDS = {"frozen": Kind(_freeze, _thaw), "killed": Kind(_kill, _start)}


def _seen(record: Record) -> Seen:
    captured = datetime.datetime.fromisoformat(record.body["@timestamp"])
    return Seen(
        captured.timestamp(), record.time_ms / 1000, record.body["latencyUs"]["total"] / 1000
    )


def _once(customer: Customer) -> list[Record]:
    """Each result as it came first."""
    return list({it.id: it for it in reversed(customer.results)}.values())


def _through(steady: Steady) -> bool:
    frames = steady.gateway.status()["frames"]
    return bool(frames["in_flight"] == frames["spooled"] == 0)


def _outage(kafka: Kafka, kind: Kind, steady: Steady) -> Marks:
    """The broker goes and comes back, while the cameras send."""
    steady.gateway.start()
    steady.send(WARM_S + BEFORE_S + AWAY_S + AFTER_S + PATIENCE_S)
    steady.gateway.wait_until(
        lambda: steady.gateway.status()["frames"]["delivered"] > 0, 30, "nothing is delivered"
    )
    stopping.pause(WARM_S)
    began = time.time()
    stopping.pause(BEFORE_S)
    gone = time.time()
    kind.go(kafka)
    stopping.pause(AWAY_S)
    returns = time.time()
    kind.come(kafka)
    back = time.time()
    live = CAMERAS * RATE
    steady.gateway.wait_until(
        lambda: steady.gateway.status()["frames"]["spooled"] < live,
        PATIENCE_S,
        "what waited does not go out",
    )
    stopping.pause(AFTER_S)
    return Marks(began, gone, returns, back, time.time())


def turn(kafka: Kafka, name: str, plot: Path | None) -> Turn:
    """One outage, from the start of a gateway to its end."""
    topics = Topics.unique()
    kafka.create_topics(topics)
    kafka.set_topic(topics.results, "message.timestamp.type", "LogAppendTime")
    steady = Steady(kafka.brokers, topics, CAMERAS, RATE, model="digits")
    try:
        marks = _outage(kafka, KINDS[name], steady)
        steady.stop_sending()
        steady.gateway.wait_until(lambda: _through(steady), PATIENCE_S, "something is left")
        accepted = steady.gateway.status()["frames"]["delivered"]
        if dropped := steady.gateway.dropped():
            progress(f"outage: dropped: {dropped}")
        steady.gateway.stop()
        customer = read_all(kafka.brokers, topics)
    finally:
        kafka.thaw()
        steady.remove()
    once = _once(customer)
    seen = [_seen(record) for record in once]
    figures = reckon(seen, marks)
    if plot:
        title = f"Results while the broker is {name} for {marks.back - marks.gone:.0f} s"
        plots.lines(plot, title, "seconds", "results", courses(seen, marks))
    again = len(customer.results) - len(once)
    progress(
        f"outage: {name}: {figures.waited} waited, were replayed in {figures.replay_s:.2f} s;"
        f" {accepted - len(once)} of {accepted} lost, {again} came twice"
    )
    return Turn(figures, accepted, len(once), again)


def table(name: str, turns: list[Turn]) -> list[Row]:
    """The rows of one kind of outage."""
    all_of_it = [one.figures for one in turns]
    before = [one.before for one in all_of_it]
    found = [
        row(
            f"{name}: replay",
            REPLAY,
            "the cameras",
            [one.replay_rate for one in all_of_it],
            [span.per_second for span in before],
        ),
        row(
            f"{name}: after its return",
            FIRST,
            "the aim",
            [one.first_s for one in all_of_it],
            [FIRST_AIM_S] * len(turns),
        ),
    ]
    for when, of in (("during", "during"), ("at replay", "replaying")):
        spans = [getattr(one, of) for one in all_of_it]
        figures = {THROUGH: "per_second", LATENCY: "p99_ms"}
        found += rows_of(f"{name}: {when}", "before", spans, before, figures)
    counts = [[one.found for one in turns], [one.accepted for one in turns]]
    found.append(row(f"{name}: in the end", KEPT, "accepted", *counts))
    return found


def rows(rounds: int | None) -> list[Row]:
    """Both kinds in turn, in each round."""
    places.need(places.build() / "gwgen", "run ./dev build")
    turns: dict[str, list[Turn]] = {name: [] for name in KINDS}
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="framegate-bench-"))
    kafka = Kafka(folder / "kafka")
    try:
        kafka.start()
        for number in range(rounds or ROUNDS):
            for name in KINDS:
                progress(f"outage: round {number + 1}, {name} for {AWAY_S} s")
                turns[name].append(turn(kafka, name, None if number else FOLDER / f"{name}.svg"))
    finally:
        kafka.kill()
        shutil.rmtree(folder, ignore_errors=True)
    progress(f"outage: plots of the first round are in {FOLDER}")
    return [it for name in KINDS for it in table(name, turns[name])]
