"""Whether a gateway is well, and whether it is worse than it was."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framegate_fleet.client import Reply
    from framegate_fleet.engine import Contact

Health = dict[str, Any]
_COUNTERS = ("failed", "pictures")

# Pictures of a model that fail: more than its old share and this ...
MORE = 0.01
# ... explain, or, where few come, all of them.
MANY, SOME = 10, 3


def look(contact: "Contact") -> tuple[Health | None, str]:
    """What there is to compare; None and why when the gateway does not say."""
    return look_with_routes(contact)[:2]


def look_with_routes(contact: "Contact") -> tuple[Health | None, str, list[dict[str, Any]]]:
    """The same, and its models with their rollouts."""
    status, cameras, routes = (
        contact.ask("GET", p) for p in ("status", "cameras", "models/routes")
    )
    for reply in (status, cameras, routes):
        if not reply.well:
            return None, reply.error, []
    return summary(status, cameras, routes), "", routes.body["routes"]


def summary(status: "Reply", cameras: "Reply", routes: "Reply") -> Health:
    """The parts of the answers that count."""
    return {
        "ready": status.body["ready"],
        "troubles": {
            trouble["id"]: trouble["text"]
            for trouble in status.body["troubles"]
            if trouble["severity"] != "notice"
        },
        "live": [c["name"] for c in cameras.body["cameras"] if c["state"] == "live"],
        "failed": {
            route["name"]: _share(route["stable"]["failed"], route["stable"]["pictures"])
            for route in routes.body["routes"]
        },
        # Since ever, of the version that runs: what two looks differ by is what came between.
        "models": {
            route["name"]: {key: route["stable"][key] for key in ("version", *_COUNTERS)}
            for route in routes.body["routes"]
        },
    }


def worse(before: Health, now: Health, wanted: list[str]) -> str:
    """Why it is worse than before; empty: it is not. `wanted`: the cameras that it should have."""
    if before["ready"] and not now["ready"]:
        return "it is not ready any more"
    for trouble, text in now["troubles"].items():
        if trouble not in before["troubles"]:
            return text
    dark = [name for name in before["live"] if name in wanted and name not in now["live"]]
    if dark:
        return f"no pictures come any more from {', '.join(dark[:5])}"
    for model, facts in now["models"].items():
        failed, pictures = _since(before.get("models", {}).get(model), facts)
        allowed = (before["failed"].get(model, 0) + MORE) * pictures
        if failed - allowed >= MANY or (failed >= pictures and failed >= SOME):
            share = _share(failed, pictures)
            return f"model {model} fails with {share:.0%} of the pictures"
    return ""


def _share(failed: int, pictures: int) -> float:
    return failed / max(pictures, 1)


def _since(before: dict[str, int] | None, now: dict[str, int]) -> tuple[int, int]:
    """How many failed since then, of how many: years before would hide that all fail now."""
    began_anew = (
        before is None
        or now["version"] != before["version"]
        or any(now[key] < before[key] for key in _COUNTERS)
    )
    base = dict.fromkeys(_COUNTERS, 0) if began_anew else before
    failed, pictures = (now[key] - base[key] for key in _COUNTERS)
    return failed, pictures
