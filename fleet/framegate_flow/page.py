"""A run as a page: its graph, its figures, and what each step was given and gave. It needs nothing
but the file."""

import html
import json
import time

from framegate_flow import card, record
from framegate_flow.graph import KINDS, nodes
from framegate_flow.record import Run, Step

_WIDE, _HIGH, _GAP_X, _GAP_Y = 118, 40, 26, 14
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; color: #1c2430; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .25rem .8rem .25rem 0;
 border-bottom: 1px solid #d5dae1; vertical-align: top; }
.graph { overflow-x: auto; } pre { white-space: pre-wrap; background: #f3f5f8; padding: .6rem; }
rect { stroke: #5b6675; } text { font: 12px system-ui, sans-serif; fill: #1c2430; }
.waiting { fill: #f3f5f8; } .running { fill: #cfe3ff; } .retrying { fill: #ffe2b0; }
.done { fill: #cdebd0; } .failed { fill: #ffc9c4; } .kept-out { fill: #e5dff2; }
path { fill: none; stroke: #8b95a3; }
"""
# Outcomes of a step that was carried out, and at which a model did not go on.
_NOT_ON = ("away", "failed", "taken back", "held back", "too few", "rolled back", "left out")
_NOT_ON += ("left as it is",)


def write(run: Run) -> None:
    """RUN/page.html, whole or not at all."""
    record.write_text(run.folder / "page.html", text(run))


def state_of(run: Run, under_way: bool) -> str:
    """One word or two for a run."""
    last = run.step(KINDS[-1].name)
    if under_way:
        return "under way"
    if last.state == "done":
        return last.outputs["outcome"]
    steps = [run.step(node.name) for node in nodes(run.flow)]
    return "failed" if any(it.state == "failed" for it in steps) else "broken off"


def text(run: Run) -> str:
    """The page."""
    flow = run.flow
    steps = {node.name: run.step(node.name) for node in nodes(flow)}
    told = card.of(run, steps["close"].outputs.get("outcome", ""))
    done = sum(step.state == "done" for step in steps.values())
    rows = "".join(_row(step) for step in steps.values())
    name = html.escape(run.id)
    state = html.escape(state_of(run, run.under_way))
    refresh = '<meta http-equiv="refresh" content="5">' if run.under_way else ""
    now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>{refresh}
<style>{_STYLE}</style></head><body>
<h1>{name}: {state}</h1>
<p>Model {html.escape(flow.model)}, {done} of {len(steps)} steps are done. Seen {now}.</p>
<div class="graph">{_graph(run, steps)}</div>
<h2>Figures</h2>
{_figures(told)}
<h2>Steps</h2>
<table><tr><th>step</th><th>state</th><th>tries</th><th>seconds</th><th>given and gave</th></tr>
{rows}</table>
</body></html>
"""


def _graph(run: Run, steps: dict[str, Step]) -> str:
    places = {}
    sites = list(run.flow.sites)
    rows = max(len(sites), 1)
    for column, kind in enumerate(KINDS):
        of = [f"{kind.name}.{site}" for site in sites] if kind.at_sites else [kind.name]
        for row, name in enumerate(of):
            at = row if kind.at_sites else (rows - 1) / 2
            places[name] = (column * (_WIDE + _GAP_X) + 1, at * (_HIGH + _GAP_Y) + 1)
    parts = []
    for node in nodes(run.flow):
        x, y = places[node.name]
        for name in node.after:
            fx, fy = places[name]
            begin, end = (fx + _WIDE, fy + _HIGH / 2), (x, y + _HIGH / 2)
            if fx == x:
                # A wave after another, in one column.
                begin, end = (fx + _WIDE / 2, fy + _HIGH), (x + _WIDE / 2, y)
            middle = (begin[0] + end[0]) / 2
            curve = f"C{middle} {begin[1]} {middle} {end[1]} {end[0]} {end[1]}"
            parts.append(f'<path d="M{begin[0]} {begin[1]} {curve}"/>')
    for node in nodes(run.flow):
        x, y = places[node.name]
        step = steps[node.name]
        outcome = step.outputs.get("outcome") if step.state == "done" else None
        look = "kept-out" if outcome in _NOT_ON else step.state
        kind, _, site = node.name.partition(".")
        running = step.progress if step.state == "running" else ""
        below = outcome or running or step.state
        parts.append(
            f"<g><title>{html.escape(f'{node.name}: {below}')}</title>"
            f'<rect class="{look}" x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="5"/>'
            f'<text x="{x + 7}" y="{y + 16}">{html.escape(_cut(f"{kind} {site}".strip()))}</text>'
            f'<text x="{x + 7}" y="{y + 32}">{html.escape(_cut(below))}</text></g>'
        )
    wide = len(KINDS) * (_WIDE + _GAP_X)
    high = rows * (_HIGH + _GAP_Y) + 2
    label = "The steps of this run, each with its state"
    return (
        f'<svg role="img" aria-label="{label}" width="{wide}" height="{high}"'
        f' viewBox="0 0 {wide} {high}">{"".join(parts)}</svg>'
    )


def _cut(text: str) -> str:
    return text if len(text) <= 18 else f"{text[:17]}…"


def _figures(told: dict) -> str:
    cloud = card.percent(told["figures"]["cloud"])
    rows = [f"<tr><td>cloud</td><td></td><td></td><td>{cloud}</td><td></td></tr>"]
    for name, site in told["sites"].items():
        tuned = site.get("figures") or {}
        members = ", ".join(card.percent(it.get("accuracy")) for it in tuned.get("members", []))
        cells = [name, card.percent(site.get("before")), members, card.percent(site.get("after"))]
        why = f"{site.get('outcome', '')} {site.get('why', '')}".strip()
        rows.append(
            "<tr>" + "".join(f"<td>{html.escape(it)}</td>" for it in [*cells, why]) + "</tr>"
        )
    head = "<tr><th>where</th><th>before</th><th>members</th><th>after</th><th>outcome</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _row(step: Step) -> str:
    seconds = f"{step.ended - step.began:.1f}" if step.ended and step.began else ""
    given = json.dumps({"given": step.inputs, "gave": step.outputs}, indent=1)
    errors = "".join(f"<li>{html.escape(it)}</li>" for it in step.errors)
    told = f"<details><summary>show</summary><pre>{html.escape(given)}</pre></details>"
    return (
        f"<tr><td>{html.escape(step.name)}</td><td>{step.state}</td><td>{step.attempts}</td>"
        f"<td>{seconds}</td><td>{told}{f'<ul>{errors}</ul>' if errors else ''}</td></tr>\n"
    )
