"""Boxes for the tests of this folder."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from image.box import Box, image
from testbed import places


def tree_version() -> str:
    found = re.search(r"version: '(.*)'", (places.ROOT / "meson.build").read_text())
    assert found
    return found[1]


@pytest.fixture
def box(tmp_path: Path, need_root: None) -> Iterator[Box]:
    """A new box of this tree's version, not started yet."""
    made = Box(tmp_path)
    made.install(image(tree_version()))
    yield made
    made.disk.unlink(missing_ok=True)
