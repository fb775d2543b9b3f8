"""The reference itself, on cases whose answer is known beforehand."""

from dataclasses import replace

import numpy as np
import pytest
from centernet_reference import Box, CenterNet, differences, peaks, resize

PERSON = Box(0, "person", 0.6, 10.0, 20.0, 40.0, 100.0)
WEAK = Box(2, "car", 0.3505, 200.0, 20.0, 260.0, 60.0)


def test_a_picture_of_the_wanted_size_is_not_changed():
    picture = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(resize(picture, 7, 5), picture)


def test_half_pixel_centres_put_two_pixels_between_two():
    picture = np.array([[[0], [100]]], np.uint8)
    np.testing.assert_allclose(resize(picture, 4, 1)[0, :, 0], [0, 25, 75, 100])


def test_shrinking_takes_two_neighbours_and_no_others():
    picture = np.array([[[0], [10], [90], [250], [0], [0], [0], [0]]], np.uint8)
    np.testing.assert_allclose(resize(picture, 2, 1)[0, :, 0], [50, 0])


def test_a_ramp_stays_a_ramp():
    picture = np.arange(0, 240, 10, np.uint8)[None, :, None]
    resized = resize(picture, 18, 1)[0, :, 0]
    wanted = ((np.arange(18) + 0.5) * 24 / 18 - 0.5) * 10
    np.testing.assert_allclose(resized[1:-1], wanted[1:-1])


def test_a_peak_is_the_highest_of_nine_cells_of_its_class():
    heatmap = np.zeros((2, 4, 5), np.float32)
    heatmap[0, 0, 0] = 0.5
    heatmap[0, 1, 1] = 0.4
    heatmap[1, 1, 1] = 0.4
    heatmap[1, 3, 4] = 0.34
    assert peaks(heatmap, 0.35).tolist() == [[0, 0, 0], [1, 1, 1]]


def test_equal_neighbours_are_both_peaks_and_the_threshold_itself_counts():
    heatmap = np.full((1, 1, 2), 0.5, np.float32)
    assert peaks(heatmap, 0.5).tolist() == [[0, 0, 0], [0, 0, 1]]


def test_a_box_is_scaled_back_to_the_source_and_clipped_to_it(objects):
    heatmap = np.zeros((80, 128, 128), np.float32)
    size = np.zeros((4, 128, 128), np.float32)
    heatmap[16, 10, 20] = 0.9
    heatmap[0, 0, 127] = 0.8
    size[:, 10, 20] = [8, 4, 16, 32]
    size[:, 0, 127] = [8, 4, 16, 32]
    boxes = CenterNet(objects).boxes(heatmap, size, 1024, 256)
    assert boxes == [
        Box(16, "dog", pytest.approx(0.9), 144, 18, 192, 36),
        Box(0, "person", pytest.approx(0.8), 1000, 0, 1024, 16),
    ]


def test_a_box_that_lies_outside_the_picture_is_none(objects):
    heatmap = np.zeros((80, 128, 128), np.float32)
    size = np.zeros((4, 128, 128), np.float32)
    heatmap[0, 0, 0] = 0.9
    size[:, 0, 0] = [8, 8, -4, 8]
    assert CenterNet(objects).boxes(heatmap, size, 512, 512) == []


def test_only_the_most_confident_boxes_are_kept(objects):
    heatmap = np.zeros((80, 128, 128), np.float32)
    heatmap[:3, ::2, ::2] = np.linspace(0.4, 0.9, 3 * 64 * 64).reshape(3, 64, 64)
    boxes = CenterNet(objects).boxes(heatmap, np.ones((4, 128, 128), np.float32), 512, 512)
    assert len(boxes) == 100
    assert {box.index for box in boxes} == {2}
    assert boxes[0].confidence == pytest.approx(0.9)


def test_the_same_boxes_in_another_order_do_not_differ():
    other = replace(PERSON, left=300.0, right=330.0)
    assert differences([PERSON, other], [other, PERSON], 0.35) == []


@pytest.mark.parametrize(
    "found",
    [
        [],
        [replace(PERSON, left=12.0)],
        [replace(PERSON, index=2, label="car")],
        [replace(PERSON, label="car")],
        [replace(PERSON, confidence=0.61)],
        [PERSON, PERSON],
        [PERSON, replace(WEAK, confidence=0.4)],
    ],
    ids=["missing", "shifted", "class", "label", "confidence", "twice", "extra"],
)
def test_a_box_that_is_wrong_is_a_difference(found):
    assert len(differences([PERSON], found, 0.35)) >= 1


def test_a_box_on_the_threshold_may_be_there_or_not():
    assert differences([PERSON, WEAK], [PERSON], 0.35) == []
    assert differences([PERSON], [PERSON, WEAK], 0.35) == []
