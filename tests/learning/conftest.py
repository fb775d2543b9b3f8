"""A yard for a test that needs a real gateway."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from yard import Yard

from testbed.scenes import Scenes


@pytest.fixture
def yard(need_root: None, drawn: Scenes, tmp_path: Path) -> Iterator[Yard]:
    """Without a gateway."""
    made = Yard(tmp_path, drawn)
    try:
        yield made
    finally:
        made.close()
