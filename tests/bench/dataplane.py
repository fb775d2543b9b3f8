"""Packets per second of the receive path, against dpdk-testpmd on the same kind of port.

testpmd's rxonly mode takes packets and frees them: it is what a port can deliver at all. Ours
parses, finds the camera, checks, and puts whole JPEG pictures together in their slots. Both run on
the same core in turns, without hugepages, and processor time is what counts, so that other load
disturbs little; each figure is a median, each ratio the median of the rounds' ratios. Virtual ports
say nothing of a NIC: cycles per packet (by TSC) are what carries over.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FRAMEGATE_BUILD", ROOT / "build"))
BENCH = BUILD / "dataplane/dataplane_bench"
TESTPMD = "dpdk-testpmd"
PEER = "dpdk-testpmd rxonly"

SECONDS = 2
TIMEOUT = 60
ETHERNET_OVERHEAD = 24  # preamble, checksum and gap, in bytes

CAPTURE = "net_pcap0,rx_pcap={capture},infinite_rx=1"

# what, DPDK device, who checks UDP checksums
CASES = [
    ("net_pcap, 1280x720 pictures", CAPTURE, "off"),
    ("net_pcap, UDP checksums in software", CAPTURE, "software"),
    ("net_null, packets of nobody", "net_null0,size=1400", "off"),
]


def ours(device, checksum, core):
    command = ["taskset", "-c", str(core), BENCH, "run", device, str(SECONDS), checksum]
    said = subprocess.run(command, check=True, timeout=TIMEOUT, capture_output=True, text=True)
    return json.loads(said.stdout)


def worker_seconds(pid):
    """Processor time of testpmd's forwarding thread."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        if "worker" in (task / "comm").read_text():
            return int((task / "schedstat").read_text().split()[0]) / 1e9
    sys.exit(f"bench: {TESTPMD} has no worker thread")


def testpmd(device, core):
    """Million packets per second of processor time, from start to end."""
    command = [TESTPMD, f"--lcores=0@0,1@{core}", "--no-huge", "-m", "512", "--no-shconf"]
    command += ["--no-pci", "--no-telemetry", f"--file-prefix=framegate-bench-{os.getpid()}"]
    command += ["--log-level=error", f"--vdev={device}", "--", "--forward-mode=rxonly"]
    command += ["--auto-start", "--stats-period=1", "--total-num-mbufs=8192"]
    # Its input stays open: it ends when it reads an end of file.
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    time.sleep(SECONDS + 1)
    used = worker_seconds(process.pid)
    process.terminate()
    said, _ = process.communicate(timeout=TIMEOUT)
    totals = re.findall(r"RX-packets:\s+(\d+)", said)
    if not totals or int(totals[-1]) == 0 or used == 0:
        sys.exit(f"bench: {TESTPMD} reported no packets on {device}:\n{said[-1500:]}")
    return int(totals[-1]) / used / 1e6


def capture_bytes(capture):
    """Mean packet size of a capture: 24 bytes of file header, 16 before each packet."""
    data, at, sizes = capture.read_bytes(), 24, []
    while at < len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "little")
        sizes.append(size)
        at += 16 + size
    return statistics.mean(sizes)


def row(what, unit, mine, peer):
    return {
        "what": what,
        "ours": round(statistics.median(mine), 2),
        "peer": round(statistics.median(peer), 2),
        "peer_name": PEER,
        "unit": unit,
        "ratio": round(statistics.median(a / b for a, b in zip(mine, peer)), 3),
    }


def measure(case, capture, rounds, core):
    what, template, checksum = case
    device = template.format(capture=capture)
    size = capture_bytes(capture) if "{capture}" in template else 1400
    mpps, cycles, peer_mpps, peer_cycles = [], [], [], []
    for _ in range(rounds):
        mine = ours(device, checksum, core)
        peer = testpmd(device, core)
        mpps.append(mine["mpps"])
        cycles.append(mine["cycles_per_packet"])
        peer_mpps.append(peer)
        peer_cycles.append(mine["tsc_hz"] / 1e6 / peer)
    gigabits = (size + ETHERNET_OVERHEAD) * 8 / 1000
    return [
        row(what, "Mpps", mpps, peer_mpps),
        row(what, "cycles/packet", cycles, peer_cycles),
        row(
            f"{what}: as line rate at {size:.0f} bytes",
            "Gbit/s",
            [rate * gigabits for rate in mpps],
            [rate * gigabits for rate in peer_mpps],
        ),
    ]


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else os.uname().machine}, {os.cpu_count()} cores"


def print_table(result):
    print(f"dataplane on {result['machine']}, one core, no hugepages")
    print(f"{'what':58} {'unit':13} {'ours':>8} {'peer':>8} {'ratio':>6}  against")
    for r in result["rows"]:
        print(
            f"{r['what']:58} {r['unit']:13} {r['ours']:8.2f} {r['peer']:8.2f} {r['ratio']:6.2f}"
            f"  {r['peer_name']}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=5, help="turns per case (5)")
    parser.add_argument("--core", type=int, default=None, help="processor to run on (the last)")
    arguments = parser.parse_args()
    if not BENCH.exists():
        sys.exit(f"bench: {BENCH} is missing: run ./dev build")
    if not shutil.which(TESTPMD):
        sys.exit(f"bench: {TESTPMD} is missing: it comes with Debian's package dpdk-dev")
    core = max(os.sched_getaffinity(0)) if arguments.core is None else arguments.core
    rows = []
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as folder:
        capture = Path(folder) / "cameras.pcap"
        subprocess.run([BENCH, "capture", capture], check=True, timeout=TIMEOUT)
        for case in CASES:
            rows += measure(case, capture, arguments.rounds, core)
    result = {"name": "dataplane", "machine": machine(), "rows": rows}
    if arguments.json:
        print(json.dumps(result))
    else:
        print_table(result)


if __name__ == "__main__":
    main()
