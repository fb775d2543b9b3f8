"""The contact sheet of the demo: which pictures are on it."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from demo.cameras import DemoCamera
from demo.findings import better, objects, seen
from testbed import contact_sheet
from testbed.consumer import Record
from testbed.contact_sheet import Tile

_COLUMNS = 4
_SHARE = {"video-a": 4, "video-b": 3, "digits-a": 1, "digits-b": 2, "signs": 2}
# Of a picture that was made better: as much as fills a tile when it is enlarged by two.
_CUT = (192, 144)


class Pair:
    """A camera's picture, what a model made of it when it was half as large, and plain
    interpolation of the same."""

    def __init__(self, own: Record, made: Record, result: Record) -> None:
        self._own = Image.open(io.BytesIO(own.value)).convert("RGB")
        self._made = Image.open(io.BytesIO(made.value)).convert("RGB")
        half = self._own.reduce(2)
        self._plain = half.resize(self._made.size, Image.Resampling.BICUBIC)
        self._half = half.size
        self._name = made.key
        self._cut = _cut(result, self._made.size)
        self.psnr = better(result)["psnr"]
        self.plain_psnr = _psnr(self._plain, self._own)

    def tiles(self) -> list[Tile]:
        """The same part of both, enlarged alike."""
        width, height = self._half
        before = f"{self._name}   before: {width}x{height}, bicubic, {self.plain_psnr:.1f} dB"
        width, height = self._made.size
        after = f"{self._name}   after: {width}x{height}, upscale, {self.psnr:.1f} dB"
        return [
            Tile(caption, contact_sheet.enlarged(picture.crop(self._cut)))
            for caption, picture in ((before, self._plain), (after, self._made))
        ]


def _psnr(one: Image.Image, other: Image.Image) -> float:
    apart = np.asarray(one).astype(float) - np.asarray(other)
    return float(10 * np.log10(255**2 / np.mean(apart**2)))


def _cut(result: Record, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Around what was found for certain; of a picture without anything, the middle."""
    box = next((it["bbox"] for it in objects(result)), None)
    middle = (size[0] / 2, size[1] / 2)
    if box:
        middle = ((box["leftX"] + box["rightX"]) / 2, (box["topY"] + box["bottomY"]) / 2)
    left, top = (
        int(min(max(at - side / 2, 0), whole - side)) for at, side, whole in zip(middle, _CUT, size)
    )
    return left, top, left + _CUT[0], top + _CUT[1]


def pairs(results: list[Record], sampled: list[Record], made: list[Record]) -> list[Pair]:
    """Of the frames whose own picture was sampled, too, and is of the same size."""
    own = {record.id: record for record in sampled}
    by_id = {record.id: record for record in results}
    return [
        Pair(own[record.id], record, by_id[record.id])
        for record in made
        if record.id in own and record.id in by_id and "psnr" in (better(by_id[record.id]) or {})
    ]


def _spread(records: list[Record], wanted: int) -> list[Record]:
    """So many of them, over all the time."""
    wanted = min(wanted, len(records))
    return [records[(2 * i + 1) * len(records) // (2 * wanted)] for i in range(wanted)]


def draw(
    cameras: list[DemoCamera],
    results: dict[str, list[Record]],
    sampled: dict[str, list[Record]],
    better_ones: list[Pair],
    path: Path,
) -> int:
    """Draws sampled pictures of every camera, and pairs in a row of their own; returns how many
    tiles that are."""
    tiles = []
    for camera in cameras:
        by_id = {record.id: record for record in results[camera.name]}
        frames = [it for it in sampled[camera.name] if it.id not in by_id or seen(by_id[it.id])]
        chosen = _spread(frames, _SHARE[camera.name])
        tiles += [contact_sheet.tile(frame, by_id.get(frame.id)) for frame in chosen]
    if better_ones:
        tiles += [None] * (-len(tiles) % _COLUMNS)
        first_and_last = dict.fromkeys((better_ones[0], better_ones[-1]))
        tiles += [tile for pair in first_and_last for tile in pair.tiles()]
    if tiles:
        contact_sheet.draw(tiles, _COLUMNS, path)
    return len(tiles)
