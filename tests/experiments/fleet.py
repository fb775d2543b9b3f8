"""What an apply costs by the number of gateways: messages, bytes and seconds.

Real gateways first, as many as this machine takes; then stand-ins, which answer what one of these
real ones has answered in the same run. The apply of the same change is counted for both, and what
10,000 gateways would cost is computed from it.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from math import log10
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from testbed import places
from testbed.loopback import free_port
from testbed.process import Process

sys.path += [str(places.ROOT / "tests/fleet"), str(places.ROOT / "fleet")]

from cloud import Cloud, camera, wait

REPORT = places.ROOT / "build-experiments" / "fleet"
HOLD = 2
# Patient, since all of it shares one machine, on which others may work.
SETTINGS = {
    "hold": HOLD,
    "waves": [1, "10%", "all"],
    "patience": 10,
    "timeout": 60,
    "confirm": 1800,
}
FAR = 10_000


def run(options: list[str]) -> int:
    """The exit code: 0 when all of it could be counted."""
    parser = argparse.ArgumentParser(prog="./dev experiment fleet", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2 real ones and 50 stand-ins")
    parser.add_argument("--real", default="1,10", help="gateways (default: 1,10)")
    parser.add_argument("--stand-ins", default="10,100,1000", help="default: 10,100,1000")
    parser.add_argument("--json", action="store_true", help="print fleet.json, too")
    asked = parser.parse_args(options)
    real = [1, 2] if asked.quick else [int(it) for it in asked.real.split(",")]
    others = [2, 10, 50] if asked.quick else [int(it) for it in asked.stand_ins.split(",")]
    REPORT.mkdir(parents=True, exist_ok=True)
    cells = []
    with tempfile.TemporaryDirectory(prefix="framegate-fleet-") as folder:
        answers = Path(folder) / "answers.json"
        for count in real:
            say(f"{count} real gateways")
            cells.append(of_real(Path(folder) / f"real-{count}", count, answers))
            say(_line(cells[-1]))
        for count in others:
            say(f"{count} stand-ins")
            cells.append(of_stand_ins(Path(folder) / f"stand-ins-{count}", count, answers))
            say(_line(cells[-1]))
    report = {
        "machine": f"{os.cpu_count()} cores, {_processor()}, load {os.getloadavg()[0]:.0f}",
        "hold_s": HOLD,
        "waves": ["1", "10%", "all"],
        "parallel": 50,
        "cells": cells,
        "computed": _far(cells),
    }
    (REPORT / "fleet.json").write_text(json.dumps(report, indent=2))
    draw(report, REPORT / "fleet.png")
    print(json.dumps(report, indent=2) if asked.json else table(report))
    say(f"in {REPORT}")
    return 0


def say(line: str) -> None:
    """How it is getting on."""
    print(f"fleet: {line}", file=sys.stderr, flush=True)


def of_real(folder: Path, count: int, answers: Path) -> dict[str, Any]:
    folder.mkdir()
    cloud = Cloud(folder)
    try:
        for number in range(1, count + 1):
            cloud.edge(f"gw{number:05}")
        cloud.settle(**SETTINGS)
        for edge in cloud.edges:
            cloud.enrol(edge)
        cloud.site(**{edge.name: [camera("door", 1)] for edge in cloud.edges})
        cloud.commit()
        found = _counted(cloud, folder, answers if count == 1 else None)
        assert all(edge.cameras() == ["door"] for edge in cloud.edges)
    finally:
        cloud.close()
    return {"kind": "real", "gateways": count, **found}


def of_stand_ins(folder: Path, count: int, answers: Path) -> dict[str, Any]:
    folder.mkdir()
    cloud = Cloud(folder)
    port = free_port()
    script = places.ROOT / "tests/fleet/stand_ins.py"
    words = [_python(), script, answers, count, port, folder / "made"]
    server = Process(words, folder / "stand-ins.log")
    try:
        wait(lambda: "serving" in server.text() or not server.running, server.text, 300)
        assert server.running, server.text()
        cloud.settle(**SETTINGS)
        names = [f"s{number:05}" for number in range(1, count + 1)]
        gateways = {
            name: {
                "variables": {"folder": f"/tmp/{name}", "port": port, "library": "x"},
                "cameras": [camera("door", 1)],
            }
            for name in names
        }
        cloud.write("sites/harbour.yaml", {"template": "standard", "gateways": gateways})
        (folder / "made/enrolled").rename(cloud.folder / "enrolled")
        (folder / "made/tokens").rename(cloud.tokens)
        cloud.commit()
        found = _counted(cloud, folder, None)
        assert "unknown:" not in server.text(), server.text()[-500:]
    finally:
        server.stop()
    return {"kind": "stand-in", "gateways": count, **found}


def _counted(cloud: Cloud, folder: Path, record: Path | None) -> dict[str, Any]:
    """An apply that changes all, and one that finds nothing to do."""
    first = _apply(cloud, folder / "first.json", record, "done")
    more = record.with_suffix(".again") if record else None
    again = _apply(cloud, folder / "again.json", more, "nothing")
    if record and more:
        both = json.loads(record.read_text()) + json.loads(more.read_text())
        record.write_text(json.dumps(both))
    return {"apply": first, "again": again}


def _apply(cloud: Cloud, costs: Path, record: Path | None, what: str) -> dict[str, Any]:
    script = places.ROOT / "tests/fleet/counted.py"
    words = [_python(), script, costs, *(("--record", record) if record else ())]
    words += ["--repository", cloud.folder, "--json", "apply"]
    with (costs.with_suffix(".log")).open("w") as log:
        done = subprocess.run(
            [str(word) for word in words],
            env=cloud.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            check=False,
        )
    said = costs.with_suffix(".log").read_text()
    if done.returncode:
        raise RuntimeError(f"the apply ended with {done.returncode}: {said[-1000:]}")
    outcome = json.loads(done.stdout)
    states = {it["state"] for it in outcome["gateways"].values()}
    if outcome["what"] != what or states != {"confirmed" if what == "done" else "same"}:
        raise RuntimeError(f"the apply came to {outcome['what']}, {states}: {said[-1000:]}")
    found = json.loads(costs.read_text())
    return {**found, "total": sum(found["requests"].values())}


def _python() -> Path:
    return places.need(places.cache() / "fleet/bin/python", "run ./dev test integration")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(": ", 1)[1]
    return platform.machine()


def _far(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """For 10,000: what one more costs, between the two largest runs of stand-ins, that many times.

    Looks at health are as many as fit into the watched time: a slow machine makes fewer.
    """
    ones = sorted((it for it in cells if it["kind"] == "stand-in"), key=lambda it: it["gateways"])
    few, many = ones[-2:]
    more = FAR - many["gateways"]
    found = {}
    for which in ("apply", "again"):
        found[which] = {}
        for key in ("total", "sent", "received", "seconds", "processor_s", "peak_mib"):
            slope = (many[which][key] - few[which][key]) / (many["gateways"] - few["gateways"])
            found[which][key] = round(many[which][key] + max(slope, 0) * more, 1)
    return {"gateways": FAR, "from": [few["gateways"], many["gateways"]], **found}


def _line(cell: dict[str, Any]) -> str:
    first = cell["apply"]
    return (
        f"{first['total']} requests, {first['sent'] + first['received']} bytes, "
        f"{first['seconds']:.1f} s, {first['processor_s']:.1f} s of processor"
    )


def table(report: dict[str, Any]) -> str:
    """For people and for the page."""
    lines = [
        report["machine"],
        "",
        "| gateways | requests | bytes sent | received | seconds | of processor | MiB | again: "
        "requests | bytes | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows = [(f"{it['gateways']} {it['kind']}", it) for it in report["cells"]]
    rows.append((f"{report['computed']['gateways']} computed", report["computed"]))
    for name, it in rows:
        first, again = it["apply"], it["again"]
        lines.append(
            f"| {name} | {first['total']:,.0f} | {first['sent']:,.0f} | {first['received']:,.0f} | "
            f"{first['seconds']:.1f} | {first['processor_s']:.1f} | {first['peak_mib']:.0f} | "
            f"{again['total']:,.0f} | {again['sent'] + again['received']:,.0f} | "
            f"{again['seconds']:.1f} |"
        )
    return "\n".join(lines)


WIDTH, HEIGHT, EDGE = 900, 420, 70


def draw(report: dict[str, Any], file: Path) -> None:
    """Requests and seconds by gateways, both axes in powers of ten."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    pen.text((EDGE, 10), f"an apply by gateways; {report['machine']}", "black")
    pen.text((EDGE, 28), "filled: real; open: stand-ins; cross: computed", "black")
    half = WIDTH // 2
    for left, key, title in ((0, "total", "requests"), (half, "seconds", "seconds")):
        _half(pen, report, left, key, title)
    image.save(file)


