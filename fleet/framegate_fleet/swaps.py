"""What an apply does with one gateway's models. Each step can be done again after a kill."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from framegate_fleet.journal import Entry, Swap
from framegate_fleet.models import STAYS, Wish
from framegate_fleet.steps import Trouble, Worse
from framegate_fleet.survey import is_another, is_as, is_own_of_site, share_now

if TYPE_CHECKING:
    from framegate_fleet.client import Reply
    from framegate_fleet.engine import Contact


class Swaps:
    """The models' versions of one apply."""

    def __init__(self, entries: dict[str, Entry], keep: Callable[[Entry], None]) -> None:
        self._entries = entries
        self._keep = keep

    def begin(self, contact: "Contact") -> None:
        """Has the gateway load each version and let it look at a share of the pictures."""
        for name, wish in contact.gateway.models.items():
            swap = self._entries[contact.gateway.name].models.setdefault(name, Swap(wish.version))
            if swap.state in ("waiting", "asked"):
                self._begin_one(contact, name, wish, swap)

    def under_way(self, name: str) -> list[str]:
        """Models of a gateway that are not where they should be yet."""
        return [m for m, swap in self._entries[name].models.items() if swap.state == "rolling"]

    def look(self, contact: "Contact", routes: list[dict[str, Any]]) -> Trouble | None:
        """Notes what is over; says what is wrong."""
        entry = self._entries[contact.gateway.name]
        known = {route["name"]: route for route in routes}
        for name in self.under_way(contact.gateway.name):
            wish, swap = contact.gateway.models[name], entry.models[name]
            if name not in known:
                return Trouble(f"model {name}: no camera has it any more")
            if is_another(known[name], wish):
                text = (
                    f"model {name}: version {wish.version} there has other files than the fleet's"
                )
                return Trouble(text)
            try:
                if _is_over(name, known[name], wish, swap):
                    self._set(entry, swap, "done")
            except Trouble as trouble:
                return trouble
        return None

    def lag(self, contact: "Contact", routes: list[dict[str, Any]]) -> str:
        """What the ones that are under way wait for."""
        lines = []
        for route in routes:
            if route["name"] in self.under_way(contact.gateway.name) and route["rollout"]:
                progress = route["rollout"]
                why = progress["waiting"] or "its time is not over"
                lines.append(
                    f"model {route['name']}: version {progress['version']} is at step "
                    f"{progress['step']} of {len(progress['steps'])}: {why}"
                )
        return "; ".join(lines) or "a model is being loaded"

    def take_back(self, contact: "Contact") -> list[str]:
        """Gives each model the version back that it had; says what could not be."""
        wrong = []
        entry = self._entries[contact.gateway.name]
        for name, swap in entry.models.items():
            if swap.state not in ("asked", "rolling", "done"):
                continue
            why = self._take_back_one(contact, name, swap)
            self._set(entry, swap, swap.state if why else "back", note=why)
            if why:
                wrong.append(f"model {name}: {why}")
        return wrong

    def _begin_one(self, contact: "Contact", name: str, wish: Wish, swap: Swap) -> None:
        entry = self._entries[contact.gateway.name]
        reply = contact.ask("GET", f"models/{name}/rollout")
        route = _good(name, reply)
        canary = route["canary"]
        if swap.state == "waiting":
            known = contact.gateway.known.get(name, [])
            if is_as(route, wish) or is_own_of_site(route, wish, known):
                self._set(entry, swap, "same")
                return
            swap.before = route["stable"]["version"]
            if canary:
                swap.canary, swap.share = canary["version"], share_now(route)
            swap.ended = route["last"]["ended"] if route["last"] else ""
            self._set(entry, swap, "asked")
        elif _is_asked(route, wish) or _took_its_way(route, wish, swap):
            # It was killed after it had asked.
            self._set(entry, swap, "rolling")
            return
        begin = 0.0
        if canary:
            # The share that it has kept within its limits at needs no step once more.
            begin = share_now(route) if canary["version"] == wish.version else 0
            route = _good(name, contact.ask("POST", f"models/{name}/rollback"))
        if route["stable"]["version"] == wish.version and wish.share == 1:
            self._set(entry, swap, "rolling")
            return
        goes_back = wish.version < swap.before and wish.share == 1
        if goes_back and route["previous"] == wish.version:
            _good(name, contact.ask("POST", f"models/{name}/rollback"))
        else:
            if route["stable"]["version"] == wish.version:
                _good(name, contact.ask("POST", f"models/{name}/rollback"))
            _good(name, contact.ask("POST", f"models/{name}/rollout", wish.body(begin)))
        self._set(entry, swap, "rolling")

    def _take_back_one(self, contact: "Contact", name: str, swap: Swap) -> str:
        path = f"models/{name}"
        reply = contact.ask("GET", f"{path}/rollout")
        if reply.status == 404:
            return ""
        if not reply.well:
            return f"cannot be asked ({reply.error}): its rollout goes on by itself"
        route = reply.body
        canary = route["canary"]["version"] if route["canary"] else 0
        if canary not in (0, swap.wanted, swap.canary):
            return f"left as it is: version {canary} is rolled out by somebody else"
        if canary and not _is_former(route, swap):
            reply = contact.ask("POST", f"{path}/rollback")
            if not reply.well:
                return reply.error
            route, canary = reply.body, 0
        if route["stable"]["version"] not in (swap.before, swap.wanted):
            return f"left as it is: version {route['stable']['version']} came since"
        if swap.before and route["stable"]["version"] != swap.before:
            reply = self._bring_back(contact, path, route, swap.before)
            if not reply.well:
                return reply.error
        if swap.canary and not canary:
            body = {"version": swap.canary, "steps": [swap.share, 1], "hold_s": STAYS}
            return contact.ask("POST", f"{path}/rollout", body).error
        return ""

    def _bring_back(
        self, contact: "Contact", path: str, route: dict[str, Any], before: int
    ) -> "Reply":
        if route["previous"] == before:
            return contact.ask("POST", f"{path}/rollback")
        body = {"version": before, "steps": [1], "hold_s": 0}
        return contact.ask("POST", f"{path}/rollout", body)

    def _set(self, entry: Entry, swap: Swap, state: str, note: str = "") -> None:
        swap.state, swap.note = state, note
        self._keep(entry)


