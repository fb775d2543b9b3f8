"""`framegate-learn train`: from the pictures of the set to another version, or to none."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framegate_learn.gateway import Gateway
from framegate_learn.mistakes import Failure
from framegate_learn.places import need_set
from framegate_learn.runs import (
    ACCEPTED,
    FAILED,
    JUDGING,
    NOT_ACCEPTED,
    PREPARING,
    ROLLING_OUT,
    TRAINING,
    Run,
    Runs,
)
from framegate_learn.settings import LARGE, Settings, options
from framegate_learn.settings import read as settings_of

if TYPE_CHECKING:
    from framegate_learn.served import Served

__all__ = ["ABOUT", "HELP", "options", "run"]

HELP = "learn from the pictures, and roll out what is better"
ABOUT = """\
Several networks begin with the version that the gateway runs and learn from different parts of the
pictures, at the same time and beside everything else. Their mean is one version of the model. It is
rolled out only when it is better on the pictures that were kept back; otherwise it is thrown away,
and its figures stay. One that was cut off goes on where it was.

exit code 3: nothing was accepted; the run says why."""
NOT_BETTER = 3


def run(words: argparse.Namespace) -> int:
    """The command; its exit code."""
    from framegate_learn import beside, shelf
    from framegate_learn.cli import WELL, answer

    settings, state, socket = settings_of(words)
    beside.give_way(settings.nice)
    begin = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begin:7.1f} s  {line}", file=sys.stderr, flush=True)

    need_set(state)
    runs = Runs(state)
    with runs.alone():
        runs.sweep()
        gateway = Gateway(socket)
        done = Training(runs, settings, gateway, state, say).run()
        shelf.clear(runs, gateway, settings.model, settings.wish.keep, say)
    told = done.told
    lines = [f"run {told['id']}: {told['state']}: {told['reason']}"]
    lines += [line for line in figure_lines(told) if line]
    answer(words, told, *lines)
    return WELL if told["accepted"] else NOT_BETTER


class Training:
    """One run, step by step; each begins with what is on the disk."""

    def __init__(
        self,
        runs: Runs,
        settings: Settings,
        gateway: Gateway,
        state: Path,
        say: Callable[[str], None],
    ) -> None:
        self._runs, self._settings, self._gateway = runs, settings, gateway
        self._state, self._say = state, say

    def run(self) -> Run:
        """Until it has ended. Failure: it cannot go on now; what can be gone on with stays."""
        run = self._runs.unfinished()
        if run and run.told["model"] != self._settings.model:
            run.end(FAILED, "it was cut off, and another model was to learn before it went on")
            run = None
        if run:
            self._say(f"run {run.told['id']} goes on: {run.state}")
        else:
            run = self._begin()
        steps = {
            PREPARING: self._prepare,
            TRAINING: self._train,
            JUDGING: self._judge,
            ROLLING_OUT: self._promote,
        }
        while not run.over:
            try:
                steps[run.state](run)
            except Failure as failure:
                if run.state != ROLLING_OUT:
                    # It would fail again.
                    run.end(FAILED, str(failure))
                raise
            except (OSError, sqlite3.Error):
                # A disk that is full, or a set that others keep locked: it goes on when it can.
                raise
            except Exception as error:
                # What nobody has thought of, as of a graph: it must not be in the next run's way.
                line = f"{type(error).__name__}: {str(error).split(chr(10))[0]}"
                traceback.print_exc()
                run.end(FAILED, line)
                raise Failure(f"run {run.told['id']}: {line}") from None
        return run

    def _begin(self) -> Run:
        from framegate_learn import promote

        settings = self._settings
        route = promote.running(self._gateway, settings.model)
        return self._runs.begin(
            model=settings.model,
            parent=f"{route.name}:{route.version}",
            parent_digest=route.digest,
            repository=str(route.repository),
            seed=settings.seed if settings.seed is not None else int(time.time()) % 1_000_000,
        )

    def _prepare(self, run: Run) -> None:
        from framegate_learn import material, members, served
        from framegate_learn.picture_set import PictureSet

        settings, folder = self._settings, run.folder
        parent = folder / "parent"
        shutil.rmtree(parent, ignore_errors=True)
        # The repository may change while we learn.
        source = _route(run).folder
        try:
            shutil.copytree(source, parent)
        except OSError as error:
            raise Failure(f"{source}: the version that runs cannot be read: {error}") from None
        model = served.read(parent)
        bases = self._bases(folder, model)
        network = served.read(bases[0]).network()
        shutil.rmtree(folder / "material", ignore_errors=True)
        pictures = PictureSet(self._state)
        try:
            material.gather(pictures, model, folder / "material")
        finally:
            pictures.close()
        told = material.load(folder / "material").told
        run.save(material=told)
        for part, least, use in (
            ("train", settings.least_pictures, "to learn from"),
            ("held", settings.gates.held, "kept back to judge by"),
        ):
            if told[part] < least:
                run.end(NOT_ACCEPTED, f"{told[part]} pictures {use}, at least {least} are needed")
                return
        size = sum(int(it.size) for it in network.weights.values())
        what = settings.what
        if what == "auto":
            what = "head" if size > LARGE else "whole"
        for number in range(1, settings.members + 1):
            plan = members.Plan(
                str(bases[(number - 1) % len(bases)]),
                str(folder / "material"),
                run.told["seed"] * 16 + number,
                what,
                epochs=settings.epochs,
                more=settings.more,
                **members.RECIPES[(number - 1) % len(members.RECIPES)],
            )
            members.prepare(folder / f"member-{number}", plan)
        self._say(
            f"run {run.told['id']}: {settings.members} members learn {what} "
            f"({size:,} weights in all) from {told['train']} pictures"
        )
        run.save(state=TRAINING, layers=what, weights=size, members=settings.members)

    def _bases(self, folder: Path, model: Served) -> list[Path]:
        """What members begin with: the version that runs, or each of the members that it has."""
        from framegate_learn import ensemble

        graphs, tensors, ends = ensemble.apart(model.network().model)
        bases = []
        for number, (graph, tensor) in enumerate(zip(graphs, tensors), 1):
            bases.append(folder / f"base-{number}")
            ensemble.write(bases[-1], graph, model, "One member.", tensor, ends)
        return bases or [model.folder]

    def _train(self, run: Run) -> None:
        from framegate_learn import members

        begin = time.monotonic()
        settings = self._settings
        members.Crew(_members(run), settings.cores, self._say, settings.nice).run()
        run.save(state=JUDGING, training_s=round(time.monotonic() - begin, 1))

    def _judge(self, run: Run) -> None:
        from framegate_learn import ensemble, files, judge, judgements, material, members, served

        model = served.read(run.folder / "parent")
        gathered = material.load(run.folder / "material")
        number = judgements.begin(self._state, run.told["id"], gathered.held.digests)
        graphs, tensors, figures = [], [], []
        single = run.folder / "single"
        for folder in _members(run):
            base = served.read(Path(members.plan(folder).model))
            learned = files.load_arrays(folder / "best.npz")
            graphs.append(base.network().with_weights(learned))
            tensors.append(base.tensor)
            alone = ensemble.join(graphs[-1:], tensors[-1:], base.ends)
            ensemble.write(single, alone, model, "One member.")
            found = judge.look(served.read(single), gathered.held)
            figures.append({**members.done(folder), **_brief(found)})
        version = run.folder / "version"
        about = f"The mean of {len(graphs)} networks that learned in run {run.told['id']}."
        joined = ensemble.join(graphs, tensors, base.ends)
        ensemble.write(version, joined, model, about)
        learned = served.read(version)
        before = judge.look(model, gathered.held)
        after = judge.look(learned, gathered.held)
        truth = gathered.held.labels
        general = self._general(model, learned, run)
        gates, seed = self._settings.gates, run.told["seed"]
        verdict = judge.judge(before, after, gates, general, seed, number)
        run.save(
            figures={
                "before": before.told(model.labels, truth),
                "members": figures,
                "ensemble": after.told(model.labels, truth),
                "judgement": _judgement(verdict.told),
            },
            verdict=verdict.told,
            digest=served.digest(learned.graph),
        )
        self._say(verdict.reason)
        if verdict.accepted:
            run.save(state=ROLLING_OUT, reason=verdict.reason)
        else:
            run.end(NOT_ACCEPTED, verdict.reason)

    def _general(self, model: Any, learned: Any, run: Run) -> Any:
        from framegate_learn import judge

        folder = self._settings.general
        if folder is None:
            folder = self._state / "general"
            if not folder.is_dir():
                return None
        part, left = judge.general_part(folder, model, run.folder / "general.npy")
        run.save(general={"pictures": len(part), "left_out": left})
        return judge.look(model, part), judge.look(learned, part)

    def _promote(self, run: Run) -> None:
        from framegate_learn import promote

        told, route = run.told, _route(run)
        if "version" not in told:
            made, gwctl = run.folder / "version", self._settings.wish.gwctl
            try:
                version = promote.add(self._gateway, route, made, gwctl)
            except promote.NotTaken as refusal:
                run.end(NOT_ACCEPTED, f"the gateway does not take it: {refusal}")
                return
            run.save(version=version)
            self._say(f"added as version {version}")
        figures = told["figures"]
        slower = figures["ensemble"]["ms"] / max(figures["before"]["ms"], 1e-3)
        bounds = promote.limits(told["verdict"], slower)
        run.save(rollout={"steps": list(self._settings.wish.steps), **bounds})
        well, reason = promote.roll_out(
            self._gateway, route, told["version"], bounds, self._settings.wish, self._say
        )
        run.end(
            ACCEPTED if well else NOT_ACCEPTED,
            f"{told['reason']}; {reason}" if well else f"the rollout: {reason}",
        )


def figure_lines(told: dict[str, Any]) -> list[str]:
    """The figures of a run, for people."""
    figures = told.get("figures") or {}
    if not figures:
        return []
    members = ", ".join(f"{it['accuracy']:.1%}" for it in figures["members"])
    found = told["verdict"].get("held", {})
    interval = found.get("interval")
    low_high = f", 95 % of draws between {interval[0]:+.1%} and {interval[1]:+.1%}" if found else ""
    return [
        f"    before    {figures['before']['accuracy']:.1%} of {figures['before']['pictures']}",
        f"    members   {members}",
        f"    ensemble  {figures['ensemble']['accuracy']:.1%}{low_high}",
        *_judgement_lines(figures.get("judgement") or {}),
    ]


def _judgement_lines(told: dict[str, Any]) -> list[str]:
    if not told:
        return []
    return [
        f"    judgement {told['number']} on these pictures: p = {told['luck']:.2g}, "
        f"at most {told['level']:.2g}"
    ]


def _judgement(verdict: dict[str, Any]) -> dict[str, Any]:
    """For the report: which one it was, how likely luck is, and how likely it might be."""
    found = verdict.get("held") or {}
    keys = {"number": "judgement", "luck": "luck", "level": "level"}
    return {key: found[name] for key, name in keys.items() if name in found}


def _brief(found: Any) -> dict[str, Any]:
    return {"accuracy": round(found.accuracy, 4), "ms": round(found.ms, 3)}


def _members(run: Run) -> list[Path]:
    return [run.folder / f"member-{it}" for it in range(1, run.told["members"] + 1)]


def _route(run: Run) -> Any:
    from framegate_learn.promote import Route

    name, _, version = run.told["parent"].rpartition(":")
    return Route(name, Path(run.told["repository"]), int(version), run.told["parent_digest"])
