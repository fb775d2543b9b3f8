"""What is wrong, for people."""

from framegate_files.mistakes import Mistake

__all__ = ["Failure", "Mistake"]


class Failure(Exception):
    """A command cannot do what it was asked to; the text is one line that says what to do."""
