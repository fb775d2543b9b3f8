"""The models `text` and `text_lines` in the Python reference: drawn text, a scan, photographs."""

import convert_lines
import numpy as np
import onnxruntime
import published
import pytest
from centernet_reference import Box
from engine import frames
from input_reference import prepare
from PIL import Image, ImageDraw, ImageFont
from text_reference import TextFinder, TextReader, cut

SIGNS = {
    (40, 60): ("GATE 7 CLOSED", 64),
    (70, 200): ("B-2041 KX", 48),
    (100, 340): ("Deliveries: back door, 08:30 to 17:00", 34),
    (130, 480): ("No parking!", 26),
}
PAGE = [
    "Region-based segmentation",
    "Let us first determine markers of the coins and the",
    "background. These markers are pixels that we can label",
    "unambiguously as either object or background. Here,",
    "the markers are found at the two extreme parts of the",
    "histogram of grey values:",
    ">>> markers = np.zeros_like(coins)",
]


@pytest.fixture(scope="module")
def finder(text):
    """The detector as Python runs it."""
    return TextFinder(text)


@pytest.fixture(scope="module")
def reader(text_lines):
    """The recogniser as Python runs it."""
    return TextReader(text_lines)


@pytest.fixture(scope="module")
def drawn():
    """A picture (720, 960, 3) with the signs, and where each is drawn."""
    image = Image.new("RGB", (960, 720), (200, 205, 190))
    draw = ImageDraw.Draw(image)
    places = {}
    for at, (words, size) in SIGNS.items():
        font = ImageFont.load_default(size)
        draw.text(at, words, fill=(20, 30, 60), font=font)
        places[words] = Box(0, "text", 1, *draw.textbbox(at, words, font))
    return np.asarray(image), places


def read_all(finder, reader, picture) -> list[tuple[str, Box]]:
    """Returns what stands in the picture from above to below."""
    boxes = sorted(finder.detect(picture), key=lambda box: box.top)
    return [(reader.read(cut(picture, box))[0], box) for box in boxes]


def test_drawn_signs_are_found_and_read(finder, reader, drawn):
    picture, places = drawn
    found = dict(read_all(finder, reader, picture))
    assert found.keys() == places.keys()
    for words, box in found.items():
        assert box.confidence > 0.9
        assert box.iou(places[words]) > 0.6
        # Nothing of the text is cut off.
        assert box.left <= places[words].left + 1
        assert box.right >= places[words].right - 1


def test_a_printed_page_is_read_line_by_line(finder, reader, photograph):
    assert [words for words, _ in read_all(finder, reader, photograph("page.png"))] == PAGE


def test_the_name_on_a_badge_is_read_from_a_photograph(finder, reader, photograph):
    found = dict(read_all(finder, reader, photograph("grace_hopper.jpg")))
    badge = found["COMO HOPPER"]
    assert abs((badge.left + badge.right) / 2 - 132) < 10
    assert abs((badge.top + badge.bottom) / 2 - 500) < 10


def test_the_engine_reads_the_same_lines(text_lines, finder, reader, engine, drawn, photograph):
    pictures = [drawn[0], photograph("page.png"), photograph("grace_hopper.jpg")]
    crops = [cut(picture, box) for picture in pictures for box in finder.detect(picture)]
    crops.append(np.full((48, 320, 3), 200, np.uint8))
    expected = [reader.read(crop) for crop in crops]
    assert expected[-1][0] == ""
    for (words, confidence), result in zip(expected, engine.run(text_lines, crops), strict=True):
        assert result["task"] == "read"
        found = [(line["text"], line["confidence"]) for line in result["lines"]]
        assert [text for text, _ in found] == ([words] if words else [])
        if words:
            assert found[0][1] == pytest.approx(confidence, abs=0.02)


def test_pictures_without_text_have_none(finder, photograph, video):
    assert finder.detect(photograph("chelsea.png")) == []
    for picture in frames(video, 200, 3):
        assert finder.detect(picture) == []


def test_a_picture_gets_the_same_map_alone_as_in_a_batch(finder, drawn, photograph):
    wanted = finder.description["input"]
    pictures = [drawn[0], photograph("page.png")]
    tensors = np.stack([prepare(picture, wanted)[0] for picture in pictures])
    session = finder.served.session
    (together,) = session.run(None, {"image": tensors})
    (alone,) = session.run(None, {"image": tensors[1:]})
    np.testing.assert_allclose(alone[0], together[1], atol=1e-4)


def test_the_published_recogniser_says_the_same(reader, drawn, cache):
    picture, places = drawn
    crops = [cut(picture, box) for box in places.values()]
    wanted = reader.served.description["input"]
    tensors = np.stack([prepare(crop, wanted)[0] for crop in crops])
    session = onnxruntime.InferenceSession(cache / "rapidocr" / "PP-OCRv6_rec_small.onnx")
    (values,) = session.run(None, {"x": tensors})
    characters, confidences = reader.served.session.run(
        ["character", "confidence"], {"image": tensors}
    )
    np.testing.assert_array_equal(characters, values.argmax(2))
    np.testing.assert_allclose(confidences, values.max(2), atol=1e-5)


def test_regions_are_found_and_grown_as_defined(finder):
    probability = np.zeros((40, 60), np.float32)
    probability[10:14, 5:25] = 0.9
    probability[14, 25] = 0.9  # touches at a corner
    probability[30:32, 5:25] = 0.9  # too flat
    probability[20:24, 40:50] = 0.5  # too unsure
    probability[20:24, 30:34] = 0.3  # not above the threshold
    ((confidence, *sides),) = finder.regions(probability)
    more = 1.6 * 21 * 5 / (2 * (21 + 5))
    assert confidence == pytest.approx(0.9)
    assert sides == pytest.approx([5 - more, 10 - more, 26 + more, 15 + more])


def test_a_line_is_what_is_left_without_blanks_and_repeats(reader):
    number = {label: index for index, label in enumerate(reader.labels)}
    along = ["<blank>", "a", "a", "<blank>", "a", " ", "b", "b"]
    characters = np.array([number[label] for label in along], np.float32)
    confidences = np.array([1, 0.9, 0.1, 1, 0.8, 0.7, 0.6, 0.2], np.float32)
    words, confidence = reader.line(characters, confidences)
    assert words == "aa b"
    assert confidence == pytest.approx((0.9 + 0.8 + 0.7 + 0.6) / 4)
    assert reader.line(np.zeros(8, np.float32), np.ones(8, np.float32)) == ("", 0)


def test_a_list_of_characters_that_does_not_fit_is_refused(cache, text_lines):
    whole = published.Published(cache / "rapidocr" / "PP-OCRv6_rec_small.onnx")
    count = convert_lines.values_of(whole)
    labels = convert_lines.published_labels(whole, count)
    assert len(labels) == len(set(labels)) == 18710
    assert labels == TextReader(text_lines).labels
    with pytest.raises(ValueError, match="18710 characters for 18709 values"):
        convert_lines.published_labels(whole, count - 1)
