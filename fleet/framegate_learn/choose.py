"""Which frames are worth keeping: uncertain, disagreed about, asked for, or simply due."""

from framegate_learn.config import Config
from framegate_learn.findings import Record, best_class, boxes, captured_us


def confidence_of(record: Record, config: Config) -> float | None:
    """The least confidence that a model had in what it says of the frame; None: it says nothing.

    Of a classification that is its first class, of detectors the least sure box that is taken for
    something: half as sure as `crops.sure` and more.
    """
    if config.crops is None:
        best = best_class(record, config.model)
        return best[1] if best else None
    found = [it.confidence for name in config.crops.detectors for it in boxes(record, name)]
    return min((it for it in found if it >= config.crops.sure / 2), default=None)


class Chooser:
    """Remembers when each camera's last picture was chosen because it was due."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._last: dict[str, int] = {}

    def reason(self, record: Record, demanded: bool = False) -> str | None:
        """Why the frame is worth keeping: `demand`, `disagreeing`, `uncertain` or `seconds`.

        None: it is not. Records come in the order of their time.
        """
        choose = self._config.choose
        if demanded:
            return "demand"
        if choose.disagreement and record.get("disagreement", 0) >= choose.disagreement:
            return "disagreeing"
        sure = confidence_of(record, self._config)
        if choose.confidence and sure is not None and sure < choose.confidence:
            return "uncertain"
        if choose.seconds:
            at = captured_us(record)
            last = self._last.get(record["sensorId"])
            if last is None or not 0 <= at - last < choose.seconds * 1e6:
                self._last[record["sensorId"]] = at
                return "seconds"
        return None
