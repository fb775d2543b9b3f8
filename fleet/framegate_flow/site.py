"""One site: its gateway's and its learner's programs, run there."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from framegate_fleet.reach import words_at
from framegate_flow.mistakes import Away, Failure

# `gwctl` ends with it when no gateway answers.
NOBODY = 3
# `ssh` ends with it when it has no connection; a program that is not there, and one that may not be
# run, end a shell with the others.
NO_CONNECTION = (255, 126, 127)
ANSWER_S = 60


class Said(NamedTuple):
    """What a program came to."""

    code: int
    out: str
    error: str

    @property
    def why(self) -> str:
        """Its last line for people."""
        lines = [line for line in self.error.splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"exit code {self.code}"


class Site:
    """Programs at a site. `run` is what stands before them: `[ssh, root@north]`, or nothing."""

    def __init__(self, name: str, told: dict[str, Any], lock: int) -> None:
        self.name = name
        self.learner = told["learner"]
        self.socket = told["socket"]
        self._run = told["run"]
        self._place = told["place"]
        self._lock = lock

    def run(self, words: list[str], given: bytes | None = None, timeout: float = ANSWER_S) -> Said:
        """One program, to its end. Away, when the site or the program is not there."""
        try:
            done = subprocess.run(
                words_at(self._run, words),
                input=given,
                stdin=None if given is not None else subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
                pass_fds=(self._lock,),
            )
        except OSError as error:
            raise Away(f"{self.name}: {words[0]}: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise Away(f"{self.name}: {words[0]} did not end within {timeout:.0f} s") from None
        out, error = (it.decode(errors="replace") for it in (done.stdout, done.stderr))
        said = Said(done.returncode, out, error)
        if said.code in NO_CONNECTION:
            raise Away(f"{self.name}: {said.why}")
        return said

    def gateway(self, *words: str) -> Any:
        """What `gwctl --json` says. Failure, with its line, when it does not do it."""
        said = self.run(["gwctl", "--socket", self.socket, "--json", *words])
        if said.code == NOBODY:
            raise Away(f"{self.name}: {said.why.removeprefix('gwctl: ')}")
        if said.code != 0:
            raise Failure(f"{self.name}: {said.why}")
        return self._json("gwctl", said)

    def learn(
        self, command: str, *words: str, well: tuple[int, ...] = (0,), timeout: float = ANSWER_S
    ) -> Any:
        """What `framegate-learn --json` says, where it ends with one of `well`."""
        full = ["framegate-learn", command, "--state", self.learner, "--json", *words]
        said = self.run(full, timeout=timeout)
        if said.code not in well:
            raise Failure(f"{self.name}: {said.why}")
        return self._json("framegate-learn", said)

    def bring(self, folder: Path, digest: str) -> str:
        """Copies the files there, into a place that is named by what they are; returns it."""
        place = f"{self._place}/{digest[:16]}"
        packed = subprocess.run(
            ["tar", "-C", folder, "-c", "."], capture_output=True, check=True
        ).stdout
        for words, given in (
            (["mkdir", "-p", place], None),
            (["tar", "-C", place, "-x", "--no-same-owner"], packed),
        ):
            said = self.run(words, given)
            if said.code != 0:
                raise Failure(f"{self.name}: {said.why}")
        return place

    def rollout(self, model: str) -> dict[str, Any]:
        """Which versions look, and how a rollout goes."""
        return self.gateway("model", "status", model)

    def wait_for_rollout(
        self, model: str, timeout: float, progress: Callable[[str], None]
    ) -> dict[str, Any]:
        """Until none is under way; the route then. Failure when the time is up: it is ended."""
        end = time.monotonic() + timeout
        while True:
            route = self.rollout(model)
            if route["phase"] == "none":
                return route
            progress(_told(route))
            if time.monotonic() > end:
                self.gateway("model", "rollback", model)
                waited = f"the rollout was not over after {timeout:.0f} s and was ended"
                raise Failure(f"{self.name}: {waited}: {_told(route)}")
            time.sleep(1)

    def _json(self, program: str, said: Said) -> Any:
        try:
            return json.loads(said.out)
        except ValueError:
            shown = said.out.strip()[:80] or "nothing"
            raise Failure(f"{self.name}: {program} answers no JSON: {shown}") from None


def _told(route: dict[str, Any]) -> str:
    canary, rollout = route.get("canary") or {}, route.get("rollout") or {}
    told = f"version {canary.get('version', '?')} looks at {100 * rollout.get('share', 0):.0f} %"
    waits = rollout.get("waiting") or route.get("waiting")
    return f"{told}, {waits}" if waits else told
