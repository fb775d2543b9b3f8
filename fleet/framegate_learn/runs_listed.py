"""`framegate-learn runs`: what was learned here, and what became of it."""

import argparse

from framegate_learn.places import state_option, state_there

HELP = "list the runs of training, with their figures"


def options(parser: argparse.ArgumentParser) -> None:
    """Of the command line."""
    state_option(parser)
    parser.add_argument("id", nargs="?", metavar="RUN", help="one of them, with all that is known")


def run(words: argparse.Namespace) -> int:
    """The command; its exit code."""
    from framegate_learn.cli import WELL, answer
    from framegate_learn.mistakes import Failure
    from framegate_learn.runs import Runs
    from framegate_learn.train import figure_lines

    found = [it.told for it in Runs(state_there(words)).listed()]
    if words.id:
        found = [it for it in found if it["id"] == words.id]
        if not found:
            raise Failure(f"there is no run {words.id}: `framegate-learn runs` lists them")
    lines = []
    for told in found:
        lines.append(f"{told['id']}  {told['parent']}  {told['state']}  {told['reason']}".rstrip())
        if words.id:
            lines += figure_lines(told)
    said = found[0] if words.id else {"runs": found}
    answer(words, said, *(lines or ["nothing was learned yet"]))
    return WELL
