"""A gateway that nobody can reach fetches what it should be, and becomes that by its own socket."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from framegate_fleet import bundle, client
from framegate_fleet.apply import Apply, Outcome, Say
from framegate_fleet.client import Reply
from framegate_fleet.desired import Fleet, Gateway
from framegate_fleet.journal import Desk
from framegate_fleet.mistakes import Failure

_TIMEOUT = 10


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
        self, gateway: str, source: str, public: str, socket: str, folder: Path, say: Say
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._gateway = gateway
        self._source = source
        self._public = public
        self._socket = socket
        self._desk = Desk(folder)
        self._seen_file = folder / "seen.json"
        self._say = say

    def turn(self) -> Outcome | None:
        """Once; None when there is nothing new. Fails when what is there is refused."""
        state = bundle.read(self._fetch(), self._public, self._gateway)
        seen = self._seen()
        if state["number"] < seen["number"]:
            text = f"refused: number {state['number']} is older than {seen['number']}, known here"
            raise Failure(text)
        if state["number"] == seen["number"]:
            if state["revision"] != seen["revision"]:
                raise Failure(f"refused: number {state['number']} was another revision before")
            if seen["over"]:
                return None
        # Before anything is done: an older one is refused from now on.
        self._keep(state, over=False)
        own = Gateway(self._gateway, "", [], text=state["text"], cameras=state["cameras"])
        settings = {key: state[key] for key in ("hold", "confirm", "patience")}
        fleet = Fleet(state["fleet"], ["all"], gateways={own.name: own}, **settings)
        engine = _Own(own, self._socket, self._reachable)
        outcome = Apply(fleet, engine, self._desk, self._say, restart=False).run(state["revision"])
        away = outcome.gateways[own.name]["state"] == "away"
        self._keep(state, over=not away)
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
            time.sleep(every)

    def _fetch(self) -> bytes:
        name = f"{self._gateway}.json"
        try:
            if "://" not in self._source:
                return (Path(self._source) / name).read_bytes()
            url = f"{self._source.rstrip('/')}/{name}"
            with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
                return answer.read(bundle.LONGEST)
        except (OSError, ValueError, urllib.error.URLError) as error:
            raise Failure(f"{self._source} cannot be read: {error}") from None

    def _reachable(self) -> str:
        try:
            self._fetch()
        except Failure as failure:
            return str(failure)
        return ""

    def _seen(self) -> dict[str, Any]:
        try:
            return json.loads(self._seen_file.read_text())
        except FileNotFoundError:
            return {"number": 0, "revision": "", "over": True}

    def _keep(self, state: dict[str, Any], *, over: bool) -> None:
        new = self._seen_file.with_suffix(".new")
        seen = {"number": state["number"], "revision": state["revision"], "over": over}
        new.write_text(json.dumps(seen))
        new.replace(self._seen_file)
