"""The flow as a graph: one table of kinds of steps, and what a declaration makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from framegate_flow import cloud_steps, site_steps
from framegate_flow.declaration import Flow
from framegate_flow.work import Work


@dataclass(frozen=True)
class Kind:
    """What steps of one name do."""

    name: str
    do: Callable[[Work], dict[str, Any]]
    # At each site, or once.
    at_sites: bool = False


# In the order of a model's life. Each comes after the one before it: at a site after that of the
# same site, in the cloud after all.
KINDS = (
    Kind("data", cloud_steps.data),
    Kind("pre_train", cloud_steps.pre_train),
    Kind("export", cloud_steps.export),
    Kind("card", cloud_steps.draft),
    Kind("roll_out", site_steps.roll_out, at_sites=True),
    Kind("collect", site_steps.collect, at_sites=True),
    Kind("fine_tune", site_steps.fine_tune, at_sites=True),
    Kind("evaluate", cloud_steps.evaluate),
    Kind("settle", site_steps.settle, at_sites=True),
    Kind("close", cloud_steps.close),
)
LAST = KINDS[-1].name


@dataclass(frozen=True)
class Node:
    """One step of one flow."""

    name: str
    kind: Kind
    site: str
    after: list[str]

    @property
    def engine_name(self) -> str:
        """Names of the engine are of letters, digits and underscores."""
        return self.name.replace(".", "__").replace("-", "_")


def nodes(flow: Flow) -> list[Node]:
    """All steps, each behind those that it comes after."""
    found: list[Node] = []
    before: list[Node] = []
    for kind in KINDS:
        if not kind.at_sites:
            made = [Node(kind.name, kind, "", [it.name for it in before])]
        else:
            made = []
            for site in flow.sites:
                after = [it.name for it in before if it.site in ("", site)]
                if kind.name == "roll_out":
                    after += [f"roll_out.{it}" for it in _earlier(flow, site)]
                made.append(Node(f"{kind.name}.{site}", kind, site, after))
        found += made
        before = made
    return found


def _earlier(flow: Flow, site: str) -> list[str]:
    """The sites of the wave before its own."""
    waves = flow.waves
    own = next(number for number, wave in enumerate(waves) if site in wave)
    return waves[own - 1] if own else []


def behind(flow: Flow, names: set[str]) -> list[str]:
    """These steps and all that come after one of them, in order."""
    found = set(names)
    for node in nodes(flow):
        if found.intersection(node.after):
            found.add(node.name)
    return [node.name for node in nodes(flow) if node.name in found]
