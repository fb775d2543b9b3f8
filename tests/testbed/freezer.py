"""Freezes one thread of another process, as if it hung in a system call: the others go on."""

import ctypes
import os
import threading
import time
from pathlib import Path

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_ALL_THREADS = 0x40000000  # __WALL
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, thread: int) -> None:
    if _libc.ptrace(request, thread, None, None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace: {os.strerror(number)}")


def thread_of(pid: int, name: str) -> int:
    """The id of the thread that is called so."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int(task.name)
    raise LookupError(f"process {pid} has no thread {name}")


class Frozen:
    """A thread that stands still until `thaw`, or until its process ends.

    Who traces a thread must be one and the same thread of ours, and must see its end: else the
    process could not be waited for.
    """

    def __init__(self, pid: int, name: str) -> None:
        self._thread = thread_of(pid, name)
        self._thaw, self._stopped = threading.Event(), threading.Event()
        self._error: OSError | None = None
        self._tracer = threading.Thread(target=self._trace, daemon=True)
        self._tracer.start()
        self._stopped.wait()
        if self._error:
            raise self._error

    def _trace(self) -> None:
        try:
            _ptrace(_SEIZE, self._thread)
            _ptrace(_INTERRUPT, self._thread)
            os.waitpid(self._thread, _ALL_THREADS)
        except OSError as error:
            self._error = error
            return
        finally:
            self._stopped.set()
        while not self._thaw.is_set():
            ended, _status = os.waitpid(self._thread, _ALL_THREADS | os.WNOHANG)
            if ended:
                return
            time.sleep(0.02)
        _ptrace(_DETACH, self._thread)

    def thaw(self) -> None:
        """Lets it go on; nothing happens when its process has ended."""
        self._thaw.set()
        self._tracer.join()
