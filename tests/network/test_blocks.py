"""The tests' own addresses: two runs side by side have never the same."""

import subprocess
import sys

from testbed import places
from testbed.blocks import Block

OTHER = """
from testbed.blocks import Block
block = Block(7)
print(block.prefix, flush=True)
input()
"""


def test_no_two_have_a_block_at_once_also_of_two_processes() -> None:
    first, second = Block(7), Block(7)
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER],
        cwd=places.ROOT / "tests",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    theirs = other.stdout.readline().strip()
    try:
        assert theirs.startswith("198.1")
        assert len({first.prefix, second.prefix, theirs}) == 3
        taken = first.prefix
        first.release()
        assert Block(7).prefix == taken
    finally:
        other.communicate("\n", timeout=60)
        first.release()
        second.release()
