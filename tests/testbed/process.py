"""A child process that cannot outlive us and is only ever stopped by its own id."""

import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from testbed import crashes, stopping

# Not by Python code between fork and exec: a signal that comes then is lost.
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


class Process:
    """One running program; what it prints goes into the file `log`.

    It ends with the thread that starts it, not only with us: the kernel takes that for its parent.
    """

    def __init__(
        self,
        arguments: Sequence[object],
        log: Path,
        *,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        stdout: int | None = None,
        environment: dict[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.arguments = [str(argument) for argument in arguments]
        self.log = log
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                [*_DIES_WITH_US, *self.arguments],
                stdin=stdin,
                stdout=out if stdout is None else stdout,
                stderr=out,
                env=environment,
                start_new_session=True,
                pass_fds=pass_fds,
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
        code = self._child.poll()
        if code is not None:
            self._note_end(code)
        return code

    @property
    def running(self) -> bool:
        """True until it has ended."""
        return self.exit_code is None

    def text(self) -> str:
        """All that it printed so far."""
        return self.log.read_text(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal; nothing happens when it has already ended."""
        if self.running:
            self._child.send_signal(number)

    def wait(self, timeout: float) -> int:
        """Waits for its end; raises subprocess.TimeoutExpired."""
        end = time.monotonic() + timeout
        while True:
            stopping.check()
            rest = end - time.monotonic()
            try:
                code = self._child.wait(min(max(rest, 0), 0.2))
                self._note_end(code)
                return code
            except subprocess.TimeoutExpired:
                if rest <= 0.2:
                    raise

    def stop(self, timeout: float = 10.0) -> float:
        """Ends it by SIGTERM, by SIGKILL after `timeout`; returns the seconds that it took."""
        begin = time.monotonic()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self._note_end(self._child.wait(timeout))
        except subprocess.TimeoutExpired:
            self.kill()
        return time.monotonic() - begin

    def kill(self) -> None:
        """Ends it at once."""
        self.signal(signal.SIGKILL)
        self._note_end(self._child.wait())

    def _note_end(self, code: int) -> None:
        said = self.text() if code < 0 and self.log.exists() else ""
        crashes.note(self.pid, self.arguments[0], code, said)
