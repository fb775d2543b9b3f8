"""Files in a folder that others may write to: no links are followed, and nothing is waited for."""

import errno
import os
import stat
from pathlib import Path


def read(path: Path) -> bytes:
    """What is in a plain file. OSError: it cannot be read, or is something else."""
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(errno.EINVAL, "no plain file", str(path))
        return file.read()


def texts(folder: Path, pattern: str) -> dict[str, str]:
    """The text of each plain file that is not hidden, by its name without what follows the dot."""
    found = {}
    for file in sorted(folder.glob(pattern)):
        try:
            if not file.name.startswith("."):
                found[file.stem] = read(file).decode(errors="replace")
        except OSError:
            continue
    return found
