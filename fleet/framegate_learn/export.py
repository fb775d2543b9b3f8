"""`framegate-learn export`: the set as files, to look at it or to take it somewhere."""

import argparse
import csv
import shutil
from pathlib import Path

from framegate_learn.mistakes import Failure
from framegate_learn.picture_set import PictureSet
from framegate_learn.places import state_option, state_there

HELP = "copy the pictures into folders, one for each label"
ABOUT = """\
Copies the pictures into FOLDER/LABEL/, those that nobody knows into FOLDER/unknown/, and writes
FOLDER/labels.csv, which `label -` reads: edit it, or move nothing and look. The set itself stays as
it is. This is the one way by which pictures leave it, and nobody does it but who calls it."""


def options(parser: argparse.ArgumentParser) -> None:
    state_option(parser)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="which is made")
    parser.add_argument("--unknown", action="store_true", help="those without a label alone")


def _folder(label: str | None) -> str:
    """A label may be any text, a folder's name may not."""
    if label is None:
        return "unknown"
    made = "".join(c if c.isalnum() or c in "-_. " else "_" for c in label)
    return made if made.strip(".") and made != "unknown" else f"_{made}"


def run(words: argparse.Namespace) -> int:
    from framegate_learn.cli import WELL, answer

    made = PictureSet(state_there(words))
    if words.folder.exists() and any(words.folder.iterdir()):
        raise Failure(f"{words.folder} is there and not empty: name a new folder")
    words.folder.mkdir(parents=True, exist_ok=True)
    copied = gone = 0
    with (words.folder / "labels.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["picture", "label"])
        for held in (False, True):
            for it in made.examples(held, labelled=False):
                if words.unknown and it.label is not None:
                    continue
                folder = words.folder / _folder(it.label)
                folder.mkdir(exist_ok=True)
                try:
                    shutil.copy(it.path, folder)
                except FileNotFoundError:  # it gave way meanwhile
                    gone += 1
                    continue
                rows.writerow([it.digest, it.label or ""])
                copied += 1
    said = {"pictures": copied, "gave_way": gone, "folder": str(words.folder)}
    answer(words, said, f"{copied} pictures in {words.folder}")
    return WELL
