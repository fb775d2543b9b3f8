"""What one run learns from, and is judged by: the pictures of the set as the model sees them.

They are copied at the beginning, so that a run that goes on after a kill learns from the same ones,
whatever the set has become since; the members share them by mapping the file.

    FOLDER/train.npy, held.npy   (n, height, width, channels) uint8; there may be room behind
    FOLDER/material.json         labels, digests, and what was left out
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from framegate_learn import files
from framegate_learn.mistakes import Failure
from framegate_learn.picture_set import Example, PictureSet
from framegate_learn.served import Served

# What must be left on the disk for everything else.
_SPARE = 64 << 20
PARTS = ("train", "held")


@dataclass(frozen=True)
class Part:
    """Pictures, and the number of each one's label; of those of the set, what they are called."""

    pictures: np.ndarray
    labels: np.ndarray
    digests: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Material:
    """What was gathered; `told` is for the report."""

    train: Part
    held: Part
    told: dict[str, Any]


def gather(pictures: PictureSet, served: Served, folder: Path) -> None:
    """Copies what has one of the model's labels into FOLDER, whole or not at all."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    known = {label: number for number, label in enumerate(served.labels)}
    told: dict[str, Any] = {"labels": {}, "digests": {}, "left_out": {}, "sources": {}}
    sources: Counter[str] = Counter()
    digest = hashlib.sha256()
    for name in PARTS:
        examples = list(pictures.examples(held=name == "held"))
        fitting = [it for it in examples if it.label in known]
        left = {"of a label that the model does not have": len(examples) - len(fitting)}
        taken, gone = _copy(fitting, served, part / f"{name}.npy")
        left["of files that are gone or damaged"] = gone
        told["left_out"][name] = {why: count for why, count in left.items() if count}
        told["labels"][name] = [known[it.label] for it in taken]
        told["digests"][name] = [it.digest for it in taken]
        sources.update(it.source or "" for it in taken)
        for it in taken:
            digest.update(f"{it.digest} {it.label} {name}\n".encode())
    told["sources"] = dict(sources)
    told["digest"] = f"sha256:{digest.hexdigest()}"
    files.write_json(part / "material.json", told)
    part.rename(folder)


def load(folder: Path) -> Material:
    """What `gather` has left there."""
    told = json.loads((folder / "material.json").read_text())
    # Without digests it is of a version before this one, which counted no judgements.
    labels, digests = told.pop("labels"), told.pop("digests", {name: [] for name in PARTS})
    train, held = (
        Part(
            np.load(folder / f"{name}.npy", mmap_mode="r")[: len(labels[name])],
            np.array(labels[name], np.int32),
            digests[name],
        )
        for name in PARTS
    )
    counts = {name: len(part) for name, part in zip(PARTS, (train, held))}
    return Material(train, held, {**counts, **told})


class Pictures:
    """A file of pictures as the model sees them, one after the other."""

    def __init__(self, served: Served, path: Path, most: int) -> None:
        """Room for `most`. Failure: the disk has not."""
        seen = served.preparation
        shape = (most, seen.height, seen.width, seen.channels)
        _need_room(path.parent, int(np.prod(shape)))
        self._seen, self._path = seen, path
        self._room = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
        self._count = 0

    def add(self, path: Path) -> bool:
        """False: no picture can be read from that file; it gave way since, or was never whole."""
        try:
            self._room[self._count] = self._seen.picture(path)
        except (OSError, ValueError, Image.DecompressionBombError):
            return False
        self._count += 1
        return True

    def close(self) -> np.ndarray:
        """All of them, on the disk; to be read alone. The file may have room behind them."""
        self._room.flush()
        del self._room
        return np.load(self._path, mmap_mode="r")[: self._count]


def _copy(examples: list[Example], served: Served, path: Path) -> tuple[list[Example], int]:
    """Those that could be read, and how many could not."""
    pictures = Pictures(served, path, len(examples))
    taken = [it for it in examples if pictures.add(it.path)]
    pictures.close()
    return taken, len(examples) - len(taken)


def _need_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise Failure(
            f"{folder}: the disk has {free >> 20} MiB left, and {(size + _SPARE) >> 20} MiB are "
            "needed to learn: make room, or bound the set (`set.pictures`)"
        )
