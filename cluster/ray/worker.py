"""A worker: a thread that is a member of a consumer group, again and again until it is to end."""

import logging
import threading
from collections.abc import Callable

from framegate.ray.facts import Account, Facts
from framegate.ray.membership import Looker, Membership
from framegate.ray.options import Options
from framegate.ray.results import Failed

from framegate import Engine, FramegateError

MODEL_S = 10.0  # until a model that was missing is looked for again
AGAIN_S = 1.0  # until the group is joined again

_log = logging.getLogger(__name__)

Opener = Callable[[Options], Looker]


def open_engine(options: Options) -> Engine:
    """What looks at the pictures, unless somebody brings something else."""
    return Engine(options.repository, options.model, options.threads)


class Worker:
    """It begins when it is made."""

    def __init__(self, name: str, options: Options, opener: Opener = open_engine) -> None:
        self._name = name
        self._options = options
        self._opener = opener
        self._ended = threading.Event()
        self._account = Account(name)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def facts(self) -> Facts:
        """What it says of itself now. Any thread."""
        return self._account.read()

    def drain(self) -> Facts:
        """Lets what was read become results, commits it, and leaves the group. Any thread."""
        self._ended.set()
        self._thread.join()
        return self.facts()

    def _work(self) -> None:
        try:
            self._be_a_member()
        except Exception as error:
            # Nobody looks after the thread: whoever asks is told.
            _log.exception("%s ends", self._name)
            self._account.set(state="failed")
            self._account.trouble(f"{type(error).__name__}: {error}")

    def _be_a_member(self) -> None:
        engine = None
        while engine is None and not self._ended.is_set():
            engine = self._open()
        while engine is not None and not self._ended.is_set():
            self._join(engine)
        self._account.set(state="ended")

    def _open(self) -> Looker | None:
        try:
            engine = self._opener(self._options)
        except (FramegateError, MemoryError, OSError) as error:
            self._account.set(state="without a model")
            self._account.trouble(f"{error or 'out of memory'}: trying again")
            self._ended.wait(MODEL_S)
            return None
        self._account.trouble(None)
        return engine

    def _join(self, engine: Looker) -> None:
        try:
            membership = Membership(self._options, self._name, engine, self._account)
            self._account.set(state="working")
            try:
                membership.run(lambda: not self._ended.is_set())
            finally:
                membership.leave()
        except Failed as failed:
            self._begin_again(str(failed))
        except Exception as error:
            # It may have been of the moment, and nobody starts the worker again.
            _log.exception("%s", self._name)
            self._begin_again(f"{type(error).__name__}: {error}")

    def _begin_again(self, why: str) -> None:
        self._account.add(begun_again=1)
        self._account.trouble(f"{why}: beginning again at what was committed", again=True)
        self._ended.wait(AGAIN_S)
