"""Puts everything that `run.py` needs into a folder, for a bare machine with a GPU.

python -m gpu.pack FOLDER [--frames N]      (from tests/)
"""

import argparse
import re
import shutil
import subprocess
from pathlib import Path

from gpu import pictures
from testbed import places

MOST_MIB = 40
PROGRAMS = (
    "accel_cuda_engine_machine_test",
    "devices_kernels_cuda_kernels_test",
    "decode_nvjpeg_failure_test",
    "decode_nvjpeg_test",
    "gpu_bench",
)
SCRIPTS = ("run.py", "torchvision_bench.py")
FAKES = ("libcuda.so.1", "libnvjpeg.so.13")
# Of the machine's own C library, whatever it is.
NOT_CARRIED = re.compile(r"^(ld-linux.*|lib(c|m|dl|pthread|rt)\.so\.\d+|linux-vdso.*)$")


class TooLarge(Exception):
    """The folder is larger than what a machine is given."""


def _libraries(program: Path) -> dict[str, Path]:
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    found = re.findall(r"^\s*(\S+) => (/\S+)", told.stdout, re.MULTILINE)
    return {name: Path(path) for name, path in found if not NOT_CARRIED.match(name)}


def _strip(source: Path, target: Path) -> None:
    subprocess.run(["strip", "-o", target, source], check=True)


def size_of(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def pack(folder: Path, frames: int = pictures.FRAMES) -> int:
    """Makes the folder anew; returns its bytes."""
    tests = places.build() / "tests"
    nvjpeg = places.need(places.cache() / "cuda/lib/libnvjpeg.so.13", "run ./dev setup")
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("bin", "lib", "fake"):
        (folder / part).mkdir(parents=True)
    libraries = _libraries(nvjpeg)
    for name in FAKES:
        fake = places.need(tests / "gpu/fake" / name, "run ./dev build")
        _strip(fake, folder / "fake" / name)
        libraries |= _libraries(fake)
    for name in PROGRAMS:
        program = places.need(tests / name, "run ./dev build, with -Dnvidia_root")
        _strip(program, folder / "bin" / name)
        libraries |= _libraries(program)
    for name, path in libraries.items():
        shutil.copy(path, folder / "lib" / name)
    shutil.copy(nvjpeg, folder / "lib")
    for name in SCRIPTS:
        shutil.copy(Path(__file__).parent / name, folder)
    pictures.write(folder / "pictures", frames)
    size = size_of(folder)
    if size > MOST_MIB << 20:
        raise TooLarge(f"{folder} has {size >> 20} MiB; {MOST_MIB} are the most")
    return size


def main() -> None:
    """As above."""
    parser = argparse.ArgumentParser(prog="./dev gpu build")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=pictures.FRAMES)
    arguments = parser.parse_args()
    try:
        size = pack(arguments.folder, arguments.frames)
    except (places.NotThere, TooLarge) as error:
        raise SystemExit(f"gpu: {error}") from None
    print(f"gpu: {arguments.folder}: {size / (1 << 20):.1f} MiB of at most {MOST_MIB}")
    print(f"gpu: on the machine with the GPU: python3 {arguments.folder.name}/run.py")


if __name__ == "__main__":
    main()
