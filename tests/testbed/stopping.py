"""Ctrl-C, SIGTERM and SIGHUP: asked to stop, once, at a place where it does no harm.

An exception that a signal raises can come anywhere: between making a folder and noting that it has
to go, or inside a hook that swallows it. So a signal only leaves a note, which every wait looks at,
and from the first moment of the clean-up on nobody looks any more.
"""

import signal
import time
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_asked: int | None = None
_cleaning = False


class Stopped(Exception):
    """Somebody wants the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__("stopped" if number == signal.SIGINT else "asked to stop")
        self.exit_code = 128 + number


def _note(number: int, _frame: FrameType | None) -> None:
    global _asked
    _asked = _asked or number


def watch() -> None:
    """From now on signals leave a note."""
    for number in SIGNALS:
        signal.signal(number, _note)


def raise_once() -> None:
    """For what waits for programs and in little else: the first signal raises KeyboardInterrupt."""

    def stop(number: int, _frame: FrameType | None) -> None:
        clean_up()
        raise KeyboardInterrupt(number)

    for number in SIGNALS:
        signal.signal(number, stop)


def clean_up() -> None:
    """From now on signals do nothing, here and in programs that start from now on."""
    global _cleaning
    _cleaning = True
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def check() -> None:
    """Raises Stopped when somebody asked; never during the clean-up, or where nobody watches."""
    if _asked is not None and not _cleaning:
        raise Stopped(_asked)


def pause(seconds: float) -> None:
    """Sleeps, half a second late at most when somebody asks to stop meanwhile."""
    end = time.monotonic() + seconds
    check()
    while (rest := end - time.monotonic()) > 0:
        time.sleep(min(rest, 0.5))
        check()
