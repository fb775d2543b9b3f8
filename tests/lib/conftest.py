"""The library of the build, and the Python package of the source tree around it."""

import os
import sys
from pathlib import Path

import pytest

from testbed import places

sys.path.insert(0, str(places.ROOT / "lib" / "python"))
os.environ.setdefault("FRAMEGATE_LIBRARY", str(places.build() / "lib" / "libframegate.so.0"))


@pytest.fixture(scope="session")
def library() -> Path:
    """The shared library; it belongs to the build, so it fails the tests when it is missing."""
    return places.need(places.build() / "lib" / "libframegate.so.0", "run ./dev build")
