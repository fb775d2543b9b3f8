"""A contact sheet: sampled pictures as they came out of Kafka, with what was found drawn."""

import datetime
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from testbed.consumer import Record

_TILE = (384, 288)
_CAPTION = 26
_GAP = 10
_PAPER = (24, 26, 30)
_INK = (230, 232, 235)
_COLOURS = [
    *((255, 202, 58), (240, 160, 60), (200, 140, 255), (86, 180, 255), (255, 170, 200)),
    *((255, 120, 90), (120, 220, 210), (190, 200, 90), (138, 201, 38)),
]


class Labels:
    """Text on bright plates that stay inside the picture and off one another."""

    def __init__(self, picture: Image.Image) -> None:
        self._size = picture.size
        self._draw = ImageDraw.Draw(picture)
        self.taken: list[tuple[float, float, float, float]] = []

    def _free(self, plate: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = plate
        return all(
            right <= it[0] or left >= it[2] or bottom <= it[1] or top >= it[3] for it in self.taken
        )

    def put(
        self, box: tuple[float, float, float, float], text: str, size: float, kind: str
    ) -> None:
        """Puts the text above the box, or else at the nearest place that is free."""
        font = ImageFont.load_default(size)
        left, top, right, bottom = self._draw.textbbox((0, 0), text, font=font)
        width, height = right - left + 4, bottom - top + 4
        x = min(max(box[0], 0), self._size[0] - width)
        lowest = self._size[1] - height
        above = min(max(box[1] - height, 0), lowest)
        # Below it, inside it, and then every row of the picture, the nearest first.
        others = sorted((abs(y - above), y) for y in range(0, int(lowest) + 1))
        tops = [above, min(box[3], lowest), *(y for _, y in others)]
        plates = [(x, y, x + width, y + height) for y in tops]
        plate = next((it for it in plates if self._free(it)), plates[0])
        self.taken.append(plate)
        self._draw.rectangle(plate, fill=_colour(kind))
        at = (plate[0] + 2 - left, plate[1] + 2 - top)
        self._draw.text(at, text, fill=(0, 0, 0), font=font)


def _colour(name: str) -> tuple[int, int, int]:
    """One class, one colour."""
    return _COLOURS[zlib.crc32(name.encode()) % len(_COLOURS)]


def enlarged(picture: Image.Image) -> Image.Image:
    """As large as a tile."""
    return picture.resize(_TILE, Image.Resampling.LANCZOS)


def _marks(body: dict[str, Any]) -> list[tuple[dict[str, float], str, str]]:
    """Boxes: where, of what kind, and what is written beside them."""
    findings = body.get("findings", [])
    said = {it["parent"]: it["text"] for it in findings if it["kind"] == "read"}
    boxed = body.get("objects", []) + [it for it in findings if "bbox" in it]
    return [
        (it["bbox"], it["type"], said.get(it["id"], f"{it['type']} {it['confidence']:.2f}"))
        for it in boxed
    ]


def _annotated(frame: Record, result: Record | None) -> Image.Image:
    picture = Image.open(io.BytesIO(frame.value)).convert("RGB")
    tile = enlarged(picture)
    if result is None:
        return tile
    # Draw on the tile, not on the picture: lines and letters then look the same everywhere.
    x_scale, y_scale = _TILE[0] / picture.width, _TILE[1] / picture.height
    draw, labels = ImageDraw.Draw(tile), Labels(tile)
    marked = []
    for box, kind, text in _marks(result.body):
        corners = (
            *(box["leftX"] * x_scale, box["topY"] * y_scale),
            *(box["rightX"] * x_scale, box["bottomY"] * y_scale),
        )
        draw.rectangle(corners, outline=_colour(kind), width=2)
        marked.append((corners, text, kind))
    # After all boxes: a line through a label makes it hard to read.
    for corners, text, kind in marked:
        labels.put(corners, text, 10, kind)
    for best in result.body.get("classes", [])[:1]:
        labels.put((8, 40, 8, 40), f"{best['type']}  {best['confidence']:.2f}", 26, best["type"])
    return tile


class Tile(NamedTuple):
    """One picture of the sheet, and what stands above it."""

    caption: str
    picture: Image.Image


def tile(frame: Record, result: Record | None) -> Tile:
    """A sampled picture, with its result where that is known."""
    taken = datetime.datetime.fromtimestamp(frame.time_ms / 1000)
    caption = f"{frame.key}   frame {frame.sequence}   {taken:%H:%M:%S}.{taken:%f}"[:-3]
    return Tile(caption, _annotated(frame, result))


def draw(tiles: Sequence[Tile | None], columns: int, path: Path) -> None:
    """Draws them as one PNG file; None is a place that stays empty."""
    rows = -(-len(tiles) // columns)
    cell = (_TILE[0] + _GAP, _TILE[1] + _CAPTION + _GAP)
    sheet = Image.new("RGB", (columns * cell[0] + _GAP, rows * cell[1] + _GAP), _PAPER)
    canvas = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(14)
    for number, it in enumerate(tiles):
        if it is None:
            continue
        x = _GAP + number % columns * cell[0]
        y = _GAP + number // columns * cell[1]
        sheet.paste(it.picture, (x, y + _CAPTION))
        canvas.text((x, y + 5), it.caption, fill=_INK, font=font)
    sheet.save(path, compress_level=6)
