"""How the page paints pictures and what was found in them, held against Pillow."""

import base64
import io
from typing import Any

import pytest
from eyes import Show, text
from PIL import Image, ImageOps
from selenium import webdriver

STORED = (96, 64)
COLOURS = {(24, 16): (255, 0, 0), (72, 16): (0, 255, 0), (24, 48): (0, 0, 255)}
ORANGE, GREEN = (0xFF, 0xD1, 0x66), (0x5E, 0xE6, 0xA8)


def _stored(orientation: int) -> bytes:
    """Quarters of four colours, with an Exif segment that says how they are turned."""
    image = Image.new("RGB", STORED, (255, 255, 255))
    for (x, y), colour in COLOURS.items():
        image.paste(colour, (x - 24, y - 16, x + 24, y + 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, subsampling=0, exif=exif)
    return out.getvalue()


def _paint(
    browser: webdriver.Chrome, jpeg: bytes, record: dict[str, Any], places: list[tuple[int, int]]
) -> list[tuple[int, ...]]:
    """The colours at these places of the canvas, once the page's own code has painted it."""
    said = browser.execute_async_script(
        "const [jpeg, record, places, done] = arguments;"
        "import('/web/paint.js').then(async ({paint}) => {"
        " const canvas = document.createElement('canvas');"
        " const bytes = Uint8Array.from(atob(jpeg), (c) => c.charCodeAt(0));"
        " await paint(canvas, {record, jpeg: bytes}, record.frame.width);"
        " const context = canvas.getContext('2d');"
        " done([[canvas.width, canvas.height],"
        "  ...places.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3))]);"
        "}).catch((error) => done(String(error)))",
        base64.b64encode(jpeg).decode(),
        record,
        places,
    )
    assert isinstance(said, list), said
    assert said[0] == [record["frame"]["width"], record["frame"]["height"]]
    return [tuple(colour) for colour in said[1:]]


def _alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 24 for a, b in zip(one, other))


def _blend(colour: tuple[int, ...], over: tuple[int, ...]) -> tuple[int, ...]:
    """As a mask covers what is under it."""
    return tuple(round(0.4 * a + 0.6 * b) for a, b in zip(colour, over))


@pytest.fixture
def browser(show: Show) -> webdriver.Chrome:
    """With the page's code."""
    shown = show("models")
    text(shown, "h1", "Models")
    return shown