def _half(
    pen: ImageDraw.ImageDraw, report: dict[str, Any], left: int, key: str, title: str
) -> None:
    width, height = WIDTH // 2 - EDGE - 20, HEIGHT - 2 * EDGE
    decades, tall = 4, 7 if key == "total" else 4

    def place(count: float, value: float) -> tuple[float, float]:
        x = left + EDGE + log10(max(count, 1)) / decades * width
        return x, HEIGHT - EDGE - log10(max(value, 1)) / tall * height

    for power in range(decades + 1):
        x, y = place(10**power, 1)
        pen.line([(x, y), (x, HEIGHT - EDGE - height)], "#dddddd")
        pen.text((x - 12, y + 6), f"{10**power:,}", "black")
    for power in range(tall + 1):
        x, y = place(1, 10**power)
        pen.line([(x, y), (x + width, y)], "#dddddd")
        pen.text((left + 8, y - 6), f"{10**power:,}", "black")
    pen.text((left + EDGE, HEIGHT - 30), f"{title} (upwards) by gateways", "black")
    line = []
    for it in report["cells"]:
        x, y = place(it["gateways"], it["apply"][key])
        if it["kind"] == "stand-in":
            line.append((x, y))
        fill = "#1f77b4" if it["kind"] == "real" else None
        pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill, "#1f77b4", 2)
    pen.line(line, "#1f77b4")
    x, y = place(FAR, report["computed"]["apply"][key])
    pen.line([(x - 6, y - 6), (x + 6, y + 6)], "#d62728", 3)
    pen.line([(x - 6, y + 6), (x + 6, y - 6)], "#d62728", 3)
