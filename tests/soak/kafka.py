"""A gateway with a spool is killed again and again under load: nothing that it accepted is lost.

One kill in four comes while the broker hangs. Exit code 0: all came, each camera's in order, and
what came twice had been on its way.
"""

import argparse
import dataclasses
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from soak.kills import kill_often
from testbed import places, stopping
from testbed.kafka import Kafka
from testbed.places import NotThere

KILLS = 200


def soak(kills: int, seed: int, durability: str) -> dict[str, object]:
    """The whole of it, with a broker of its own."""
    places.need(places.build() / "gwgen", "run ./dev build")
    folder = Path(tempfile.mkdtemp(prefix="framegate-soak-"))
    kafka = Kafka(folder / "kafka")
    try:
        kafka.start()
        verdict = kill_often(kafka, kills, random.Random(seed), durability)
    finally:
        kafka.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "kills": kills,
        "seed": seed,
        "durability": durability,
        **dataclasses.asdict(verdict),
        "wrong": verdict.wrong,
    }


def main(arguments: list[str]) -> int:
    """Runs it and prints what came of it."""
    parser = argparse.ArgumentParser(prog="./dev soak kafka", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how many ({KILLS})")
    parser.add_argument("--seed", type=int, help="of an earlier run: the same moments again")
    parser.add_argument(
        "--durability", choices=("strict", "interval", "none"), default="interval", help="interval"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(arguments)
    if asked.kills < 1:
        parser.error("--kills must be at least 1")
    stopping.raise_once()
    seed = random.randrange(1 << 32) if asked.seed is None else asked.seed
    try:
        result = soak(asked.kills, seed, asked.durability)
    except (NotThere, RuntimeError, AssertionError) as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stopped:
        print("soak: stopped", file=sys.stderr)
        return 128 + stopped.args[0]
    if asked.json:
        print(json.dumps(result))
    else:
        print(f"{result['kills']} kills (seed {seed}), {result['accepted']} results accepted")
        print(f"{result['missing']} missing, {result['inversions']} out of order")
        print(f"{result['again']} came again, of at most {result['on_the_way']}")
        print("; ".join(result["wrong"]) or "all is well")
    return 1 if result["wrong"] else 0
