"""Where the program begins."""

import os
import sys


def main() -> None:
    """Runs one command and ends with its exit code."""
    # What waits for one gateway lets the others go on; before anything else is loaded.
    from gevent import get_hub, monkey

    monkey.patch_all()
    from framegate_fleet import journal
    from framegate_fleet.cli import run

    journal.sync = lambda file: get_hub().threadpool.apply(os.fsync, (file,))
    sys.exit(run(sys.argv[1:]))
