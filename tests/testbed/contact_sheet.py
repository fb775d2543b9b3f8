"""A contact sheet: sampled pictures as they came out of Kafka, with what was found drawn."""

import datetime
import io
import zlib
from collections.abc import Sequence
from pathlib import Path

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

    def put(self, box: tuple[float, float, float, float], text: str, size: float) -> None:
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
        self._draw.rectangle(plate, fill=_colour(text.rsplit(" ", 1)[0].strip()))
        at = (plate[0] + 2 - left, plate[1] + 2 - top)
        self._draw.text(at, text, fill=(0, 0, 0), font=font)


def _colour(name: str) -> tuple[int, int, int]:
    """One class, one colour."""
    return _COLOURS[zlib.crc32(name.encode()) % len(_COLOURS)]


def _annotated(frame: Record, result: Record | None) -> Image.Image:
    picture = Image.open(io.BytesIO(frame.value)).convert("RGB")
    if result is None:
        return picture.resize(_TILE, Image.Resampling.LANCZOS)
    # Draw on the tile, not on the picture: lines and letters then look the same everywhere.
    x_scale, y_scale = _TILE[0] / picture.width, _TILE[1] / picture.height
    tile = picture.resize(_TILE, Image.Resampling.LANCZOS)
    draw, labels = ImageDraw.Draw(tile), Labels(tile)
    marked = []
    for found in result.body.get("objects", []):
        box = found["bbox"]
        corners = (
            *(box["leftX"] * x_scale, box["topY"] * y_scale),
            *(box["rightX"] * x_scale, box["bottomY"] * y_scale),
        )
        draw.rectangle(corners, outline=_colour(found["type"]), width=2)
        marked.append((corners, f"{found['type']} {found['confidence']:.2f}"))
    # After all boxes: a line through a label makes it hard to read.
    for corners, text in marked:
        labels.put(corners, text, 10)
    for best in result.body.get("classes", [])[:1]:
        labels.put((8, 40, 8, 40), f"{best['type']}  {best['confidence']:.2f}", 26)
    return tile


def draw(pictures: Sequence[tuple[Record, Record | None]], columns: int, path: Path) -> None:
    """Draws sampled pictures, each with its result where that is known, as one PNG file."""
    rows = -(-len(pictures) // columns)
    cell = (_TILE[0] + _GAP, _TILE[1] + _CAPTION + _GAP)
    sheet = Image.new("RGB", (columns * cell[0] + _GAP, rows * cell[1] + _GAP), _PAPER)
    canvas = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(14)
    for number, (frame, result) in enumerate(pictures):
        x = _GAP + number % columns * cell[0]
        y = _GAP + number // columns * cell[1]
        sheet.paste(_annotated(frame, result), (x, y + _CAPTION))
        taken = datetime.datetime.fromtimestamp(frame.time_ms / 1000)
        caption = f"{frame.key}   frame {frame.sequence}   {taken:%H:%M:%S}.{taken:%f}"[:-3]
        canvas.text((x, y + 5), caption, fill=_INK, font=font)
    sheet.save(path, compress_level=6)
