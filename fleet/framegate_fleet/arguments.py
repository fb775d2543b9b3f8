"""The words of the command line."""

import argparse

from framegate_fleet import __version__, wishes

EXIT = """\
exit codes: 0 well; 1 not well (mistakes, gateways that are not as they should be, an apply that
stopped); 2 the words of the command make no sense."""

_LINES = (
    "lines of NAME HOST:PORT FINGERPRINT TOKEN, as the gateways' consoles show them; "
    "-: read standard input"
)


def parse(words: list[str]) -> argparse.Namespace:
    """What was typed; ends with exit code 2 where that makes no sense."""
    top = parser()
    said = top.parse_args(words)
    if said.command == "enrol":
        if said.adopt and not said.file:
            top.error("enrol --adopt SITE: --from FILE says which gateways")
        if said.file and (said.name or said.fingerprint):
            top.error("enrol --from FILE: names and fingerprints stand in its lines")
        if not said.file and not said.address:
            top.error("enrol: say NAME and HOST:PORT, or --from FILE")
    return said


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(
        prog="framegate-fleet",
        description="Many gateways as one Git repository of desired state.",
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--repository", metavar="FOLDER", default=".", help="where fleet.yaml is (default: here)"
    )
    top.add_argument("--json", action="store_true", help="print one JSON object, for scripts")
    top.add_argument("--version", action="version", version=f"framegate-fleet {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    made = commands.add_parser("init", help="make a repository to begin with")
    made.add_argument("name", metavar="NAME", help="what the fleet is called")

    commands.add_parser(
        "check", help="say all mistakes in the files, with file and line; asks no gateway"
    )

    plan = commands.add_parser(
        "plan", help="show what would change on each gateway, as its own check says"
    )
    plan.add_argument(
        "--only", metavar="NAME", action="append", help="this gateway; may stand several times"
    )

    _to_ask(plan)

    apply = commands.add_parser(
        "apply", help="bring all gateways to the commit that is checked out, in waves"
    )
    _to_apply(apply)

    status = commands.add_parser(
        "status", help="show how the gateways are, and whether they are as they should be"
    )
    status.add_argument(
        "--only", metavar="NAME", action="append", help="this gateway; may stand several times"
    )

    _to_ask(status)

    back = commands.add_parser(
        "rollback", help="commit what an earlier revision was, and apply that"
    )
    back.add_argument("revision", metavar="REVISION", nargs="?", help="default: the one before")
    _to_apply(back)

    enrol = commands.add_parser(
        "enrol",
        help="make a gateway, or many, of the fleet",
        description="Makes a gateway one of the fleet; with --from many at once.",
    )
    enrol.add_argument("name", metavar="NAME", nargs="?", help="as a file of sites/ names it")
    enrol.add_argument(
        "address", metavar="HOST:PORT", nargs="?", help="where it answers over HTTPS"
    )
    enrol.add_argument(
        "--fingerprint", metavar="SHA256", help="of its certificate, from its console"
    )
    way = enrol.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--setup-token", metavar="TOKEN", help="the one-time token from its console; -: read it"
    )
    way.add_argument(
        "--token", metavar="TOKEN", help="an admin's token that was made there; -: read it"
    )
    way.add_argument("--from", dest="file", metavar="FILE", help=f"many: {_LINES}")

    enrol.add_argument(
        "--adopt",
        metavar="SITE",
        help="with --from: as they are, as a new site: what all have alike becomes its template, "
        "and what differs variables",
    )

    publish = commands.add_parser(
        "publish", help="write signed states for gateways that fetch them"
    )
    publish.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        help="what an HTTP server or a mount hands out (default: fleet.yaml's `shelf`)",
    )

    model = commands.add_parser("model", help="keep models' versions, whose files lie beside Git")
    verbs = model.add_subparsers(dest="verb", metavar="VERB", required=True)
    added = verbs.add_parser("add", help="keep a version's files, and commit what they are")
    added.add_argument("version", metavar="NAME:VERSION", help="as in gate:2")
    added.add_argument("folder", metavar="FOLDER", help="with model.onnx, model.yaml and the rest")
    verbs.add_parser("list", help="show the versions, who has them, and files that are missing")

    agent = commands.add_parser(
        "agent", help="on a gateway: fetch its signed state and become that"
    )
    agent.add_argument("name", metavar="NAME", help="of this gateway in the fleet")
    agent.add_argument(
        "source", metavar="URL", help="of the folder that `publish` writes, or its path"
    )
    agent.add_argument("--key", metavar="FILE", required=True, help="the fleet's public key")
    agent.add_argument("--socket", metavar="PATH", default="/run/framegate/api.sock", help="of gwd")
    agent.add_argument(
        "--state", metavar="FOLDER", default="/var/lib/framegate-fleet", help="what it keeps"
    )
    agent.add_argument(
        "--files-only",
        action="store_true",
        help="bring models' files and what learners are told, and change nothing else",
    )
    agent.add_argument(
        "--learners",
        metavar="FOLDER",
        default=wishes.USUAL,
        help="where learners look for what they are told (default: %(default)s)",
    )
    agent.add_argument(
        "--gwctl", metavar="PATH", default="gwctl", help="the program on the gateway"
    )
    agent.add_argument("--every", metavar="SECONDS", type=float, default=60, help="default: 60")
    agent.add_argument("--once", action="store_true", help="look once, and end")

    shell = commands.add_parser("completion", help="print a completion script")
    shell.add_argument("shell", choices=["bash"])
    return top


def _to_ask(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--by-topic", action="store_true", help="tell all gateways by Kafka's topic of commands"
    )


def _to_apply(command: argparse.ArgumentParser) -> None:
    _to_ask(command)
    command.add_argument(
        "--restart", action="store_true", help="also what holds only when gwd is started again"
    )
    command.add_argument("--hold", metavar="SECONDS", type=float, help="in place of fleet.yaml's")


def completion(top: argparse.ArgumentParser) -> str:
    """For bash: commands, then the options of the one that was typed."""
    commands = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction)).choices
    cases = "\n".join(
        f"\t{name}) offer='{' '.join([*_options(command), *_verbs(command)])}' ;;"
        for name, command in commands.items()
    )
    return f"""\
# bash completion of framegate-fleet
_framegate_fleet()
{{
	local word offer='{" ".join([*_options(top), *commands])}'
	for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
		case $word in
{cases.replace(chr(9), chr(9) * 2)}
		esac
	done
	mapfile -t COMPREPLY < <(compgen -W "$offer" -- "${{COMP_WORDS[COMP_CWORD]}}")
}}
complete -o default -F _framegate_fleet framegate-fleet"""


def _verbs(command: argparse.ArgumentParser) -> list[str]:
    kind = argparse._SubParsersAction
    return [
        verb for action in command._actions if isinstance(action, kind) for verb in action.choices
    ]


def _options(command: argparse.ArgumentParser) -> list[str]:
    return [
        word for action in command._actions for word in action.option_strings if word[:2] == "--"
    ]
