"""The model card: what a model was made of, what it knows, and where it is; JSON and Markdown."""

import time
from typing import Any

from framegate_flow import record
from framegate_flow.record import Run

FORMAT = 1


def parent_of(run: Run) -> dict[str, Any] | None:
    """The card of the last run before this one whose model stayed."""
    found = None
    for other in record.runs(run.folder.parent.parent):
        if other.id == run.id:
            break
        told = record.read(other.folder / "card.json")
        if told and told["model"] == run.flow.model and told["outcome"] == "promoted":
            found = told
    return found


def figure_before(run: Run, site: str) -> float | None:
    """What that run's model knew in the end at a site, 0 to 1."""
    parent = parent_of(run)
    told = parent["sites"].get(site, {}) if parent else {}
    return told.get("after") if told.get("outcome") == "promoted" else None


def of(run: Run, outcome: str) -> dict[str, Any]:
    """All that is known; `outcome` is empty while the run is under way."""
    flow = run.flow
    data, trained, exported = (run.step(it).outputs for it in ("data", "pre_train", "export"))
    parent = parent_of(run)
    verdicts = run.step("evaluate").outputs.get("sites", {})
    sites = {}
    for name in flow.sites:
        rolled, tuned, settled = (
            run.step(f"{kind}.{name}").outputs for kind in ("roll_out", "fine_tune", "settle")
        )
        told = {
            "outcome": settled.get("outcome"),
            "why": verdicts.get(name, {}).get("why") or None,
            "former_version": rolled.get("former"),
            "cloud_version": rolled.get("version"),
            "version": settled.get("version"),
            "pictures": run.step(f"collect.{name}").outputs.get("labelled"),
            "held": run.step(f"collect.{name}").outputs.get("held"),
            "figures": tuned.get("figures"),
            "accepted": verdicts.get(name, {}).get("accepted"),
            "before": verdicts.get(name, {}).get("before"),
            "after": verdicts.get(name, {}).get("after"),
        }
        sites[name] = {key: value for key, value in told.items() if value is not None}
    return {
        "format": FORMAT,
        "run": run.id,
        "model": flow.model,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "outcome": outcome,
        "parent": {"run": parent["run"], "weights": parent["weights"]} if parent else None,
        "weights": exported.get("digest"),
        "files": exported.get("files"),
        "data": {
            "digest": data.get("digest"),
            "bytes": data.get("bytes"),
            "files": data.get("files"),
            "pictures": trained.get("pictures"),
            "labels": trained.get("labels"),
            "tested": exported.get("tested"),
        },
        "training": {
            key: trained.get(key)
            for key in ("engine", "workers", "plan", "losses", "begins", "seconds")
        },
        "libraries": trained.get("libraries"),
        "figures": {"cloud": exported.get("accuracy")},
        "gates": flow.gates,
        "sites": sites,
    }


def percent(value: float | None) -> str:
    """For people."""
    return "" if value is None else f"{100 * value:.2f} %"


def markdown(told: dict[str, Any]) -> str:
    """The same for people."""
    data, train = told["data"], told["training"]
    parent = told["parent"]
    labels = ", ".join(f"{name}: {count}" for name, count in (data["labels"] or {}).items())
    plan = ", ".join(f"{key} {value}" for key, value in (train["plan"] or {}).items())
    lines = [
        f"# {told['model']}, {told['run']}",
        "",
        f"Outcome: {told['outcome'] or 'under way'}. Written {told['made']}.",
        f"Parent: {parent['run']}, weights `{parent['weights']}`." if parent else "Parent: none.",
        "",
        "## Weights",
        "",
        f"SHA-256 of `model.onnx`: `{told['weights']}`",
        "",
        f"{percent(told['figures']['cloud'])} of {data['tested']} test pictures are known"
        f" ({percent(told['gates']['cloud'])} were asked for).",
        "",
        "## Data",
        "",
        f"{data['pictures']} pictures ({labels}), {data['bytes']} bytes in"
        f" {len(data['files'] or {})} files, digest of all `{data['digest']}`.",
        "",
        "## Training",
        "",
        f"{train['engine']}, {train['workers']} processes, {train['seconds']} s; {plan}. It began"
        f" behind epoch {', '.join(map(str, train['begins'] or []))}; losses"
        f" {', '.join(f'{it:.4f}' for it in train['losses'] or [])}.",
        "",
        ", ".join(f"{name} {version}" for name, version in (told["libraries"] or {}).items()),
        "",
        "## Sites",
        "",
        "| site | outcome | versions | pictures | before | after | why |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, site in told["sites"].items():
        way = [site.get(key) for key in ("former_version", "cloud_version", "version")]
        versions = " > ".join(str(it) for it in way if it is not None)
        counts = f"{site['pictures']}, {site['held']} kept back" if "pictures" in site else ""
        cells = [name, site.get("outcome", ""), versions, counts]
        cells += [percent(site.get("before")), percent(site.get("after"))]
        cells.append(site.get("why", "").replace("|", "/"))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *_judgements(told["sites"])]) + "\n"


def _judgements(sites: dict[str, Any]) -> list[str]:
    """What each site's learner allowed luck, and how likely that was."""
    lines = []
    for name, site in sites.items():
        told = (site.get("figures") or {}).get("judgement")
        if told:
            lines.append(
                f"{name}: judgement {told['number']} on the pictures that it keeps back; could be"
                f" luck with p = {told['luck']:.2g}, at most {told['level']:.2g} was allowed."
            )
    return ["", *lines] if lines else []
