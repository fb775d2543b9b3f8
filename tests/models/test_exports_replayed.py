"""Ultralytics' shapes and rotated boxes on the whole way: packets of a capture in, records out.

The graphs are those of `export_graphs`: whatever the picture, they give known numbers.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from export_graphs import COCO, ULTRALYTICS, order, rows, save
from onnx import TensorProto
from PIL import Image

from testbed import places, turned
from testbed.replay import SENDER, Replayed, accel, replay, send_file, send_picture
from testbed.rtp_jpeg import Sender

SIDE = 640
CELL = 4  # pixels of the input to a cell of the maps
FRAMES = 3


@pytest.fixture
def segmenting(draft, tmp_path) -> tuple[Path, np.ndarray, np.ndarray]:
    """The repository with a yolov8-seg of one answer, its rows and its maps."""
    values = rows(2, 8, 32)
    maps = np.random.default_rng(5).normal(size=(32, SIDE // CELL, SIDE // CELL))
    maps = maps.astype(np.float32)
    folder = save(
        tmp_path / "models" / "shapes" / "1",
        ("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE]),
        {"output0": (values[None], [1, 116, 8400]), "output1": (maps[None], [1, 32, 160, 160])},
        {**ULTRALYTICS, "task": "segment"},
    )
    draft(folder)
    return tmp_path / "models", values, maps


@pytest.fixture
def rotating(draft, tmp_path) -> tuple[Path, np.ndarray]:
    """The same with a yolov8-obb."""
    values = rows(3, 8, 1)
    folder = save(
        tmp_path / "models" / "askew" / "1",
        ("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE]),
        {"output0": (values[None], [1, 85, 8400])},
        {**ULTRALYTICS, "task": "obb"},
    )
    draft(folder)
    return tmp_path / "models", values


def photograph_of(size: tuple[int, int]) -> Image.Image:
    """A photograph of that size."""
    path = places.cache() / "scikit-image" / "coffee.png"
    return Image.open(places.need(path, "run ./dev models")).convert("RGB").resize(size)


def run(
    folder: Path, repository: Path, jpegs: list[bytes], *, whole: bool = False, **camera: object
) -> Replayed:
    """Sends the pictures, and replays that; every one must have a result."""
    sender = Sender(folder / "in.pcap")
    for jpeg in jpegs:
        (send_file if whole else send_picture)(sender, jpeg)
    sender.close()
    configured = {"name": "street", **SENDER, **camera}
    replayed = replay(folder, folder / "in.pcap", [configured], accel=accel(repository))
    assert len(replayed.frames) == len(jpegs)
    assert not any(replayed.stats["cameras"]["street"]["drops"].values())
    return replayed


def jpeg_of(size: tuple[int, int]) -> bytes:
    """A camera's picture, as RTP/JPEG has room for."""
    file = io.BytesIO()
    photograph_of(size).save(file, "JPEG", quality=85, subsampling="4:2:0")
    return file.getvalue()


class View:
    """How a picture lies in the square input: scaled to fit, in the middle."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = np.array(size, float)
        self.scale = SIDE / max(size)
        self.pad = (SIDE - self.size * self.scale) / 2

    def back(self, point: tuple[float, float] | np.ndarray) -> np.ndarray:
        """From pixels of the input to the picture's."""
        return (np.asarray(point, float) - self.pad) / self.scale

    def box(self, values: np.ndarray, anchor: int) -> np.ndarray | None:
        """An anchor's box in the picture; None when nothing of it is in sight."""
        x, y, width, height = values[:4, anchor].astype(float)
        corners = [self.back((x - width / 2, y - height / 2))]
        corners.append(self.back((x + width / 2, y + height / 2)))
        left, top, right, bottom = np.clip(corners, 0, self.size).ravel()
        return np.array([left, top, right, bottom]) if right > left and bottom > top else None


def sides(box: dict[str, float]) -> list[float]:
    """Of a record's bbox."""
    return [box["leftX"], box["topY"], box["rightX"], box["bottomY"]]


def cells_of(mask: dict[str, Any]) -> np.ndarray:
    """True where the object is."""
    assert sum(mask["runs"]) == mask["width"] * mask["height"]
    cells = np.concatenate([np.full(n, i % 2 == 1) for i, n in enumerate(mask["runs"])])
    return cells.reshape(mask["height"], mask["width"])


