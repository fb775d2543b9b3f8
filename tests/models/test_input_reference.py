"""The reference of the input, on cases whose answer is known beforehand."""

import numpy as np
import pytest
from centernet_reference import resize
from input_reference import Placement, place, prepare

PLAIN = {"width": 8, "height": 8, "channels": 3, "mean": [0, 0, 0], "scale": [1, 1, 1]}


def picture(rows: int, columns: int) -> np.ndarray:
    """Returns noise."""
    return np.random.default_rng(1).integers(0, 256, (rows, columns, 3), np.uint8)


def test_up_to_twice_smaller_it_is_the_bilinear_resize_of_the_other_reference():
    noise = picture(16, 11)
    tensor, _ = prepare(noise, PLAIN)
    np.testing.assert_allclose(tensor.transpose(1, 2, 0), resize(noise, 8, 8), atol=1e-4)


def test_beyond_every_pixel_counts_the_same():
    noise = picture(24, 32)
    tensor, _ = prepare(noise, PLAIN)
    means = noise.reshape(8, 3, 8, 4, 3).mean((1, 3))
    np.testing.assert_allclose(tensor.transpose(1, 2, 0), means, atol=1e-4)


def test_stripes_finer_than_a_pixel_become_their_mean():
    stripes = np.zeros((8, 48, 3), np.uint8)
    stripes[:, ::6] = 255
    tensor, _ = prepare(stripes, PLAIN | {"scale": [1 / 255] * 3})
    np.testing.assert_allclose(tensor, 1 / 6, atol=1e-6)


def test_a_letterbox_keeps_the_shape_and_fills_the_rest():
    wanted = PLAIN | {"fit": "letterbox", "fill": [7]}
    tensor, placement = prepare(np.full((4, 8, 3), 200, np.uint8), wanted)
    assert placement == Placement(0, 2, 8, 4, 8, 4)
    np.testing.assert_array_equal(tensor[0, :, 0], [7, 7, 200, 200, 200, 200, 7, 7])
    assert placement.to_source(4, 2) == (4, 0)
    wanted["align"] = "top_left"
    tensor, placement = prepare(np.full((4, 8, 3), 200, np.uint8), wanted)
    np.testing.assert_array_equal(tensor[0, :, 0], [200, 200, 200, 200, 7, 7, 7, 7])
    assert placement.to_source(4, 2) == (4, 2)


def test_margins_without_a_fill_hold_the_mean():
    wanted = PLAIN | {"fit": "letterbox", "mean": [1, 2, 3]}
    tensor, _ = prepare(picture(4, 8), wanted)
    np.testing.assert_array_equal(tensor[:, 0], 0)


def test_a_crop_covers_the_input_with_the_middle():
    noise = picture(8, 16)
    tensor, placement = prepare(noise, PLAIN | {"fit": "crop"})
    assert placement == Placement(-4, 0, 16, 8, 16, 8)
    np.testing.assert_allclose(tensor.transpose(1, 2, 0), noise[:, 4:12], atol=1e-5)
    assert placement.to_source(0, 0) == (4, 0)


def test_a_crop_may_be_resized_to_more_than_the_input():
    wanted = PLAIN | {"width": 224, "height": 224, "fit": "crop", "resize": 256}
    assert place(wanted, 640, 480) == Placement(-58, -16, 341, 256, 640, 480)
    assert place(wanted, 480, 640) == Placement(-16, -58, 256, 341, 480, 640)


@pytest.mark.parametrize("size", [(1920, 1080), (33, 1000), (640, 480)])
def test_a_letterbox_never_leaves_the_input(size):
    placement = place(PLAIN | {"fit": "letterbox"}, *size)
    assert 1 <= placement.width <= 8
    assert 1 <= placement.height <= 8
    assert 0 <= placement.x <= 8 - placement.width


def test_mean_and_std_are_of_pixels_from_0_to_1():
    grey = np.full((8, 8, 3), 51, np.uint8)
    wanted = {key: PLAIN[key] for key in ("width", "height", "channels")}
    tensor, _ = prepare(grey, wanted | {"mean": [0.2, 0.1, 0], "std": [1, 0.5, 0.1]})
    np.testing.assert_allclose(tensor[:, 0, 0], [0, 0.2, 2], atol=1e-6)


def test_colours_layout_and_type_are_as_they_are_asked_for():
    noise = picture(8, 8)
    tensor, _ = prepare(noise, PLAIN | {"colors": "bgr", "layout": "nhwc", "type": "uint8"})
    assert tensor.dtype == np.uint8
    np.testing.assert_array_equal(tensor, noise[..., ::-1])
    grey, _ = prepare(noise, PLAIN | {"channels": 1, "mean": [0], "scale": [1]})
    luma = noise @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(grey[0], luma, atol=1e-3)
