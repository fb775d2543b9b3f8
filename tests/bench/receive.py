"""Packets per second of the receive path, against dpdk-testpmd on the same kind of port.

testpmd's rxonly mode takes packets and frees them: it is what a port can deliver at all. Ours
parses, finds the camera, checks, and puts whole JPEG pictures together in their slots. Both run on
the same core in turns, without hugepages, and processor time is what counts, so that other load
disturbs little; each figure is a median, each ratio the median of the rounds' ratios. Virtual ports
say nothing of a NIC: cycles per packet (by TSC) are what carries over.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import Row, progress, row
from testbed import places

TESTPMD = "dpdk-testpmd"
PEER = "dpdk-testpmd rxonly: takes packets and frees them"

SECONDS = 2
TIMEOUT = 60
ROUNDS = 5
# Where DPDK keeps what a run needs; testpmd does not remove its own.
DPDK_RUNTIME = Path("/run/dpdk")

CAPTURE = "net_pcap0,rx_pcap={capture},infinite_rx=1"

# what, DPDK device, who checks UDP checksums
CASES = [
    ("receive 1280x720 pictures (net_pcap)", CAPTURE, "off"),
    ("the same, with UDP checksums in software", CAPTURE, "software"),
    ("receive packets of no camera (net_null)", "net_null0,size=1400", "off"),
    ("refuse 64 B packets of no camera (net_null)", "net_null0,size=64", "off"),
]


def ours(bench: Path, device: str, checksum: str, core: int) -> dict[str, float]:
    """One turn of our receive path."""
    command = ["taskset", "-c", str(core), bench, "run", device, str(SECONDS), checksum]
    said = subprocess.run(command, check=True, timeout=TIMEOUT, capture_output=True, text=True)
    return json.loads(said.stdout)


def worker_seconds(pid: int) -> float:
    """Processor time of testpmd's forwarding thread."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        if "worker" in (task / "comm").read_text():
            return int((task / "schedstat").read_text().split()[0]) / 1e9
    sys.exit(f"bench: {TESTPMD} has no worker thread")


def testpmd(device: str, core: int) -> float:
    """Million packets per second of processor time, from start to end."""
    prefix = f"framegate-bench-{os.getpid()}"
    command = [TESTPMD, f"--lcores=0@0,1@{core}", "--no-huge", "-m", "512", "--no-shconf"]
    command += ["--no-pci", "--no-telemetry", f"--file-prefix={prefix}"]
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
    try:
        time.sleep(SECONDS + 1)
        used = worker_seconds(process.pid)
        process.terminate()
        said, _ = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(DPDK_RUNTIME / prefix, ignore_errors=True)
    totals = re.findall(r"RX-packets:\s+(\d+)", said)
    if not totals or int(totals[-1]) == 0 or used == 0:
        sys.exit(f"bench: {TESTPMD} reported no packets on {device}:\n{said[-1500:]}")
    return int(totals[-1]) / used / 1e6


def measure(
    bench: Path, case: tuple[str, str, str], capture: Path, rounds: int, core: int
) -> list[Row]:
    """One case, ours and testpmd in turns."""
    what, template, checksum = case
    device = template.format(capture=capture)
    mpps: list[float] = []
    cycles: list[float] = []
    peer_mpps: list[float] = []
    peer_cycles: list[float] = []
    for _ in range(rounds):
        mine = ours(bench, device, checksum, core)
        peer = testpmd(device, core)
        mpps.append(mine["mpps"])
        cycles.append(mine["cycles_per_packet"])
        peer_mpps.append(peer)
        peer_cycles.append(mine["tsc_hz"] / 1e6 / peer)
    return [
        row(what, "Mpps", PEER, mpps, peer_mpps),
        row(what, "cycles/packet", PEER, cycles, peer_cycles),
    ]


def rows(rounds: int | None) -> list[Row]:
    """Measures every case; `rounds` turns each."""
    bench = places.need(places.build() / "dataplane/dataplane_bench", "run ./dev build")
    if not shutil.which(TESTPMD):
        raise places.NotThere(f"{TESTPMD} is missing: run ./dev setup")
    core = max(os.sched_getaffinity(0))
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as folder:
        capture = Path(folder) / "cameras.pcap"
        subprocess.run([bench, "capture", capture], check=True, timeout=TIMEOUT)
        for case in CASES:
            progress(case[0])
            found += measure(bench, case, capture, rounds or ROUNDS, core)
    return found
