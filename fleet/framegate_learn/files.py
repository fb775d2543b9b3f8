"""What runs keep: JSON and arrays, whole or not at all."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from framegate_files.whole import write


def write_json(path: Path, value: Any) -> None:
    """Replaces a file by JSON; on the disk when this returns. OSError."""
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
