"""Programs that crashed, as they were seen to: what tests are told of them (crash_hook.py)."""

import signal

# Nobody here sends these: a program that ends by one has crashed.
_SIGNALS = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
_seen: dict[int, str] = {}


def note(pid: int, program: str, code: int, said: str) -> None:
    """A program that we started has ended with this exit code; may be told of the same again."""
    if -code in _SIGNALS:
        _seen[pid] = f"{program}: {signal.Signals(-code).name}:\n{said[-3000:]}"


def take() -> list[str]:
    """What has crashed since this was last asked."""
    seen = list(_seen.values())
    _seen.clear()
    return seen
