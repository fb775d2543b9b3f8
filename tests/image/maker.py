"""The maker of updates: other versions of this tree's, good and bad ones, and where they lie."""

import functools
import http.server
import shutil
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

from image.box import IMAGES, run_in_root
from image.guest import HOST
from testbed import places

HERE = Path(__file__).parent

_SIGN = """
cd /mnt/sign
rm -f SHA256SUMS.gpg
gpg --batch --detach-sign --output SHA256SUMS.gpg SHA256SUMS
"""
_ANOTHER_KEY = """
export GNUPGHOME=/tmp/another
mkdir -m 700 $GNUPGHOME
gpg --batch --passphrase '' --quick-generate-key 'somebody else' ed25519 sign never
"""


class Maker:
    """Works in `folder`, from the update of a version that `./dev image` built."""

    def __init__(self, folder: Path, version: str) -> None:
        self.folder = folder
        self.made = folder / "made"
        self.made.mkdir(parents=True)
        update = places.need(IMAGES / f"framegate_{version}.update.tar", "run ./dev image")
        whole = folder / "whole"
        whole.mkdir()
        with tarfile.open(update) as tar:
            tar.extractall(whole)
        shutil.copytree(places.cache() / "image-key", folder / "key", ignore=_sockets)
        shutil.copy(HERE / "another.sh", folder)

    def another(self, version: str, change: str = "none") -> Path:
        """The folder of that version, which is good, or what `change` says (another.sh)."""
        found = self.made / version
        if not found.exists():
            run_in_root(self.folder, "/mnt/another.sh", version, change, timeout=600)
        return found

    def spoilt(self, version: str, name: str, spoil: Callable[[Path], None]) -> Path:
        """A copy of that version's folder with something done to it."""
        found = self.made / name
        # Files are the same ones until they are written anew.
        shutil.copytree(self.another(version), found, copy_function=_link)
        spoil(found)
        return found

    def sign(self, folder: Path, *, with_another_key: bool = False) -> None:
        """Signs its list anew."""
        place = self.folder / "sign"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        shutil.copy(folder / "SHA256SUMS", place)
        key = _ANOTHER_KEY if with_another_key else "export GNUPGHOME=/mnt/key\n"
        run_in_root(self.folder, "bash", "-ec", key + _SIGN)
        replace(folder / "SHA256SUMS.gpg", (place / "SHA256SUMS.gpg").read_bytes())


def _link(source: str, target: str) -> str:
    Path(target).hardlink_to(source)
    return target


def _sockets(folder: str, names: list[str]) -> list[str]:
    """What an agent of gpg left."""
    return [name for name in names if (Path(folder) / name).is_socket()]


def replace(path: Path, data: bytes) -> None:
    """Another file of that name: one that has two names stays as it is under the other."""
    path.unlink()
    path.write_bytes(data)


class _Handler(http.server.SimpleHTTPRequestHandler):
    server: "Shop"

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""

    def copyfile(self, source: object, outputfile: object) -> None:
        while data := source.read(65536):
            outputfile.write(data)
            self.server.count(len(data))


class Shop(http.server.ThreadingHTTPServer):
    """Serves folders to boxes; `when_served` sets an event at a byte."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
        self._lock = threading.Lock()
        self._served = 0
        self._at: int | None = None
        self._event = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, name: str) -> str:
        """As a box reaches it."""
        return f"http://{HOST}:{self.server_address[1]}/{name}"

    def count(self, size: int) -> None:
        """So much has been sent."""
        with self._lock:
            self._served += size
            if self._at is not None and self._served >= self._at:
                self._event.set()

    def when_served(self, size: int) -> threading.Event:
        """An event that is set when so many bytes from now on have been sent."""
        with self._lock:
            self._event = threading.Event()
            self._at = self._served + size
            return self._event

    def close(self) -> None:
        """Serves no longer."""
        self.shutdown()
        self.server_close()
