"""Records of pictures, and the records of results that they become: the gateway's own format.

A picture that a gateway sampled keeps its `ce_id`, `ce_source` and `ce_time`. Any other gets an id
of its place in its topic: it is the same when the record is read again, so that a reader of the
results can drop what he has seen.
"""

import json
import re
import time
import uuid
from collections.abc import Iterable
from typing import NamedTuple

Header = tuple[str, bytes]

_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")
_ID = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/([A-Za-z0-9._-]{1,63})/([0-9]{1,19})"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_SAMPLED = "com.framegate.frame.v1"
_RESULT = "com.framegate.result.v1"
_OURS = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type")


class Place(NamedTuple):
    """Where a record lies, and what stands beside its picture."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: tuple[Header, ...]
    time_ms: int  # since 1970; below 0: it has none


class Origin(NamedTuple):
    """What a result says of its picture's origin."""

    id: str
    source: str
    time: str  # RFC 3339, UTC, milliseconds
    camera: str
    sequence: int


class Result(NamedTuple):
    """A record of the results topic; its key is the picture's."""

    headers: list[Header]
    value: bytes


def headers_of(given: Iterable[tuple[str, bytes | None]] | None) -> tuple[Header, ...]:
    """Headers as clients give them; an empty one has no bytes."""
    return tuple((name, value or b"") for name, value in given or ())


def _first(headers: Iterable[Header], name: str) -> str:
    return next((value.decode(errors="replace") for key, value in headers if key == name), "")


def _camera(place: Place) -> str:
    """The key, as a name of the gateway's kind; the topic's where there is none."""
    key = (place.key or b"").decode(errors="replace") or place.topic
    return key if _NAME.fullmatch(key) else re.sub(r"[^A-Za-z0-9._-]", "_", key)[:63]


def _time(place: Place) -> str:
    """The record's time."""
    ms = place.time_ms if place.time_ms >= 0 else time.time_ns() // 1_000_000
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


def origin(place: Place) -> Origin:
    """Who took the picture, and when: what the headers say, or the record's place."""
    found = _ID.fullmatch(_first(place.headers, "ce_id"))
    if found and _first(place.headers, "ce_type") == _SAMPLED:
        when = _first(place.headers, "ce_time")
        return Origin(
            id=found[0],
            source=_first(place.headers, "ce_source"),
            time=when if _TIME.fullmatch(when) else _time(place),
            camera=found[1],
            sequence=int(found[2]),
        )
    camera = _camera(place)
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"kafka:{place.topic}/{place.partition}")
    return Origin(
        id=f"{number}/{camera}/{place.offset}",
        source=f"/topics/{place.topic}/{place.partition}",
        time=_time(place),
        camera=camera,
        sequence=place.offset,
    )


def result(place: Place, found: str, worker: str, total_us: int) -> Result:
    """The record of what was found in a picture.

    found -- one of Engine.run_json()'s texts, of a picture without an error
    worker -- who says so, the record's `gateway`
    total_us -- microseconds since the picture's record was read

    It is as the schema of results has it (sink/schema/result.schema.json); the findings stand in it
    to the byte. Headers that are not CloudEvents' are kept.
    """
    of = origin(place)
    # {"frame":{...},"model":...}: no text of a frame has a brace.
    frame, _, findings = found.removeprefix('{"frame":').partition("},")
    facts = {
        "sequence": of.sequence,
        "rtpTimestamp": 0,
        "ssrc": 0,
        **json.loads(frame + "}"),
        "clockSource": "source",
        "flags": [],
    }
    head = {
        "version": "1.0",
        "id": of.id,
        "@timestamp": of.time,
        "sensorId": of.camera,
        "gateway": worker,
        "frame": facts,
    }
    tail = {"sampled": False, "latencyUs": {"total": max(total_us, 0)}}
    value = f"{_text(head)[:-1]},{findings[:-1]},{_text(tail)[1:]}"
    events = {
        "ce_specversion": "1.0",
        "ce_id": of.id,
        "ce_source": of.source,
        "ce_type": _RESULT,
        "ce_time": of.time,
        "content-type": "application/json",
    }
    headers = [(name, text.encode()) for name, text in events.items()]
    headers += [(name, value) for name, value in place.headers if name not in _OURS]
    return Result(headers, value.encode())


def is_picture(place: Place) -> bool:
    """False for what a gateway writes beside pictures: one that a model made, a result."""
    kind = _first(place.headers, "ce_type")
    return kind in ("", _SAMPLED) or not kind.startswith("com.framegate.")


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def cause(found: str) -> str | None:
    """Why there are no findings, in the gateway's word; None: it is well."""
    return _bad(found).get("error")


def reason(found: str) -> str:
    """The same in a line."""
    return _bad(found).get("reason", "")


def _bad(found: str) -> dict[str, str]:
    rest = found.partition("},")[2]
    return json.loads("{" + rest) if rest.startswith('"error":') else {}
