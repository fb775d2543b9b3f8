"""`framegate-learn collect`: looks at cameras, and keeps what is worth learning from."""

import argparse
import contextlib
import errno
import fcntl
import json
import os
import pwd
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from framegate_learn import corrections, status
from framegate_learn.collect import Collector
from framegate_learn.config import Config, load
from framegate_learn.gateway import Away, Gateway, Refused
from framegate_learn.label import CameraFacts, Labeller
from framegate_learn.mistakes import Failure
from framegate_learn.picture_set import PictureSet

HELP = "keep pictures that are worth learning from, as learn.yaml says"
ABOUT = """\
Looks at the gateway's cameras over its socket, some times a second, and keeps pictures that are
worth learning from. Runs until it is ended (SIGTERM), whatever the gateway does. It asks for what
the web page asks for, so that no frame waits for it, and speaks to nobody but the gateway."""

_SAY_S = 5  # between two writings of the status
_REFRESH_S = 300  # between two looks at the cameras' configuration
_CORRECTIONS_S = 5  # between two looks at what operators have said
_LONGEST_WAIT_S = 30.0  # for a gateway that is away
_FULL_WAIT_S = 10.0  # for a disk that is full


def options(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--config", metavar="FILE", type=Path, help="learn.yaml")
    what.add_argument(
        "--each",
        metavar="PATH",
        type=Path,
        action="append",
        help="a learn.yaml, or a folder of such files, one for each model: with a collector of its "
        "own for each, as they come, change and go; may stand several times",
    )
    parser.add_argument("--check", action="store_true", help="say what is wrong in it, and end")
    parser.add_argument(
        "--now", metavar="CAMERA", help="keep its next pictures, whatever they show, and end"
    )
    parser.add_argument(
        "--count", metavar="N", type=int, default=1, help="with --now: so many (default: 1)"
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=float,
        default=30,
        help="with --now: at most (default: 30)",
    )


def run(words: argparse.Namespace) -> int:
    from framegate_learn.cli import NOT_WELL, WELL, answer

    if words.each:
        return _follow(words)
    config = load(words.config)
    if words.check:
        Labeller(config.label, config.model)
        answer(words, {"mistakes": []}, f"{words.config}: no mistake")
        return WELL
    _need_owner(config.state)
    service = Service(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.ending.set())
    if words.now:
        kept = service.demand(words.now, words.count, words.wait)
        said = {"camera": words.now, "kept": kept, **service.figures()}
        answer(words, said, f"{kept} pictures of {words.now} kept")
        return WELL if kept == words.count else NOT_WELL
    with _alone(config.state):
        service.serve()
    answer(words, service.figures(), "ended")
    return WELL


def _follow(words: argparse.Namespace) -> int:
    from framegate_learn.cli import WELL, answer
    from framegate_learn.following import Following

    if words.check or words.now:
        raise Failure("--check and --now are of one learn.yaml: name it with --config")
    following = Following(words.each, _log)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: following.ending.set())
    following.serve()
    answer(words, {}, "ended")
    return WELL


