"""What an outage of the broker did, reckoned from the records themselves.

A record tells when its picture came and how long it took to be one; the topic has the broker's
clock, so that it also tells when the broker took it. Nothing is asked of the gateway meanwhile.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

# The broker's clock tells milliseconds.
TICK_S = 0.001
# A shorter time has too few pictures for a percentile.
LEAST_S = 2.0


class Seen(NamedTuple):
    """A result in the topic; times are seconds of the machine's clock."""

    captured: float  # the first packet of its picture
    appended: float  # ... to the log of the broker
    way_ms: float  # from the first packet to the record


class Marks(NamedTuple):
    """When what happened, in its order, by the same clock."""

    began: float  # everything was warm
    gone: float
    returns: float  # it was told to come back
    back: float  # ... and takes connections
    ended: float  # nothing of the outage was left


class Span(NamedTuple):
    """What became of the pictures that came in a time."""

    per_second: float
    p99_ms: float
    count: int


class Figures(NamedTuple):
    """What came of it."""

    before: Span
    during: Span
    replaying: Span  # from the return until the last that had waited was taken, LEAST_S at least
    waited: int  # results
    first_s: float  # from the return until the broker took one
    replay_s: float  # from there until the last that had waited
    replay_rate: float  # results that it took meanwhile, a second


def _span(seen: Iterable[Seen], begin: float, end: float) -> Span:
    ways = [it.way_ms for it in seen if begin <= it.captured < end]
    if not ways:
        raise RuntimeError(f"no picture came in {end - begin:.1f} s")
    return Span(len(ways) / (end - begin), float(np.percentile(ways, 99)), len(ways))


def reckon(seen: Sequence[Seen], marks: Marks) -> Figures:
    """`seen` has each result once, as it came first."""
    waited = [it for it in seen if it.captured < marks.back <= it.appended]
    if not waited:
        raise RuntimeError("nothing had waited for the broker: the outage was none")
    first = min(it.appended for it in seen if it.appended >= marks.back)
    last = max(it.appended for it in waited)
    replayed = sum(first <= it.appended <= last for it in seen)
    replay_s = max(last - first, TICK_S)
    return Figures(
        before=_span(seen, marks.began, marks.gone),
        during=_span(seen, marks.gone, marks.returns),
        replaying=_span(seen, marks.back, max(last, marks.back + LEAST_S)),
        waited=len(waited),
        first_s=first - marks.back,
        replay_s=replay_s,
        replay_rate=replayed / replay_s,
    )


def courses(
    seen: Sequence[Seen], marks: Marks, width: float = 0.5
) -> dict[str, list[tuple[float, float]]]:
    """Results a second over the seconds since the beginning, by when they came and when the broker
    took them, and how many waited."""
    count = int((marks.ended - marks.began) / width)
    edges = [marks.began + width * number for number in range(count + 1)]
    came, _ = np.histogram([it.captured for it in seen], edges)
    taken, _ = np.histogram([it.appended for it in seen], edges)
    captured = np.sort([it.captured for it in seen])
    appended = np.sort([it.appended for it in seen])
    ends = np.asarray(edges[1:])
    waiting = np.searchsorted(captured, ends) - np.searchsorted(appended, ends)
    at = [width * (number + 0.5) for number in range(count)]
    return {
        "came, /s": list(zip(at, (came / width).tolist(), strict=True)),
        "taken, /s": list(zip(at, (taken / width).tolist(), strict=True)),
        "waiting": list(zip((ends - marks.began).tolist(), waiting.tolist(), strict=True)),
    }
