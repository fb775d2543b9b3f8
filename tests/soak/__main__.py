"""A gateway for minutes under everything at once; its books are read every second.

Cameras lose packets, come and go, are flooded and overloaded, the link flaps, an RTSP server dies,
and somebody looks at all of them.
The books must balance at every look, and memory and descriptors must be flat: in the last third no
more than in the second, and a little. Exit code 0: so it was.
"""

import argparse
import json
import statistics
import sys
import time
from typing import Any

from soak import ending, kafka
from soak.street import Street, descriptors, resident_kib
from testbed import places, stopping

SECONDS = 600
SHORTEST = 30
# Between troubles of one kind, in seconds: all of them happen in the shortest run.
TURNS = {
    "camera_comes_or_goes": 3,
    "somebody_looks": 2,
    "flood": 11,
    "overload": 13,
    "link_flaps": 17,
    "server_dies": 19,
}
# What a log line, a new session's socket or the allocator may make of it.
MEMORY_MARGIN_KIB = 8 * 1024
DESCRIPTOR_MARGIN = 8


def say(text: str) -> None:
    """Progress; standard output is for the result."""
    print(f"soak: {text}", file=sys.stderr, flush=True)


def thirds(values: list[int]) -> tuple[float, float, int]:
    """Medians of the second and of the last third, and the most."""
    third = max(len(values) // 3, 1)
    return (
        statistics.median(values[third : 2 * third] or values),
        statistics.median(values[-third:]),
        max(values),
    )


def grows(what: str, found: tuple[float, float, int], margin: int) -> list[str]:
    """What to say of it when it was not flat."""
    middle, end, _most = found
    return (
        [f"{what}: {middle:.0f} in the middle, {end:.0f} at the end"]
        if end > middle + margin
        else []
    )


def look(street: Street, seconds: int) -> dict[str, list[int]]:
    """Makes trouble for so long; returns what was read."""
    begin = time.monotonic()
    due = dict(TURNS)
    seen: dict[str, list[int]] = {"balanced": [], "memory": [], "descriptors": []}
    told = 0.0
    pid = street.gateway.process.pid
    while (now := time.monotonic() - begin) < seconds:
        for trouble, every in TURNS.items():
            if now >= due[trouble]:
                due[trouble] = now + every
                getattr(street, trouble)()
        audit = street.gateway.ctl("audit")
        if audit.code != 0:
            say(f"at {now:.0f} s the books do not balance: {json.dumps(audit.body)[:2000]}")
        seen["balanced"].append(audit.code == 0)
        seen["memory"].append(resident_kib(pid))
        seen["descriptors"].append(descriptors(pid))
        if now >= told + 10:
            told = now
            frames = street.gateway.status()["frames"]
            say(
                f"{now:.0f} of {seconds} s, {frames['delivered']} frames delivered, "
                f"{seen['memory'][-1] // 1024} MiB, {seen['descriptors'][-1]} descriptors, "
                f"{seen['balanced'].count(False)} of {len(seen['balanced'])} looks unbalanced"
            )
        stopping.pause(1)
    return seen


def judge(street: Street, seconds: int, seen: dict[str, list[int]]) -> dict[str, Any]:
    """The result, with what is wrong in `wrong`."""
    memory, open_files = thirds(seen["memory"]), thirds(seen["descriptors"])
    frames = street.gateway.status()["frames"]
    wrong = [
        *grows("memory", memory, MEMORY_MARGIN_KIB),
        *grows("descriptors", open_files, DESCRIPTOR_MARGIN),
    ]
    if False in seen["balanced"] or street.gateway.ctl("audit").code != 0:
        wrong.append("the books did not balance")
    if frames["delivered"] < seconds:
        wrong.append("hardly any frame was delivered")
    for camera in street.gateway.ask("camera", "list")["cameras"]:
        if camera["frames"]["delivered"] == 0 and not camera["name"].startswith("guest"):
            wrong.append(f"{camera['name']} delivered nothing")
    return {
        "seconds": seconds,
        "looks": len(seen["balanced"]),
        "unbalanced": seen["balanced"].count(False),
        "memory_mib": dict(zip(("middle", "end", "most"), (round(it / 1024, 1) for it in memory))),
        "descriptors": dict(zip(("middle", "end", "most"), open_files)),
        "frames": frames,
        "troubles": street.done,
        "wrong": wrong,
    }


def soak(seconds: int) -> dict[str, Any]:
    """The whole of it."""
    places.need(places.build() / "gwgen", "run ./dev build")
    street = Street()
    try:
        street.begin(seconds + 60)
        seen = look(street, seconds)
        street.end_sending()
        result = judge(street, seconds, seen)
        street.gateway.stop()
        return result
    finally:
        street.leave()


def lines(result: dict[str, Any]) -> list[str]:
    """The result for people."""
    memory, files = result["memory_mib"], result["descriptors"]
    return [
        f"{result['looks']} looks at the books, {result['unbalanced']} unbalanced",
        f"memory {memory['middle']} MiB in the middle, {memory['end']} at the end",
        f"descriptors {files['middle']} in the middle, {files['end']} at the end",
        ", ".join(f"{count} {what}" for what, count in result["troubles"].items()),
    ]


def main() -> int:
    """Runs it and prints what came of it."""
    if sys.argv[1:2] == ["kafka"]:
        return kafka.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    length = f"how long (600, at least {SHORTEST})"
    parser.add_argument("--seconds", type=int, default=SECONDS, help=length)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    if asked.seconds < SHORTEST:
        parser.error(f"--seconds below {SHORTEST} leaves no time for all troubles")
    return ending.run(lambda: soak(asked.seconds), lines, asked.json)


if __name__ == "__main__":
    sys.exit(main())
