"""The learn.yaml of one model at one gateway, drafted from what files say."""

from typing import Any

import yaml

# Below it each model has a folder of its own.
STATE = "/var/lib/framegate-learn"
SOCKET = "/run/framegate/api.sock"
# By its first line a fleet knows again what it brought.
MARK = "# Of a fleet, which writes it again at each apply.\n"


def merged(far: Any, near: Any) -> Any:
    """What `learn` is when both say something: the nearer one counts, key by key."""
    if near is False or far in (None, False):
        return near
    return {**_keys(far), **_keys(near)}


def _keys(said: Any) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def drafted(
    model: str, said: Any, config: dict[str, Any], known: dict[str, Any]
) -> dict[str, Any] | None:
    """All of it; None: nothing learns there any more. `known`: what cameras are known to show."""
    if said is False:
        return None
    keys = _keys(said)
    socket = config.get("api", {}).get("socket", SOCKET)
    made = {"model": model, "gateway": socket, "state": f"{STATE}/{model}", **keys}
    if known and "crops" not in keys:
        label = keys.get("label", {})
        made["label"] = {**label, "truth": {**known, **label.get("truth", {})}}
    return made


def text(made: dict[str, Any] | None) -> str | None:
    """As a file."""
    return None if made is None else MARK + yaml.safe_dump(made, sort_keys=False, width=1000)


def with_those_to_end(
    wanted: dict[str, str | None], there: dict[str, str]
) -> dict[str, str | None]:
    """What is wanted, and the end of what a fleet has brought and says nothing of any more."""
    brought = (model for model, text in there.items() if text.startswith(MARK))
    return {**dict.fromkeys(brought), **wanted}
