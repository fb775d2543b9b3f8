"""How fast torchvision decodes JPEG pictures on the GPU; as gpu_bench, for comparison.

python3 torchvision_bench.py SECONDS BATCHES NAME=FOLDER...

Its pictures come out as RGB, those of gpu_bench as planes. Exit code 3: the machine does not have
it.
"""

import json
import sys
import time
from pathlib import Path

NOT_THERE = 3
WARM_UP = 2


def percentile(times: list[float], share: float) -> float:
    """Of sorted times, in milliseconds."""
    return 1e3 * times[int(share * (len(times) - 1) + 0.5)]


def measure(torch, decode, batch, seconds: float) -> dict:
    """Decodes the batch again and again."""
    for _ in range(WARM_UP):
        decode(batch, device="cuda")
    torch.cuda.synchronize()
    times = []
    begin = time.perf_counter()
    while not times or time.perf_counter() - begin < seconds:
        before = time.perf_counter()
        decode(batch, device="cuda")
        torch.cuda.synchronize()
        times.append(time.perf_counter() - before)
    elapsed = time.perf_counter() - begin
    times.sort()
    return {
        "pictures": len(batch) * len(times),
        "pictures_per_s": round(len(batch) * len(times) / elapsed, 1),
        "batch_ms": {"p50": percentile(times, 0.5), "p99": percentile(times, 0.99)},
    }


def main(seconds: str, batches: str, *sets: str) -> int:
    """Prints one line of JSON for each set and batch."""
    try:
        import torch
        import torchvision
    except ImportError as error:
        print(error, file=sys.stderr)
        return NOT_THERE
    if not torch.cuda.is_available():
        print("torch sees no GPU", file=sys.stderr)
        return NOT_THERE
    for named in sets:
        name, folder = named.split("=", 1)
        files = [
            torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8)
            for path in sorted(Path(folder).glob("*.jpg"))
        ]
        for count in map(int, batches.split(",")):
            batch = [files[number % len(files)] for number in range(count)]
            row = {"way": "torchvision", "set": name, "batch": count}
            row["gpu"] = torch.cuda.get_device_name()
            row["version"] = torchvision.__version__
            row |= measure(torch, torchvision.io.decode_jpeg, batch, float(seconds))
            print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
