"""A gateway that nobody can reach fetches what it should be, and becomes that by its own socket."""

import contextlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from framegate_fleet import bundle, client, journal, wishes
from framegate_fleet.apply import Apply, Outcome, Say
from framegate_fleet.client import Reply
from framegate_fleet.courier import Courier
from framegate_fleet.desired import Fleet, Gateway
from framegate_fleet.journal import Desk
from framegate_fleet.mistakes import Failure

_TIMEOUT = 10
# Seconds until a change that was stopped, for what may have passed since, is tried again; the
# pause grows up to the longest one.
_PAUSE, _LONGEST_PAUSE = 60, 3600


class _Own:
    """This gateway, as an apply asks it: like an engine of one."""

    def __init__(self, gateway: Gateway, socket: str, reachable: Callable[[], str]) -> None:
        self.gateway = gateway
        self.contacts = {gateway.name: self}
        self._socket = socket
        self._reachable = reachable

    def ask(self, method: str, path: str, body: object = None) -> Reply:
        """One request below /api/v1/."""
        if path == "config/confirm":
            # A change that cuts the way to the next one must not stay.
            why = self._reachable()
            if why:
                return Reply(0, None, why)
        return client.ask_socket(self._socket, method, path, body, _TIMEOUT)

    def each(self, names: list[str], work: Callable[[Any], Any]) -> dict[str, Any]:
        """As an engine does."""
        return {name: work(self) for name in names}


class Agent:
    """Fetches, looks whether it is to be trusted and newer, and applies."""

    def __init__(
        self,
        gateway: str,
        source: str,
        public: str,
        socket: str,
        folder: Path,
        say: Say,
        gwctl: str = "gwctl",
        files_only: bool = False,
        learners: Path = wishes.USUAL,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._gateway = gateway
        self._source = source
        self._files_only = files_only
        self._learners = learners
        self._public = public
        self._socket = socket
        self._desk = Desk(folder)
        self._seen_file = folder / "seen.json"
        self._say = say
        self._courier = Courier(socket, folder / "incoming", gwctl, self._open, say)
        # What was stopped last, until when it is left alone, and for how long that is.
        self._stopped: tuple[int, float, float] = (0, 0, 0)

    def turn(self) -> Outcome | None:
        """Once; None when there is nothing new. Fails when what is there is refused."""
        state = bundle.read(self._fetch(), self._public, self._gateway)
        if self._files_only:
            # Nobody looks with a version yet that is there: that is for an apply to say.
            told = self._tell_learners(state)
            own = bundle.gateway_of(state)
            brought = self._courier.bring(own.versions, _learned(own))
            if not brought and not told:
                return None
            what = [f"{brought} versions"] if brought else []
            return Outcome("done", ", ".join(what + told), state["revision"])
        seen = self._seen()
        if state["number"] < seen["number"]:
            text = f"refused: number {state['number']} is older than {seen['number']}, known here"
            raise Failure(text)
        if state["number"] == seen["number"]:
            if state["revision"] != seen["revision"]:
                raise Failure(f"refused: number {state['number']} was another revision before")
            if seen["over"]:
                return None
        if state["number"] == self._stopped[0] and time.monotonic() < self._stopped[1]:
            return None
        # Before anything is done: an older one is refused from now on.
        self._keep(state, seen, over=False)
        own = bundle.gateway_of(state)
        self._tell_learners(state)
        self._courier.bring(own.versions, _learned(own))
        settings = {key: state[key] for key in ("hold", "confirm", "patience")}
        fleet = Fleet(state["fleet"], ["all"], gateways={own.name: own}, fetch=0, **settings)
        engine = _Own(own, self._socket, self._reachable)
        outcome = Apply(fleet, engine, self._desk, self._say, restart=False).run(state["revision"])
        if outcome.what == "stopped" and not outcome.worse:
            self._leave_alone(state["number"])
        self._keep(state, self._seen(), over=_is_final(outcome, own.name))
        return outcome

    def serve(self, every: float) -> None:
        """For ever."""
        while True:
            try:
                outcome = self.turn()
                if outcome:
                    self._say(f"{outcome.revision[:10]}: {outcome.what} {outcome.reason}".rstrip())
            except Failure as failure:
                self._say(str(failure))
            except Exception as error:
                # What it had begun is in the journal, and goes on at the next turn.
                self._say(f"this turn was given up: {type(error).__name__}: {error}")
            time.sleep(every)

    def _tell_learners(self, state: dict[str, Any]) -> list[str]:
        """Leaves what they should do where they look for it; of which models that was new."""
        told = wishes.leave(self._learners, state.get("learn", {}))
        for model in told:
            self._say(f"model {model}: its learner is told")
        return [f"the learner of {model}" for model in told]

    def _fetch(self) -> bytes:
        with self._open(f"{self._gateway}.json") as answer:
            return answer.read(bundle.LONGEST)

    @contextlib.contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            if "://" not in self._source:
                with (Path(self._source) / name).open("rb") as file:
                    yield file
                return
            url = f"{self._source.rstrip('/')}/{name}"
            with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
                yield answer
        except (OSError, ValueError, urllib.error.URLError) as error:
            raise Failure(f"{self._source} cannot be read: {error}") from None
        except http.client.HTTPException as error:
            text = f"{self._source} cannot be read: {type(error).__name__}: {str(error).strip()}"
            raise Failure(text) from None

    def _reachable(self) -> str:
        try:
            self._fetch()
        except Failure as failure:
            return str(failure)
        return ""

    def _seen(self) -> dict[str, Any]:
        seen = journal.read(self._seen_file)
        if seen is None:
            return {"number": 0, "revision": "", "over": True}
        # It is never taken for nothing: an older state would be let in.
        kinds = {"number": int, "revision": str, "over": bool}
        if not isinstance(seen, dict) or {key: type(seen[key]) for key in seen} != kinds:
            raise journal.unreadable(self._seen_file, "it does not hold what is kept there")
        return seen

    def _keep(self, state: dict[str, Any], seen: dict[str, Any], *, over: bool) -> None:
        new = {"number": state["number"], "revision": state["revision"], "over": over}
        if new != seen:
            journal.write(self._seen_file, new)

    def _leave_alone(self, number: int) -> None:
        """For a while: each try changes the gateway and takes that back."""
        before, _, pause = self._stopped
        pause = min(2 * pause, _LONGEST_PAUSE) if before == number else _PAUSE
        self._stopped = (number, time.monotonic() + pause, pause)


def _learned(own: Gateway) -> set[str]:
    """Models of which the site may have versions of its own."""
    return {name for name, wish in own.models.items() if wish.learn}


def _is_final(outcome: Outcome, name: str) -> bool:
    """Whether another try of the same would end as this one did."""
    if outcome.what in ("done", "nothing"):
        return outcome.gateways[name]["state"] not in ("away", "behind")
    return outcome.worse
