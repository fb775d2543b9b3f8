"""Writes a copy of a source file from which one protection is taken away.

mutate.py SOURCE COPY OLD NEW: OLD must stand in SOURCE exactly once, or the control is out of date.
"""

import sys
from pathlib import Path


def main(source: str, copy: str, old: str, new: str) -> None:
    """Replaces the one place."""
    text = Path(source).read_text()
    if text.count(old) != 1:
        sys.exit(f"{source}: {text.count(old)} places instead of one: {old}")
    Path(copy).write_text(text.replace(old, new))


if __name__ == "__main__":
    main(*sys.argv[1:])
