"""What the demo is doing, and how long each step took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Numbered steps on standard output."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._step = 0
        self._begin = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._begin

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One step; its line ends with the time that it took."""
        self._step += 1
        line = f"[{self._step}/{self._steps}] {what} "
        print(f"{line:.<64}", end=" ", flush=True)
        begin = time.monotonic()
        try:
            yield
        except BaseException:
            print("stopped", flush=True)
            raise
        print(f"{time.monotonic() - begin:4.1f} s", flush=True)

    def headline(self, what: str) -> None:
        """One step that prints lines of its own."""
        self._step += 1
        print(f"[{self._step}/{self._steps}] {what}", flush=True)


def table(head: list[str], rows: list[list[object]], words: bool = False) -> None:
    """Columns as wide as needed; all but the first are right-aligned, and the last if `words`."""
    cells = [head, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        first = f"{row[0]:<{widths[0]}}"
        numbers = slice(1, -1 if words else None)
        rest = "".join(f"   {cell:>{width}}" for cell, width in zip(row[numbers], widths[numbers]))
        last = f"   {row[-1]}" if words else ""
        sys.stdout.write(f"  {first}{rest}{last}".rstrip() + "\n")
    sys.stdout.flush()
