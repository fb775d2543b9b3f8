"""./dev gpu: the folder for a machine with a GPU is whole, and what runs in it runs."""

import ctypes
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gpu import pack, pictures
from testbed import places

# Nothing of this machine's but a path: as on a bare one.
BARE = {"PATH": "/usr/bin:/bin"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `./dev gpu build` makes it, with fewer pictures, and moved away from where it was made."""
    made = tmp_path_factory.mktemp("gpu") / "made"
    size = pack.pack(made, frames=1)
    moved = made.parent / "moved"
    shutil.move(made, moved)
    assert size == pack.size_of(moved)
    # All of it, with all pictures.
    assert size + (pictures.FRAMES - 1) * 4 * 260_000 < pack.MOST_MIB << 20
    return moved


def run(folder: Path, *words: str) -> tuple[int, str, dict]:
    """Exit code, what was printed, and the summary."""
    done = subprocess.run(
        ["/usr/bin/python3", folder / "run.py", *words],
        capture_output=True,
        text=True,
        cwd="/",
        env=BARE,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    summary = json.loads((folder / "results/summary.json").read_text())
    return done.returncode, done.stdout, summary


def test_every_library_is_in_the_folder_or_the_machines_c_library(folder: Path) -> None:
    environment = {**BARE, "LD_LIBRARY_PATH": str(folder / "lib")}
    for program in [*(folder / "bin").iterdir(), folder / "lib/libnvjpeg.so.13"]:
        told = subprocess.run(
            ["ldd", program], capture_output=True, text=True, env=environment, check=True
        ).stdout
        found = re.findall(r"^\s*(\S+) => (.+?)(?: \(|$)", told, re.MULTILINE)
        assert len(found) >= 2
        for name, path in found:
            assert pack.NOT_CARRIED.match(name) or Path(path).parent == folder / "lib", told


def test_nvjpeg_itself_has_what_is_asked_of_it(folder: Path) -> None:
    """The one library of NVIDIA's that a machine without a GPU loads."""
    header = (places.ROOT / "devices/cuda/nvjpeg_library.h").read_text()
    names = re.findall(r"X\((nvjpeg\w+)\)", header)
    library = ctypes.CDLL(str(folder / "lib/libnvjpeg.so.13"))
    assert len(names) >= 8
    assert [name for name in names if not hasattr(library, name)] == []
    major = ctypes.c_int(0)
    assert library.nvjpegGetProperty(0, ctypes.byref(major)) == 0
    assert major.value == 13


def test_the_rehearsal_runs_every_part(folder: Path) -> None:
    code, said, summary = run(folder, "--rehearse")
    assert code == 0, said
    assert summary.pop("test-failures")["outcome"] == "passed"
    assert "No module named 'torch'" in summary.pop("bench-torchvision")["reason"]
    for name, result in summary.items():
        assert result["outcome"] == "not run", name
        assert result["mock"], name
        assert "no GPU" in result["reason"]
    assert summary["test-kernels"]["tests_passed"] >= 4
    assert summary["test-operators"]["tests_passed"] >= 1
    assert summary["test-decode"]["tests_passed"] >= 6
    figures = summary["bench-1080p-250KB-both"]["figures"]
    assert [figure["batch"] for figure in figures] == [1, 2]
    for figure in figures:
        assert figure["gpu"] == "No GPU (a mock)"
        assert figure["batch_ms"]["p99"] >= figure["batch_ms"]["p50"] > 0
        assert 0 < figure["share_of_engines"] < 1
    assert "1 passed, 0 failed, 0 timed out, 24 not run" in said
    assert "no figure of it says anything of a GPU" in said


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is a GPU")
def test_without_a_gpu_its_parts_are_not_run(folder: Path) -> None:
    code, said, summary = run(folder)
    assert code == 0, said
    assert summary["test-failures"]["outcome"] == "passed"
    assert summary["test-decode"]["outcome"] == "not run"
    assert "libcuda.so.1" in summary["test-decode"]["reason"]
    assert "1 passed, 0 failed, 0 timed out, 24 not run" in said


def test_a_part_that_fails_and_one_that_hangs_are_told(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / "bin/decode_nvjpeg_failure_test").write_text("#!/bin/sh\necho it is broken\nexit 1\n")
    (broken / "bin/devices_kernels_cuda_kernels_test").write_text("#!/bin/sh\nexec sleep 60\n")
    code, said, summary = run(broken, "--rehearse", "--seconds", "3")
    assert code == 1
    assert summary["test-kernels"]["outcome"] == "timed out"
    assert summary["test-decode"] == {"outcome": "not run", "reason": "no time left"}
    os.unlink(broken / "bin/devices_kernels_cuda_kernels_test")
    (broken / "bin/devices_kernels_cuda_kernels_test").symlink_to("/bin/true")
    (broken / "bin/gpu_bench").unlink()
    (broken / "bin/gpu_bench").symlink_to("/bin/true")
    code, said, summary = run(broken, "--rehearse")
    assert code == 1
    assert summary["test-failures"]["outcome"] == "failed"
    assert summary["test-failures"]["reason"] == "it is broken"
    assert "1 failed" in said
