"""What records say was found, whether one model looked or the steps of a plan did."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from testbed.consumer import Record


def of_plan(record: Record) -> list[dict[str, Any]]:
    """The flat list of a plan's findings."""
    return record.body.get("findings", [])


def objects(record: Record) -> list[dict[str, Any]]:
    """What was boxed."""
    alone = record.body.get("objects", [])
    return alone or [it for it in of_plan(record) if it["kind"] == "object"]


def lines(record: Record) -> list[str]:
    """What was read."""
    return [it["text"] for it in of_plan(record) if it["kind"] == "read"]


def better(record: Record) -> dict[str, Any] | None:
    """The facts of the picture that a model made, if one did."""
    made = (it["enhanced"] for it in of_plan(record) if it["kind"] == "picture")
    return next(made, record.body.get("enhanced"))


def seen(record: Record) -> bool:
    """Whether any model looked at the frame: of a plan's steps there may be none."""
    return record.body["task"] != "none"


def looked(record: Record, model: str) -> bool:
    """Whether that model of a plan looked at the frame."""
    return any(it["name"] == model for it in record.body.get("models", []))


def count_classes(results: Iterable[Record]) -> Counter[str]:
    """How many objects of each class were boxed."""
    return Counter(found["type"] for record in results for found in objects(record))
