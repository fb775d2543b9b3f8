"""A box's disk with the appliance's image on it, and the programs that look at such disks."""

import subprocess
from pathlib import Path

from testbed import places

IMAGES = places.ROOT / "build-image"


def image(version: str) -> Path:
    return places.need(IMAGES / f"framegate_{version}.raw", "run ./dev image")


def in_root(folder: Path, *words: str) -> list[str]:
    """The words for a program of the system that makes images, with `folder` as /mnt."""
    root = places.need(places.cache() / "roots/trixie-image", "run ./dev image")
    enter = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork"]
    enter += ["--kill-child", "--uts", "--ipc"]
    enter += [str(places.ROOT / "packaging/enter-root.sh"), str(root), str(folder)]
    return [*enter, *words]


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
