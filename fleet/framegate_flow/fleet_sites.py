"""The sites of a flow as the fleet's repository has them."""

from pathlib import Path
from typing import Any

import yaml

from framegate_fleet import desired
from framegate_fleet.desired import Fleet, Gateway
from framegate_flow.mistakes import Failure

# Words behind which a program still runs on this machine.
_HERE = ("env", "nice", "sudo")


def above(folder: Path) -> Path | None:
    """The repository that a folder lies in."""
    return next((it for it in (folder, *folder.parents) if (it / "fleet.yaml").is_file()), None)


def read(repository: Path) -> Fleet:
    """What its files say now. Failure: they have mistakes."""
    fleet, mistakes = desired.load(repository)
    if mistakes:
        lines = [f"{repository / it.file}:{it.line}: {it.text}" for it in mistakes]
        raise Failure("\n".join(lines))
    return fleet


def models(fleet: Fleet) -> list[str]:
    """Those that are learned somewhere."""
    return sorted({model for it in fleet.gateways.values() for model in _learned(it)})


def sites(fleet: Fleet, model: str, named: list[str] | None, here: Path) -> dict[str, Any]:
    """Each gateway at which the model is learned, or those that are named; in the fleet's order.

    What is brought to sites on this machine lies in a folder of each below `here`.
    """
    unknown = [name for name in named or [] if name not in fleet.gateways]
    if unknown:
        raise Failure(f"sites: the fleet has no gateway {', '.join(unknown)}")
    found = {}
    for name, gateway in fleet.gateways.items():
        learned = _learned(gateway)
        if (name not in named) if named is not None else (model not in learned):
            continue
        if gateway.run is None:
            text = "enrol it, or say in the fleet how programs are run there (`run: [ssh, ...]`)"
            raise Failure(f"sites: nobody knows where {name} is: {text}")
        found[name] = _site(gateway, learned.get(model), here / name)
    if not found:
        text = f"write `models: {{{model}: {{learn: true}}}}` into the fleet's files"
        raise Failure(f"sites: no gateway of the fleet learns {model}: {text}")
    return found


def _learned(gateway: Gateway) -> dict[str, str]:
    return {model: text for model, text in gateway.learn.items() if text is not None}


def _site(gateway: Gateway, learns: str | None, here: Path) -> dict[str, Any]:
    made: dict[str, Any] = {"run": gateway.run, "socket": gateway.socket}
    if learns:
        made["learner"] = yaml.safe_load(learns)["state"]
    if not gateway.run or Path(gateway.run[0]).name in _HERE:
        made["place"] = str(here)
    return made
