"""Where a learner keeps what it has, as a command is told it."""

import argparse
from pathlib import Path

from framegate_learn.mistakes import Failure

USUAL_STATE = "/var/lib/framegate-learn"
# Where a fleet leaves what each model's learner should do: MODEL.yaml, a learn.yaml.
USUAL_WISHES = "/var/lib/framegate-learn.d"


def state_option(parser: argparse.ArgumentParser) -> None:
    """`--state FOLDER`."""
    text = f"what `collect` keeps (default: {USUAL_STATE})"
    parser.add_argument("--state", metavar="FOLDER", type=Path, default=USUAL_STATE, help=text)


def state_there(words: argparse.Namespace) -> Path:
    """The folder that --state names, which must be there."""
    need_set(words.state)
    return words.state


def need_set(state: Path) -> None:
    """Failure: nobody has collected into that folder."""
    if not (state / "set.db").is_file():
        text = f"{state} has no set of pictures: name the `state` of learn.yaml with --state"
        raise Failure(text)
