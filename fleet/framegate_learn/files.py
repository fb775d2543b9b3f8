"""Files that are there whole or not at all, whenever the process or the machine ends."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np


def write(path: Path, content: bytes) -> None:
    """Replaces the file; on the disk when this returns. OSError."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_json(path: Path, value: Any) -> None:
    """The same of JSON."""
    write(path, json.dumps(value, indent=1).encode())


def save_arrays(path: Path, values: dict[str, np.ndarray]) -> None:
    """The same of arrays (.npz), whatever their names are."""
    room = io.BytesIO()
    numbered = {str(number): value for number, value in enumerate(values.values())}
    np.savez(room, names=np.array(list(values), dtype=np.str_), **numbered)
    write(path, room.getvalue())


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """What `save_arrays` wrote."""
    with np.load(path) as values:
        return {str(name): values[str(i)] for i, name in enumerate(values["names"])}
