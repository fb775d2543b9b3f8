"""Work steps, counted as source D counts them: commands typed and lines edited.

What is counted is carried out: a command runs, and a file gets the lines. A login and a copy to
another machine are commands, too, though all machines are this one.
"""

import difflib
import os
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Of D's scenario: gateways come up and are changed, a model goes out, one is made at each of them.
PARTS = ("set-up", "operation", "deployment", "training")


@dataclass
class Ledger:
    """The steps of one way of working, by part of the scenario."""

    environment: dict[str, str] = field(default_factory=dict)
    typed: list[tuple[str, str]] = field(default_factory=list)  # part, command
    lines: Counter[str] = field(default_factory=Counter)
    part: str = PARTS[0]

    def type(self, *words: object, timeout: float = 600, well: tuple[int, ...] = (0,)) -> str:
        """A command; returns what it prints. RuntimeError: it does not end well."""
        self.typed.append((self.part, " ".join(map(str, words))))
        return self.run(*words, timeout=timeout, well=well)

    def run(self, *words: object, timeout: float = 600, well: tuple[int, ...] = (0,)) -> str:
        """The same for what a person need not type."""
        said = subprocess.run(
            [str(word) for word in words],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if said.returncode not in well:
            told = (said.stderr or said.stdout)[-1500:]
            raise RuntimeError(f"{' '.join(map(str, words))}: {said.returncode}: {told}")
        return said.stdout

    def go_there(self, command: str = "ssh") -> None:
        """A login on another machine, or what only means something between two."""
        self.typed.append((self.part, command))

    def edit(self, path: Path, text: str) -> None:
        """A file gets this text; lines that were there are not typed."""
        before = path.read_text().splitlines() if path.exists() else []
        changes = difflib.ndiff(before, text.splitlines())
        self.lines[self.part] += sum(line[0] == "+" for line in changes)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def told(self) -> dict[str, Any]:
        """By part: commands, lines and both."""
        commands = Counter(part for part, _ in self.typed)
        return {
            part: {
                "commands": commands[part],
                "lines": self.lines[part],
                "steps": commands[part] + self.lines[part],
            }
            for part in PARTS
        }


def times(counts: dict[str, Any], factor: int, once: dict[str, Any]) -> dict[str, Any]:
    """What one gateway takes, so many times, with what is done once for all of them."""
    return {
        part: {key: factor * it[key] + once[part][key] for key in it} for part, it in counts.items()
    }


def total(counts: dict[str, Any]) -> int:
    """All steps."""
    return sum(it["steps"] for it in counts.values())
