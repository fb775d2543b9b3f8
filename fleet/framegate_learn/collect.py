"""From a frame that the gateway shows to pictures of the set."""

import contextlib
from collections import Counter
from dataclasses import dataclass, field

from framegate_learn import crops, parts
from framegate_learn.choose import Chooser
from framegate_learn.config import Config
from framegate_learn.findings import Box, best_class, captured_us
from framegate_learn.gateway import View
from framegate_learn.label import CameraFacts, Labeller
from framegate_learn.picture_set import Kept, PictureSet


@dataclass
class Collected:
    """Counters, from the start of a collector."""

    frames: int = 0  # that were looked at
    chosen: Counter[str] = field(default_factory=Counter)  # frames, by reason
    pictures: Counter[str] = field(default_factory=Counter)  # by what became of them
    damaged: int = 0  # frames of which no picture could be read


class Collector:
    """Chooses, cuts, labels and keeps. One thread."""

    def __init__(self, config: Config, made: PictureSet) -> None:
        self._config = config
        self._set = made
        self._chooser = Chooser(config)
        self._labeller = Labeller(config.label, config.model)
        self.collected = Collected()

    def take(self, view: View, camera: CameraFacts, demanded: bool = False) -> int:
        """One frame; how many pictures of it were kept. OSError and sqlite3.Error: of the set."""
        self.collected.frames += 1
        reason = self._chooser.reason(view.record, demanded)
        if reason is None:
            return 0
        self.collected.chosen[reason] += 1
        try:
            if self._config.crops:
                return self._take_parts(view, reason)
            return self._take_whole(view, camera, reason, self._labeller.of(view.record, camera))
        except ValueError:
            self.collected.damaged += 1
            return 0

    def correct(self, view: View, camera: CameraFacts, label: str | None) -> bool:
        """Keeps what an operator has said of a frame; False: no picture can be read from it.

        `label` None: what the models say is wrong, though they agree, and nobody has said more.
        """
        self.collected.chosen["operator"] += 1
        try:
            self._take_whole(view, camera, "operator", (label, "operator") if label else None)
        except ValueError:
            self.collected.damaged += 1
            return False
        if label is None:
            with contextlib.suppress(LookupError):
                self._set.label(view.record["id"], None, "agreement")
        return True

    def _take_whole(
        self, view: View, camera: CameraFacts, reason: str, label: tuple[str, str] | None
    ) -> int:
        """As the model sees it: turned, and the camera's region of it alone."""
        record, jpeg = view.record, view.jpeg
        orientation = record["frame"].get("orientation", 1)
        if camera.region or orientation != 1:
            pixels = parts.seen(jpeg, orientation)
            if camera.region:
                pixels = parts.cut(pixels, _box(camera.region, pixels.shape))
            if pixels.size == 0:
                raise ValueError("the region lies outside of the picture")
            jpeg = parts.encoded(pixels)
        said = best_class(record, self._config.model)
        return self._keep(record, record["id"], jpeg, reason, label, said)

    def _take_parts(self, view: View, reason: str) -> int:
        record, wanted = view.record, self._config.crops
        frame = record["frame"]
        found = crops.parts(record, wanted, frame["width"], frame["height"])
        if not found:
            return 0
        pixels = parts.seen(view.jpeg, frame.get("orientation", 1))
        kept = 0
        for number, part in enumerate(found):
            cut = parts.cut(pixels, part.box, wanted.margin)
            if cut.size == 0:
                continue
            said = (part.said, part.confidence) if part.said is not None else None
            label = (part.label, "agreement") if part.label is not None else None
            name = f"{record['id']}#{number}"
            kept += self._keep(record, name, parts.encoded(cut), reason, label, said)
        return kept

    def _keep(
        self,
        record: dict[str, object],
        name: str,
        jpeg: bytes,
        reason: str,
        label: tuple[str, str] | None,
        said: tuple[str, float] | None,
    ) -> int:
        outcome = self._set.add(
            name,
            record["sensorId"],
            captured_us(record),
            jpeg,
            reason,
            *(label or (None, None)),
            *(said or (None, None)),
        )
        self.collected.pictures[outcome.value] += 1
        return outcome is Kept.NEW


def _box(region: tuple[int, int, int, int], shape: tuple[int, ...]) -> Box:
    x, y, width, height = region
    right = x + width if width else shape[1]
    bottom = y + height if height else shape[0]
    return Box("", 0, x, y, right, bottom)
