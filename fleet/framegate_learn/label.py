"""What a picture shows, by what is at hand: the truth where it is known, or models that agree."""

from dataclasses import dataclass
from typing import Any

from framegate_learn.config import Labels
from framegate_learn.findings import Record, best_class, name_of
from framegate_learn.truth import Truth


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
