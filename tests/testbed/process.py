"""A child process that cannot outlive us and is only ever stopped by its own id."""

import ctypes
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One running program; what it prints goes into the file `log`."""

    def __init__(
        self,
        arguments: Sequence[object],
        log: Path,
        *,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        stdout: int | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.arguments = [str(argument) for argument in arguments]
        self.log = log
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                self.arguments,
                stdin=stdin,
                stdout=out if stdout is None else stdout,
                stderr=out,
                env=environment,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def stdout(self) -> IO[bytes] | None:
        """The read end of its standard output, when that is a pipe."""
        return self._child.stdout

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._child.poll()

    @property
    def running(self) -> bool:
        """True until it has ended."""
        return self._child.poll() is None

    def text(self) -> str:
        """All that it printed so far."""
        return self.log.read_text(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal; nothing happens when it has already ended."""
        if self.running:
            self._child.send_signal(number)

    def wait(self, timeout: float) -> int:
        """Waits for its end; raises subprocess.TimeoutExpired."""
        return self._child.wait(timeout)

    def stop(self, timeout: float = 10.0) -> float:
        """Ends it by SIGTERM, by SIGKILL after `timeout`; returns the seconds that it took."""
        begin = time.monotonic()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        return time.monotonic() - begin

    def kill(self) -> None:
        """Ends it at once."""
        self.signal(signal.SIGKILL)
        self._child.wait()
