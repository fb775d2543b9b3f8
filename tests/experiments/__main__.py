"""Runs one experiment by its name: what takes too long for a test, and ends with a report."""

import argparse
import importlib
import sys

from testbed import places, stopping
from testbed.places import NotThere

# Where the `run` of each is: they need different packages.
EXPERIMENTS = {
    "line-rate": "line_rate",
    "fleet": "fleet",
    "a": "scaling",
    "c": "distribution",
    "d": "site_learning",
    "e": "learning",
}


def main() -> int:
    """Runs it; what is not ours goes to the program that does the work."""
    parser = argparse.ArgumentParser(prog="./dev experiment", description=__doc__)
    parser.add_argument("name", choices=EXPERIMENTS, help="what is tried")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="of the program, as it has them")
    asked = parser.parse_args()
    stopping.raise_once()
    # What trains is a part of the product; processes that engines start find it by this path, too.
    sys.path.append(str(places.ROOT / "fleet"))
    try:
        module = importlib.import_module(f"experiments.{EXPERIMENTS[asked.name]}")
        return module.run(asked.options)
    except (NotThere, RuntimeError) as error:
        print(f"experiment: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stopped:
        print("experiment: stopped", file=sys.stderr)
        return 128 + stopped.args[0]


if __name__ == "__main__":
    sys.exit(main())
