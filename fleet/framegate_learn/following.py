"""One collector for each learn.yaml that there is, as these come, change and go."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from framegate_files import plain

_LOOK_S = 2.0  # between two looks at the files
_END_S = 15.0  # that a collector may take to end
_LONGEST_WAIT_S = 60.0  # for another try of one that has ended by itself


@dataclass
class _Collector:
    """Of one file, as it was when it began."""

    content: bytes
    process: subprocess.Popen[bytes] | None = None
    tries: int = 0
    began: float = 0
    again: float = 0  # when it is begun once more, by the monotonic clock


class Following:
    """Processes, so that what ails one learner leaves the others alone. One thread, but for
    `ending`."""

    def __init__(self, paths: list[Path], say: Callable[[str], None]) -> None:
        self.ending = threading.Event()
        self._paths = paths
        self._say = say
        self._collectors: dict[Path, _Collector] = {}

    def serve(self) -> None:
        """Until it is told to end, with all of them."""
        self._say(f"waits for {' and '.join(map(str, self._paths))}")
        try:
            while not self.ending.is_set():
                self.turn()
                self.ending.wait(_LOOK_S)
        finally:
            self._end(list(self._collectors))

    def turn(self) -> None:
        """Ends what is not asked for any more, and begins what is."""
        found = self._found()
        collectors = self._collectors.items()
        self._end([file for file, it in collectors if found.get(file) != it.content])
        now = time.monotonic()
        for file, content in found.items():
            collector = self._collectors.setdefault(file, _Collector(content))
            if collector.process and collector.process.poll() is not None:
                self._note_end(file, collector, now)
            if collector.process is None and now >= collector.again:
                self._say(f"{file}: collects")
                collector.process = _begin(file)
                collector.began = now

    def _found(self) -> dict[Path, bytes]:
        """What is in each file. One that cannot be read now is as if it were not there."""
        found = {}
        for path in self._paths:
            # Who may write to the folder is not who wrote a file that is named.
            folder = path.is_dir()
            for file in sorted(path.glob("*.yaml")) if folder else [path]:
                try:
                    if not file.name.startswith("."):
                        found[file] = plain.read(file) if folder else file.read_bytes()
                except OSError:
                    continue
        return found

    def _note_end(self, file: Path, collector: _Collector, now: float) -> None:
        """It has said why: mistakes in its file, a folder that somebody else collects into."""
        if now - collector.began > _LONGEST_WAIT_S:
            collector.tries = 0
        wait = min(2.0**collector.tries, _LONGEST_WAIT_S)
        collector.process, collector.again = None, now + wait
        collector.tries += 1
        self._say(f"{file}: the collector has ended: another try in {wait:.0f} s")

    def _end(self, files: list[Path]) -> None:
        """All at once: each may take its time."""
        processes = [self._collectors.pop(file).process for file in files]
        running = [it for it in processes if it is not None and it.poll() is None]
        for process in running:
            process.terminate()
        late = time.monotonic() + _END_S
        for process in running:
            try:
                process.wait(max(late - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _begin(file: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "framegate_learn", "collect", "--config", str(file)]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