class Service:
    """One collector beside one gateway; not for two threads at a time, but for `ending`."""

    def __init__(self, config: Config) -> None:
        self.ending = threading.Event()
        self._config = config
        self._gateway = Gateway(config.gateway)
        self._set = PictureSet(config.state, config.limits)
        self._collector = Collector(config, self._set)
        self._cameras: dict[str, CameraFacts] = {}
        self._tags: dict[str, str] = {}
        self._next: dict[str, float] = {}  # when a camera is looked at, by the monotonic clock
        self._refreshed = -1e9
        self._said = -1e9
        self._corrected = -1e9
        self._away_s = 0.0
        self._troubles: dict[str, str] = {}

    def figures(self) -> dict[str, Any]:
        """What it did since it began."""
        did = self._collector.collected
        return {
            "frames": did.frames,
            "chosen": dict(did.chosen),
            "pictures": dict(did.pictures),
            "damaged": did.damaged,
            "requests": self._gateway.asked,
            "bytes": self._gateway.received,
            "cameras": sorted(self._cameras),
            "troubles": list(self._troubles.values()),
        }

    def serve(self) -> None:
        """Collects until it is told to end."""
        files, rows = self._set.sweep()
        if files or rows:
            _log(f"swept {files} files without a row and {rows} rows without a file")
        _log(f"collecting for {self._config.model} into {self._config.state}")
        while not self.ending.is_set():
            self.ending.wait(self.turn())
            self._say()
        self._say(running=False)
        self._gateway.close()
        self._set.close()

    def turn(self) -> float:
        """Looks at all cameras that are due; the seconds until the next one is."""
        try:
            self._refresh()
            now = time.monotonic()
            for name in [name for name in self._cameras if self._next.get(name, 0) <= now]:
                if self.ending.is_set():
                    return 0
                self._look(name)
                self._next[name] = max(self._next.get(name, 0), now) + 1 / self._config.looks
            self._take_corrections()
            self._clear("disk")
        except Away as error:
            self._away_s = min(max(2 * self._away_s, 1), _LONGEST_WAIT_S)
            self._refreshed = -1e9
            self._trouble(
                "gateway", f"{error}: asked again every {_LONGEST_WAIT_S:.0f} s or sooner"
            )
            return self._away_s
        except (OSError, sqlite3.Error) as error:
            # Of the set: what the gateway does is told as Away or Refused.
            self._trouble("disk", _of_the_disk(error, self._config.state))
            return _FULL_WAIT_S
        except Failure as error:
            # A truth that somebody is writing, or a gateway that refuses.
            self._trouble("asked", str(error))
            return _FULL_WAIT_S
        self._clear("asked")
        rest = min(self._next.values(), default=now + 1) - time.monotonic()
        return min(max(rest, 0), 1)

    def demand(self, camera: str, count: int, wait_s: float) -> int:
        """Keeps so many of the camera's next pictures; how many came until the time was up."""
        kept = 0
        end = time.monotonic() + wait_s
        facts = self._facts(camera)
        while kept < count and time.monotonic() < end and not self.ending.is_set():
            kept += self._look(camera, facts) > 0
            if kept < count:
                self.ending.wait(1 / self._config.looks)
        return kept

    def _facts(self, name: str) -> CameraFacts:
        return CameraFacts.of(self._gateway.get(f"cameras/{quote(name, safe='')}/config"))

    def _refresh(self) -> None:
        """Which cameras there are, and what looks at them."""
        if time.monotonic() - self._refreshed < _REFRESH_S:
            return
        names = [it["name"] for it in self._gateway.get("cameras")["cameras"]]
        wanted = set(self._config.cameras)
        learns = {self._config.model}
        if self._config.crops:
            learns = set(self._config.crops.detectors)
        found = {}
        for name in names:
            if wanted and name not in wanted:
                continue
            with contextlib.suppress(Refused):  # it was removed meanwhile
                facts = self._facts(name)
                if learns <= facts.models:
                    found[name] = facts
        self._cameras = found
        self._next = {name: at for name, at in self._next.items() if name in found}
        self._tags = {name: tag for name, tag in self._tags.items() if name in found}
        self._refreshed = time.monotonic()
        self._away_s = 0.0
        self._clear("gateway")
        missing = sorted(wanted - set(found))
        what = " and ".join(sorted(learns))
        if missing:
            text = f"{what} does not look at {', '.join(missing)}, or there is no such camera"
            self._trouble("cameras", text)
        elif not found:
            self._trouble("cameras", f"{what} looks at no camera of this gateway")
        else:
            self._clear("cameras")

    def _take_corrections(self) -> None:
        """Of whole pictures: what is said of a frame says nothing of one part of it."""
        wanted = self._config.label.operator and self._config.crops is None
        if not wanted or time.monotonic() - self._corrected < _CORRECTIONS_S:
            return
        self._corrected = time.monotonic()
        try:
            corrections.take(self._gateway, self._collector, self._config.model, self._cameras)
            self._clear("corrections")
        except Refused as error:
            # 404, 405: an older one; 501: it has no folder for them.
            if error.status not in (404, 405, 501):
                self._trouble("corrections", str(error))

    def _look(self, name: str, demanded: CameraFacts | None = None) -> int:
        try:
            view = self._gateway.view(name, self._tags.get(name, ""))
        except Refused as error:
            if demanded or error.status != 404:
                raise
            self._refreshed = -1e9  # it was removed
            return 0
        if view is None:
            return 0
        self._tags[name] = view.tag
        return self._collector.take(view, demanded or self._cameras[name], demanded is not None)

    def _trouble(self, what: str, text: str) -> None:
        if self._troubles.get(what) != text:
            _log(text)
        self._troubles[what] = text

    def _clear(self, what: str) -> None:
        if self._troubles.pop(what, None):
            _log(f"well again: {what}")

    def _say(self, running: bool = True) -> None:
        """Leaves the figures where `status` finds them."""
        now = time.monotonic()
        if running and now - self._said < _SAY_S:
            return
        self._said = now
        file = self._config.state / status.FILE
        # Not brought to the disk: what a power cut takes is said again in a few seconds.
        new = file.with_suffix(".part")
        # A disk that is full is told by what is to be kept.
        with contextlib.suppress(OSError):
            new.write_text(json.dumps({"running": running, **self.figures()}))
            new.replace(file)


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Nobody else collects into the folder."""
    file: TextIO
    with (state / "collector.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"another collector is at work in {state}") from None
        yield


def _need_owner(state: Path) -> None:
    """Failure: what we keep there its owner could neither add to nor take away."""
    owner = state.stat().st_uid if state.exists() else os.geteuid()
    if owner != os.geteuid():
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = f"#{owner}"
        raise Failure(
            f"{state} belongs to {name}: run this as that user, `runuser -u {name} -- "
            "framegate-learn collect ...`"
        )


def _of_the_disk(error: OSError | sqlite3.Error, state: Path) -> str:
    full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    if full or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk of {state} is full: nothing is kept until there is room"
    return f"{state} cannot be written: {error}"


def _log(line: str) -> None:
    print(f"framegate-learn: {line}", file=sys.stderr, flush=True)
