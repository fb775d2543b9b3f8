"""Cameras of which it is known what they show."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framegate_learn.documents import Document, Text, Where
from framegate_learn.findings import Record
from framegate_learn.mistakes import Failure

_CLOCK_RATE = 90000  # of RTP time stamps (RFC 2435)


@dataclass
class Truth:
    """What is known, or a file of cameras of which it is, as those of tests are:

        door: "3"                              # always
        yard: {rate: 25, labels: ["7", "2"]}   # picture after picture, by the RTP time stamp

    A file is read again when it was changed. Failure: it cannot be read.
    """

    source: Path | dict[str, Any]
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
        if isinstance(self.source, dict):
            self._known = self.source
            return
        try:
            stamp = self.source.stat().st_mtime_ns
            if stamp == self._stamp:
                return
            document = Document(self.source)
        except OSError as error:
            raise Failure(f"{self.source}: {error.strerror}: `label.truth` names it") from None
        if not document.mistakes:
            look_at(document, (), document.value)
        if document.mistakes:
            raise Failure("\n".join(str(mistake) for mistake in document.mistakes))
        self._known, self._stamp = document.value, stamp


@dataclass(frozen=True)
class Known:
    """What learn.yaml says of it: the path of such a file, or the lines themselves."""

    file: Text

    def read(self, document: Document, where: Where, value: Any) -> Any:
        """As all kinds of values are read."""
        if not isinstance(value, dict):
            return self.file.read(document, where, value)
        look_at(document, where, value)
        return value


def look_at(document: Document, where: Where, value: Any) -> None:
    """Notes what is wrong with such lines."""
    if not isinstance(value, dict):
        document.wrong(where, 'must be lines of a camera and its label, as in `door: "3"`')
        return
    for camera, known in value.items():
        if isinstance(known, str) and known:
            continue
        labels = known.get("labels") if isinstance(known, dict) else None
        well = isinstance(labels, list) and labels and all(isinstance(it, str) for it in labels)
        rate = known.get("rate") if isinstance(known, dict) else None
        if well and not isinstance(rate, bool) and isinstance(rate, int | float) and rate > 0:
            continue
        text = 'must be a label in quotes, or {rate: PICTURES A SECOND, labels: ["7", ...]}'
        document.wrong((*where, camera), text)
