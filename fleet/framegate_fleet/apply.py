"""A change goes out in waves, is watched, and stays or goes back everywhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from framegate_fleet import health, learners
from framegate_fleet.desired import Fleet
from framegate_fleet.journal import Desk, Entry, Journal
from framegate_fleet.mistakes import Failure
from framegate_fleet.steps import Steps, Trouble, Worse
from framegate_fleet.survey import Finding, look, survey
from framegate_fleet.swaps import Swaps
from framegate_fleet.waves import divide

if TYPE_CHECKING:
    from framegate_fleet.engine import Contact, Engine

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What came of an apply: `done`, `nothing`, `refused` (nothing was changed) or `stopped`."""

    what: str
    reason: str = ""
    revision: str = ""
    waves: list[list[str]] = field(default_factory=list)
    gateways: dict[str, dict[str, str]] = field(default_factory=dict)
    # It was stopped because a gateway was worse with it: it would be so again.
    worse: bool = False


class Apply:
    """One apply from its survey, or from where it was killed, to its end."""

    def __init__(
        self, fleet: Fleet, engine: "Engine", desk: Desk, say: Say, *, restart: bool = False
    ) -> None:
        self._fleet = fleet
        self._engine = engine
        self._desk = desk
        self._say = say
        self._restart = restart
        # Those that an earlier apply has changed and that cannot be asked any more, and why.
        self._left: dict[str, str] = {}

    def run(self, revision: str) -> Outcome:
        """Brings all gateways that can be reached to `revision`, and tells their learners."""
        outcome = self._run(revision)
        if outcome.what in ("done", "nothing"):
            self._tell_learners(outcome)
        return outcome

    def _tell_learners(self, outcome: Outcome) -> None:
        """Last: nothing is taken back any more, and no picture waits for a learner."""
        seen = outcome.gateways
        names = [
            name
            for name, contact in self._engine.contacts.items()
            if learners.by_us(contact.gateway) and seen.get(name, {}).get("state") != "away"
        ]
        for name, told in self._engine.each(names, lambda it: learners.tell(it.gateway)).items():
            found = seen.setdefault(name, {"state": "same", "note": ""})
            if told.models:
                text = f"its learner is told of {', '.join(told.models)}"
                self._say(f"{name}: {text}")
                found["note"] = "; ".join(it for it in (found["note"], text) if it)
                found["state"] = {"same": "confirmed"}.get(found["state"], found["state"])
                outcome.what = "done"
            if told.wrong:
                found["state"] = "behind"
                found["note"] = "; ".join(it for it in (found["note"], told.wrong) if it)

    def _run(self, revision: str) -> Outcome:
        journal = self._desk.read()
        if journal and journal.revision != revision:
            self._say(f"an apply of {journal.revision[:10]} was not finished: it goes back first")
            journal.stopped = journal.stopped or "another revision took its place"
            self._go_back(journal)
            self._desk.clear()
            journal = None
        if journal:
            gone = [name for name in journal.entries if name not in self._engine.contacts]
            if gone and not journal.stopped:
                text = f"the token of {', '.join(gone[:5])} is not here any more: enrol it again"
                raise Failure(text)
            self._say(f"going on with the apply of {revision[:10]}")
        else:
            found = self._wait_for_files(survey(self._fleet, self._engine))
            refused = self._refusals(found)
            if refused:
                return self._outcome("refused", refused, Journal(revision, []), found)
            differ = [name for name, finding in found.items() if finding.state == "differs"]
            journal = Journal(revision, divide(differ, self._fleet.waves))
            journal.entries = {name: Entry(name=name) for name in differ}
            if not differ:
                return self._outcome("nothing", "", journal, found)
            for name in differ:
                for line in found[name].replaced:
                    self._say(f"{name}: replaces {line}")
                for line in found[name].kept:
                    self._say(f"{name}: {line}")
            self._desk.write(journal)
            self._others = found
        return self._carry_out(journal)

    def _wait_for_files(self, found: dict[str, Finding]) -> dict[str, Finding]:
        """Until models' files are where they are needed, or `fetch` seconds are over."""
        end = time.monotonic() + self._fleet.fetch
        said: list[str] = []
        while True:
            behind = [name for name, finding in found.items() if finding.state == "behind"]
            if not behind or time.monotonic() >= end:
                return found
            if behind != said:
                self._say(f"files of models are awaited at {', '.join(behind[:8])}")
                said = behind
            time.sleep(min(2, max(0.05, end - time.monotonic())))
            found = {**found, **self._engine.each(behind, look)}

    def _refusals(self, found: dict) -> str:
        for name, finding in found.items():
            if finding.state == "refused":
                return f"{name}: {finding.note}"
            if finding.restart and not self._restart:
                first = next(d["path"] for d in finding.differences if d["restart"])
                return f"{name}: {first} holds only after a restart of gwd: apply with --restart"
        return ""

    def _carry_out(self, journal: Journal) -> Outcome:
        if not journal.stopped:
            try:
                for number in range(journal.wave, len(journal.waves)):
                    journal.wave = number
                    self._desk.write(journal)
                    self._wave(journal, journal.waves[number])
            except Trouble as trouble:
                journal.stopped = str(trouble)
                journal.worse = isinstance(trouble, Worse)
                self._desk.write(journal)
        if journal.stopped:
            self._say(f"stopped: {journal.stopped}")
            self._go_back(journal)
        self._desk.clear()
        return self._outcome("stopped" if journal.stopped else "done", journal.stopped, journal, {})

    def _steps(self, journal: Journal) -> Steps:
        return Steps(
            journal,
            self._desk.note,
            self._fleet.confirm,
            self._fleet.hold,
            self._restart,
        )

    def _wave(self, journal: Journal, names: list[str]) -> None:
        steps = self._steps(journal)
        count = f"wave {journal.wave + 1} of {len(journal.waves)}"
        self._say(f"{count}: {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}")
        self._each(names, steps.commit)
        committed = [name for name in names if journal.entries[name].state == "committed"]
        if committed:
            self._say(f"{count}: committed, watched for {self._fleet.hold:g} s")
            self._watch(journal, committed)
            self._each(committed, steps.confirm)
            self._say(f"{count}: confirmed")
        self._swap(journal, names, count)

    def _swap(self, journal: Journal, names: list[str], count: str) -> None:
        """Models' versions, when the configuration is there."""
        contacts = self._engine.contacts
        having = [
            name
            for name in names
            if contacts[name].gateway.models and journal.entries[name].state != "away"
        ]
        swaps = Swaps(journal.entries, self._desk.note)
        self._each(having, swaps.begin)
        rolling = [name for name in having if swaps.under_way(name)]
        if rolling:
            self._say(f"{count}: models take their places at {', '.join(rolling[:8])}")
            self._follow(journal, swaps, rolling)
            self._say(f"{count}: models have their places")

    def _follow(self, journal: Journal, swaps: Swaps, names: list[str]) -> None:
        """Until all versions have their shares; raises as a watch does, or when time is over."""
        contacts = self._engine.contacts
        begin = time.monotonic()
        times = dict.fromkeys(names, 0)
        while names:
            seen = self._engine.each(names, lambda contact: self._look_at(journal, swaps, contact))
            for name, (wrong, at_once, lag) in seen.items():
                times[name] = times[name] + 1 if wrong else 0
                if wrong and (at_once or times[name] >= self._fleet.patience):
                    raise type(wrong)(f"{name}: {wrong}")
                longest = max(wish.longest for wish in contacts[name].gateway.models.values())
                if swaps.under_way(name) and time.monotonic() - begin > longest:
                    raise Trouble(f"{name}: {lag}")
            names = [name for name in names if swaps.under_way(name)]
            if names:
                time.sleep(1)

    def _look_at(
        self, journal: Journal, swaps: Swaps, contact: "Contact"
    ) -> tuple[Trouble | None, bool, str]:
        """What is wrong with one, whether that is for good, and what it waits for."""
        now, why, routes = health.look_with_routes(contact)
        if now is None:
            return Trouble(why), False, why
        wrong = swaps.look(contact, routes)
        if wrong:
            return wrong, True, ""
        before = journal.entries[contact.gateway.name].health
        why = health.worse(before, now, contact.gateway.cameras) if before else ""
        return Worse(why) if why else None, False, swaps.lag(contact, routes)

    def _each(self, names: list[str], step: Callable[["Contact"], None]) -> None:
        """All of them take the step; the first that could not says why afterwards."""

        def guarded(contact: "Contact") -> str:
            try:
                step(contact)
            except Trouble as trouble:
                return f"{contact.gateway.name}: {trouble}"
            return ""

        wrong = [why for why in self._engine.each(names, guarded).values() if why]
        if wrong:
            raise Trouble("; ".join(wrong[:3]))

    def _watch(self, journal: Journal, names: list[str]) -> None:
        """Until the time is over; raises when one is worse `patience` times in a row, or then."""
        end = time.monotonic() + self._fleet.hold
        times = dict.fromkeys(names, 0)
        while True:
            last = time.monotonic() >= end
            reasons = self._engine.each(names, lambda contact: self._worse(journal, contact))
            for name, wrong in reasons.items():
                times[name] = times[name] + 1 if wrong else 0
                if wrong and (last or times[name] >= self._fleet.patience):
                    raise type(wrong)(f"{name}: {wrong}")
            if last:
                return
            time.sleep(min(1, max(0.05, end - time.monotonic())))

    def _worse(self, journal: Journal, contact: "Contact") -> Trouble | None:
        now, why = health.look(contact)
        if now is None:
            return Trouble(why)
        before = journal.entries[contact.gateway.name].health
        why = health.worse(before, now, contact.gateway.cameras) if before else ""
        return Worse(why) if why else None

    def _go_back(self, journal: Journal) -> None:
        steps = self._steps(journal)
        swaps = Swaps(journal.entries, self._desk.note)
        changed = [name for name, entry in journal.entries.items() if entry.touched]
        names = [name for name in changed if name in self._engine.contacts]
        for name in changed:
            if name not in names:
                self._left[name] = self._cannot_be_asked(name, journal.entries[name], steps)
                self._say(f"{name}: {self._left[name]}")
        # A camera that the configuration takes away could not be asked for its model's version.
        self._engine.each(names, swaps.take_back)
        self._engine.each(names, steps.take_back)
        for name in names:
            entry = journal.entries[name]
            self._say(f"{name}: {entry.said or 'is as it was before'}")

    def _cannot_be_asked(self, name: str, entry: Entry, steps: Steps) -> str:
        known = self._fleet.gateways.get(name)
        why = "its token is not here" if known and known.enrolled else "no `enrol` was made"
        if not known:
            why = "it is no gateway of this commit"
        return f"cannot be asked ({why}): {steps.unless_asked(entry)}"

    def _outcome(self, what: str, reason: str, journal: Journal, found: dict) -> Outcome:
        found = found or getattr(self, "_others", {})
        gateways = {n: {"state": f.state, "note": f.note} for n, f in found.items()}
        for name, entry in journal.entries.items():
            gateways[name] = {"state": entry.shown, "note": entry.said}
        gateways.update({n: {"state": "left", "note": note} for n, note in self._left.items()})
        return Outcome(
            what,
            reason,
            journal.revision,
            journal.waves,
            dict(sorted(gateways.items())),
            journal.worse,
        )
