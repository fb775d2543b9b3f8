"""The kernels on the OpenCL device against the same source compiled as C, in turns in one process.

Pictures per second by the clock, of one frame of a real surveillance video. The device has its own
threads (with PoCL: all processors), C has one. Copies to the device are in its figures. Last, the
whole back-end against turbo, with one worker each; and how a picture comes into a model's input,
which costs what it costs on the device, the tensor copied back, against the host's preprocessing.
"""

import json
import subprocess
import tempfile
from pathlib import Path

from bench.decode import make_pictures
from bench.report import Row, progress, row
from testbed import places

TIMEOUT = 300
ROUNDS = 5
UNIT = "pictures/s by the clock"
SIZES = [(768, 576), (1920, 1080)]
CASES = {
    "whole": "coefficients to planes",
    "half": "coefficients to planes of half the size",
    "quarter": "coefficients to planes of a quarter",
    "rgb": "coefficients to RGB",
    "decode": "JPEG to planes",
}


PLACES = {
    "device": "planes to a tensor on the device, and back",
    "reference": "planes to a tensor by the kernel in C",
}
SIDE = 640


def place_rows(rounds: int | None) -> list[Row]:
    """Measures the kernel that places pictures against preprocessing."""
    bench = places.need(
        places.build() / "tests/place_bench", "install opencl-c-headers, ./dev build"
    )
    found: list[Row] = []
    for width, height in SIZES:
        progress(f"kernels: {width}x{height} to {SIDE}x{SIDE}")
        command = [bench, str(rounds or ROUNDS), str(width), str(height), str(SIDE)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        if run.returncode != 0:
            raise RuntimeError(run.stderr.strip())
        figures = json.loads(run.stdout)
        found += [
            row(
                f"{width}x{height} {what}",
                UNIT,
                "preprocessing, one thread",
                figures[case],
                figures["host"],
            )
            for case, what in PLACES.items()
        ]
    return found


def rows(rounds: int | None) -> list[Row]:
    """Measures every case; `rounds` turns each."""
    bench = places.need(
        places.build() / "tests/kernels_bench", "install opencl-c-headers, ./dev build"
    )
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as folder:
        for width, height in SIZES:
            progress(f"kernels: {width}x{height}")
            picture = make_pictures(Path(folder), width, height)[0]
            command = [bench, str(rounds or ROUNDS), picture]
            run = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
            if run.returncode != 0:
                raise RuntimeError(run.stderr.strip())
            figures = json.loads(run.stdout)
            progress(f"kernels: on {figures['device']}")
            for case, what in CASES.items():
                peer = "turbo, one worker" if case == "decode" else "the same in C, one thread"
                taken = figures[case]
                found.append(
                    row(f"{width}x{height} {what}", UNIT, peer, taken["ours"], taken["peer"])
                )
    return found + place_rows(rounds)
