"""The disk that an image is written to: what is on it, and what the first start adds."""

import json
import shutil
from pathlib import Path

import pytest

from image.box import HASHES, IMAGES, ROOT, Box
from image.conftest import tree_version
from testbed import places

DEFINITIONS = "packaging/image/mkosi.images/initrd/mkosi.extra/usr/lib/repart.d"


def first_start(box: Box) -> None:
    shutil.copytree(places.ROOT / DEFINITIONS, box.folder / "repart.d", dirs_exist_ok=True)
    words = ["systemd-repart", "--dry-run=no", "--offline=yes", "--sector-size=512"]
    box.run(*words, "--definitions=/mnt/repart.d", "/mnt/disk.raw")


@pytest.mark.timeout(900)
def test_the_first_start_adds_a_slot_and_the_data_and_touches_nothing_else(box: Box) -> None:
    before = box.partitions()
    assert [part["type"] for part in before[1:]] == [ROOT, HASHES]
    first_start(box)
    after = box.partitions()
    assert after[: len(before)] == before
    assert [(part["type"], part["name"]) for part in after[3:5]] == [
        (ROOT, "_empty"),
        (HASHES, "_empty"),
    ]
    assert after[3]["size"] == before[1]["size"]
    assert after[4]["size"] == before[2]["size"]
    # What is left is for data.
    assert after[5]["name"] == "framegate-data"
    end = 512 * (int(str(after[5]["start"])) + int(str(after[5]["size"])))
    assert end > box.disk.stat().st_size - (2 << 20)
    # The next start finds all as it should be.
    first_start(box)
    assert box.partitions() == after


def test_the_root_is_what_its_hash_says_and_a_bit_is_found(box: Box) -> None:
    root, hashes = box.partitions()[1:3]
    # The hash that the kernel's file names is what both partitions are called by.
    digest = (str(root["uuid"]) + str(hashes["uuid"])).replace("-", "").lower()
    box.read(root, box.folder / "root")
    box.read(hashes, box.folder / "hashes")
    words = ["veritysetup", "verify", "/mnt/root", "/mnt/hashes"]
    box.run(*words, digest)
    with (box.folder / "root").open("r+b") as whole:
        whole.seek(5_000_000)
        byte = whole.read(1)
        whole.seek(5_000_000)
        whole.write(bytes([byte[0] ^ 1]))
    with pytest.raises(AssertionError, match=r"(?i)verification|mismatch|corrupt"):
        box.run(*words, digest)


def test_the_list_of_what_is_in_it_is_spdx() -> None:
    version = tree_version()
    document = json.loads((IMAGES / f"framegate_{version}.spdx.json").read_text())
    assert document["spdxVersion"] == "SPDX-2.3"
    names = {package["name"]: package["versionInfo"] for package in document["packages"]}
    assert {"framegate", "framegate-cli", "systemd", "linux-image-amd64"} <= set(names)
    # No compiler, no way in from outside, no package manager's network.
    assert not {"gcc", "openssh-server", "telnetd"} & set(names)
    lines = (IMAGES / f"framegate_{version}.versions").read_text().splitlines()
    assert len(lines) == len(document["packages"])
    assert f"systemd {names['systemd']}" in lines


def test_the_image_is_small(box: Box) -> None:
    taken: int = 512 * Path(IMAGES / f"framegate_{tree_version()}.raw").stat().st_blocks
    assert taken < 700 << 20
