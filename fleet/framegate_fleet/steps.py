"""What an apply does with one gateway. Each step can be done again after a kill at any moment."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from framegate_fleet import health
from framegate_fleet.client import Reply
from framegate_fleet.journal import Entry, Journal
from framegate_fleet.survey import check

if TYPE_CHECKING:
    from framegate_fleet.engine import Contact

# Seconds that a commit needs beyond the time that it is watched for.
_MARGIN = 5


class Trouble(Exception):
    """The apply must not go on: this gateway says why."""


class Worse(Trouble):
    """A gateway is not as well with the change as it was without it."""


class Steps:
    """The steps of one apply, by gateway."""

    def __init__(
        self,
        journal: Journal,
        keep: Callable[[Entry], None],
        confirm: int,
        hold: float,
        restart: bool,
    ) -> None:
        self._journal = journal
        self._keep = keep
        self._confirm = confirm
        self._hold = hold
        self._restart = restart

    def commit(self, contact: "Contact") -> None:
        """Puts the change into effect, to be taken back by itself unless it is confirmed."""
        entry = self._entry(contact)
        if entry.state in ("confirmed", "same", "back"):
            return
        newest = self._newest(contact, entry)
        if newest is None:
            return
        if newest["unconfirmed"]:
            if not self._ours(newest):
                text = f"commit {newest['number']} of {newest['who']} waits for its confirmation"
                raise Trouble(text)
            if newest["confirm_in_s"] >= self._hold + _MARGIN:
                self._set(entry, "committed", made=newest["number"])
                return
            # Too late to watch it for long enough: once more from the beginning.
            self._good(contact.ask("POST", "config/rollback", {"restart": True}))
        self._look_before(contact, entry)
        found, reply = check(contact)
        if found.state == "same":
            mine = self._ours(newest) and entry.state != "waiting"
            self._set(entry, "confirmed" if mine else "same", made=newest["number"])
            return
        self._good(reply)
        if found.restart and not self._restart:
            raise Trouble("some of it holds only after a restart: apply with --restart")
        self._set(entry, "asked", before=entry.before or max(newest["number"], 1))
        wish = {
            "text": contact.gateway.text,
            "revision": reply.body["revision"],
            "comment": self._journal.comment,
            "confirm_s": self._confirm,
            "restart": self._restart,
        }
        made = self._good(contact.ask("POST", "config/commit", wish))
        self._set(entry, "committed", made=made["number"])

    def confirm(self, contact: "Contact") -> None:
        """Makes it stay."""
        entry = self._entry(contact)
        if entry.state != "committed":
            return
        reply = contact.ask("POST", "config/confirm")
        if reply.status == 404:
            raise Trouble("it took its commit back before it could be confirmed")
        self._good(reply)
        self._set(entry, "confirmed")

    def take_back(self, contact: "Contact") -> None:
        """Goes back to what was before this apply, whatever came of it until then."""
        entry = self._entry(contact)
        if entry.state not in ("asked", "committed", "confirmed"):
            return
        history = contact.ask("GET", "config/history")
        if not history.well:
            then = self.unless_asked(entry)
            self._set(entry, entry.state, note=f"cannot be reached ({history.error}): {then}")
            return
        commits = history.body["commits"]
        newest = commits[0] if commits else None
        if newest is None or not self._ours(newest):
            # It went back by itself, never got there, or somebody has changed it since.
            by_itself = newest is None or newest["from"] == "deadline" or entry.state == "asked"
            note = "" if by_itself else f"left as it is: {newest['who']} has changed it since"
            self._set(entry, "back", note=note)
            return
        wish = {"comment": f"{self._journal.comment} stopped", "restart": True}
        if not newest["unconfirmed"]:
            wish["to"] = entry.before
        reply = contact.ask("POST", "config/rollback", wish)
        self._set(entry, "back" if reply.well else entry.state, note=reply.error)

    def unless_asked(self, entry: Entry) -> str:
        """What a gateway that was changed is from now on when nobody can take it back."""
        if entry.state not in ("asked", "committed"):
            return "stays as it is until the next apply"
        return f"goes back by itself within {self._confirm} s of its commit"

    def _entry(self, contact: "Contact") -> Entry:
        return self._journal.entries[contact.gateway.name]

    def _set(self, entry: Entry, state: str, **more: object) -> None:
        entry.state = state
        for key, value in more.items():
            setattr(entry, key, value)
        self._keep(entry)

    def _ours(self, commit: dict) -> bool:
        return commit["comment"] == self._journal.comment

    def _good(self, reply: Reply) -> dict:
        if not reply.well:
            raise Trouble(reply.error)
        return reply.body

    def _newest(self, contact: "Contact", entry: Entry) -> dict | None:
        """The newest commit; None when the gateway is away and nothing was done to it."""
        reply = contact.ask("GET", "config/history")
        if reply.away and entry.state in ("waiting", "away"):
            self._set(entry, "away", note=reply.error)
            return None
        commits = self._good(reply)["commits"]
        nobody = {"number": 0, "unconfirmed": False, "comment": "", "who": "", "confirm_in_s": None}
        return commits[0] if commits else nobody

    def _look_before(self, contact: "Contact", entry: Entry) -> None:
        """What it is like before the change; asked once, also when the apply was killed since."""
        if entry.health is None:
            seen, why = health.look(contact)
            if seen is None:
                raise Trouble(why)
            entry.health = seen
            self._keep(entry)
