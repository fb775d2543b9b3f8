"""What would change on each gateway, as its own check of a commit says, and of its models."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from framegate_fleet import learners, models
from framegate_fleet.mistakes import Failure

if TYPE_CHECKING:
    from framegate_fleet.client import Reply
    from framegate_fleet.desired import Fleet, Gateway
    from framegate_fleet.engine import Contact, Engine


@dataclass
class Finding:
    """One gateway, against what the repository says of it."""

    # same, differs, away, refused, behind (files of models are not there yet), or not enrolled
    state: str
    note: str = ""
    restart: bool = False
    differences: list[dict[str, Any]] = field(default_factory=list)
    # What goes that this repository could not bring back.
    replaced: list[str] = field(default_factory=list)
    # What a site has learned, and what is left alone therefore.
    kept: list[str] = field(default_factory=list)
    # What its learners would be told: beside the gateway, and in no wave.
    learn: list[dict[str, Any]] = field(default_factory=list)
    # Why they cannot be asked.
    unheard: str = ""

    @property
    def shown(self) -> str:
        """Of the gateway and its learners together."""
        return "differs" if self.state == "same" and self.learn else self.state


def check(contact: "Contact") -> tuple[Finding, "Reply"]:
    """Asks one gateway of its configuration; nothing changes there."""
    reply = contact.ask("POST", "config/check", {"text": contact.gateway.text})
    if reply.away:
        return Finding("away", reply.error), reply
    if not reply.well:
        return Finding("refused", reply.error), reply
    differences = reply.body["differences"] or []
    state = "differs" if differences else "same"
    return Finding(state, "", reply.body["restart"], differences), reply


def look(contact: "Contact") -> Finding:
    """The same with its models; nothing changes there either."""
    finding, _ = check(contact)
    gateway = contact.gateway
    if finding.state == "away" or not (gateway.models or gateway.versions):
        return finding
    routes = contact.ask("GET", "models/routes")
    if not routes.well:
        return Finding("away" if routes.away else "refused", routes.error)
    known = {route["name"]: route for route in routes.body["routes"]}
    own = own_of_site(gateway, known)
    for name in own:
        text = f"models.{name}: {said_of(known[name])}, learned there: it stays"
        finding.kept.append(text)
    for name, wish in gateway.models.items():
        if name in known and name not in own and is_another(known[name], wish):
            text = f"model {name}: its version {wish.version} has other files than the repository's"
            return Finding("refused", text)
    unlike = [
        name
        for name, wish in gateway.models.items()
        if name not in known or not (name in own or is_as(known[name], wish))
    ]
    if unlike or finding.state == "refused":
        missing, why = _missing(contact, gateway, finding, own)
        if missing:
            kept = {"kept": finding.kept}
            return Finding("behind", missing, finding.restart, finding.differences, **kept)
        if why and finding.state != "refused":
            return Finding("refused", why)
    for name in unlike:
        if name in known and finding.state != "refused":
            was, wanted = said_of(known[name]), str(gateway.models[name])
            if is_foreign(known[name], gateway.known.get(name, [])):
                was += " (learned or added there, not of this repository)"
                finding.replaced.append(f"model {name}: {was}")
            path = f"models.{name}"
            finding.differences.append({"path": path, "was": was, "is": wanted, "restart": False})
            finding.state = "differs"
    return finding


def look_at_learners(gateway: "Gateway", finding: Finding) -> Finding:
    """The same with what learns beside it."""
    if finding.state != "away" and learners.by_us(gateway):
        try:
            finding.learn = learners.differences(gateway)
        except Failure as failure:
            finding.unheard = str(failure)
    return finding


def own_of_site(gateway: "Gateway", routes: dict[str, dict[str, Any]]) -> list[str]:
    """Models of which the site has a version of its own, learned there."""
    return [
        name
        for name, wish in gateway.models.items()
        if name in routes and is_own_of_site(routes[name], wish, gateway.known.get(name, []))
    ]


def is_own_of_site(route: dict[str, Any], wish: models.Wish, known: list[models.Version]) -> bool:
    """Whether what looks, or is on its way to, is none of the fleet's and may be none."""
    if not wish.learn:
        return False
    canary = route["canary"]
    return is_foreign(route, known) or bool(canary and not _is_known(canary, known))


def _missing(
    contact: "Contact", gateway: "Gateway", finding: Finding, own: list[str]
) -> tuple[str, str]:
    """Which version's files are not there, and why the gateway would not take them otherwise.

    Asked with a check in which cameras name their versions by number: there is no other way to ask.
    """
    numbers = {name: wish.version for name, wish in gateway.models.items() if name not in own}
    text = models.numbered(gateway.text, numbers)
    reply = contact.ask("POST", "config/check", {"text": text})
    said = reply.error
    versions = [(version.name, version.number) for version in gateway.versions]
    for name, number in versions:
        if said.startswith(f"model {name}:{number} of ") and "there is no folder" in said:
            return f"version {number} of model {name} is not there yet", said
    return "", said


def is_as(route: dict[str, Any], wish: models.Wish) -> bool:
    """Whether pictures go to the version that should have them."""
    canary = route["canary"]
    if wish.share == 1:
        return canary is None and route["stable"]["version"] == wish.version
    return (
        canary is not None
        and canary["version"] == wish.version
        and abs(share_now(route) - wish.share) < 0.0005
    )


def is_another(route: dict[str, Any], wish: models.Wish) -> bool:
    """Whether what runs has this number and other files."""
    return any(
        it and it["version"] == wish.version and wish.digest and it["digest"] != wish.digest
        for it in (route["stable"], route["canary"])
    )


def share_now(route: dict[str, Any]) -> float:
    """What the version that is rolled out looks at; 0: none is, or it is being loaded."""
    return route["rollout"]["share"] if route["rollout"] else 0


def is_foreign(route: dict[str, Any], known: list[models.Version]) -> bool:
    """Whether what looks is none of these: it was learned there, or somebody has added it."""
    return bool(known) and not _is_known(route["stable"], known)


def _is_known(version: dict[str, Any], known: list[models.Version]) -> bool:
    return any(
        it.number == version["version"] and it.digest in ("", version["digest"]) for it in known
    )


def said_of(route: dict[str, Any]) -> str:
    """For people."""
    said = f"version {route['stable']['version']}"
    if route["canary"]:
        said += f", {route['canary']['version']} at {models.percent(share_now(route))}"
    return said


def survey(fleet: "Fleet", engine: "Engine") -> dict[str, Finding]:
    """Asks all, in parallel."""
    found = engine.each(
        list(engine.contacts),
        lambda contact: look_at_learners(contact.gateway, look(contact)),
    )
    for name, gateway in fleet.gateways.items():
        if name not in found:
            what = "its token is not here" if gateway.enrolled else "no `enrol` was made"
            found[name] = Finding("not enrolled", what)
    return dict(sorted(found.items()))
