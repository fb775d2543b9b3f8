"""Where the program begins."""

import sys


def main() -> None:
    """Runs one command and ends with its exit code."""
    # What waits for one gateway lets the others go on; before anything else is loaded.
    from gevent import monkey

    monkey.patch_all()
    from framegate_fleet.cli import run

    sys.exit(run(sys.argv[1:]))
