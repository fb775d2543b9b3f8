"""Pictures that are stored on their side, upside down or mirrored are seen as they are meant: what
Exif says, and `rotate` of the camera, from the packets to the record."""

from pathlib import Path

import pytest
from PIL import Image

from testbed import places, scenes, turned
from testbed.replay import SENDER, Replayed, accel, replay, send_file, send_picture
from testbed.rtp_jpeg import Sender

DIGITS = 6
ORIENTATIONS = range(1, 9)
PHOTOGRAPH = (768, 576)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> scenes.Scenes:
    """Upright scenes with handwritten digits."""
    return scenes.draw(tmp_path_factory.mktemp("digits"), first=300, count=DIGITS, kind="jpg")


@pytest.fixture(scope="module")
def photograph() -> Image.Image:
    """A photograph, 768x576: twice what the model that enlarges takes."""
    path = places.cache() / "scikit-image" / "coffee.png"
    picture = Image.open(places.need(path, "run ./dev models"))
    return picture.convert("RGB").resize(PHOTOGRAPH)


def recognised(replayed: Replayed, truth: list[int]) -> int:
    """How many digits were."""
    found = [line["result"]["classes"][0]["type"] for line in replayed.frames]
    assert len(found) == len(truth)
    return sum(got == str(want) for got, want in zip(found, truth))


def test_a_camera_on_its_side_is_seen_upright(digits: scenes.Scenes, tmp_path: Path) -> None:
    sender = Sender(tmp_path / "side.pcap")
    for number in range(DIGITS):
        upright = Image.open(digits.path(number))
        send_picture(sender, turned.stored(upright, 6, exif=False))
    sender.close()
    camera = {"name": "side", **SENDER, "model": "digits", "region": scenes.PANEL, "rotate": 90}
    replayed = replay(tmp_path, tmp_path / "side.pcap", [camera], accel=accel())
    assert recognised(replayed, digits.truth) >= DIGITS - 1
    for line in replayed.frames:
        assert (line["width"], line["height"], line["orientation"]) == (320, 240, 6)
        # The picture itself is passed on as it came.
        assert Image.open(replayed.folder / line["file"]).size == (240, 320)


def test_files_that_a_camera_sends_whole_are_seen_as_their_exif_says(
    digits: scenes.Scenes, tmp_path: Path
) -> None:
    sender = Sender(tmp_path / "exif.pcap")
    sent = []
    for orientation in ORIENTATIONS:
        for number in range(DIGITS):
            sent.append(turned.stored(Image.open(digits.path(number)), orientation))
            send_file(sender, sent[-1])
    sender.close()
    camera = {"name": "phone", **SENDER, "model": "digits", "region": scenes.PANEL}
    replayed = replay(tmp_path, tmp_path / "exif.pcap", [camera], accel=accel())
    truth = digits.truth * len(ORIENTATIONS)
    assert recognised(replayed, truth) >= len(truth) - len(ORIENTATIONS)
    for number, line in enumerate(replayed.frames):
        orientation = ORIENTATIONS[number // DIGITS]
        assert (line["width"], line["height"]) == (320, 240)
        assert line.get("orientation", 1) == orientation
        # Whoever opens it sees it upright, too.
        kept = Image.open(replayed.folder / line["file"]).getexif()
        assert kept.get(274, 1) == orientation
    # Somebody who does not heed it sees most of the digits askew.
    camera["orientation"] = "ignore"
    camera["region"] = {"x": 0, "y": 0, "width": 168, "height": 168}
    ignored = replay(tmp_path, tmp_path / "exif.pcap", [camera], accel=accel())
    assert all("orientation" not in line for line in ignored.frames)
    assert recognised(ignored, truth) < len(truth) / 2


def psnr_of(folder: Path, jpegs: list[bytes], **camera: object) -> list[float | None]:
    """What a replay of these files says of the pictures that the model made of them."""
    sender = Sender(folder / "enlarged.pcap")
    for jpeg in jpegs:
        send_file(sender, jpeg)
    sender.close()
    configured = {"name": "camera", **SENDER, "model": "upscale", **camera}
    replayed = replay(folder, folder / "enlarged.pcap", [configured], accel=accel())
    assert len(replayed.frames) == len(jpegs)
    assert not any(replayed.stats["cameras"]["camera"]["drops"].values())
    return [line["result"]["enhanced"].get("psnr") for line in replayed.frames]


def test_a_better_picture_is_compared_with_the_camera_however_it_is_stored(
    photograph: Image.Image, tmp_path: Path
) -> None:
    (upright,) = psnr_of(tmp_path, [turned.stored(photograph, 1)])
    assert upright > 25
    others = psnr_of(tmp_path, [turned.stored(photograph, number) for number in ORIENTATIONS[1:]])
    # The compression of what was turned is another one.
    assert others == pytest.approx([upright] * len(others), abs=0.3)
    (rotated,) = psnr_of(tmp_path, [turned.stored(photograph, 8, exif=False)], rotate=270)
    assert rotated == pytest.approx(upright, abs=0.3)


def test_a_better_picture_is_compared_with_the_region(
    photograph: Image.Image, tmp_path: Path
) -> None:
    wall = Image.new("RGB", (1024, 768), (90, 120, 60))
    wall.paste(photograph, (160, 96))
    region = {"x": 160, "y": 96, "width": 768, "height": 576}
    (alone,) = psnr_of(tmp_path, [turned.stored(photograph, 1)])
    (part,) = psnr_of(tmp_path, [turned.stored(wall, 1)], region=region)
    assert part == pytest.approx(alone, abs=0.5)


def test_a_picture_of_another_size_is_no_reference(photograph: Image.Image, tmp_path: Path) -> None:
    small = photograph.resize((320, 240))
    assert psnr_of(tmp_path, [turned.stored(small, 1), turned.stored(small, 6)]) == [None, None]
    # Its picture does not become larger than the camera's.
    assert psnr_of(tmp_path, [turned.stored(photograph.resize((1024, 768)), 1)]) == [None]
