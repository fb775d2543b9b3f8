"""The model `objects` on pictures larger than its input, from the JPEG to the boxes.

Cameras send more pixels than a model takes. The gateway's decoder scales while it decodes, and its
preprocessing does the rest; the reference decodes the full size and averages over the area that
each pixel of the input covers. Both must see the same objects.
"""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from centernet_reference import Box, CenterNet
from engine import TIMEOUT_S, parse_netpbm
from test_objects import as_box

PICTURES = 50
EVERY = 15
SAME = 0.5  # intersection over union
LEAST_F1 = 0.95
SIZES = [(1920, 1080), (3072, 576)]


@pytest.fixture(scope="module")
def reference(objects):
    """The model as Python runs it."""
    return CenterNet(objects)


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def files(request, video, tmp_path_factory) -> list[Path]:
    """JPEG files of such a size, as a camera would send them."""
    width, height = request.param
    folder = tmp_path_factory.mktemp("camera")
    command = ["ffmpeg", "-v", "error", "-i", video, "-frames:v", str(PICTURES)]
    command += ["-vf", rf"select=not(mod(n\,{EVERY})),scale={width}:{height}"]
    command += ["-vsync", "passthrough", "-pix_fmt", "yuvj420p", "-q:v", "3"]
    subprocess.run([*command, folder / "%02d.jpg"], timeout=TIMEOUT_S, check=True)
    found = sorted(folder.glob("*.jpg"))
    assert len(found) == PICTURES
    return found


def full_size(path: Path) -> np.ndarray:
    """Returns the picture (rows, columns, 3) as another decoder has it."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "image2pipe", "-c:v", "ppm", "-"]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=True)
    (picture,) = parse_netpbm(done.stdout)
    return picture


def averaged(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns `picture` as (height, width, channels): means of what each pixel covers."""
    return means(means(picture, height).swapaxes(0, 1), width).swapaxes(0, 1)


def means(picture: np.ndarray, wanted: int) -> np.ndarray:
    """Returns `picture` with `wanted` rows, each the mean of those that it covers, also partly."""
    rows = picture.shape[0]
    above = np.zeros((rows + 1, *picture.shape[1:]))  # the sum of all rows above an edge
    np.cumsum(picture, axis=0, out=above[1:])
    place = np.arange(wanted + 1) * rows / wanted
    row = np.minimum(place.astype(int), rows - 1)
    part = (place - row)[:, None, None]
    return np.diff(above[row] * (1 - part) + above[row + 1] * part, axis=0) * wanted / rows


def reference_boxes(reference: CenterNet, picture: np.ndarray) -> list[Box]:
    """Returns the boxes that the reference finds, in pixels of the picture."""
    wanted = reference.description["input"]
    resized = averaged(picture, wanted["width"], wanted["height"])
    tensor = (resized - np.array(wanted["mean"])) * np.array(wanted["scale"])
    heatmap, size = reference.heads(tensor.astype(np.float32).transpose(2, 0, 1)[None])
    return reference.boxes(heatmap[0], size[0], picture.shape[1], picture.shape[0])


def matches(expected: list[Box], found: list[Box]) -> int:
    """Returns how many of the expected boxes have one of their own among the found."""
    rest = list(found)
    count = 0
    for box in expected:
        same = [other for other in rest if other.index == box.index]
        best = max(same, key=box.iou, default=None)
        if best is not None and box.iou(best) >= SAME:
            rest.remove(best)
            count += 1
    return count


def test_nothing_is_lost_on_the_way_from_a_large_picture(engine, objects, reference, files):
    wanted = reference.description["input"]
    decoded = engine.decode(files, wanted["width"], wanted["height"], wanted["fit"])
    pictures = [full_size(path) for path in files]
    height, width = pictures[0].shape[:2]
    results = engine.run(objects, decoded, source=(width, height))
    found = [[as_box(entry) for entry in result["objects"]] for result in results]
    expected = [reference_boxes(reference, picture) for picture in pictures]
    same = sum(matches(a, b) for a, b in zip(expected, found, strict=True))
    f1 = 2 * same / (sum(map(len, expected)) + sum(map(len, found)))
    print(f"{width}x{height} decoded to {decoded[0].shape}: F1 {f1:.3f} of {same} boxes")
    assert same >= PICTURES
    assert f1 >= LEAST_F1
