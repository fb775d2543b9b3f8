"""Every kind of finding on the page, pixel by pixel against the record that the gateway gives."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from eyes import Show, one, painted, pixels, text, tile, until
from kinds import POINTS
from PIL import Image
from selenium import webdriver
from street import SIZE, Street

from testbed.api import Api
from testbed.gateway import Gateway

# The colours of mgmt/web/paint.js, for labels 0 and 1.
COLOURS = ((0xFF, 0xD1, 0x66), (0x5E, 0xE6, 0xA8))
PLACES = {"one camera": "camera", "the grid": "cameras"}


def _record(running: Gateway, name: str) -> dict[str, Any]:
    """The picture is always the same, and so is what is found."""
    with Api(running.socket) as api:

        def asked() -> dict[str, Any] | None:
            said = api.ask("GET", f"cameras/{name}/findings")
            return said.body if said.status == 200 else None

        return until(asked, f"the findings of {name}")


def _open(show: Show, page: str, name: str) -> tuple[webdriver.Chrome, str, float]:
    """Browser, canvas, and pixels of the canvas for one of the picture."""
    if page == "camera":
        browser, canvas = show(f"camera/{name}"), ".camera canvas"
    else:
        browser, canvas = show("cameras"), f"{tile(name)} canvas"
        one(browser, "#search").send_keys(name)
    until(lambda: painted(browser, canvas), "a picture")
    return browser, canvas, one(browser, canvas).get_property("width") / SIZE[0]


def _alike(seen: tuple[int, ...], expected: tuple[int, ...], by: int = 28) -> bool:
    return all(abs(a - b) <= by for a, b in zip(seen, expected, strict=True))


def _cells(mask: dict[str, Any]) -> Iterator[tuple[float, float, int]]:
    """The middle of each cell in the picture, and its label."""
    box = mask["bbox"]
    across = (box["rightX"] - box["leftX"]) / mask["width"]
    down = (box["bottomY"] - box["topY"]) / mask["height"]
    labels = [
        label
        for label, length in zip(mask["runs"][::2], mask["runs"][1::2], strict=True)
        for _ in range(length)
    ]
    assert len(labels) == mask["width"] * mask["height"]
    for cell, label in enumerate(labels):
        row, column = divmod(cell, mask["width"])
        yield box["leftX"] + (column + 0.5) * across, box["topY"] + (row + 0.5) * down, label


def _jpeg(street: Street, name: str) -> Image.Image:
    [jpeg] = [camera.jpeg for camera in street.cameras if camera.name == name]
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


@pytest.mark.parametrize("page", PLACES.values(), ids=PLACES)
def test_a_mask_covers_the_cells_of_the_record_and_no_other(
    show: Show, running: Gateway, street: Street, page: str
) -> None:
    mask = _record(running, "ground")["mask"]
    assert mask["labels"] == ["background", "lit"]
    browser, canvas, scale = _open(show, page, "ground")
    cells = list(_cells(mask))
    seen = pixels(browser, canvas, [(x * scale, y * scale) for x, y, _ in cells])
    picture = _jpeg(street, "ground")
    for (x, y, label), colour in zip(cells, seen, strict=True):
        under = picture.getpixel((int(x), int(y)))
        over = tuple(round(0.4 * a + 0.6 * b) for a, b in zip(COLOURS[1], under, strict=True))
        expected, other = (over, under) if label == 1 else (under, over)
        assert _alike(colour, expected), (x, y, label, colour)
        assert not _alike(colour, other), (x, y, label, colour)
    # It has something to say.
    assert 4 <= sum(label for _, _, label in cells) <= len(cells) // 2


def test_a_mask_is_told_in_words(show: Show, running: Gateway) -> None:
    cells = [label for _, _, label in _cells(_record(running, "ground")["mask"])]
    share = f"lit: {100 * sum(cells) / len(cells):.1f} % of what it sees"
    words = text(show("camera/ground"), "#findings", "lit")
    assert share in words
    assert "background" not in words


@pytest.mark.parametrize("page", PLACES.values(), ids=PLACES)
def test_points_are_where_the_record_has_them(show: Show, running: Gateway, page: str) -> None:
    [found] = _record(running, "edges")["objects"]
    assert [point["type"] for point in found["keypoints"]] == list(POINTS)
    browser, canvas, scale = _open(show, page, "edges")
    places = [(point["x"] * scale, point["y"] * scale) for point in found["keypoints"]]
    assert all(_alike(seen, COLOURS[0], 40) for seen in pixels(browser, canvas, places))
    # Between them is none, and not because all of the box were painted.
    middle = sum(x for x, _ in places) / 2, sum(y for _, y in places) / 2
    above = places[0][0], places[0][1] - 8
    assert not any(
        _alike(seen, COLOURS[0], 40) for seen in pixels(browser, canvas, [middle, above])
    )


@pytest.mark.parametrize("page", PLACES.values(), ids=PLACES)
def test_text_that_lies_askew_has_its_four_corners(show: Show, running: Gateway, page: str) -> None:
    [found] = _record(running, "signs")["objects"]
    corners = [(corner["x"], corner["y"]) for corner in found["polygon"]]
    assert abs(corners[0][1] - corners[1][1]) > 20, "it lies askew"
    browser, canvas, scale = _open(show, page, "signs")
    for begin, end in zip(corners, corners[1:] + corners[:1], strict=True):
        x, y = ((a + 3 * b) / 4 * scale for a, b in zip(begin, end, strict=True))
        near = [(x + across, y + down) for across in (-1, 0, 1) for down in (-1, 0, 1)]
        seen = pixels(browser, canvas, near)
        assert any(_alike(colour, COLOURS[0], 50) for colour in seen), (x, y, seen)
    # The upright box around it is not drawn: its lower left corner is as black as it came.
    box = found["bbox"]
    [corner] = pixels(browser, canvas, [(box["leftX"] * scale + 1, box["bottomY"] * scale - 2)])
    assert max(corner) < 60


def test_a_plan_has_its_mask_and_its_boxes(show: Show, running: Gateway, street: Street) -> None:
    findings = _record(running, "many")["findings"]
    by_kind = {found["kind"]: found for found in findings}
    assert set(by_kind) == {"mask", "object"}
    browser, canvas, scale = _open(show, "camera", "many")
    box = by_kind["object"]["bbox"]
    # Within the box and beside its points and its words.
    x = (box["leftX"] + box["rightX"]) / 2
    y = box["topY"] + (box["bottomY"] - box["topY"]) * 0.75
    under = _jpeg(street, "many").getpixel((int(x), int(y)))
    over = tuple(round(0.4 * a + 0.6 * b) for a, b in zip(COLOURS[1], under, strict=True))
    [seen] = pixels(browser, canvas, [(x * scale, y * scale)])
    assert _alike(seen, over)
    [side] = pixels(browser, canvas, [(box["leftX"] * scale, y * scale)])
    assert _alike(side, COLOURS[0], 40)
    words = text(browser, "#findings", "spot")
    assert "lit: " in words
