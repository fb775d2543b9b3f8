"""Brings models' files to the gateway that it runs on: over the API no file goes."""

import json
import shutil
import subprocess
from collections.abc import Callable, Set
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from framegate_fleet import client, store
from framegate_fleet.apply import Say
from framegate_fleet.mistakes import Failure
from framegate_fleet.models import Version

# Opens what lies at a path below the source.
Open = Callable[[str], AbstractContextManager[IO[bytes]]]


class Courier:
    """Fetches by digest, and has the gateway's own `model add` look at what came."""

    def __init__(self, socket: str, folder: Path, gwctl: str, open_: Open, say: Say) -> None:
        self._socket = socket
        self._folder = folder
        self._gwctl = gwctl
        self._open = open_
        self._say = say
        # By path, with what says that a file is still the same: an agent looks every minute.
        self._digests: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def bring(self, versions: list[Version], learned: Set[str] = frozenset()) -> int:
        """Those that are not there yet; how many these were.

        Of models that are `learned` here, other files of the same number are the site's own.
        """
        if not versions:
            return 0
        reply = client.ask_socket(self._socket, "GET", "models/routes", None, 10)
        if not reply.well:
            raise Failure(f"gwd cannot be asked for its models: {reply.error}")
        repository = Path(reply.body["repository"])
        wanted = [
            version
            for version in versions
            if not self._is_there(repository, version, version.name in learned)
        ]
        try:
            repository.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Failure(f"{repository}: {error.strerror}: make it, for gwd's user") from None
        for version in wanted:
            self._add(version)
        # What was fetched for one is of no use for the next.
        shutil.rmtree(self._folder, ignore_errors=True)
        return len(wanted)

    def _is_there(self, repository: Path, version: Version, learned: bool) -> bool:
        folder = repository / version.name / str(version.number)
        if not folder.is_dir():
            return False
        for name, (digest, _) in version.files.items():
            # Files that model.yaml does not name were not taken.
            if (folder / name).exists() and self._digest_of(folder / name) != digest:
                if learned:
                    return True
                text = (
                    f"{folder / name} is another file than the fleet's model "
                    f"{version.name}:{version.number}: a version never changes, so remove it here "
                    "or take another number there"
                )
                raise Failure(text)
        return True

    def _digest_of(self, file: Path) -> str:
        state = file.stat()
        same = (state.st_ino, state.st_size, state.st_mtime_ns)
        if self._digests.get(file, ((), ""))[0] != same:
            self._digests[file] = (same, store.digest_of(file))
        return self._digests[file][1]

    def _add(self, version: Version) -> None:
        named = f"{version.name}/{version.number}"
        place = self._folder / version.name / str(version.number)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, (digest, size) in version.files.items():
            self._fetch(place / name, digest, size)
        words = [self._gwctl, "--socket", self._socket, "--json", "model", "add", str(place)]
        try:
            done = subprocess.run(
                [*words, "--name", named], capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise Failure(f"{self._gwctl}: {error.strerror}: --gwctl names it") from None
        if done.returncode:
            said = (done.stderr or _error(done.stdout)).strip().replace("\n", "; ")
            raise Failure(f"model {named}: {said}")
        self._say(f"model {version.name}: version {version.number} is in the repository")

    def _fetch(self, file: Path, digest: str, size: int) -> None:
        """A file that was fetched before a kill is not fetched again."""
        if store.is_there(file, size) and store.digest_of(file) == digest:
            return
        with self._open(f"{store.DIGESTS}/{digest}") as source:
            came, bytes_ = store.copy(source, file.parent, size)
        if came != digest:
            (file.parent / came).unlink()
            what = "larger than" if bytes_ > size else "not"
            raise Failure(f"refused: {file.name} is {what} what was signed (sha256 {digest})")
        (file.parent / came).replace(file)


def _error(said: str) -> str:
    try:
        return json.loads(said)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return said
