"""A YAML file of which every value's line is known, held against what may stand in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from framegate_files import documents
from framegate_files.documents import Where


class Document(documents.Document):
    """One file, whose mistakes are noted as they are found."""

    def wrong(self, where: Where, text: str) -> None:
        """Notes a mistake in a part of this file, or in what is around it where it is missing."""
        name = ".".join(str(part) for part in where)
        self.mistakes.append(self.mistake(where, f"{name}: {text}" if name else text))


class Kind(Protocol):
    """What may stand somewhere."""

    def read(self, document: Document, where: Where, value: Any) -> Any:
        """The value; mistakes are noted in the document, and None is returned."""


@dataclass(frozen=True)
class Number:
    """From `least` to `most`."""

    least: float
    most: float
    whole: bool = False

    def read(self, document: Document, where: Where, value: Any) -> float | int | None:
        kinds = (int,) if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            document.wrong(where, f"must be a {'whole ' * self.whole}number, not {value!r}")
        elif not self.least <= value <= self.most:
            document.wrong(where, f"must be {self.least:g} to {self.most:g}, not {value:g}")
        else:
            return value
        return None


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def read(self, document: Document, where: Where, value: Any) -> bool | None:
        if isinstance(value, bool):
            return value
        document.wrong(where, f"must be true or false, not {value!r}")
        return None


@dataclass(frozen=True)
class Text:
    """Not empty; `what` is what a mistake calls it."""

    what: str

    def read(self, document: Document, where: Where, value: Any) -> str | None:
        if isinstance(value, str) and value:
            return value
        hint = ": put it into quotes" if isinstance(value, bool | int | float) else ""
        document.wrong(where, f"must be {self.what}, not {value!r}{hint}")
        return None


@dataclass(frozen=True)
class Texts:
    """A list of them, none twice."""

    each: Text
    least: int = 1
    most: int = 4096

    def read(self, document: Document, where: Where, value: Any) -> list[str] | None:
        if not isinstance(value, list):
            document.wrong(where, f"must be a list, each {self.each.what}")
            return None
        if not self.least <= len(value) <= self.most:
            document.wrong(where, f"must have {self.least} to {self.most} of them")
        found = [self.each.read(document, (*where, i), it) for i, it in enumerate(value)]
        for i, it in enumerate(found):
            if it is not None and it in found[:i]:
                document.wrong((*where, i), f"'{it}' stands here twice")
        return [it for it in found if it is not None]


@dataclass(frozen=True)
class Words:
    """Keys that the file chooses, each with a text."""

    each: Text

    def read(self, document: Document, where: Where, value: Any) -> dict[str, str] | None:
        if not isinstance(value, dict) or not value:
            document.wrong(where, f"must be lines of a name and {self.each.what}")
            return None
        found = {key: self.each.read(document, (*where, key), it) for key, it in value.items()}
        return {key: it for key, it in found.items() if it is not None}


@dataclass(frozen=True)
class Section:
    """Keys that are known; those of `needed` must be there."""

    keys: Mapping[str, Kind]
    needed: tuple[str, ...] = ()

    def read(self, document: Document, where: Where, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            document.wrong(where, f"must have keys: {', '.join(self.keys)}")
            return None
        found = {}
        for key, it in value.items():
            if key not in self.keys:
                document.wrong((*where, key), f"is not known; there are {', '.join(self.keys)}")
                continue
            found[key] = self.keys[key].read(document, (*where, key), it)
        for key in self.needed:
            if key not in value:
                document.wrong((*where, key), "is missing")
        return {key: it for key, it in found.items() if it is not None}
