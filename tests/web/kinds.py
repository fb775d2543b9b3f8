"""Cameras whose findings are of every kind: a mask, points, text that lies askew, a plan."""

import io
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw
from street import GREY, SIZE, WHITE, Camera, spot

from testbed.site import PATIENT

POINTS = {"left": (0.1, 0.5), "right": (0.9, 0.5)}  # as parts of the box
SIGN = (160, 120, 120, 40, 30)  # middle, width, height, degrees

_INPUT = (
    "{tensor: in, width: 64, height: 48, channels: 1, mean: [0], scale: [0.0039215686],"
    " fit: stretch}"
)

_MODELS = {
    "ground": f"""task: segment
labels: [background, lit]
input: {_INPUT}
segment: {{tensor: labels}}
""",
    "edges": f"""task: detect
labels: [spot, other]
input: {_INPUT}
detect:
  {{heatmap: heatmap, size: size, stride: 4, size_is: cells, shift: 0.5, threshold: 0.6,
    keypoints: {{tensor: points, names: [{", ".join(POINTS)}]}}}}
""",
    "signs": f"""task: text
labels: [text]
input: {_INPUT}
text: {{tensor: map}}
""",
}


def sign() -> bytes:
    """Black but for a grey rectangle that lies askew."""
    x, y, width, height, degrees = SIGN
    turn = math.radians(degrees)
    corners = [
        (
            x + across * math.cos(turn) - down * math.sin(turn),
            y + across * math.sin(turn) + down * math.cos(turn),
        )
        for across, down in (
            (-width / 2, -height / 2),
            (width / 2, -height / 2),
            (width / 2, height / 2),
            (-width / 2, height / 2),
        )
    ]
    image = Image.new("L", SIZE, 0)
    ImageDraw.Draw(image).polygon(corners, GREY)
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=90, subsampling="4:2:0")
    return out.getvalue()


def _graph() -> onnx.ModelProto:
    """How bright each cell of 4 x 4 pixels is, in the words of all of these models."""
    flat = [value for point in POINTS.values() for value in point]

    def plane(name: str, values: list[float], shape: tuple[int, ...]) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(values, np.float32).reshape(shape), name)

    weights = [
        plane("share", [1, 0.3], (2, 1, 1, 1)),
        plane("two", [0, 0], (2, 1, 1, 1)),
        plane("three", [3, 3], (2,)),
        plane("lit", [0, 1], (2, 1, 1, 1)),
        plane("half", [0.5, 0], (2,)),
        plane("four", [0, 0, 0, 0], (4, 1, 1, 1)),
        plane("places", flat, (4,)),
    ]
    nodes = [
        helper.make_node("AveragePool", ["in"], ["cells"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Conv", ["cells", "share"], ["heatmap"]),
        helper.make_node("Conv", ["cells", "two", "three"], ["size"]),
        helper.make_node("Conv", ["cells", "lit", "half"], ["labels"]),
        helper.make_node("Conv", ["cells", "four", "places"], ["points"]),
        helper.make_node("Identity", ["in"], ["map"]),
    ]
    outputs = {"heatmap": 2, "size": 2, "labels": 2, "points": 4}
    made = helper.make_graph(
        nodes,
        "kinds",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, ["N", 1, 48, 64])],
        [
            *(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", planes, 12, 16])
                for name, planes in outputs.items()
            ),
            helper.make_tensor_value_info("map", TensorProto.FLOAT, ["N", 1, 48, 64]),
        ],
        weights,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def write_models(repository: Path) -> None:
    """All that these cameras have."""
    graph = _graph().SerializeToString()
    for name, text in _MODELS.items():
        folder = repository / name / "1"
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(graph)
        (folder / "model.yaml").write_text(f"{text}batch: {{max: 4, deadline_ms: 20}}\n")


def cameras(port: int) -> list[Camera]:
    """One of each kind, on these ports and the next ones."""
    plan = [{"model": "ground"}, {"model": "edges"}]
    return [
        Camera("ground", port, spot(), 2, {"model": "ground", **PATIENT}),
        Camera("edges", port + 1, spot(), 2, {"model": "edges", **PATIENT}),
        Camera("signs", port + 2, sign(), 2, {"model": "signs", **PATIENT}),
        Camera("many", port + 3, spot(), 2, {"plan": plan, **PATIENT}),
    ]


assert WHITE > GREY  # the spot has a middle, which is its peak
