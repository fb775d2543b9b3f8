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
lines `PICTURE,LABEL` are read, as `export` writes them into labels.csv: all of them, or none."""


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
    found = []
    for number, word, label in wanted:
        try:
            found.append((made.find(word), label))
        except LookupError as error:
            where = f"line {number}: " if number else ""
            raise Failure(f"{where}{error.args[0]}; nothing was changed") from None
    for name, label in found:
        made.label(name, label, "operator")
    one = f"{found[0][0]}: {found[0][1] or 'nobody knows'}" if len(found) == 1 else ""
    answer(words, {"labelled": len(found)}, one or f"{len(found)} pictures")
    return WELL
