"""Workers in actors: started, asked how they are, and ended, from the driver."""

import time
from collections import Counter
from typing import Any

import ray
from framegate.ray.facts import Facts
from framegate.ray.options import Options
from framegate.ray.worker import Opener, Worker, open_engine

DRAIN_S = 30.0
GRACE_S = 5.0  # that who never answered may take to do so when all are to end


@ray.remote(max_restarts=-1, max_concurrency=3)
class Actor:
    """A worker that Ray starts again wherever there is room, when it or its machine dies."""

    def __init__(self, name: str, options: Options, opener: Opener) -> None:
        self._worker = Worker(name, options, opener)

    def facts(self) -> Facts:
        """What the worker says of itself."""
        node = ray.get_runtime_context().get_node_id()
        return {**self._worker.facts(), "node": node}

    def drain(self) -> Facts:
        """Ends the worker's work well."""
        return self._worker.drain()


class Crew:
    """The workers of one command. Not for several threads."""

    def __init__(self, options: Options, cpus: float = 1, opener: Opener = open_engine) -> None:
        self._options = options
        self._cpus = cpus
        self._opener = opener
        self.actors: list[Any] = []
        self._asked: list[Any] = []  # an answer that is waited for, or None
        self._known: set[int] = set()  # who answered once: he has been there
        self._count = 0
        self._last: dict[str, Facts] = {}  # of each life of each worker
        self._lines: Counter[str] = Counter()  # how many of each life were taken

    def add(self, count: int = 1) -> None:
        """Starts more of them, spread over the cluster; that takes a while in the background."""
        for _ in range(count):
            name = f"{self._options.group}-{len(self.actors)}"
            actor = Actor.options(num_cpus=self._cpus, scheduling_strategy="SPREAD")
            self.actors.append(actor.remote(name, self._options, self._opener))
            self._asked.append(None)
        self._count = len(self.actors)

    def ask(self, timeout: float = 1.0) -> list[Facts | None]:
        """What each says now; None: it does not answer, since it starts, or starts again."""
        for number, actor in enumerate(self.actors):
            if self._asked[number] is None:
                self._asked[number] = actor.facts.remote()
        ready, _ = ray.wait(self._asked, num_returns=len(self._asked), timeout=timeout)
        answers: list[Facts | None] = []
        for number, asked in enumerate(self._asked):
            answers.append(self._answer(asked) if asked in ready else None)
            if asked in ready:
                self._asked[number] = None
            if answers[-1] is not None:
                self._known.add(number)
        return answers

    def _answer(self, asked: Any) -> Facts | None:
        try:
            facts = ray.get(asked)
        except ray.exceptions.RayError:
            return None
        self._last[facts["begun"]] = facts
        return facts

    def _is_delivered(self, drained: Any) -> bool:
        try:
            facts = ray.get(drained)
        except ray.exceptions.RayActorError:
            return True
        except ray.exceptions.RayError:
            return False
        self._last[facts["begun"]] = facts
        return facts["in_flight"] == 0

    def lines(self) -> list[str]:
        """What they said since the last time."""
        said = []
        for begun, facts in self._last.items():
            for number, line in facts["lines"]:
                if number >= self._lines[begun]:
                    self._lines[begun] = number + 1
                    said.append(f"{facts['name']}: {line}")
        return said

    def total(self) -> Facts:
        """The sum over all lives, as far as they were asked before they ended."""
        total: Facts = {"workers": self._count, "bad": Counter()}
        for name in ("pictures", "results", "batches", "busy_s", "begun_again"):
            total[name] = sum(facts[name] for facts in self._last.values())
        for facts in self._last.values():
            total["bad"].update(facts["bad"])
        total["bad"] = dict(total["bad"])
        total["restarts"] = max(len(self._last) - self._count, 0)
        return total

    def drain(self, timeout: float = DRAIN_S) -> bool:
        """Ends all of them; False when some could not deliver everything in that time.

        Who is dead or starts again, as Ray says, has nothing to deliver, nor has he for whom there
        was no room yet. Who is slow to answer has.
        """
        asked = {actor.drain.remote(): number for number, actor in enumerate(self.actors)}
        begin = time.monotonic()
        well = True
        while asked and time.monotonic() - begin < timeout:
            ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=min(timeout, 1))
            for it in ready:
                well = self._is_delivered(it) and well
                # What it was asked before it ended would say less.
                self._asked[asked.pop(it)] = None
            if not asked:
                break
            self.ask(0)
            if time.monotonic() - begin > GRACE_S and self._known.isdisjoint(asked.values()):
                break
        well = well and self._known.isdisjoint(asked.values())
        for actor in self.actors:
            ray.kill(actor)
        self.actors.clear()
        self._asked.clear()
        self._known.clear()
        return well
