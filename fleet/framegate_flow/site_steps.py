"""What is done at each site: roll out, collect, fine-tune, and in the end keep it or go back."""

import time
from typing import Any

from framegate_flow.mistakes import Away, Failure
from framegate_flow.site import Site
from framegate_flow.work import Work

# A rollout back takes no answers into account: what it goes back to was there before.
BACK = ["--steps", "100%", "--hold", "1s", "--min-pictures", "1", "--max-errors", "100%"]
BACK += ["--max-latency", "1000x", "--max-disagreement", "100%"]
ACCEPTED, REFUSED = 0, 3
# States of a learner's run that came to an end of its own.
_OVER = ("accepted", "not accepted")


def roll_out(work: Work) -> dict[str, Any]:
    """The cloud's model takes its place there, by the gateway's own shares and judgment."""
    before = list(work.before("roll_out"))
    refused = [name for name, given in before if given["outcome"] == "taken back"]
    if refused:
        return {"outcome": "held back", "why": f"{', '.join(refused)} did not keep it"}
    for _, given in before:
        # By the wave before that one: it goes no further at all.
        if given["outcome"] == "held back":
            return {"outcome": "held back", "why": given["why"]}
    site, model, made = work.site(), work.flow.model, work.given("export")
    route = site.rollout(model)
    former = route["stable"]["version"]
    noted = work.run.note_of_site(work.site_name, former=former, previous=route["previous"])
    version = _added(work, site, made["digest"])
    result = {"former": noted["former"], "version": version}
    if route["stable"]["version"] != version:
        if (route.get("canary") or {}).get("version") != version:
            options = _options(work.flow.roll_out)
            site.gateway("model", "rollout", model, str(version), *options)
        route = site.wait_for_rollout(model, work.flow.roll_out["timeout"], work.progress)
    if route["stable"]["version"] != version:
        why = (route.get("last") or {}).get("reason") or "the gateway went back by itself"
        return {"outcome": "taken back", "why": why, **result}
    return {"outcome": "rolled out", **result}


def _added(work: Work, site: Site, digest: str) -> int:
    """The version that the gateway has it as; a second try finds what the first has added."""
    place = site.bring(work.run.artifacts / "model", digest)
    mark = f"{place}/version-of-{work.flow.model}"
    known = site.run(["cat", mark])
    if known.code == 0 and known.out.strip().isdigit():
        version = int(known.out)
        # The gateway may have been made anew since.
        if _has(site, work.flow.model, version, digest):
            return version
    said = site.gateway("model", "add", place, "--name", work.flow.model)
    kept = site.run(["tee", mark], str(said["version"]).encode())
    if kept.code != 0:
        raise Failure(f"{site.name}: {kept.why}")
    return said["version"]


def _has(site: Site, model: str, version: int, digest: str) -> bool:
    """Whether the version there is that one."""
    repository = site.gateway("config", "show")["accel"]["repository"]
    said = site.run(["sha256sum", f"{repository}/{model}/{version}/model.onnx"])
    return said.code == 0 and said.out.split()[0] == digest


def _options(told: dict[str, Any]) -> list[str]:
    """As `gwctl model rollout` takes them."""
    options = ["--steps", ",".join(told["steps"])] if "steps" in told else []
    for key in ("hold", "min_pictures", "max_errors", "max_latency", "max_disagreement"):
        if key in told:
            options += [f"--{key.replace('_', '-')}", str(told[key])]
    return options


def collect(work: Work) -> dict[str, Any]:
    """Waits until there is enough to learn from."""
    if work.given("roll_out")["outcome"] != "rolled out":
        return {"outcome": "left out"}
    told, site = work.flow.collect, work.site()
    end = time.monotonic() + told["patience"]
    counts: dict[str, int] = {}
    while True:
        try:
            said = site.learn("status")
        except Away as away:
            # It takes a day: who was there and is away for a while has not failed.
            if not counts or time.monotonic() >= end:
                raise
            work.progress(f"{away}; waits for it")
            time.sleep(told["every"])
            continue
        counts = {key: said[key] for key in ("pictures", "labelled", "held")}
        if counts["labelled"] >= told["labelled"] and counts["held"] >= told["held"]:
            return {"outcome": "enough", **counts}
        left = end - time.monotonic()
        have = f"{counts['labelled']} labelled, {counts['held']} of them kept back"
        if left <= 0:
            return {"outcome": "too few", "why": f"only {have}", **counts}
        work.progress(f"{have}; {told['labelled']} and {told['held']} are asked for")
        time.sleep(min(told["every"], left))


def fine_tune(work: Work) -> dict[str, Any]:
    """The site's learner trains, judges by what it has kept back, and rolls out what is better."""
    if work.given("collect")["outcome"] != "enough":
        return {"outcome": "left out"}
    site, model, told = work.site(), work.flow.model, work.flow.fine_tune
    known = {it["id"] for it in site.learn("status")["runs"]}
    known = set(work.run.note_of_site(work.site_name, runs=sorted(known))["runs"])
    over = [
        it
        for it in site.learn("status")["runs"]
        if it["id"] not in known and it["state"] in _OVER and it.get("model", model) == model
    ]
    if over:
        # Whoever waited for it was killed.
        said = over[-1]
    else:
        work.progress("the learner trains")
        said = site.learn(
            "train",
            "--model",
            model,
            "--socket",
            site.socket,
            *told["options"],
            well=(ACCEPTED, REFUSED),
            timeout=told["timeout"],
        )
    route = site.rollout(model)
    return {
        "outcome": "accepted" if said["accepted"] else "not accepted",
        "why": said.get("reason") or "",
        "run": said["id"],
        "figures": said.get("figures") or {},
        "version": route["stable"]["version"],
    }


def settle(work: Work) -> dict[str, Any]:
    """What was rolled out stays, or what was there before comes back."""
    rolled = work.given("roll_out")
    verdict = work.given("evaluate")["sites"][work.site_name]
    former = work.run.site(work.site_name).get("former")
    # Where it was away in the middle, it may have gone on by itself.
    if rolled["outcome"] not in ("rolled out", "failed", "away") or former is None:
        return {"outcome": "unchanged"}
    site, model = work.site(), work.flow.model
    route = site.rollout(model)
    if verdict["stays"]:
        return {"outcome": "promoted", "version": route["stable"]["version"]}
    now = _somebody_elses(work, route)
    if now:
        return {"outcome": "left as it is", "version": now, "why": f"version {now} came since"}
    if route["phase"] != "none":
        site.gateway("model", "rollback", model)
        route = site.rollout(model)
    if route["stable"]["version"] != former and route["previous"] == former:
        site.gateway("model", "rollback", model)
    elif route["stable"]["version"] != former:
        # Two versions came since: only the last one is undone at once.
        site.gateway("model", "rollout", model, str(former), *BACK)
        site.wait_for_rollout(model, work.flow.roll_out["timeout"], work.progress)
    now = site.rollout(model)["stable"]["version"]
    if now != former:
        raise Failure(f"{site.name}: version {now} looks, and not {former}")
    return {"outcome": "rolled back", "version": now, "why": verdict["why"]}


def _somebody_elses(work: Work, route: dict[str, Any]) -> int:
    """The version that looks, when it is none that this run knows of; 0: it is one, or may be."""
    rolled, tuned = work.given("roll_out"), work.given("fine_tune")
    if "version" not in rolled or tuned.get("outcome") in ("failed", "away"):
        return 0
    ours = (work.run.site(work.site_name)["former"], rolled["version"], tuned.get("version"))
    now = route["stable"]["version"]
    return 0 if now in ours else now
