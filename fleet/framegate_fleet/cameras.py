"""Cameras of a gateway as files say them: many in one line, and what they are known to show."""

import re
from collections.abc import Iterator
from typing import Any

from framegate_fleet.documents import schema_of_files
from framegate_fleet.models import named

_RANGE = re.compile(r"([0-9]+)-([0-9]+)")
# Of one line; a gateway takes no more.
MOST = 4096


def each(camera: dict[str, Any]) -> Iterator[Any]:
    """The values of `${each}`, for each of which there is one; None: there is no `each`."""
    said = camera.get("each")
    found = _RANGE.fullmatch(said) if isinstance(said, str) else None
    if found:
        # 01-12 has two digits throughout.
        first, last = int(found[1]), int(found[2])
        width = len(found[1]) if found[1][0] == "0" else 0
        numbers = range(first, last + 1)[:MOST]
        yield from (f"{number:0{width}}" if width > 1 else number for number in numbers)
    elif isinstance(said, list):
        yield from said
    else:
        yield None


def with_numbers(camera: dict[str, Any]) -> dict[str, Any]:
    """The same, with numbers where numbers belong: `50${each}0` is a text to YAML."""
    keys = schema_of_files()["$defs"]["camera"]["properties"]
    return {
        key: int(it)
        if keys.get(key, {}).get("type") == "integer" and isinstance(it, str) and it.isdecimal()
        else it
        for key, it in camera.items()
    }


def known_of(model: str, cameras: list[dict[str, Any]], shows: dict[str, Any]) -> dict[str, Any]:
    """What is known of those that this model looks at."""
    return {
        camera["name"]: shows[camera["name"]]
        for camera in cameras
        if camera["name"] in shows and any(it.split(":")[0] == model for it in named(camera))
    }
