"""Whether what was learned is better than what runs, on pictures that nothing was learned from.

The two say something of the same pictures, so that only those count of which one is right and the
other is not: McNemar's test, exactly (McNemar, 1947), and a bootstrap interval of the difference
(Efron, 1979). A mean alone could be luck, and so could the best of many tries: each judgement on
the same pictures has to show more (`judgements`).
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from framegate_learn import judgements
from framegate_learn.material import Part, Pictures
from framegate_learn.mistakes import Failure
from framegate_learn.served import Served
from framegate_learn.settings import Gates

_BATCH = 64
_DRAWS = 4000


@dataclass(frozen=True)
class Figures:
    """How a version did on some pictures."""

    right: np.ndarray  # of each picture
    best: np.ndarray  # the number of its best label
    ms: float  # a picture

    @property
    def accuracy(self) -> float:
        """0 to 1."""
        return float(self.right.mean()) if len(self.right) else 0.0

    def told(self, labels: list[str], truth: np.ndarray) -> dict[str, Any]:
        """For the report."""
        of_label = {
            labels[number]: round(float(self.right[truth == number].mean()), 4)
            for number in np.unique(truth)
        }
        return {
            "accuracy": round(self.accuracy, 4),
            "pictures": len(self.right),
            "ms": round(self.ms, 3),
            "labels": of_label,
        }


def look(served: Served, part: Part) -> Figures:
    """What ONNX Runtime makes of them with the graph itself, as the gateway will."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(served.graph), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        # Its classes of exceptions have no common base of their own.
        raise Failure(f"{served.graph}: {str(error).splitlines()[0]}") from None
    [source] = session.get_inputs()
    fixed = source.shape[0] if isinstance(source.shape[0], int) else None
    kind = {"tensor(float16)": np.float16, "tensor(uint8)": np.uint8}.get(source.type, np.float32)
    batch = fixed or _BATCH
    best, begin = [], time.monotonic()
    for at in range(0, len(part), batch):
        pixels = part.pictures[at : at + batch]
        room = np.resize(pixels, (batch, *pixels.shape[1:])) if fixed else pixels
        values = served.preparation.tensor(room).astype(kind)
        [said] = session.run([served.tensor], {source.name: values})
        best.append(said.reshape((len(room), -1))[: len(pixels)].argmax(1))
    found = np.concatenate(best) if best else np.array([], int)
    ms = 1000 * (time.monotonic() - begin) / max(len(part), 1)
    return Figures(found == part.labels, found, ms)


@dataclass(frozen=True)
class Verdict:
    """Whether it is accepted, why, and by which figures."""

    accepted: bool
    reason: str
    told: dict[str, Any]


def compare(before: Figures, after: Figures, seed: int) -> dict[str, Any]:
    """How they differ on the same pictures."""
    gained = int((after.right & ~before.right).sum())
    lost = int((before.right & ~after.right).sum())
    count = len(before.right)
    # Each that is drawn is one gained, one lost or neither: how many of each is all that counts.
    shares = np.array([gained, lost, count - gained - lost]) / count
    drawn = np.random.default_rng(seed).multinomial(count, shares, _DRAWS)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / count, [0.025, 0.975])
    return {
        "pictures": count,
        "difference": round((gained - lost) / count, 4),
        "gained": gained,
        "lost": lost,
        "luck": luck(gained, lost),
        "interval": [round(float(low), 4), round(float(high), 4)],
        "disagreement": round(float((before.best != after.best).mean()), 4),
    }


def luck(gained: int, lost: int) -> float:
    """How likely so many or more are gained of those that changed, were both as likely."""
    count = gained + lost
    ways = total = math.comb(count, gained)
    for more in range(gained, count):
        ways = ways * (count - more) // (more + 1)
        total += ways
    return total / 2**count


def judge(
    before: Figures,
    after: Figures,
    gates: Gates,
    general: tuple[Figures, Figures] | None = None,
    seed: int = 0,
    number: int = 1,
) -> Verdict:
    """Accepted only if nothing speaks against it.

    number -- of this judgement among those on the same pictures, as `judgements.begin` counts them
    """
    told: dict[str, Any] = {"gates": asdict(gates)}
    count = len(before.right)
    if count < max(gates.held, 1):
        return Verdict(
            False,
            f"{count} pictures were kept back, fewer than {gates.held}: nothing can be said",
            told,
        )
    found = told["held"] = compare(before, after, seed)
    # Whoever allows everything asks for nothing.
    level = gates.luck * judgements.share(number) if gates.luck < 1 else 1.0
    found.update(judgement=number, level=level)
    better = f"{before.accuracy:.1%} before, {after.accuracy:.1%} after, of {count} pictures"
    reasons = []
    if found["difference"] < gates.margin:
        reasons.append(f"not better by {gates.margin:.1%}")
    elif found["luck"] > level:
        reasons.append(
            f"could be luck (p = {found['luck']:.2g}, at most {level:.2g} in judgement {number} on "
            "these pictures)"
        )
    if after.accuracy < gates.least:
        reasons.append(f"right less often than {gates.least:.0%}: are the labels right?")
    if general:
        was, now = general
        told["general"] = compare(was, now, seed)
        if now.accuracy < was.accuracy - gates.general:
            reasons.append(
                f"worse on the general pictures by more than {gates.general:.1%}: "
                f"{was.accuracy:.1%} before, {now.accuracy:.1%} after"
            )
    reason = f"{better}: {'; '.join(reasons)}" if reasons else f"better: {better}"
    return Verdict(not reasons, reason, told)


def general_part(folder: Path, served: Served, room: Path) -> tuple[Part, int]:
    """The cloud's own pictures, FOLDER/LABEL/*.jpg or .png, and how many could not be used.

    As the model sees them they lie in the file `room`: there may be more than memory holds.
    """
    paths = [
        (number, path)
        for number, label in enumerate(served.labels)
        for path in sorted((folder / label).glob("*"))
    ]
    pictures = Pictures(served, room, len(paths))
    labels = [number for number, path in paths if pictures.add(path)]
    if not labels:
        raise Failure(f"{folder}: it has no pictures in folders named as the model's labels")
    return Part(pictures.close(), np.array(labels, np.int32)), len(paths) - len(labels)
