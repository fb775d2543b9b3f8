"""What is done in the cloud: data, pre-training, export, card, and the verdict in the end."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from framegate_flow import card, record
from framegate_flow.mistakes import Failure, Final
from framegate_flow.work import Work

_PART = 1 << 20


def data(work: Work) -> dict[str, Any]:
    """Which files there are to learn from."""
    folder = Path(work.flow.data)
    files = sorted(it for it in folder.rglob("*") if it.is_file())
    if not files:
        raise Final(f"{folder}: no files: `data` names the folder that the recipe reads")
    told = {}
    for number, file in enumerate(files):
        work.progress(f"{number} of {len(files)} files read")
        told[str(file.relative_to(folder))] = digest_of(file)
    whole = hashlib.sha256("".join(f"{k}\0{v}\n" for k, v in told.items()).encode()).hexdigest()
    size = sum(it.stat().st_size for it in files)
    return {"folder": str(folder), "files": told, "bytes": size, "digest": whole}


def digest_of(file: Path) -> str:
    """SHA-256 of its bytes."""
    found = hashlib.sha256()
    with file.open("rb") as given:
        while part := given.read(_PART):
            found.update(part)
    return found.hexdigest()


def pre_train(work: Work) -> dict[str, Any]:
    """Trains on the engine, behind the last epoch that was kept."""
    folder = work.run.artifacts / "training"
    folder.mkdir(exist_ok=True)
    lines = _train(work, "learn", folder, {**work.flow.pre_train, "data": work.flow.data})
    return lines[-1]


def export(work: Work) -> dict[str, Any]:
    """Writes what is served, and holds it against the test pictures."""
    folder = work.run.artifacts / "model"
    folder.mkdir(exist_ok=True)
    told = {**work.flow.pre_train, "data": work.flow.data}
    found = _train(work, "export", work.run.artifacts / "training", told, str(folder))[-1]
    reached, least = found["accuracy"], work.flow.gates["cloud"]
    if reached < least:
        knows = f"it knows {100 * reached:.2f} % of the test pictures"
        raise Final(f"{knows}, {100 * least:.2f} % are asked for: it goes to no site")
    digest = digest_of(folder / "model.onnx")
    served = {it.name: digest_of(it) for it in sorted(folder.iterdir())}
    return {**found, "digest": digest, "files": served}


def _train(
    work: Work, command: str, folder: Path, told: dict[str, Any], *more: str
) -> list[dict[str, Any]]:
    """Runs `framegate_flow.pre_training` in the environment that has the engine; its lines."""
    python = told["python"]
    if not Path(python).exists():
        raise Final(f"{python} is not there: install what trains (pre_train.python)")
    record.write(folder / "told.json", told)
    source = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": source, "JAX_PLATFORMS": "cpu"}
    # Dagster's folder is this process's matter.
    environment.pop("DAGSTER_HOME", None)
    log = folder / f"{command}.log"
    lines: list[dict[str, Any]] = []
    with log.open("a") as errors:
        child = subprocess.Popen(
            [python, "-m", "framegate_flow.pre_training", command, str(folder), *more],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            pass_fds=(work.lock,),
        )
        for line in child.stdout:
            if line.startswith("{"):
                lines.append(json.loads(line))
                if "progress" in lines[-1]:
                    work.progress(lines[-1]["progress"])
    if child.wait() != 0 or not lines or "progress" in lines[-1]:
        last = [it for it in log.read_text(errors="replace").splitlines() if it.strip()]
        raise Failure(f"{last[-1] if last else f'exit code {child.returncode}'} (all of it: {log})")
    return lines


def draft(work: Work) -> dict[str, Any]:
    """The card, before anything is rolled out."""
    return _card(work.run)


def evaluate(work: Work) -> dict[str, Any]:
    """Whether what was learned stays: each site by its own figures, then all of them together."""
    sites = {name: _verdict(work, name) for name in work.flow.sites}
    passed = sum(it["passes"] for it in sites.values())
    least = work.flow.least_sites
    promoted = passed >= least
    for verdict in sites.values():
        verdict["stays"] = promoted and verdict["passes"]
    why = f"{passed} of {len(sites)} sites pass, {least} are asked for"
    for verdict in sites.values():
        if not verdict["why"] and not verdict["stays"]:
            verdict["why"] = why
    return {"promoted": promoted, "why": why, "sites": sites}


def _verdict(work: Work, site: str) -> dict[str, Any]:
    for kind in ("roll_out", "collect", "fine_tune"):
        given = work.of_site(kind, site)
        if given["outcome"] in ("away", "failed", "taken back", "held back", "too few"):
            return {"passes": False, "why": f"{kind}: {given['outcome']}: {given['why']}"}
    gates, tuned = work.flow.gates, work.of_site("fine_tune", site)
    if "before" not in tuned["figures"]:
        return {"passes": False, "why": f"fine_tune: no figures: {tuned['why']}"}
    before = tuned["figures"]["before"]["accuracy"]
    accepted = tuned["outcome"] == "accepted"
    after = tuned["figures"]["ensemble"]["accuracy"] if accepted else before
    told = {"before": before, "after": after, "accepted": accepted}
    parent = card.figure_before(work.run, site)
    if parent is not None:
        told["parent"] = parent
    for true, why in (
        (after < gates["site"], f"below {100 * gates['site']:.2f} %"),
        (after - before < gates["margin"], f"not {100 * gates['margin']:.2f} % better"),
        (
            parent is not None and after < parent - gates["not_worse"],
            f"worse than the {100 * (parent or 0):.2f} % of the run before",
        ),
    ):
        if true:
            reached = f"{100 * before:.2f} % before, {100 * after:.2f} % after"
            return {"passes": False, "why": f"{reached}: {why}", **told}
    return {"passes": True, "why": "", **told}


def close(work: Work) -> dict[str, Any]:
    """What came of it, and the card as it stays."""
    verdict = work.given("evaluate")
    sites = {name: work.of_site("settle", name)["outcome"] for name in work.flow.sites}
    outcome = "promoted" if verdict["promoted"] else "rolled back"
    # What another try may do something for: where all goes back, only the way back.
    kinds = ("roll_out", "collect", "fine_tune", "settle") if verdict["promoted"] else ("settle",)
    undone = [
        name
        for name in work.flow.sites
        if any(work.of_site(kind, name).get("outcome") in ("away", "failed") for kind in kinds)
    ]
    _card(work.run, outcome)
    return {"outcome": outcome, "why": verdict["why"], "sites": sites, "undone": undone}


def _card(run: record.Run, outcome: str = "") -> dict[str, Any]:
    told = card.of(run, outcome)
    record.write(run.folder / "card.json", told)
    text = card.markdown(told)
    record.write_text(run.folder / "card.md", text)
    return {"card": hashlib.sha256(text.encode()).hexdigest()}
