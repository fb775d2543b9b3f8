"""A model's files are cut short, overwritten or taken away under a gateway that runs it."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from testbed import places
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet

SIDE, LABELS = 28, 4
PICTURES = 15
CAMERA = {"name": "cam0", "source": "10.1.0.1", "destination": "10.0.0.2", "port": 5004}
YAML = f"""\
task: classify
labels: [a, b, c, d]
input: {{tensor: x, width: {SIDE}, height: {SIDE}, channels: 1, mean: [0], scale: [0.004]}}
classify: {{tensor: y, top_k: 1, softmax: true}}
batch: {{max: 1, deadline_ms: 5}}
"""


def _make_model(folder: Path) -> Path:
    """A classifier whose weights lie in a file of their own."""
    random = np.random.default_rng(1)
    offset = random.random((1, SIDE * SIDE)).astype(np.float32)
    weight = (random.random((SIDE * SIDE, LABELS)) / 50).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["flat"]),
            helper.make_node("Add", ["flat", "offset"], ["moved"]),
            helper.make_node("MatMul", ["moved", "weight"], ["y"]),
        ],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", LABELS])],
        [numpy_helper.from_array(offset, "offset"), numpy_helper.from_array(weight, "weight")],
    )
    folder.mkdir(parents=True)
    onnx.save_model(
        helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]),
        folder / "model.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    (folder / "model.yaml").write_text(YAML)
    return folder


class Place:
    """A gateway with one camera and a repository of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seed = 0
        self.repository = folder / "models"
        self.out = folder / "out"
        self.model = _make_model(self.repository / "plain" / "1")
        self.net = CameraNet()
        asked = configuration(self.net.port, [{**CAMERA, "model": "plain"}], None)
        asked["accel"]["repository"] = str(self.repository)
        asked["kafka"] = {"backend": "file", "directory": str(self.out)}
        self.gateway = Gateway(asked)

    def send(self) -> None:
        """Some pictures, of which most come out, and none fails for its model's sake."""
        before = self._delivered()
        # The camera is always another one, and one that was late with its last pictures is waited
        # for up to two seconds: the next one may be over by then.
        for _ in range(4):
            self._play()
            with contextlib.suppress(RuntimeError):
                self.gateway.wait_until(
                    lambda: self._delivered() >= before + PICTURES // 2, 10, "frames are missing"
                )
                break
        else:
            pytest.fail(f"frames are missing: {self.gateway.dropped()}")
        assert {"infer_failed", "model_output"}.isdisjoint(self.gateway.dropped())

    def _delivered(self) -> int:
        return self.gateway.status()["frames"]["delivered"]

    def _play(self) -> None:
        self._seed += 1  # another start of the camera: other numbers
        sender = self.net.start(
            [
                *(places.build() / "gwgen", "send", "--quiet", "--size", "64x64"),
                *("--port", f"net_af_packet0,iface={self.net.inside}"),
                *("--rate", 60, "--frames", PICTURES, "--seed", self._seed),
            ],
            self.folder / "sender.log",
        )
        # 1: on a busy machine not every packet went in time.
        assert sender.wait(60) in (0, 1), sender.text()

    def close(self) -> None:
        self.gateway.remove()
        self.net.remove()


@pytest.fixture
def place(need_root: None, tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    made.gateway.start()
    yield made
    made.close()


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _empty(file: Path) -> None:
    os.truncate(file, 0)


def _overwrite(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.write(b"\xff" * size)


@pytest.mark.parametrize("harm", [_cut, _empty, _overwrite, Path.unlink])
@pytest.mark.parametrize("name", ["model.onnx", "weights.bin"])
def test_what_was_loaded_keeps_running_and_the_next_load_says_what_is_wrong(
    place: Place, name: str, harm: object
) -> None:
    place.send()
    shutil.copytree(place.model, place.repository / "plain" / "2")
    for version in "12":
        harm(place.repository / "plain" / version / name)
    place.send()
    results = [
        json.loads(line)["result"]["classes"][0]["confidence"]
        for line in (place.out / "frames.jsonl").read_text().splitlines()
    ]
    assert all(0 < confidence <= 1 for confidence in results)

    if harm is _overwrite and name == "weights.bin":
        return  # Other weights are a model, too.
    said = place.gateway.ctl("camera", "set", "cam0", "--model", "plain:2")
    assert said.code == 1
    line = f"{said.stderr} {said.body}"
    assert "plain" in line
    assert name in line or "weights" in line
    place.send()
    assert place.gateway.process.running


def test_weights_outside_of_the_models_folder_are_refused(place: Place) -> None:
    second = place.repository / "plain" / "2"
    shutil.copytree(place.model, second)
    model = onnx.load(second / "model.onnx", load_external_data=False)
    for weights in model.graph.initializer:
        where = next(entry for entry in weights.external_data if entry.key == "location")
        where.value = "../1/weights.bin"
    (second / "model.onnx").write_bytes(model.SerializeToString())
    said = place.gateway.ctl("camera", "set", "cam0", "--model", "plain:2")
    assert said.code == 1
    assert "../1/weights.bin" in f"{said.stderr} {said.body}"
    place.send()


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("[a, b, c, d]", "[a, b, c]", "[?, 3]"),
        ("[a, b, c, d]", "[]", "labels"),
        (f"width: {SIDE}", "width: 4000000000", "width"),
        (f"width: {SIDE}", "width: 16384", "width"),
        ("max: 1", "max: 100000", "batch"),
    ],
)
def test_a_description_that_does_not_fit_disturbs_none(
    place: Place, was: str, now: str, words: str
) -> None:
    second = place.repository / "plain" / "2"
    shutil.copytree(place.model, second)
    (second / "model.yaml").write_text(YAML.replace(was, now))
    said = place.gateway.ctl("camera", "set", "cam0", "--model", "plain:2")
    assert said.code == 1
    assert words in f"{said.stderr} {said.body}"
    place.send()
