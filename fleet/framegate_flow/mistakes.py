"""What is wrong, for people."""


class Failure(Exception):
    """Something cannot be done; the text is one line that says what to do."""


class Away(Failure):
    """A site does not answer; it may later."""


class Final(Failure):
    """Not worth another try: what is tried again comes to the same."""
