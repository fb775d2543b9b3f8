"""The repository's files, held against a JSON Schema."""

import functools
import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framegate_files import documents
from framegate_files.documents import Where, unknown_key
from framegate_files.mistakes import Mistake

if TYPE_CHECKING:
    import jsonschema

__all__ = ["Document", "Where", "schema_of_files"]


class Document(documents.Document):
    """One file; its mistakes call it by its place in the repository."""

    no_alias = "say it with a variable, aliases are not read"

    def __init__(self, folder: Path, file: Path) -> None:
        self.name = file.stem
        try:
            super().__init__(file, str(file.relative_to(folder)))
        except OSError as error:
            self.mistakes.append(Mistake(self.file, 0, f"cannot be read: {error}"))

    def held_against(self, kind: str, value: Any = None, at: Where = ()) -> list[Mistake]:
        """What the schema `kind` says of this file, or of `value`, which stands at `at` in it."""
        found = []
        for error in _validator(kind).iter_errors(self.value if value is None else value):
            where = at + tuple(error.absolute_path)
            name = ".".join(str(part) for part in where) or self.file
            found.append(self.mistake(unknown_key(error, where), f"{name}: {error.message}"))
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
