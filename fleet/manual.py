"""Writes framegate-fleet.1 from the words of its command line: python3 fleet/manual.py >FILE"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True

from framegate_fleet import __version__  # noqa: E402
from framegate_fleet.arguments import parser  # noqa: E402

FILES = {
    "fleet.yaml, sites/, groups/, templates/, models/, enrolled/": "the repository",
    "~/.config/framegate-fleet/FLEET/": "tokens of the gateways and the key that signs states; "
    "FRAMEGATE_FLEET_TOKENS names another folder",
    "~/.local/share/framegate-fleet/FLEET/": "the files of models' versions, by digest; "
    "FRAMEGATE_FLEET_STORE names another folder",
    "/var/lib/framegate-learn.d/": "on a gateway: what its learners are told",
    "/etc/default/framegate-fleet-agent": "what the service of a gateway fetches, and from where",
}


def escaped(text: str) -> str:
    """As roff reads it."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text[:1] in (".", "'") else text


def options(command: argparse.ArgumentParser) -> list[str]:
    """Each with what it does."""
    lines = []
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        named = ", ".join(action.option_strings) or str(action.metavar or "|".join(action.choices))
        value = f" {action.metavar}" if action.option_strings and action.metavar else ""
        said = (action.help or "").replace("%(default)s", str(action.default))
        lines += [".TP", f".B {escaped(named + value)}", escaped(said)]
    return lines


def page() -> str:
    """The whole of it."""
    top = parser()
    lines = [
        f'.TH FRAMEGATE\\-FLEET 1 "" "framegate\\-fleet {__version__}" "Framegate"',
        ".SH NAME",
        "framegate\\-fleet \\- many gateways as one Git repository of desired state",
        ".SH SYNOPSIS",
        ".B framegate\\-fleet",
        "[OPTION...] COMMAND [ARGUMENT...]",
        ".SH DESCRIPTION",
        escaped(top.description),
        ".SH OPTIONS",
        *options(top),
        ".SH COMMANDS",
        *commands(top, ""),
        ".SH EXIT STATUS",
        escaped(" ".join(top.epilog.removeprefix("exit codes: ").split())),
        ".SH FILES",
    ]
    for file, what in FILES.items():
        lines += [".TP", f".I {escaped(file)}", escaped(what)]
    lines += [".SH SEE ALSO", ".BR gwctl (1),", ".BR gwd (8)"]
    return "\n".join(lines) + "\n"


def commands(of: argparse.ArgumentParser, before: str) -> list[str]:
    """Those of the program, or of one of its commands."""
    lines = []
    for action in of._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        helps = {it.dest: it.help or "" for it in action._choices_actions}
        for name, command in action.choices.items():
            lines += [f".SS {escaped(before + name)}", escaped(helps.get(name, ""))]
            lines += [*options(command), *commands(command, f"{before}{name} ")]
    return lines


if __name__ == "__main__":
    sys.stdout.write(page())
