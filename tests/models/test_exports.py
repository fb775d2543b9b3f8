"""Exports of PyTorch, Ultralytics and TensorFlow: what `gwctl model inspect` drafts of them runs as
it is, and finds what plain code finds in the same outputs."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from export_graphs import COCO, ULTRALYTICS, order, rows, save
from onnx import TensorProto, helper
from test_inspect import marked


def found(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What was said of the one picture."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def square(photograph, tmp_path: Path) -> Path:
    """A picture of 640 x 640: what the input has is what the picture has."""
    from PIL import Image

    path = tmp_path / "square.jpg"
    Image.fromarray(photograph("coffee.png")).convert("RGB").resize((640, 640)).save(path)
    return path


def test_a_yolo_export_runs_as_it_is_drafted(draft, check, photograph, tmp_path):
    values = rows(1, 8, 0)
    folder = save(
        tmp_path / "yolo",
        ("images", TensorProto.FLOAT, [1, 3, 640, 640]),
        {"output0": (values[None], [1, 84, 8400])},
        {**ULTRALYTICS, "task": "detect"},
    )
    assert marked(draft(folder)) == []
    objects = found(check("--json", folder, square(photograph, tmp_path)))["objects"]
    assert len(objects) == 8
    for said, anchor in zip(objects, order(values), strict=True):
        x, y, width, height = map(float, values[:4, anchor])
        box = said["bbox"]
        assert said["type"] == COCO[int(values[4:84, anchor].argmax())]
        assert list(box.values()) == pytest.approx(
            [x - width / 2, y - height / 2, x + width / 2, y + height / 2], abs=0.02
        )


def test_a_yolo_export_of_any_size_runs_as_it_is_drafted(
    draft,
    check,
    photograph,
    tmp_path,
):
    values = rows(4, 8, 0)
    folder = save(
        tmp_path / "yolo",
        ("images", TensorProto.FLOAT, ["batch", 3, "height", "width"]),
        {"output0": (values[None], ["batch", "Concatoutput0_dim_1", "anchors"])},
        {**ULTRALYTICS, "task": "detect"},
    )
    assert marked(draft(folder)) == []
    objects = found(check("--json", folder, square(photograph, tmp_path)))["objects"]
    assert len(objects) == 8


def test_masks_of_a_yolo_export_are_those_of_plain_code(
    draft,
    check,
    photograph,
    tmp_path,
):
    values, maps = rows(2, 8, 32), np.random.default_rng(5).normal(size=(32, 160, 160))
    maps = maps.astype(np.float32)
    folder = save(
        tmp_path / "yolo",
        ("images", TensorProto.FLOAT, [1, 3, 640, 640]),
        {"output0": (values[None], [1, 116, 8400]), "output1": (maps[None], [1, 32, 160, 160])},
        {**ULTRALYTICS, "task": "segment"},
    )
    text = draft(folder)
    assert marked(text) == []
    assert yaml.safe_load(text)["detect"]["masks"] == "output1"
    objects = found(check("--json", folder, square(photograph, tmp_path)))["objects"]
    assert len(objects) == 8
    for said, anchor in zip(objects, order(values), strict=True):
        box, mask = said["bbox"], said["mask"]
        whole = np.tensordot(values[84:, anchor], maps, 1) > 0
        # Cells of four pixels, whose centres lie in the box.
        centres = np.arange(160) * 4 + 2
        across = (centres >= box["leftX"] - 0.01) & (centres < box["rightX"] - 0.01)
        down = (centres >= box["topY"] - 0.01) & (centres < box["bottomY"] - 0.01)
        expected = whole[down][:, across]
        assert (mask["height"], mask["width"]) == expected.shape
        assert mask["bbox"]["leftX"] == pytest.approx(4 * across.argmax(), abs=0.01)
        assert mask["bbox"]["topY"] == pytest.approx(4 * down.argmax(), abs=0.01)
        cells = np.concatenate([np.full(n, i % 2) for i, n in enumerate(mask["runs"])])
        assert np.array_equal(cells.reshape(expected.shape), expected)


def test_rotated_boxes_of_a_yolo_export_are_those_of_plain_code(
    draft,
    check,
    photograph,
    tmp_path,
):
    values = rows(3, 8, 1)
    folder = save(
        tmp_path / "yolo",
        ("images", TensorProto.FLOAT, [1, 3, 640, 640]),
        {"output0": (values[None], [1, 85, 8400])},
        {**ULTRALYTICS, "task": "obb"},
    )
    assert marked(draft(folder)) == []
    objects = found(check("--json", folder, square(photograph, tmp_path)))["objects"]
    assert len(objects) == 8
    for said, anchor in zip(objects, order(values), strict=True):
        x, y, width, height = values[:4, anchor].astype(float)
        angle = float(values[84, anchor])
        across = np.array([np.cos(angle), np.sin(angle)]) * width / 2
        down = np.array([-np.sin(angle), np.cos(angle)]) * height / 2
        centre = np.array([x, y])
        expected = [centre + a * across + d * down for a in (-1, 1) for d in (-1, 1)]
        corners = [(point["x"], point["y"]) for point in said["polygon"]]
        assert np.allclose(sorted(corners), sorted(map(tuple, expected)), atol=0.02)
        assert said["bbox"]["leftX"] == pytest.approx(min(x for x, _ in corners), abs=0.02)


def test_a_classifier_of_pytorch_with_weights_beside_it(
    draft,
    check,
    photograph,
    tmp_path,
):
    bias = np.arange(12, dtype=np.float32) / 4
    folder = tmp_path / "resnet"
    folder.mkdir()
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["flat"]),
            helper.make_node("Gemm", ["flat", "fc.weight", "fc.bias"], ["output"], transB=1),
        ],
        "main_graph",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 12])],
        [
            onnx.numpy_helper.from_array(np.zeros((12, 3), np.float32), "fc.weight"),
            onnx.numpy_helper.from_array(bias, "fc.bias"),
        ],
    )
    model = helper.make_model(
        graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)], producer_name="pytorch"
    )
    # As torch.onnx.export does: the weights in a file of their own.
    onnx.save(
        model,
        folder / "model.onnx",
        save_as_external_data=True,
        location="model.onnx.data",
        size_threshold=0,
    )
    text = draft(folder)
    assert set(marked(text)) == {"labels", "colors", "mean", "std", "fit", "resize", "softmax"}
    said = found(check("--json", folder, square(photograph, tmp_path)))
    shares = np.exp(bias) / np.exp(bias).sum()
    assert [one["type"] for one in said["classes"]] == ["label11", "label10", "label9"]
    assert said["classes"][0]["confidence"] == pytest.approx(float(shares[11]), abs=1e-3)


def test_a_detector_of_tensorflow(draft, check, photograph, tmp_path):
    boxes = np.zeros((1, 100, 4), np.float32)
    boxes[0, :2] = [[0.25, 0.125, 0.75, 0.5], [0.5, 0.5, 0.625, 1.0]]
    scores, classes = np.zeros((1, 100), np.float32), np.ones((1, 100), np.float32)
    scores[0, :2], classes[0, :2] = [0.9, 0.7], [18, 1]
    count = np.float32([2])
    folder = save(
        tmp_path / "ssd",
        ("input_tensor", TensorProto.UINT8, [1, "height", "width", 3]),
        {
            "detection_anchor_indices": (np.zeros((1, 100)), [1, 100]),
            "detection_boxes": (boxes, [1, "unk__1", "unk__2"]),
            "detection_classes": (classes, [1, "unk__3"]),
            "detection_multiclass_scores": (np.zeros((1, 100, 91)), [1, 100, 91]),
            "detection_scores": (scores, [1, "unk__4"]),
            "num_detections": (count, [1]),
            "raw_detection_boxes": (np.zeros((1, 1917, 4)), [1, 1917, 4]),
            "raw_detection_scores": (np.zeros((1, 1917, 91)), [1, 1917, 91]),
        },
        producer="tf2onnx",
    )
    text = draft(folder)
    described = yaml.safe_load(text)
    assert described["input"]["layout"] == "nhwc"
    assert described["input"]["type"] == "uint8"
    assert described["detect"]["boxes"] == "detection_boxes"
    assert described["detect"]["count"] == "num_detections"
    # The graph does not say how many labels there are.
    assert "labels" in marked(text)
    described["labels"] = [f"class{number}" for number in range(1, 91)]
    (folder / "model.yaml").write_text(yaml.safe_dump(described))
    objects = found(check("--json", folder, square(photograph, tmp_path)))["objects"]
    assert [one["type"] for one in objects] == ["class18", "class1"]
    assert list(objects[0]["bbox"].values()) == pytest.approx([80, 160, 320, 480], abs=0.05)
    assert list(objects[1]["bbox"].values()) == pytest.approx([320, 320, 640, 400], abs=0.05)