def _good(name: str, reply: "Reply") -> dict[str, Any]:
    if not reply.well:
        raise Trouble(
            reply.error if reply.error.startswith("model") else f"model {name}: {reply.error}"
        )
    return reply.body


def _is_asked(route: dict[str, Any], wish: Wish) -> bool:
    """Whether the rollout that is under way is the one that is wished."""
    progress, body = route["rollout"], wish.body()
    if not progress or progress["version"] != wish.version:
        return False
    steps = progress["steps"]
    alike = all(abs(a - b) < 0.0005 for a, b in zip(steps, body["steps"][-len(steps) :]))
    return alike and progress["hold_s"] == body["hold_s"]


def _ended_since(route: dict[str, Any], swap: Swap) -> bool:
    last = route["last"]
    return bool(last) and last["ended"] != swap.ended and last["to"] == swap.wanted


def _took_its_way(route: dict[str, Any], wish: Wish, swap: Swap) -> bool:
    """Whether what was asked for began and has ended.

    Where the version had a share before, its end says nothing: that one goes first.
    """
    if not _ended_since(route, swap):
        return False
    return route["last"]["completed"] or swap.canary != wish.version


def _is_former(route: dict[str, Any], swap: Swap) -> bool:
    """Whether what is rolled out is what was before: the same version may be on its way to more."""
    if route["canary"]["version"] != swap.canary:
        return False
    if swap.canary != swap.wanted:
        return True
    progress = route["rollout"]
    stays = progress and progress["hold_s"] == STAYS
    return bool(stays and abs(progress["share"] - swap.share) < 0.0005)


def _is_over(name: str, route: dict[str, Any], wish: Wish, swap: Swap) -> bool:
    """Whether the version has what it should have; raises when it will not."""
    canary, progress = route["canary"], route["rollout"]
    if canary and canary["version"] != wish.version:
        text = f"model {name}: version {canary['version']} took the place of this rollout"
        raise Trouble(text)
    if progress:
        enough = canary and canary["pictures"] >= progress["min_pictures"]
        stays = wish.share < 1 and abs(progress["share"] - wish.share) < 0.0005
        return bool(stays and enough and progress["held_s"] >= wish.hold)
    if route["phase"] != "none":
        return False
    if wish.share == 1 and route["stable"]["version"] == wish.version:
        return True
    if _ended_since(route, swap) and not route["last"]["completed"]:
        text = f"model {name}: version {wish.version} was taken back: {route['last']['reason']}"
        raise Worse(text)
    raise Trouble(f"model {name}: the rollout of version {wish.version} is gone")
