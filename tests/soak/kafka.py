"""A gateway with a spool is killed again and again under load: nothing that it accepted is lost.

One kill in four comes while the broker hangs. Exit code 0: all came, each camera's in order, and
what came twice had been on its way.
"""

import argparse
import dataclasses
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from soak import ending
from soak.kills import kill_often
from testbed import places
from testbed.kafka import Kafka

KILLS = 200


def soak(kills: int, seed: int, durability: str) -> dict[str, Any]:
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


def lines(result: dict[str, Any]) -> list[str]:
    """The result for people."""
    return [
        f"{result['kills']} kills (seed {result['seed']}), {result['accepted']} results accepted",
        f"{result['missing']} missing, {result['inversions']} out of order",
        f"{result['again']} came again, of at most {result['on_the_way']}",
    ]


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
    seed = random.randrange(1 << 32) if asked.seed is None else asked.seed
    return ending.run(lambda: soak(asked.kills, seed, asked.durability), lines, asked.json)
