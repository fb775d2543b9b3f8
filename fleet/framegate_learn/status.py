"""`framegate-learn status`: what there is to learn from, and what came of it."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from framegate_learn.picture_set import PictureSet
from framegate_learn.places import state_option, state_there
from framegate_learn.runs import Runs

HELP = "show how many pictures there are, with which labels, and what was learned"

# The service writes it, whoever asks reads it.
FILE = "collector.json"
# Written every few seconds while the service runs.
OLD_S = 30


def options(parser: argparse.ArgumentParser) -> None:
    state_option(parser)


def collector(state: Path) -> dict[str, Any]:
    """What the service said last, with `running`: whether it said so just now."""
    try:
        path = state / FILE
        said = json.loads(path.read_text())
        age = time.time() - path.stat().st_mtime
    except (OSError, ValueError):
        return {"running": False}
    return {**said, "running": bool(said.get("running")) and age < OLD_S}


def look(state: Path) -> dict[str, Any]:
    """All of it."""
    made = PictureSet(state)
    said: dict[str, Any] = {
        **made.counts(),
        "labels": made.counts_by("label"),
        "sources": made.counts_by("source"),
        "reasons": made.counts_by("reason"),
        "cameras": made.counts_by("camera"),
    }
    made.close()
    return {**said, "collector": collector(state), "runs": [it.told for it in Runs(state).listed()]}


def run(words: argparse.Namespace) -> int:
    from framegate_learn.cli import WELL, answer

    said = look(state_there(words))
    mib = said["bytes"] / (1 << 20)
    lines = [
        f"{said['pictures']} pictures ({mib:.1f} MiB), {said['labelled']} with a label,"
        f" {said['held']} of these kept back to judge by"
    ]
    for what in ("labels", "sources", "reasons", "cameras"):
        if said[what]:
            shares = ", ".join(f"{name} {count}" for name, count in said[what].items())
            lines.append(f"{what + ':':9} {shares}")
    at_work = said["collector"]
    state = "collecting" if at_work["running"] else "nobody collects"
    trouble = "; ".join(at_work.get("troubles", [])) if at_work["running"] else ""
    lines.append(f"{state}{': ' if trouble else ''}{trouble}")
    for one in said["runs"]:
        lines.append(
            f"run {one.get('id')}: {one.get('state')}, {one.get('reason', '')}".rstrip(", ")
        )
    answer(words, said, *lines)
    return WELL
