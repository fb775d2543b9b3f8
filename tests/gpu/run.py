"""Tests and measures on a machine with a GPU, in this folder alone; with Python's own library only.

python3 run.py [--rehearse] [--seconds N]

Each part has a time limit, and all together have one. What a part found is in results/ as soon as
it is there: NAME.json (how it ended), NAME.jsonl (figures, a line each), NAME.log (what it said);
summary.json grows with every part. Exit code 1: some part failed.

Parts that need a GPU are not run without one, and are counted so. --rehearse runs them, shortly, on
libraries that stand in for the driver and nvJPEG: that shows that the parts run, and nothing of a
GPU; they count as not run all the same.
"""

import argparse
import ctypes
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
SETS = ("720p-40KB", "720p-250KB", "1080p-40KB", "1080p-250KB")
WAYS = ("engines", "sms", "both", "bare-engines", "bare-sms")
BATCHES = "1,2,4,8,16,32,64,128,256"
NOT_THERE = 3
TESTS = 4  # parts, before the benchmarks


class Part(NamedTuple):
    """One program, and how long it may take."""

    name: str
    command: list[str]
    limit: float  # seconds
    needs_gpu: bool = True
    is_test: bool = False


def parts(seconds: float, batches: str) -> list[Part]:
    """In the order in which they are wanted most."""
    found = [
        Part("test-kernels", ["bin/devices_kernels_cuda_kernels_test"], 40, is_test=True),
        Part("test-operators", ["bin/accel_cuda_engine_machine_test"], 60, is_test=True),
        Part("test-decode", ["bin/decode_nvjpeg_test"], 60, is_test=True),
        Part("test-failures", ["bin/decode_nvjpeg_failure_test"], 40, False, is_test=True),
    ]
    for name in reversed(SETS):
        files = sorted(str(path) for path in (HERE / "pictures" / name).glob("*.jpg"))
        for way in WAYS:
            command = ["bin/gpu_bench", way, str(seconds), batches, *files]
            found.append(Part(f"bench-{name}-{way}", command, 20))
    sets = [f"{name}={HERE / 'pictures' / name}" for name in SETS]
    command = [sys.executable, "torchvision_bench.py", str(seconds), batches, *sets]
    found.insert(TESTS + len(WAYS), Part("bench-torchvision", command, 60))
    return found


def missing_gpu() -> str | None:
    """Why there is no GPU, if there is none."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        return f"no GPU: {error}"
    count = ctypes.c_int(0)
    code = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    return None if code == 0 and count.value > 0 else f"no GPU: the driver says {code}"


def environment(part: Part, mock: bool) -> dict[str, str]:
    """What our programs find their libraries by; the machine's own ones have theirs."""
    if not part.command[0].startswith("bin/"):
        return dict(os.environ)
    folders = [HERE / "lib", *([HERE / "fake"] if mock else [])]
    before = os.environ.get("LD_LIBRARY_PATH")
    path = ":".join([*map(str, reversed(folders)), *([before] if before else [])])
    return {**os.environ, "LD_LIBRARY_PATH": path, "FRAMEGATE_FAKE_GPU": str(HERE / "fake")}


def write(name: str, value: object) -> None:
    """As a whole or not at all."""
    new = RESULTS / f".{name}.new"
    new.write_text(json.dumps(value, indent=1) + "\n")
    new.replace(RESULTS / name)


def machine() -> dict[str, str]:
    """What the figures were taken on."""
    facts = {"system": platform.platform(), "python": platform.python_version()}
    facts["processors"] = str(os.cpu_count())
    query = ["nvidia-smi", "--query-gpu=name,driver_version,clocks.max.sm,power.limit,memory.total"]
    if shutil.which("nvidia-smi"):
        told = subprocess.run(
            [*query, "--format=csv"], capture_output=True, text=True, timeout=30, check=False
        )
        facts["nvidia-smi"] = told.stdout.strip() or told.stderr.strip()
    return facts


def figures(text: str) -> list[dict]:
    """Those that were written whole."""
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


