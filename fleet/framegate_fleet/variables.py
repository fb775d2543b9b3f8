"""`${NAME}` in templates and cameras."""

import re
from typing import Any

from framegate_fleet.documents import Document, Where
from framegate_fleet.mistakes import Mistake

_NAMED = re.compile(r"\$\{([^}]*)\}")


class Renderer:
    """Puts one gateway's variables in; notes those that it does not have."""

    def __init__(self, gateway: str, variables: dict[str, Any]) -> None:
        self.mistakes: list[Mistake] = []
        self._gateway = gateway
        self._variables = variables

    def render(self, document: Document, where: Where, value: Any) -> Any:
        """A copy of what stands at `where`. What is nothing but a variable has that one's type."""
        if isinstance(value, dict):
            return {k: self.render(document, (*where, k), v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.render(document, (*where, i), v) for i, v in enumerate(value)]
        if not isinstance(value, str):
            return value
        whole = _NAMED.fullmatch(value)
        if whole:
            return self._look_up(document, where, whole[1])
        return _NAMED.sub(lambda named: str(self._look_up(document, where, named[1])), value)

    def _look_up(self, document: Document, where: Where, name: str) -> Any:
        if name in self._variables:
            return self._variables[name]
        text = f"gateway {self._gateway} has no variable '{name}'"
        self.mistakes.append(document.mistake(where, text))
        return ""
