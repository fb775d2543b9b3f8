"""The command line: one table of commands, each in a module of its own."""

import argparse
import importlib
import json
import sqlite3
import sys
from types import ModuleType
from typing import Any

from framegate_learn import __version__
from framegate_learn.mistakes import Failure

WELL, NOT_WELL = 0, 1

# A module has HELP, `options(parser)` and `run(words)`, which returns the exit code; what is large
# it loads when it runs.
COMMANDS = {
    "collect": "framegate_learn.service",
    "take": "framegate_learn.taking",
    "status": "framegate_learn.status",
    "label": "framegate_learn.labelling",
    "export": "framegate_learn.export",
    "train": "framegate_learn.train",
    "runs": "framegate_learn.runs_listed",
}

EXIT = """\
exit codes: 0 well; 1 not well (mistakes in the configuration, a gateway that does not answer, a
disk that is full); 2 the words of the command make no sense."""


def answer(words: argparse.Namespace, said: dict[str, Any], *lines: str) -> None:
    """For scripts with --json, or for people."""
    print(json.dumps(said, indent=2) if words.json else "\n".join(lines), flush=True)


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(
        prog="framegate-learn",
        description="Pictures of this site's cameras become a better model, beside the gateway.",
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"framegate-learn {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in _modules().items():
        about = getattr(module, "ABOUT", module.HELP)
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=about,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument("--json", action="store_true", help="print JSON, for scripts")
        module.options(command)
    return top


def run(words: list[str]) -> int:
    """One command; its exit code."""
    told = parser().parse_args(words)
    try:
        return _modules()[told.command].run(told)
    except Failure as failure:
        print(f"framegate-learn: {failure}", file=sys.stderr)
    except sqlite3.Error as error:
        print(f"framegate-learn: the set of pictures: {error}", file=sys.stderr)
    except OSError as error:
        print(f"framegate-learn: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("framegate-learn: interrupted: what was kept stays", file=sys.stderr)
    return NOT_WELL


def main() -> None:
    """Runs one command and ends with its exit code."""
    sys.exit(run(sys.argv[1:]))


def _modules() -> dict[str, ModuleType]:
    return {name: importlib.import_module(module) for name, module in COMMANDS.items()}
