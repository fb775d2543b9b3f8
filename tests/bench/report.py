"""What a benchmark says: rows of ours against a peer, as a table or as one JSON object."""

import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

MORE, LESS = "more is better", "less is better"
# Every unit that a row may have, and what to make of it.
DIRECTIONS = {
    "Mpps": f"million packets per second of processor time; {MORE}",
    "cycles/packet": f"of the time stamp counter; {LESS}",
    "MiB": f"the most that was resident since the start; {LESS}",
    "slots touched": f"frame slots that were ever used; {LESS}",
    "ms at p99": f"by the clock, of 100 pictures the second slowest; {LESS}",
    "ms at p99 of the way": f"from a frame's first packet to its record, by the gateway; {LESS}",
    "results/s": "that the broker took, from the first after its return to the last that had"
    f" waited, new ones among them; {MORE}",
    "s to the first result": f"until the broker took one, after it took connections again; {LESS}",
    "results in the topic": f"each counted once, by a client that is not ours; {MORE}",
    "frames/s": f"that came in that time and have a result; {MORE}",
    "requests/s": f"that were answered well; {MORE}",
    "s": f"from the first picture to the last; {LESS}",
    "Jain's index": f"of the items that each device ran; 1: all the same; {MORE}",
    "frames delivered": f"with a result; {MORE}",
    "frames/s per core": f"complete frames per second of processor time; {MORE}",
    "records/s by the clock": f"from the first one to the last confirmation; {MORE}",
    "records in the topic": "as a client that is neither of the two finds; 1.00: none is lost, and"
    " of ours, each of whose records has an id, none is counted twice",
    "us of a processor": f"microseconds of all threads, for a record; {LESS}",
    "instructions": f"of all threads, for a record, without the kernel's; {LESS}",
    "bytes a record on disk": f"of the broker, all of the record and its share of a batch; {LESS}",
    "frames/s by the clock": f"complete frames per second, whatever they cost; {MORE}",
    "% complete": f"of the frames that were sent; {MORE}",
    "% of a core": f"processor time; {LESS}",
    "us until taken": f"by the clock, from its sending to the receive thread; {LESS}",
    "pictures/s of a core": f"pictures per second of processor time; {MORE}",
    "pictures/s by the clock": f"on all processors that there are; {MORE}",
    "pictures/s": f"pictures per second of processor time; {MORE}. Peers decode the full size, ours"
    " the smallest that the model can do with",
}


def row(what: str, unit: str, peer_name: str, ours: Sequence[float], peer: Sequence[float]) -> Row:
    """Medians of the rounds' figures, and the median of the rounds' ratios (ours / peer)."""
    return {
        "what": what,
        "ours": round(statistics.median(ours), 2),
        "peer": round(statistics.median(peer), 2),
        "peer_name": peer_name,
        "unit": unit,
        "ratio": round(statistics.median(a / b for a, b in zip(ours, peer)), 3),
    }


def rows_of(
    what: str, peer_name: str, ours: Sequence[Any], peer: Sequence[Any], figures: Mapping[str, str]
) -> list[Row]:
    """A row for each unit: what the turns of ours have under that name, against the peer's."""
    return [
        row(what, unit, peer_name, *([getattr(it, name) for it in side] for side in (ours, peer)))
        for unit, name in figures.items()
    ]


def progress(step: str) -> None:
    """Says on the terminal what is being measured; standard output is for the result."""
    print(f"bench: {step}", file=sys.stderr, flush=True)


def machine() -> str:
    """The processor's name and count."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else os.uname().machine}, {os.cpu_count()} cores"


def show(name: str, rows: list[Row], as_json: bool) -> None:
    """Prints the result."""
    if as_json:
        print(json.dumps({"name": name, "machine": machine(), "rows": rows}))
        return
    wide = max(len(r["what"]) for r in rows)
    unit = max(len(r["unit"]) for r in rows)
    print(f"{name} on {machine()}\n")
    print(f"{'what':{wide}} {'unit':{unit}} {'ours':>9} {'peer':>9} {'ratio':>6}  the peer")
    for r in rows:
        print(
            f"{r['what']:{wide}} {r['unit']:{unit}} {r['ours']:9.2f} {r['peer']:9.2f}"
            f" {r['ratio']:6.2f}  {r['peer_name']}"
        )
    print("\nratio = ours / peer")
    for measured in dict.fromkeys(r["unit"] for r in rows):
        print(f"{measured}: {DIRECTIONS[measured]}")
