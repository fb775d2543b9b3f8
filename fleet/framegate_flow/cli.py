"""The command line."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from framegate_flow import __version__, declaration, page, record
from framegate_flow.graph import LAST, behind, nodes
from framegate_flow.mistakes import Failure
from framegate_flow.record import Run, Step

WELL, NOT_WELL, NOT_PROMOTED = 0, 1, 3

EXIT = """\
exit codes: 0 well, and promoted; 1 not well: a step failed, a site is away, a file has mistakes;
2 the words of the command make no sense; 3 it was not good enough, and what was rolled out is
back."""


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(
        prog="framegate-flow",
        description="The life of a model as one declared flow: pre-train, export, roll out,"
        " collect, fine-tune at the sites, evaluate, promote or roll back.",
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"framegate-flow {__version__}")
    top.add_argument("--json", action="store_true", help="print JSON, for scripts")
    top.add_argument(
        "--state",
        metavar="FOLDER",
        type=Path,
        default=os.environ.get("FRAMEGATE_FLOW_STATE", "~/.local/state/framegate-flow"),
        help="where runs are kept; default: $FRAMEGATE_FLOW_STATE, ~/.local/state/framegate-flow",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    init = commands.add_parser(
        "init", help="make a flow's file to begin with, for what a fleet's gateways learn"
    )
    init.add_argument("file", metavar="FLOW.yaml", type=Path)
    init.add_argument(
        "--fleet",
        metavar="FOLDER",
        type=Path,
        help="the fleet's repository; default: the one that FLOW.yaml lies in",
    )
    init.add_argument("--model", metavar="NAME", help="default: the one that is learned there")
    init.add_argument("--data", metavar="FOLDER", default="", help="that the recipe reads")
    init.add_argument("--recipe", metavar="FOLDER", default="", help="that it is trained by")
    check = commands.add_parser("check", help="say what is wrong with a file, and run nothing")
    check.add_argument("file", metavar="FLOW.yaml", type=Path)
    run = commands.add_parser("run", help="begin a run of the flow that a file declares")
    run.add_argument("file", metavar="FLOW.yaml", type=Path)
    for name, text in {
        "resume": "go on with a run that was broken off, that failed, or that a site was away from",
        "show": "each step of a run, with what it was given and gave",
        "card": "the model card of a run",
    }.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("run", metavar="RUN", nargs="?", help="default: the last one")
    commands.add_parser("status", help="all runs, and how far they are")
    for command in commands.choices.values():
        command.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )
    return top


class Command:
    """One command, with how it speaks."""

    def __init__(self, words: argparse.Namespace) -> None:
        self.words = words
        self.state = words.state.expanduser().resolve()

    def answer(self, said: Any, *lines: str) -> None:
        """For scripts, or for people."""
        print(json.dumps(said, indent=2) if self.words.json else "\n".join(lines), flush=True)

    def chosen(self) -> Run:
        """The run that was named, or the last one."""
        found = record.runs(self.state)
        if self.words.run:
            found = [run for run in found if run.id == self.words.run]
        if not found:
            named = f"no run {self.words.run}" if self.words.run else "no run"
            raise Failure(f"there is {named} in {self.state}: `framegate-flow status` lists them")
        return found[-1]

    def init(self) -> int:
        from framegate_flow import draft, fleet_sites

        words = self.words
        folder = words.file.expanduser().resolve().parent
        fleet = words.fleet.expanduser().resolve() if words.fleet else fleet_sites.above(folder)
        if fleet is None:
            raise Failure(f"{folder} lies in no fleet's repository: say --fleet FOLDER")
        learned = fleet_sites.models(fleet_sites.read(fleet))
        given = [
            str(Path(it).expanduser().resolve()) if it else "" for it in (words.data, words.recipe)
        ]
        model = draft.write(words.file.expanduser(), fleet, learned, words.model or "", *given)
        missing = [key for key, it in zip(("data", "pre_train.recipe"), given) if not it]
        lines = [f"{words.file}: made, for {model}"]
        lines += [f"next: say {' and '.join(missing)} in it"] if missing else []
        self.answer({"file": str(words.file), "model": model, "missing": missing}, *lines)
        return WELL

    def check(self) -> int:
        flow = declaration.load(self.words.file, self.state)
        count = len(nodes(flow))
        line = f"{flow.name}: {count} steps, {len(flow.sites)} sites, no mistake"
        self.answer({"name": flow.name, "steps": count, "sites": list(flow.sites)}, line)
        return WELL

    def run(self) -> int:
        flow = declaration.load(self.words.file, self.state)
        text = self.words.file.read_text()
        run = Run.make(self.state, flow.name)
        with run.driven():
            run.declare(flow, text)
            self.drive(run, [])
        return self.end(run)

    def resume(self) -> int:
        run = self.chosen()
        with run.driven():
            again = behind(run.flow, set(_undone(run)))
            for name in _undone(run):
                step = run.step(name)
                # What was given, and came to nothing, is not taken for done.
                step.state, step.inputs = "waiting", {}
                run.keep(step)
            if again:
                self.drive(run, again)
        return self.end(run)

    def drive(self, run: Run, only: list[str]) -> None:
        """Carries a run out, to its end or as far as it gets; its lock is held."""
        from framegate_flow import engine
        from framegate_flow.watch import Watch

        print(f"framegate-flow: {run.id}: {run.folder}/page.html", file=sys.stderr, flush=True)
        watch = Watch(run)
        try:
            with engine.open_instance(self.state) as instance:
                engine.execute(instance, run, only)
        finally:
            watch.close()

    def end(self, run: Run) -> int:
        """What came of it, when nobody drives it any more."""
        page.write(run)
        said = _told(run)
        last = run.step(LAST).outputs if run.step(LAST).state == "done" else {}
        lines = [f"{run.id}: {said['state']}{': ' + last['why'] if last else ''}"]
        for name, site in said["sites"].items():
            lines.append(f"  {name}: {site}")
        lines += [f"  {name}: {why}" for name, why in said["failed"].items()]
        if said["failed"] or said["undone"] or not last:
            lines.append(f"  `framegate-flow resume {run.id}` goes on")
        self.answer(said, *lines)
        if not last or last["undone"]:
            return NOT_WELL
        return WELL if last["outcome"] == "promoted" else NOT_PROMOTED

    def status(self) -> int:
        said = [_told(run) for run in record.runs(self.state)]
        lines = [f"{it['run']}: {it['state']}, {it['done']} of {it['steps']} steps" for it in said]
        lines = lines or [f"there is no run in {self.state}"]
        self.answer({"runs": said}, *lines)
        return WELL

    def show(self) -> int:
        from framegate_flow.watch import told

        run = self.chosen()
        page.write(run)
        steps = [run.step(node.name) for node in nodes(run.flow)]
        lines = [f"{run.id}: {page.state_of(run, run.under_way)}", f"{run.folder}/page.html"]
        for step in steps:
            took = f"{step.ended - step.began:8.1f} s" if step.ended else " " * 10
            lines.append(f"  {step.name:24} {took}  {told(step)}")
        said = {**_told(run), "page": str(run.folder / "page.html")}
        self.answer({**said, "all": [vars(step) for step in steps]}, *lines)
        return WELL

    def card(self) -> int:
        run = self.chosen()
        told = record.read(run.folder / "card.json")
        if not told:
            raise Failure(f"{run.id} has no card yet: nothing was exported")
        self.answer(told, (run.folder / "card.md").read_text().rstrip())
        return WELL


def _undone(run: Run) -> list[str]:
    """The steps that another try may do something for."""
    found = []
    last = run.step(LAST)
    over = last.state == "done" and last.outputs["outcome"] == "rolled back"
    for node in nodes(run.flow):
        step = run.step(node.name)
        lost = step.state == "done" and step.outputs.get("outcome") in ("away", "failed")
        # What goes back everywhere is not rolled out where it has not been.
        if step.state != "done" or (lost and (node.kind.name == "settle" or not over)):
            found.append(node.name)
    return found


def _told(run: Run) -> dict[str, Any]:
    steps: list[Step] = [run.step(node.name) for node in nodes(run.flow)]
    last = run.step(LAST)
    sites = last.outputs.get("sites", {}) if last.state == "done" else {}
    return {
        "run": run.id,
        "model": run.flow.model,
        "state": page.state_of(run, run.under_way),
        "began": run.began,
        "done": sum(step.state == "done" for step in steps),
        "steps": len(steps),
        "running": {it.name: it.progress for it in steps if it.state == "running"},
        "failed": {it.name: it.errors[-1] for it in steps if it.state == "failed"},
        "undone": last.outputs.get("undone", []) if last.state == "done" else [],
        "sites": sites,
        "folder": str(run.folder),
    }


def main() -> None:
    """Runs one command and ends with its exit code."""
    words = parser().parse_args()
    try:
        code = getattr(Command(words), words.command)()
    except Failure as failure:
        print(f"framegate-flow: {failure}", file=sys.stderr)
        code = NOT_WELL
    except OSError as error:
        print(f"framegate-flow: {error}", file=sys.stderr)
        code = NOT_WELL
    except KeyboardInterrupt:
        print("framegate-flow: stopped: `framegate-flow resume` goes on", file=sys.stderr)
        code = 128 + 2
    sys.exit(code)
