"""`framegate-learn label`: somebody says what pictures of the set show."""

import argparse
import csv
import sys

from framegate_learn.mistakes import Failure
from framegate_learn.picture_set import PictureSet
from framegate_learn.places import state_option, state_there

HELP = "say what a picture of the set shows"
ABOUT = """\
Says what a picture of the set shows. PICTURE is its id, or the beginning of its file's name (six
characters or more). What is said so holds against every other source. With `-` in place of PICTURE,
lines `PICTURE,LABEL` are read, as `export` writes them into labels.csv: all of them, or none. Lines
that say what is known already change nothing."""


def options(parser: argparse.ArgumentParser) -> None:
    state_option(parser)
    parser.add_argument("picture", metavar="PICTURE", help="which; -: read lines PICTURE,LABEL")
    parser.add_argument("label", metavar="LABEL", nargs="?", help="what it shows")
    parser.add_argument("--forget", action="store_true", help="nobody knows what it shows")


def _wanted(words: argparse.Namespace) -> list[tuple[int, str, str | None]]:
    """Line, picture and label of each."""
    if words.picture != "-":
        if (words.label is None) != words.forget:
            raise Failure("say one of the two: a LABEL, or --forget")
        return [(0, words.picture, words.label)]
    if words.label is not None or words.forget:
        raise Failure("with `-`, each line says the label")
    wanted = []
    for number, row in enumerate(csv.reader(sys.stdin), 1):
        if not row or row == ["picture", "label"]:
            continue
        if len(row) != 2 or not row[0]:
            raise Failure(f"line {number}: write PICTURE,LABEL; nothing was changed")
        wanted.append((number, row[0], row[1] or None))
    return wanted


def run(words: argparse.Namespace) -> int:
    from framegate_learn.cli import WELL, answer

    wanted = _wanted(words)
    made = PictureSet(state_there(words))
    try:
        pairs = [(word, label) for _, word, label in wanted]
        # A file has lines that nobody has changed: those were not said by an operator.
        names = made.label_all(pairs, "operator", confirm=words.picture != "-")
    except LookupError as error:
        text, at = error.args
        where = f"line {wanted[at][0]}: " if wanted[at][0] else ""
        raise Failure(f"{where}{text}; nothing was changed") from None
    finally:
        made.close()
    line = f"{len(names)} pictures"
    if words.picture != "-":
        line = f"{names[0]}: {words.label or 'nobody knows'}"
    answer(words, {"labelled": len(names)}, line)
    return WELL