def test_a_picture_is_turned_as_the_record_says_and_only_once(browser: webdriver.Chrome) -> None:
    for orientation in range(1, 9):
        jpeg = _stored(orientation)
        with Image.open(io.BytesIO(jpeg)) as image:
            seen = ImageOps.exif_transpose(image).convert("RGB")
        width, height = seen.size
        places = [(x, y) for x in (width // 4, 3 * width // 4) for y in (height // 4, height - 9)]
        record = {"frame": {"width": width, "height": height, "orientation": orientation}}
        if orientation == 1:
            del record["frame"]["orientation"]
        painted = _paint(browser, jpeg, record, places)
        assert all(_alike(one, seen.getpixel(place)) for one, place in zip(painted, places)), (
            orientation
        )


def test_masks_cover_what_they_are_of(browser: webdriver.Chrome) -> None:
    frame = {"width": STORED[0], "height": STORED[1]}
    whole = {"leftX": 0, "topY": 0, "rightX": 96, "bottomY": 64}
    # Two rows of two cells: nothing, then label 1; label 1, nothing.
    mask = {"width": 2, "height": 2, "bbox": whole, "labels": ["nothing", "road"]}
    record = {"frame": frame, "mask": {**mask, "runs": [0, 1, 1, 2, 0, 1]}}
    places = [(24, 16), (72, 16), (24, 48), (72, 48)]
    stored = [*COLOURS.values(), (255, 255, 255)]
    painted = _paint(browser, _stored(1), record, places)
    expected = [stored[0], _blend(GREEN, stored[1]), _blend(GREEN, stored[2]), stored[3]]
    assert all(_alike(one, other) for one, other in zip(painted, expected)), painted

    # An object's own: one cell that is none of it, one that is, two that are none.
    shape = {"width": 2, "height": 2, "bbox": whole, "runs": [1, 1, 2]}
    one = {"type": "car", "index": 0, "confidence": 0.5, "bbox": whole, "mask": shape}
    painted = _paint(browser, _stored(1), {"frame": frame, "objects": [one]}, places[1:])
    expected = [_blend(ORANGE, stored[1]), stored[2], stored[3]]
    assert all(_alike(one, other) for one, other in zip(painted, expected)), painted


def test_a_first_label_that_means_something_is_painted_too(browser: webdriver.Chrome) -> None:
    whole = {"leftX": 0, "topY": 0, "rightX": 96, "bottomY": 64}
    frame = {"width": STORED[0], "height": STORED[1]}
    for first, is_painted in (("road", True), ("Background", False), ("unlabeled", False)):
        mask = {"width": 1, "height": 2, "bbox": whole, "labels": [first, "car"]}
        record = {"frame": frame, "mask": {**mask, "runs": [0, 1, 1, 1]}}
        above, below = _paint(browser, _stored(1), record, [(24, 16), (24, 48)])
        red, blue = COLOURS[24, 16], COLOURS[24, 48]
        assert _alike(above, _blend(ORANGE, red) if is_painted else red), first
        assert _alike(below, _blend(GREEN, blue)), first


def test_a_mask_of_a_plan_covers_its_part_alone(browser: webdriver.Chrome) -> None:
    """Without a box of its own, and over a part of the picture; its cells do not meet at pixels."""
    part = {"leftX": 13.5, "topY": 9.25, "rightX": 60.5, "bottomY": 50.75}
    mask = {"width": 3, "height": 3, "bbox": part, "labels": ["nothing", "road"], "runs": [1, 9]}
    found = [{"id": "0", "kind": "mask", "model": "ground:1", "mask": mask}]
    record = {"frame": {"width": STORED[0], "height": STORED[1]}, "findings": found}
    inside = [(x, 20) for x in range(16, 46)]
    painted = _paint(browser, _stored(1), record, [*inside, (8, 20), (24, 60)])
    # Without a seam between two cells.
    assert all(_alike(colour, _blend(GREEN, COLOURS[24, 16])) for colour in painted[: len(inside)])
    assert _alike(painted[-2], COLOURS[24, 16])
    assert _alike(painted[-1], COLOURS[24, 48])


def test_runs_that_say_too_much_paint_no_more_than_the_mask(browser: webdriver.Chrome) -> None:
    whole = {"leftX": 0, "topY": 0, "rightX": 48, "bottomY": 64}
    mask = {"width": 1, "height": 2, "bbox": whole, "labels": ["nothing", "road"]}
    frame = {"width": STORED[0], "height": STORED[1]}
    for runs in ([1, 65535, 1, 65535], [1], [], [7, 1]):
        record = {"frame": frame, "mask": {**mask, "runs": runs}}
        [beside] = _paint(browser, _stored(1), record, [(72, 16)])
        assert _alike(beside, COLOURS[72, 16])
    mask |= {"width": 65535, "height": 65535, "runs": [1, 65535]}
    [untouched] = _paint(browser, _stored(1), {"frame": frame, "mask": mask}, [(24, 16)])
    assert _alike(untouched, COLOURS[24, 16])


def test_findings_of_a_plan_and_polygons_are_painted(browser: webdriver.Chrome) -> None:
    frame = {"width": STORED[0], "height": STORED[1]}
    corners = [{"x": x, "y": y} for x, y in ((48, 30), (80, 46), (48, 60), (16, 46))]
    box = {"leftX": 16, "topY": 30, "rightX": 80, "bottomY": 60}
    found = [
        {"id": "0", "kind": "class", "type": "day", "index": 0, "confidence": 0.9},
        {"id": "1", "kind": "object", "type": "sign", "index": 1, "confidence": 0.9}
        | {"bbox": box, "polygon": corners},
    ]
    places = [(64, 38), (32, 53), (18, 31)]
    on, under, corner = _paint(browser, _stored(1), {"frame": frame, "findings": found}, places)
    assert _alike(on, GREEN)
    assert _alike(under, GREEN)
    # The upright box around it is not drawn.
    assert not _alike(corner, GREEN)
