"""A box's serial line: what it shows, and what somebody types there."""

import re
import socket
import threading
import time
from pathlib import Path

from testbed import stopping

# Colours and the cursor, which systemd and the firmware move.
_ESCAPES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][0-9A-B]|[\x00\x07\r]")


class SerialLine:
    """The emulator connects to `path`; all that comes is kept, and added to the file `log`."""

    def __init__(self, path: Path, log: Path) -> None:
        self._log = log
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._news = threading.Condition()
        self._raw = b""
        self._read = 0
        self.over = False

    def connect(self, timeout: float) -> None:
        """Waits for the emulator."""
        self._listener.settimeout(timeout)
        self._line, _ = self._listener.accept()
        self._line.settimeout(None)
        self._listener.close()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                data = self._line.recv(65536)
            except OSError:
                data = b""
            with self._log.open("ab") as log:
                log.write(data)
            with self._news:
                self._raw += data
                self.over = not data
                self._news.notify_all()
            if not data:
                return

    @property
    def text(self) -> str:
        """All that it showed."""
        return _ESCAPES.sub("", self._raw.decode(errors="replace"))

    def expect(self, pattern: str, timeout: float) -> re.Match[str]:
        """Waits until that was shown after what was expected last; returns the match."""
        end = time.monotonic() + timeout
        with self._news:
            while True:
                text = self.text
                if found := re.compile(pattern, re.MULTILINE).search(text, self._read):
                    self._read = found.end()
                    return found
                rest = end - time.monotonic()
                if self.over or rest <= 0:
                    why = "the emulator has ended" if self.over else f"{timeout:.0f} s passed"
                    raise AssertionError(
                        f"{why} without {pattern!r}; at the end it showed\n{text[-4000:]}"
                    )
                self._news.wait(min(rest, 1))
                stopping.check()

    def say(self, words: str) -> None:
        """Types a line."""
        self._line.sendall(f"{words}\n".encode())

    def wait_for_end(self, timeout: float) -> None:
        """Waits until the emulator has gone."""
        with self._news:
            if not self._news.wait_for(lambda: self.over, timeout):
                raise AssertionError("the emulator does not end")
        self._line.close()
