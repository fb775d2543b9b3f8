"""A version that was accepted takes its place in the gateway beside us, step by step.

`gwctl model add` gives it a number in the repository, the gateway's own rollout does the rest: a
share of the pictures that grows, and back at once when it fails, is slow, or says what is not
expected of it (docs/models.md, "Another version").
"""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from framegate_learn import served
from framegate_learn.gateway import Away, Gateway, Refused
from framegate_learn.mistakes import Failure
from framegate_learn.settings import Wish

_LOOK_S = 0.5
_ADD_S = 300
# Loading may take long beside everything else.
_BEGIN_S = 120
# As long it may be started again without the rollout being lost sight of.
_AWAY_S = 120
# What `gwctl model add` says of the machine and not of the version: it passes, or is repaired.
_OF_THE_MACHINE = (
    *map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)),
    *map(os.strerror, (errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN)),
    "which does not start",
    # Somebody else has added another version meanwhile, and that has the number now.
    os.strerror(errno.EEXIST),
    "is there already",
)
# Nobody answered on the socket; somebody, or the kernel where memory ended, put an end to it.
_FOR_NOW = (3, *(-it for it in (signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM)))


class NotTaken(Failure):
    """The gateway's own look at the version found it no good, and would again."""


@dataclass(frozen=True)
class Route:
    """What looks at the pictures of cameras that name this model."""

    name: str
    repository: Path
    version: int
    digest: str

    @property
    def folder(self) -> Path:
        """Of the version that looks at pictures."""
        return self.repository / self.name / str(self.version)


def running(gateway: Gateway, name: str) -> Route:
    """Failure when no camera names it, or its version is just changing."""
    try:
        said = gateway.get(_path(name, "rollout"))
    except Refused as refused:
        if refused.status == 404:
            raise Failure(f"no camera of this gateway names the model {name}") from None
        raise
    if said["phase"] != "none":
        raise Failure(
            f"a rollout of {name} is under way ({said['phase']}): begin when it has ended, or end "
            f"it by `gwctl model rollback {name}`"
        )
    repository = Path(gateway.get("models/routes")["repository"])
    return Route(name, repository, said["stable"]["version"], said["stable"]["digest"])


def add(gateway: Gateway, route: Route, folder: Path, gwctl: str) -> int:
    """Its number in the repository; the one that it has already, if it was added before.

    NotTaken, or another Failure where that may be different when it is tried again.
    """
    wanted = served.digest(folder / "model.onnx")
    for path in (route.repository / route.name).glob("*/model.onnx"):
        if path.parent.name.isdigit() and served.digest(path) == wanted:
            return int(path.parent.name)
    words = [gwctl, "--socket", str(gateway.socket), "--json", "model", "add", str(folder)]
    words += ["--name", route.name]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_ADD_S, check=False)
    except OSError as error:
        raise Failure(f"{gwctl}: {error.strerror}: say where gwctl is with --gwctl") from None
    except subprocess.TimeoutExpired:
        raise Failure(f"gwctl model add has not ended after {_ADD_S} s") from None
    if done.returncode != 0:
        line = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        passes = done.returncode in _FOR_NOW or any(it in line for it in _OF_THE_MACHINE)
        raise (Failure if passes else NotTaken)(f"gwctl model add: {line}")
    return int(json.loads(done.stdout)["version"])


def limits(verdict: dict[str, Any], slower: float) -> dict[str, Any]:
    """What the canary may do: differ as much as it did on the pictures that were kept back.

    Of so few pictures the share is not known better than to three standard deviations.
    """
    held = verdict["held"]
    share, count = held["disagreement"], max(held["pictures"], 1)
    spread = 3 * math.sqrt(max(share * (1 - share), 0.05) / count)
    return {
        "max_disagreement": round(min(share + spread + 0.1, 1), 3),
        # Its share of the pictures comes in smaller batches.
        "max_latency": round(min(max(1.5 * slower, 1.5), 1000), 2),
    }


def roll_out(
    gateway: Gateway,
    route: Route,
    version: int,
    bounds: dict[str, Any],
    wish: Wish,
    say: Callable[[str], None],
) -> tuple[bool, str]:
    """Whether it has the place in the end, and why not. May be called again for what was begun."""
    now = _look(gateway, route.name)
    canary = (now["canary"] or {}).get("version")
    if canary != version and now["stable"]["version"] != version:
        ended = now["last"]
        if ended and ended["to"] == version:
            return False, ended["reason"]
        if now["stable"]["version"] != route.version or canary is not None:
            other = canary or now["stable"]["version"]
            return False, (
                f"the gateway has version {other} now: what was learned was compared with "
                f"version {route.version}"
            )
        body = {"version": version, "steps": wish.steps, "hold_s": wish.hold_s, **bounds}
        try:
            gateway.post(_path(route.name, "rollout"), body, timeout=_BEGIN_S)
        except Refused as refused:
            return False, str(refused)
        say(f"version {version} begins with {wish.steps[0]:.0%} of the pictures")
    return _wait(gateway, route.name, version, wish, say)


def _wait(
    gateway: Gateway, name: str, version: int, wish: Wish, say: Callable[[str], None]
) -> tuple[bool, str]:
    end, step = time.monotonic() + wish.patience_s, 0
    while True:
        now = _look(gateway, name)
        if now["phase"] == "none":
            ended = now["last"]
            if now["stable"]["version"] == version:
                return True, f"version {version} looks at all pictures"
            told = ended["reason"] if ended and ended["to"] == version else "it was taken back"
            return False, told
        progress = now["rollout"]
        if progress and progress["step"] != step:
            step = progress["step"]
            say(f"step {step} of {len(progress['steps'])}: {progress['share']:.0%} of the pictures")
        if time.monotonic() > end:
            waited = (progress or {}).get("waiting") or "it had not ended"
            gateway.post(_path(name, "rollback"), timeout=_BEGIN_S)
            return False, f"taken back after {wish.patience_s:.0f} s: {waited}"
        time.sleep(_LOOK_S)


def _look(gateway: Gateway, name: str) -> dict[str, Any]:
    """Asks for some time: a rollout outlives the gateway, which may be started again just now."""
    end = time.monotonic() + _AWAY_S
    while True:
        try:
            return gateway.get(_path(name, "rollout"))
        except Away:
            if time.monotonic() > end:
                raise
        time.sleep(_LOOK_S)


def _path(name: str, what: str) -> str:
    return f"models/{quote(name, safe='')}/{what}"
