"""`framegate-learn take`: what a fleet wants learned here, left where the service finds it."""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

from framegate_files import plain, whole
from framegate_learn.config import load
from framegate_learn.mistakes import Failure
from framegate_learn.places import USUAL_WISHES

HELP = "take a model's learn.yaml from standard input, for the service to collect by"
ABOUT = """\
Leaves the learn.yaml of MODEL that standard input has where the service looks for it (`collect
--each`), which begins to collect, or goes on by the new one. It is looked at first: one with
mistakes is refused, and the one before stays. A fleet does this at its gateways."""

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", nargs="?", help="the model that is to learn")
    parser.add_argument(
        "--remove", action="store_true", help="nothing is collected for it any more"
    )
    parser.add_argument("--list", action="store_true", help="show what was taken")
    parser.add_argument(
        "--folder",
        metavar="FOLDER",
        type=Path,
        default=os.environ.get("FRAMEGATE_LEARN_WISHES", USUAL_WISHES),
        help=f"where the files lie; default: $FRAMEGATE_LEARN_WISHES, {USUAL_WISHES}",
    )


def run(words: argparse.Namespace) -> int:
    from framegate_learn.cli import WELL, answer

    folder, model = words.folder, words.model
    if words.list:
        if model or words.remove:
            raise Failure("--list shows all of them: say neither MODEL nor --remove")
        said = plain.texts(folder, "*.yaml")
        answer(words, {"models": said}, *(said or ["nothing was taken"]))
        return WELL
    if not model or not _NAME.fullmatch(model):
        raise Failure("which model? say its name, or --list")
    file = folder / f"{model}.yaml"
    if words.remove:
        file.unlink(missing_ok=True)
        answer(words, {"model": model}, f"nothing is collected for {model} any more")
        return WELL
    _take(model, sys.stdin.read(), file)
    answer(words, {"model": model, "file": str(file)}, f"{model}: taken, as {file}")
    return WELL


def _take(model: str, text: str, file: Path) -> None:
    # Not where it will lie: who may write there need not be who this is.
    with tempfile.TemporaryDirectory(prefix="framegate-learn-") as place:
        draft = Path(place) / file.name
        draft.write_text(text)
        try:
            said = load(draft)
        except Failure as failure:
            raise Failure(str(failure).replace(str(draft), "standard input")) from None
    if said.model != model:
        raise Failure(f"standard input: model: it is of {said.model}, and {model} was named")
    file.parent.mkdir(parents=True, exist_ok=True)
    # The learner is a user of its own.
    whole.write(file, text, mode=0o644)
