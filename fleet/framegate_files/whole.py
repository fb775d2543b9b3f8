"""Files that are there whole or not at all, whenever the process or the machine ends."""

import os
from pathlib import Path


def write(path: Path, content: bytes | str, mode: int | None = None, *, many: bool = False) -> None:
    """Replaces the file; on the disk when this returns. OSError; then the one before is there.

    `mode`: what others may do with it, from its first byte on. `many`: other processes may write it
    at the same time, and one of them is the last.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part" if many else f".{path.name}.part")
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(part, flags, 0o666 if mode is None else mode), "wb") as file:
            if mode is not None:
                # Whatever umask there is.
                os.fchmod(file.fileno(), mode)
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """So that the names in it are on the disk."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
