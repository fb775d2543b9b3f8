"""YAML files of which every value's line is known, held against a JSON Schema."""

import functools
import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from framegate_fleet.mistakes import Mistake

if TYPE_CHECKING:
    import jsonschema

Where = tuple[str | int, ...]


class Document:
    """One file: its value, and where each part of it stands."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.file = str(file.relative_to(folder))
        self.name = file.stem
        self.value: Any = None
        self.mistakes: list[Mistake] = []
        self._lines: dict[Where, int] = {}
        try:
            self._read(file.read_text())
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            self.mistakes.append(Mistake(self.file, line, f"no YAML: {error.problem}"))
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            self.mistakes.append(Mistake(self.file, 0, f"cannot be read: {error}"))

    def line(self, where: Where) -> int:
        """The line of a part, or of the nearest one around it."""
        while where and where not in self._lines:
            where = where[:-1]
        return self._lines.get(where, 0)

    def mistake(self, where: Where, text: str) -> Mistake:
        """One about a part of this file."""
        return Mistake(self.file, self.line(where), text)

    def held_against(self, kind: str, value: Any = None, at: Where = ()) -> list[Mistake]:
        """What the schema `kind` says of this file, or of `value`, which stands at `at` in it."""
        found = []
        for error in _validator(kind).iter_errors(self.value if value is None else value):
            where = at + tuple(error.absolute_path)
            name = ".".join(str(part) for part in where) or self.file
            found.append(self.mistake(_unknown(error, where), f"{name}: {error.message}"))
        return found

    def _read(self, text: str) -> None:
        loader = yaml.SafeLoader(text)
        try:
            for event in yaml.parse(text, yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    line = event.start_mark.line + 1
                    text = f"'*{event.anchor}': say it with a variable, aliases are not read"
                    self.mistakes.append(Mistake(self.file, line, text))
                    return
            node = loader.get_single_node()
            self.value = self._value(loader, node, ()) if node else {}
        finally:
            loader.dispose()

    def _value(self, loader: yaml.SafeLoader, node: yaml.Node, where: Where) -> Any:
        self._lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(loader, n, (*where, i)) for i, n in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return loader.construct_object(node)
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(loader.construct_object(key_node))
            line = key_node.start_mark.line + 1
            if key in found:
                self.mistakes.append(Mistake(self.file, line, f"'{key}' stands here twice"))
            self._lines[(*where, key)] = line
            found[key] = self._value(loader, value_node, (*where, key))
        return found


@functools.cache
def schema_of_files() -> dict[str, Any]:
    """What may stand in files, by kind below `$defs`."""
    return json.loads(resources.files(__package__).joinpath("schema.json").read_text())


@functools.cache
def _validator(kind: str) -> "jsonschema.Draft202012Validator":
    # Who only wants to know what may be said need not have it.
    import jsonschema

    schema = schema_of_files()
    return jsonschema.Draft202012Validator({**schema, "$ref": f"#/$defs/{kind}"})


def _unknown(error: "jsonschema.ValidationError", where: Where) -> Where:
    """Where a key stands that is not known, rather than what it stands in."""
    if error.validator != "additionalProperties":
        return where
    known = error.schema.get("properties", {})
    unknown = [key for key in error.instance if key not in known]
    return (*where, unknown[0]) if unknown else where
