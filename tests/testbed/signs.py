"""Signs of a yard with a few words on each: what is written there is known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from testbed import stopping

SIZE = (640, 480)
# Two lines on each sign, and how large their letters are.
SIGNS = [
    ("GATE 7", "Deliveries until 18:00"),
    ("DOCK 3", "Drivers report here"),
    ("NO ENTRY", "Authorised staff only"),
    ("EXIT", "Mind the forklifts"),
    ("WEIGHBRIDGE", "Maximum 40 tonnes"),
    ("RECEPTION", "Open 07:30 to 16:45"),
]
_TITLE, _NOTE = 72, 36
_PLATES = [(244, 240, 226), (24, 62, 120), (196, 40, 40), (34, 110, 62), (238, 190, 40)]


@dataclass(frozen=True)
class Signs:
    """Picture files 00000.png, 00001.png, ... in a folder: sign after sign."""

    folder: Path
    count: int

    @property
    def png(self) -> Path:
        """The pattern of the files."""
        return self.folder / "%05d.png"


def lines_right(read: list[str]) -> int:
    """How many lines are those of the one sign that most of them are of."""
    return max(sum(line in sign for line in set(read)) for sign in SIGNS)


def _draw(number: int) -> Image.Image:
    random = np.random.default_rng(number)
    rows = np.linspace(150, 90, SIZE[1])[:, None, None]
    wall = rows * np.array([1.0, 0.9, 0.82]) + random.normal(0, 3, (SIZE[1], SIZE[0], 3))
    picture = Image.fromarray(wall.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    plate = _PLATES[number % len(_PLATES)]
    ink = (20, 20, 24) if sum(plate) > 380 else (250, 250, 250)
    draw.rounded_rectangle((40, 110, 600, 370), 14, fill=plate, outline=ink, width=3)
    for text, size, y in zip(SIGNS[number], (_TITLE, _NOTE), (190, 300)):
        font = ImageFont.load_default(size)
        draw.text((SIZE[0] / 2, y), text, fill=ink, font=font, anchor="mm")
    return picture


def draw(folder: Path) -> Signs:
    """Draws every sign once."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(len(SIGNS)):
        stopping.check()
        _draw(number).save(folder / f"{number:05d}.png", compress_level=1)
    return Signs(folder, len(SIGNS))
