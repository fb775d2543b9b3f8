"""What is wrong in a file, for people."""

from typing import NamedTuple


class Mistake(NamedTuple):
    """One mistake in a file; line 0: in the file as a whole."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.text}"
