"""A box's disk with the appliance's image on it, and the programs that look at such disks."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

from testbed import places

IMAGES = places.ROOT / "build-image"
ROOT = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
HASHES = "2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5"
_FIRMWARE = "/usr/share/OVMF/OVMF_VARS_4M.fd"


def image(version: str) -> Path:
    return places.need(IMAGES / f"framegate_{version}.raw", "run ./dev image")


def in_root(folder: Path, *words: str) -> list[str]:
    """The words for a program of the system that makes images, with `folder` as /mnt."""
    root = places.need(places.cache() / "roots/trixie-image", "run ./dev image")
    enter = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork"]
    enter += ["--kill-child", "--uts", "--ipc"]
    enter += [str(places.ROOT / "packaging/enter-root.sh"), str(root), str(folder)]
    return [*enter, *words]


def run_in_root(folder: Path, *words: str, timeout: float = 250) -> str:
    """Runs such a program to its end; returns what it printed. One that failed is an error."""
    done = subprocess.run(
        in_root(folder, *words),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Box:
    """What is in `folder` goes with it."""

    def __init__(self, folder: Path, disk_mib: int = 4096) -> None:
        self.folder = folder
        self.disk_mib = disk_mib

    @property
    def disk(self) -> Path:
        return self.folder / "disk.raw"

    def install(self, source: Path) -> None:
        """What an installer does with the image, onto a disk that is larger."""
        subprocess.run(["cp", "--sparse=always", source, self.disk], check=True)
        with self.disk.open("r+b") as disk:
            disk.truncate(self.disk_mib << 20)
        # What the firmware keeps: its variables, none yet.
        shutil.copy(places.cache() / f"roots/trixie-image{_FIRMWARE}", self.folder / "vars.fd")

    def copy(self, folder: Path) -> "Box":
        """Another box with the same disk and the same firmware; this one must be off."""
        made = Box(folder, self.disk_mib)
        subprocess.run(["cp", "--sparse=always", self.disk, made.disk], check=True)
        shutil.copy(self.folder / "vars.fd", folder)
        return made

    def run(self, *words: str) -> str:
        """Runs a program that finds the disk as /mnt/disk.raw."""
        return run_in_root(self.folder, *words)

    def partitions(self) -> list[dict[str, object]]:
        """As sfdisk tells them."""
        table = json.loads(self.run("sfdisk", "--json", "/mnt/disk.raw"))
        found = table["partitiontable"]["partitions"]
        assert isinstance(found, list)
        return found

    def read(self, partition: dict[str, object], into: Path) -> None:
        """Copies a partition into a file, with holes where it has zeros."""
        start, size = (512 * int(str(partition[key])) for key in ("start", "size"))
        place = ["bs=1M", f"skip={start}", f"count={size}", "iflag=skip_bytes,count_bytes"]
        words = ["dd", f"if={self.disk}", f"of={into}", "conv=sparse", "status=none", *place]
        subprocess.run(words, check=True)

    def _boot_partition(self) -> str:
        return f"/mnt/disk.raw@@{512 * int(str(self.partitions()[0]['start']))}"

    def put(self, text: str, name: str) -> None:
        """Writes a file into the boot partition, as an installer does at his own machine."""
        (self.folder / "put").write_text(text)
        self.run("mcopy", "-o", "-i", self._boot_partition(), "/mnt/put", f"::/{name}")

    def boot_files(self) -> list[str]:
        """The kernels in the boot partition, whose names count starts."""
        said = self.run("mdir", "-b", "-i", self._boot_partition(), "::/EFI/Linux")
        return sorted(line.rsplit("/", 1)[1] for line in said.splitlines() if line.endswith(".efi"))

    def boot_file(self, name: str, into: str) -> None:
        """Copies one of them to /mnt/INTO."""
        self.run(
            "mcopy", "-n", "-i", self._boot_partition(), f"::/EFI/Linux/{name}", f"/mnt/{into}"
        )

    def take(self, update: Path) -> None:
        """What an update leaves of this version's folder: the other slot, and a kernel on trial."""
        for kind, name in ((ROOT, "root"), (HASHES, "verity")):
            (file,) = update.glob(f"*.{name}.gz")
            _, version, uuid = file.name.removesuffix(f".{name}.gz").split("_")
            number, part = next(
                (number, part)
                for number, part in enumerate(self.partitions(), 1)
                if part["type"] == kind and part["name"] == "_empty"
            )
            with gzip.open(file) as data, self.disk.open("r+b") as disk:
                disk.seek(512 * int(str(part["start"])))
                shutil.copyfileobj(data, disk, 1 << 20)
            label = ["sfdisk", "--part-label", "/mnt/disk.raw", str(number)]
            self.run(*label, f"framegate_{version}")
            self.run("sfdisk", "--part-uuid", "/mnt/disk.raw", str(number), uuid)
        (kernel,) = update.glob("*.efi")
        shutil.copy(kernel, self.folder / "kernel.efi")
        name = f"::/EFI/Linux/{kernel.name.removesuffix('.efi')}+3-0.efi"
        self.run("mcopy", "-i", self._boot_partition(), "/mnt/kernel.efi", name)

    def whole_versions(self) -> list[str]:
        """The kernels in the boot partition, each of which must have the root that it names, whole
        to the last block."""
        parts = {str(it["uuid"]).replace("-", "").lower(): it for it in self.partitions()}
        for name in self.boot_files():
            self.boot_file(name, "kernel.efi")
            found = re.search(
                rb"roothash=([0-9a-f]{64})", (self.folder / "kernel.efi").read_bytes()
            )
            assert found, name
            digest = found[1].decode()
            assert {digest[:32], digest[32:]} <= set(parts), f"{name}: its slot is another one's"
            self.read(parts[digest[:32]], self.folder / "root")
            self.read(parts[digest[32:]], self.folder / "hashes")
            self.run("veritysetup", "verify", "/mnt/root", "/mnt/hashes", digest)
        return self.boot_files()
