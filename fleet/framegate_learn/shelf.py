"""The versions that were learned here, in the gateway's repository: the old ones go.

Each rollout leaves one there, also one that was taken back. Only what a run of ours has added is
ever removed, and of that nothing that the gateway has any use for: the version that looks, the one
before it, which a rollback brings back, and one that a camera names with its number. While one is
rolled out, by whomever, nothing is removed. The newest stays in any case, or its number would be
another version's.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from framegate_learn import served
from framegate_learn.gateway import Gateway
from framegate_learn.mistakes import Failure
from framegate_learn.runs import Run, Runs

# Not a version's name: the gateway does not see it.
_GOING = ".going-"


def clear(runs: Runs, gateway: Gateway, model: str, keep: int, say: Callable[[str], None]) -> None:
    """Leaves the last `keep` of a model, and what is in use. What cannot be done now is said.

    The run that added a version says `removed` when that has gone.
    """
    try:
        _clear(runs, gateway, model, keep, say)
    except (Failure, OSError) as error:
        say(f"old versions of {model} stay in the repository until the next time: {error}")


def used(gateway: Gateway, model: str) -> set[int]:
    """Versions that look at pictures, will, or may again. Raises Away, Refused or Failure."""
    route: dict[str, Any] = gateway.get(f"models/{quote(model, safe='')}/rollout")
    if route["phase"] != "none":
        # One that is being loaded is not told.
        raise Failure(f"a rollout is under way ({route['phase']})")
    there = gateway.get("models")["models"]
    found = {it["version"] for it in there if it["name"] == model}
    found.add(route["stable"]["version"])
    return found | ({route["previous"]} if route["previous"] else set())


def _clear(runs: Runs, gateway: Gateway, model: str, keep: int, say: Callable[[str], None]) -> None:
    ours = [it for it in runs.listed() if it.over and it.added and it.told["model"] == model]
    # Another repository that it had before is left as it is.
    ours = [it for it in ours if it.told["repository"] == ours[-1].told["repository"]]
    for run in ours:
        # A kill has left it.
        shutil.rmtree(_going(run), ignore_errors=True)
        if not _is_ours(run):
            run.save(removed=True)
    # The same weights are one version, also of two runs.
    old = sorted({it.told["version"] for it in ours if it.added})[:-keep]
    needed = used(gateway, model) if old else set()
    for run in ours:
        version = run.told["version"]
        if not run.added or version not in old or version in needed:
            continue
        if _folder(run).is_dir():
            _folder(run).rename(_going(run))
            shutil.rmtree(_going(run))
            say(f"version {version} of {model} was removed from the repository")
        run.save(removed=True)


def _is_ours(run: Run) -> bool:
    """False: somebody has removed it, or put another one in its place."""
    graph = _folder(run) / "model.onnx"
    return graph.is_file() and served.digest(graph) == run.told.get("digest")


def _folder(run: Run) -> Path:
    told = run.told
    return Path(told["repository"]) / told["model"] / str(told["version"])


def _going(run: Run) -> Path:
    return _folder(run).with_name(f"{_GOING}{run.told['version']}")