def assert_shapes(
    objects: list[dict[str, Any]], values: np.ndarray, maps: np.ndarray, view: View
) -> None:
    """Every object that is in sight has its box and its cells, the best first."""
    boxes = {anchor: view.box(values, anchor) for anchor in order(values)}
    expected = [anchor for anchor, box in boxes.items() if box is not None]
    assert len(objects) == len(expected) > 0
    centres = np.arange(SIDE // CELL) * CELL + CELL / 2
    for said, anchor in zip(objects, expected, strict=True):
        assert said["type"] == COCO[int(values[4:84, anchor].argmax())]
        assert sides(said["bbox"]) == pytest.approx(list(boxes[anchor]), abs=0.05)
        whole = np.tensordot(values[84:, anchor], maps, 1) > 0
        left, top, right, bottom = boxes[anchor] * view.scale + np.tile(view.pad, 2)
        across = (centres >= left - 0.01) & (centres < right - 0.01)
        down = (centres >= top - 0.01) & (centres < bottom - 0.01)
        assert np.array_equal(cells_of(said["mask"]), whole[down][:, across])
        corner = view.back((CELL * across.argmax(), CELL * down.argmax()))
        assert sides(said["mask"]["bbox"])[:2] == pytest.approx(list(corner), abs=0.05)


@pytest.mark.parametrize("size", [(640, 640), (640, 480), (320, 240), (480, 640)])
def test_shapes_are_in_the_records_of_a_replay(segmenting, tmp_path, size):
    repository, values, maps = segmenting
    replayed = run(tmp_path, repository, FRAMES * [jpeg_of(size)], model="shapes")
    for line in replayed.frames:
        assert line["result"]["task"] == "detect"
        assert_shapes(line["result"]["objects"], values, maps, View(size))


def corners_of(values: np.ndarray, anchor: int, view: View) -> np.ndarray:
    """The corners of a rotated box in the picture, sorted."""
    x, y, width, height = values[:4, anchor].astype(float)
    angle = float(values[84, anchor])
    across = np.array([np.cos(angle), np.sin(angle)]) * width / 2
    down = np.array([-np.sin(angle), np.cos(angle)]) * height / 2
    ends = [np.array([x, y]) + a * across + d * down for a in (-1, 1) for d in (-1, 1)]
    return np.array(sorted(map(tuple, (view.back(end) for end in ends))))


def assert_askew(objects: list[dict[str, Any]], values: np.ndarray, view: View) -> None:
    """Every one has its corners, and the upright box around what is in sight of it."""
    expected = [corners_of(values, anchor, view) for anchor in order(values)]
    seen = [(c, np.clip([c.min(0), c.max(0)], 0, view.size)) for c in expected]
    seen = [(c, box) for c, box in seen if (box[1] > box[0]).all()]
    assert len(objects) == len(seen) > 0
    for said, (corners, box) in zip(objects, seen, strict=True):
        polygon = sorted((point["x"], point["y"]) for point in said["polygon"])
        assert np.allclose(polygon, corners, atol=0.05)
        assert sides(said["bbox"]) == pytest.approx(list(box.ravel()), abs=0.05)


@pytest.mark.parametrize("size", [(640, 640), (640, 480), (320, 240), (480, 640)])
def test_rotated_boxes_are_in_the_records_of_a_replay(rotating, tmp_path, size):
    repository, values = rotating
    replayed = run(tmp_path, repository, FRAMES * [jpeg_of(size)], model="askew")
    for line in replayed.frames:
        assert_askew(line["result"]["objects"], values, View(size))


@pytest.mark.parametrize("orientation", [3, 5, 6, 8])
def test_they_lie_in_the_picture_as_it_is_seen(segmenting, rotating, tmp_path, orientation):
    repository, values, maps = segmenting
    jpegs = FRAMES * [turned.stored(photograph_of((640, 480)), orientation)]
    shaped = run(tmp_path, repository, jpegs, whole=True, model="shapes")
    askew = run(tmp_path, repository, jpegs, whole=True, model="askew")
    for line in (*shaped.frames, *askew.frames):
        assert (line["width"], line["height"], line["orientation"]) == (640, 480, orientation)
    for line in shaped.frames:
        assert_shapes(line["result"]["objects"], values, maps, View((640, 480)))
    for line in askew.frames:
        assert_askew(line["result"]["objects"], rotating[1], View((640, 480)))


def test_a_plan_has_both_in_one_list(segmenting, rotating, tmp_path):
    repository, values, maps = segmenting
    plan = [{"model": "shapes"}, {"model": "askew", "every": 2}]
    replayed = run(tmp_path, repository, 4 * [jpeg_of((640, 480))], plan=plan)
    for number, line in enumerate(replayed.frames):
        found = line["result"]["findings"]
        assert {it["kind"] for it in found} == {"object"}
        shaped = [it for it in found if it["model"] == "shapes:1"]
        askew = [it for it in found if it["model"] == "askew:1"]
        assert_shapes(shaped, values, maps, View((640, 480)))
        assert bool(askew) == (number % 2 == 0)
        if askew:
            assert_askew(askew, rotating[1], View((640, 480)))
