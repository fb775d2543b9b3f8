"""What would change on each gateway, as its own check of a commit says."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framegate_fleet.client import Reply
    from framegate_fleet.desired import Fleet
    from framegate_fleet.engine import Contact, Engine


@dataclass
class Finding:
    """One gateway, against what the repository says of it."""

    # same, differs, away, refused, or not enrolled
    state: str
    note: str = ""
    restart: bool = False
    differences: list[dict[str, Any]] = field(default_factory=list)


def check(contact: "Contact") -> tuple[Finding, "Reply"]:
    """Asks one gateway; nothing changes there."""
    reply = contact.ask("POST", "config/check", {"text": contact.gateway.text})
    if reply.away:
        return Finding("away", reply.error), reply
    if not reply.well:
        return Finding("refused", reply.error), reply
    differences = reply.body["differences"] or []
    state = "differs" if differences else "same"
    return Finding(state, "", reply.body["restart"], differences), reply


def survey(fleet: "Fleet", engine: "Engine") -> dict[str, Finding]:
    """Asks all, in parallel."""
    found = engine.each(list(engine.contacts), lambda contact: check(contact)[0])
    for name, gateway in fleet.gateways.items():
        if name not in found:
            what = "its token is not here" if gateway.enrolled else "no `enrol` was made"
            found[name] = Finding("not enrolled", what)
    return dict(sorted(found.items()))
