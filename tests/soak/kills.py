"""A gateway with a spool that is killed again and again under load, and what a customer finds.

Accepted is what the gateway itself calls spooled or delivered (docs/kafka.md): each camera's count,
read until the moment of the kill. All of it must arrive, from whichever start, in the order of its
camera; what comes twice must have been on its way when the gateway was killed.
"""

import dataclasses
import http.client
import random
import sys
import time
from collections.abc import Callable

from testbed import stopping
from testbed.api import Api
from testbed.consumer import read_all
from testbed.gateway import Topics
from testbed.kafka import Kafka
from testbed.steady import Steady

CAMERAS = 4
RATE = 200  # pictures a second of each camera
READY_S = 90
LEAST_S, MOST_S = 0.05, 0.8  # of work between the first result and the kill


@dataclasses.dataclass
class Start:
    """One start of the gateway, as it said last what it had done, by camera."""

    boot: str
    delivered: dict[str, int]
    accepted: dict[str, int]
    former: int  # results of earlier starts that were still spooled


@dataclasses.dataclass
class Verdict:
    """What is wrong, and how much there was."""

    accepted: int = 0
    missing: int = 0
    inversions: int = 0
    again: int = 0  # records that came twice or more
    on_the_way: int = 0  # ... may have

    @property
    def wrong(self) -> list[str]:
        """A line for each promise that was not kept."""
        lines = []
        if self.missing:
            lines.append(f"{self.missing} of {self.accepted} accepted results are missing")
        if self.inversions:
            lines.append(f"{self.inversions} results came before an older one of their camera")
        if self.again > self.on_the_way:
            lines.append(f"{self.again} came again, {self.on_the_way} were on their way")
        return lines


def judge(starts: list[Start], ids: dict[str, list[str]]) -> Verdict:
    """Holds what came, each camera's ids in their order, against what the starts said."""
    verdict = Verdict()
    order = {start.boot: number for number, start in enumerate(starts)}
    came: dict[tuple[str, str], int] = {}
    for camera, all_of_it in ids.items():
        first = list(dict.fromkeys(all_of_it))
        verdict.again += len(all_of_it) - len(first)
        newest = (-1, -1)
        for one in first:
            boot, _, sequence = one.split("/")
            place = (order[boot], int(sequence))
            verdict.inversions += place < newest
            newest = max(newest, place)
            came[camera, boot] = came.get((camera, boot), 0) + 1
    for start in starts:
        verdict.on_the_way += start.former
        for camera, accepted in start.accepted.items():
            arrived = came.get((camera, start.boot), 0)
            verdict.accepted += accepted
            verdict.missing += max(0, accepted - arrived)
            verdict.on_the_way += max(0, arrived - start.delivered[camera])
    return verdict


class Kills:
    """The cameras, the broker, and one gateway after the other on one spool."""

    def __init__(self, kafka: Kafka, dice: random.Random, durability: str = "interval") -> None:
        self._kafka = kafka
        self._dice = dice
        self._topics = Topics.unique()
        kafka.create_topics(self._topics)
        self.starts: list[Start] = []
        self._steady = Steady(kafka.brokers, self._topics, CAMERAS, RATE, durability=durability)
        self._gateway = self._steady.gateway
        self.spool = self._steady.spool

    def send(self, seconds: float) -> None:
        """All cameras send from now on, at most so long."""
        self._steady.send(seconds)

    def _look(self, api: Api, start: Start) -> None:
        """Notes what the gateway says now. Delivered is read first: what moves on in between is
        counted in neither of the two."""
        for camera in api.get("cameras")["cameras"]:
            frames = camera["frames"]
            start.delivered[camera["name"]] = frames["delivered"]
            start.accepted[camera["name"]] = frames["delivered"] + frames["spooled"]
        stages = {stage["stage"]: stage for stage in api.get("stages")["stages"]}
        start.former = stages["sink"]["facts"]["spool"]["former"]["spooled"]

    def _begin(self) -> tuple[Api, Start]:
        """Starts the gateway, and waits until it answers."""
        process = self._gateway.launch()
        end = time.monotonic() + READY_S
        while True:
            stopping.check()
            api = Api(self._gateway.socket)
            try:
                boot = api.get("status")["boot_id"]
            except (OSError, http.client.HTTPException, RuntimeError):
                if not process.running or time.monotonic() > end:
                    log = self._gateway.log()[-3000:]
                    raise RuntimeError(f"gwd does not start:\n{log}") from None
                time.sleep(0.02)
                continue
            start = Start(boot, {}, {}, 0)
            self.starts.append(start)
            return api, start

    def _look_until(
        self, api: Api, start: Start, enough: Callable[[], bool], seconds: float
    ) -> None:
        end = time.monotonic() + seconds
        while True:
            stopping.check()
            self._look(api, start)
            if enough():
                return
            if time.monotonic() > end:
                raise RuntimeError(f"{start} after {seconds} s:\n{self._gateway.log()[-3000:]}")

    def kill_one(self, frozen: bool = False) -> None:
        """Starts the gateway, and kills it while it works; `frozen`: while the broker hangs."""
        api, start = self._begin()
        with api:
            self._look_until(api, start, lambda: any(start.accepted.values()), READY_S)
            if frozen:
                self._kafka.freeze()
            end = time.monotonic() + self._dice.uniform(LEAST_S, MOST_S)
            self._look_until(api, start, lambda: time.monotonic() >= end, READY_S)
            # A part of what comes next is not told any more.
            time.sleep(self._dice.uniform(0, 0.02))
            self._gateway.kill()
        if frozen:
            self._kafka.thaw()

    def finish(self) -> None:
        """Nobody sends any more, and the last start delivers all that is left."""
        self._steady.stop_sending()
        api, start = self._begin()
        with api:
            self._look_until(
                api,
                start,
                lambda: start.former == 0 and start.accepted == start.delivered,
                60,
            )
        self._gateway.stop()

    def read(self) -> dict[str, list[str]]:
        """All that is in the topic: each camera's ids, in their order."""
        customer = read_all(self._kafka.brokers, self._topics)
        return {name: [record.id for record in customer.of(name)] for name in self._steady.cameras}

    def leave(self) -> None:
        """Takes everything away."""
        self._steady.remove()


def kill_often(
    kafka: Kafka, kills: int, dice: random.Random, durability: str = "interval"
) -> Verdict:
    """So many kills, one in four of them while the broker hangs."""
    run = Kills(kafka, dice, durability)
    try:
        # They are stopped before: on a busy machine a start takes long.
        run.send(kills * 60 + 60)
        for number in range(kills):
            run.kill_one(frozen=dice.random() < 0.25)
            if number % 20 == 19:
                print(f"soak: {number + 1} of {kills} kills", file=sys.stderr, flush=True)
        run.finish()
        return judge(run.starts, run.read())
    finally:
        run.leave()
