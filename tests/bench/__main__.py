"""Runs one benchmark by its name."""

import argparse
import sys

from bench import (
    api,
    decode,
    idle,
    kafka,
    kernels,
    latency,
    library,
    live,
    memory,
    models,
    outage,
    receive,
    report,
    scale,
    schedule,
    way,
)
from testbed import stopping
from testbed.places import NotThere

BENCHMARKS = {
    "api": [api],
    "dataplane": [receive, decode],
    "decode": [decode],
    "idle": [idle],
    "kafka": [kafka],
    "kernels": [kernels],
    "latency": [latency],
    "library": [library],
    "live": [live],
    "memory": [memory],
    "models": [models],
    "outage": [outage],
    "scale": [scale],
    "schedule": [schedule],
    "way": [way],
}


def main() -> int:
    """Measures, then prints a table or one JSON object."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("name", choices=BENCHMARKS, help="what is measured")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, help="turns per case")
    parser.add_argument("--long", action="store_true", help="kafka: more of everything")
    parser.add_argument("--brokers", type=int, choices=(1, 3), help="kafka: of the cluster (1)")
    asked = parser.parse_args()
    if asked.rounds is not None and asked.rounds < 1:
        parser.error("--rounds must be at least 1")
    more = {name: given for name in ("long", "brokers") if (given := getattr(asked, name))}
    if more and asked.name != "kafka":
        parser.error(f"--{next(iter(more))} is of kafka alone")
    stopping.raise_once()
    try:
        rows = [row for part in BENCHMARKS[asked.name] for row in part.rows(asked.rounds, **more)]
    except (NotThere, RuntimeError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stopped:
        print("bench: stopped", file=sys.stderr)
        return 128 + stopped.args[0]
    report.show(asked.name, rows, asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
