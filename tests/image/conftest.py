"""Boxes for the tests of this folder."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from image.box import Box, image
from image.maker import Maker, Shop
from image.place import Place
from testbed import places
from testbed.scenes import Scenes


def tree_version() -> str:
    found = re.search(r"version: '(.*)'", (places.ROOT / "meson.build").read_text())
    assert found
    return found[1]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says a figure that somebody wants to know, also of a test that passes."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\nimage: {text}")

    return say


@pytest.fixture
def box(tmp_path: Path, need_root: None) -> Iterator[Box]:
    """A new box of this tree's version, not started yet."""
    made = Box(tmp_path)
    made.install(image(tree_version()))
    yield made
    made.disk.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def maker(tmp_path_factory: pytest.TempPathFactory, need_root: None) -> Maker:
    """Who makes other versions."""
    return Maker(tmp_path_factory.mktemp("maker"), tree_version())


@pytest.fixture(scope="session")
def shop(maker: Maker) -> Iterator[Shop]:
    """Where they lie."""
    made = Shop(maker.made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, drawn: Scenes, need_root: None
) -> Iterator[Place]:
    """A box of this tree's version between a camera and a broker, not started yet."""
    made = Place(tmp_path_factory.mktemp("box"), drawn)
    try:
        made.box.install(image(tree_version()))
        made.kafka.start()
        made.kafka.create_topics(["framegate.results", "framegate.frames"])
        yield made
    finally:
        made.close()
