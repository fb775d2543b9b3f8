"""What a picture shows, by what is at hand: the truth where it is known, or models that agree."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framegate_learn.config import Labels
from framegate_learn.documents import Document
from framegate_learn.findings import Record, best_class, name_of
from framegate_learn.mistakes import Failure

_CLOCK_RATE = 90000  # of RTP time stamps (RFC 2435)


@dataclass(frozen=True)
class Ensemble:
    """What a camera's plan says of one."""

    first: str  # its findings have this model's name
    members: int
    by_mean: bool  # confidences are means, not shares of votes


@dataclass(frozen=True)
class CameraFacts:
    """What of a camera's configuration matters to who learns from it."""

    name: str
    region: tuple[int, int, int, int] | None = None  # x, y, width, height; 0: up to the edge
    models: frozenset[str] = frozenset()  # that look at its pictures
    ensembles: tuple[Ensemble, ...] = ()

    @classmethod
    def of(cls, config: dict[str, Any]) -> "CameraFacts":
        """From `GET cameras/NAME/config`."""
        named = config.get("region") or {}
        region = tuple(named.get(key) or 0 for key in ("x", "y", "width", "height"))
        models: set[str] = {name_of(config["model"])} if config.get("model") else set()
        ensembles = []
        for step in config.get("plan") or []:
            members = [name_of(it) for it in step.get("models") or [step["model"]]]
            models |= set(members)
            if len(members) > 1 and not step.get("from"):
                by_mean = step.get("combine", "mean") == "mean"
                ensembles.append(Ensemble(members[0], len(members), by_mean))
        return cls(
            config["name"], region if any(region) else None, frozenset(models), tuple(ensembles)
        )


def agreed(record: Record, camera: CameraFacts, model: str, least: float) -> str | None:
    """The label that all models of the camera's ensemble give, each at least so sure.

    The record has the mean of their confidences: none of n is above 1, so that each has at least
    n x mean - (n - 1). Of votes nothing is known of how sure they are.
    """
    ensemble = next((it for it in camera.ensembles if it.first == model), None)
    best = best_class(record, model)
    if ensemble is None or not ensemble.by_mean or best is None:
        return None
    # It is the largest of all ensembles' of the frame: 0 says that each one agrees.
    if record.get("disagreement") != 0:
        return None
    label, mean = best
    return label if ensemble.members * mean - (ensemble.members - 1) >= least - 1e-9 else None


@dataclass
class Truth:
    """A file of cameras of which it is known what they show, as those of tests are:

        door: "3"                              # always
        yard: {rate: 25, labels: ["7", "2"]}   # picture after picture, by the RTP time stamp

    It is read again when it was changed. Failure: it cannot be read.
    """

    path: Path
    _stamp: int = -1
    _known: dict[str, Any] = field(default_factory=dict)

    def of(self, record: Record) -> str | None:
        """The label of a frame; None: it is not known."""
        self.refresh()
        known = self._known.get(record["sensorId"])
        if not isinstance(known, dict):
            return known
        number = round(record["frame"]["rtpTimestamp"] * known["rate"] / _CLOCK_RATE)
        return known["labels"][number % len(known["labels"])]

    def refresh(self) -> None:
        """Reads it, unless it is as it was."""
        try:
            stamp = self.path.stat().st_mtime_ns
            if stamp == self._stamp:
                return
            document = Document(self.path)
        except OSError as error:
            raise Failure(f"{self.path}: {error.strerror}: `label.truth` names it") from None
        if not document.mistakes:
            _look_at(document)
        if document.mistakes:
            raise Failure("\n".join(str(mistake) for mistake in document.mistakes))
        self._known, self._stamp = document.value, stamp


def _look_at(document: Document) -> None:
    if not isinstance(document.value, dict):
        document.wrong((), 'must be lines of a camera and its label, as in `door: "3"`')
        return
    for camera, known in document.value.items():
        if isinstance(known, str) and known:
            continue
        labels = known.get("labels") if isinstance(known, dict) else None
        well = isinstance(labels, list) and labels and all(isinstance(it, str) for it in labels)
        rate = known.get("rate") if isinstance(known, dict) else None
        if well and not isinstance(rate, bool) and isinstance(rate, int | float) and rate > 0:
            continue
        text = 'must be a label in quotes, or {rate: PICTURES A SECOND, labels: ["7", ...]}'
        document.wrong((camera,), text)


class Labeller:
    """All that a configuration wants of these."""

    def __init__(self, labels: Labels, model: str) -> None:
        self._least = labels.agreement
        self._model = model
        self._truth = Truth(labels.truth) if labels.truth else None
        if self._truth:
            self._truth.refresh()

    def of(self, record: Record, camera: CameraFacts) -> tuple[str, str] | None:
        """Label and source; None: nobody knows."""
        if self._truth:
            known = self._truth.of(record)
            if known is not None:
                return known, "truth"
        if self._least:
            label = agreed(record, camera, self._model, self._least)
            if label is not None:
                return label, "agreement"
        return None
