"""YAML files of which every value's line is known. Strict: no key twice, and no aliases."""

from pathlib import Path
from typing import Any

import yaml

from framegate_files.mistakes import Mistake

Where = tuple[str | int, ...]


class Document:
    """One file: its value, and where each part of it stands. OSError: it cannot be read.

    `name` is what mistakes call it; what is in it is good for nothing while there are some. With
    `text` that is what is in it, and no file is read.
    """

    # What to do instead of an alias.
    no_alias = "write it out, aliases are not read"

    def __init__(self, file: Path, name: str = "", text: str | None = None) -> None:
        self.file = name or str(file)
        self.value: Any = None
        self.mistakes: list[Mistake] = []
        self._lines: dict[Where, int] = {}
        try:
            self._read(file.read_text() if text is None else text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            self.mistakes.append(Mistake(self.file, line, f"no YAML: {error.problem}"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self.mistakes.append(Mistake(self.file, 0, f"no YAML: {error}"))
        except RecursionError:
            self.mistakes.append(
                Mistake(self.file, 0, "no YAML that is read: it is nested too deep")
            )

    def line(self, where: Where) -> int:
        """The line of a part, or of the nearest one around it."""
        while where and where not in self._lines:
            where = where[:-1]
        return self._lines.get(where, 0)

    def mistake(self, where: Where, text: str) -> Mistake:
        """One about a part of this file."""
        return Mistake(self.file, self.line(where), text)

    def _read(self, text: str) -> None:
        loader = yaml.SafeLoader(text)
        try:
            for event in yaml.parse(text, yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    line = event.start_mark.line + 1
                    said = f"'*{event.anchor}': {self.no_alias}"
                    self.mistakes.append(Mistake(self.file, line, said))
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
            self._lines[(*where, key)] = line
            if key in found:
                self.mistakes.append(Mistake(self.file, line, f"'{key}' stands here twice"))
            found[key] = self._value(loader, value_node, (*where, key))
        return found


def unknown_key(error: Any, where: Where) -> Where:
    """Where a key stands that a JSON Schema does not know, rather than what it stands in.

    `error` is a jsonschema.ValidationError.
    """
    if error.validator != "additionalProperties":
        return where
    known = error.schema.get("properties", {})
    unknown = [key for key in error.instance if key not in known]
    return (*where, unknown[0]) if unknown else where