def run(part: Part, limit: float, env: dict[str, str]) -> dict[str, object]:
    """Runs one; what it says is in its files while it runs."""
    begin = time.monotonic()
    log, lines = RESULTS / f"{part.name}.log", RESULTS / f"{part.name}.jsonl"
    out = log if part.is_test else lines
    with log.open("wb") as errors, out.open("wb") as output:
        try:
            done = subprocess.run(
                part.command,
                cwd=HERE,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=errors if part.is_test else output,
                stderr=errors,
                timeout=limit,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            done = None
    said = log.read_text(errors="replace").strip().splitlines()
    ended = {0: "passed", None: "timed out", NOT_THERE: "not run"}.get(done, "failed")
    result: dict[str, object] = {"outcome": ended, "seconds": round(time.monotonic() - begin, 2)}
    if ended != "passed":
        result["reason"] = said[-1] if said else f"it ended with {done}"
    if not part.is_test:
        result["figures"] = figures(lines.read_text())
    else:
        said_passed = re.findall(r"PASSED\s+\] (\d+) test", "\n".join(said))
        result["tests_passed"] = int(said_passed[-1]) if said_passed else 0
    return result


def table(results: dict[str, dict]) -> list[str]:
    """Pictures a second by way and batch, a block for each set of pictures."""
    rows: dict[str, dict[str, dict[int, float]]] = {}
    for name, result in results.items():
        for figure in result.get("figures", []):
            group = figure.get("set") or re.sub(r"^bench-(\w+-\w+)-.*", r"\1", name)
            way = rows.setdefault(group, {}).setdefault(figure["way"], {})
            way[figure["batch"]] = figure["pictures_per_s"]
    lines = []
    for group, ways in sorted(rows.items()):
        batches = sorted({batch for way in ways.values() for batch in way})
        lines.append(f"{group + ', pictures/s':24}" + "".join(f"{batch:>9}" for batch in batches))
        for way, found in ways.items():
            cells = (f"{found[batch]:9.0f}" if batch in found else " " * 9 for batch in batches)
            lines.append(f"  {way:22}" + "".join(cells))
    return lines


def main() -> int:
    """Runs all parts; see above."""
    parser = argparse.ArgumentParser(description="Tests and measures on this machine's GPU.")
    parser.add_argument("--rehearse", action="store_true", help="without a GPU, on a mock")
    parser.add_argument("--seconds", type=float, default=280, help="limit of all together")
    arguments = parser.parse_args()
    begin = time.monotonic()
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir()
    write("machine.json", machine())
    no_gpu = "no GPU: it ran on a mock" if arguments.rehearse else missing_gpu()
    todo = parts(*((0.02, "1,2") if arguments.rehearse else (0.3, BATCHES)))
    results: dict[str, dict] = {}
    for number, part in enumerate(todo, 1):
        left = arguments.seconds - (time.monotonic() - begin)
        print(f"[{number}/{len(todo)}] {part.name:34}", end="", flush=True)
        if left < 1:
            result = {"outcome": "not run", "reason": "no time left"}
        elif part.needs_gpu and no_gpu and not arguments.rehearse:
            result = {"outcome": "not run", "reason": no_gpu}
        else:
            result = run(part, min(part.limit, left), environment(part, arguments.rehearse))
            if part.needs_gpu and no_gpu and result["outcome"] == "passed":
                result |= {"outcome": "not run", "reason": no_gpu, "mock": True}
        results[part.name] = result
        write(f"{part.name}.json", result)
        write("summary.json", results)
        why = f": {result['reason']}" if "reason" in result else ""
        print(f"{result['outcome']}{why}", flush=True)
    if arguments.rehearse:
        print("\na rehearsal: no figure of it says anything of a GPU")
    else:
        print("", *table(results), sep="\n")
    outcomes = [str(result["outcome"]) for result in results.values()]
    kinds = ("passed", "failed", "timed out", "not run")
    print(", ".join(f"{outcomes.count(kind)} {kind}" for kind in kinds), end="")
    print(f"; {time.monotonic() - begin:.0f} s; {RESULTS}")
    return 1 if "failed" in outcomes or "timed out" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
