"""What systemd-sysupdate takes of an update, by the definitions that are in the image.

The kernel's file alone: it goes to a folder here, where the two others would go to partitions.
"""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from image.box import IMAGES, in_root
from image.conftest import tree_version
from testbed import places

DEFINITIONS = "packaging/image/mkosi.extra/usr/lib/framegate/sysupdate.d"

TAKE = """
set -e
cp /mnt/pubring.gpg /usr/lib/systemd/import-pubring.gpg
mkdir -p /tmp/definitions
sed -e 's|@SOURCE@|file:///mnt/source|' -e "s|%A|$1|" -e '/PathRelativeTo/d' \
    -e 's|/EFI/Linux|/mnt/installed|' /mnt/60-kernel.transfer >/tmp/definitions/60-kernel.transfer
touch "/mnt/installed/framegate_$1.efi"
/usr/lib/systemd/systemd-sysupdate --definitions=/tmp/definitions update
"""

SIGN = """
cd /mnt/source
export GNUPGHOME=/tmp/another
mkdir -m 700 $GNUPGHOME
gpg --batch --passphrase '' --quick-generate-key 'somebody else' ed25519 sign never
gpg --batch --yes --detach-sign --output SHA256SUMS.gpg SHA256SUMS
"""


class Source:
    """An update as a maker publishes it, and what a box that runs `running` takes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.installed = folder / "installed"
        self.source.mkdir()
        self.installed.mkdir()
        version = tree_version()
        update = places.need(IMAGES / f"framegate_{version}.update.tar", "run ./dev image")
        with tarfile.open(update) as tar:
            tar.extractall(self.source)
        shutil.copy(IMAGES / f"framegate_{version}.pubring.gpg", folder / "pubring.gpg")
        shutil.copy(places.ROOT / DEFINITIONS / "60-kernel.transfer", folder)
        self.kernel = self.source / f"framegate_{version}.efi"

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            in_root(self.folder, "bash", "-c", script, "bash", *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=280,
        )

    def taken_by(self, running: str) -> list[str]:
        """The files that are new where boot files stand."""
        self.said = self.run(TAKE, running).stdout
        names = {path.name for path in self.installed.iterdir()}
        return sorted(names - {f"framegate_{running}.efi"})


@pytest.fixture
def source(tmp_path: Path, need_root: None) -> Source:
    return Source(tmp_path)


def test_a_newer_version_is_taken_on_trial(source: Source) -> None:
    taken = source.taken_by("0.0.1")
    assert taken == [f"framegate_{tree_version()}+3-0.efi"], source.said
    assert (source.installed / taken[0]).stat().st_size == source.kernel.stat().st_size


def _flip_a_bit(source: Source) -> None:
    whole = bytearray(source.kernel.read_bytes())
    whole[len(whole) // 2] ^= 1
    source.kernel.write_bytes(whole)


def _cut_the_end_off(source: Source) -> None:
    source.kernel.write_bytes(source.kernel.read_bytes()[:-4096])


def _change_the_list(source: Source) -> None:
    sums = source.source / "SHA256SUMS"
    text = sums.read_text()
    sums.write_text(("1" if text[0] == "0" else "0") + text[1:])


def _take_the_signature_away(source: Source) -> None:
    (source.source / "SHA256SUMS.gpg").unlink()


def _sign_with_another_key(source: Source) -> None:
    done = source.run(SIGN)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_flip_a_bit, "(?i)hash|sha|checksum|invalid"),
        (_cut_the_end_off, "(?i)hash|sha|checksum|invalid"),
        (_change_the_list, "Signature verification failed"),
        (_take_the_signature_away, "(?i)signature|SHA256SUMS.gpg"),
        (_sign_with_another_key, "Signature verification failed|(?i:no public key)"),
    ],
    ids=["a bit", "cut off", "another list", "no signature", "another key"],
)
def test_what_its_maker_did_not_sign_is_refused(
    source: Source, spoil: Callable[[Source], None], reason: str
) -> None:
    spoil(source)
    assert source.taken_by("0.0.1") == [], source.said
    assert re.search(reason, source.said), source.said


def test_an_older_version_is_not_taken(source: Source) -> None:
    assert source.taken_by("99.0") == [], source.said
