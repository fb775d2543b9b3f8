"""`gwctl model inspect` on the models that we have: what it drafts, with the marked lines filled
in, does what their own model.yaml does."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from engine import frames
from onnx import TensorProto, helper

MARK = " # CHECK: "

# What who knows the models puts into the marked lines, by their keys; others are right as they are.
RAW_PIXELS = {"mean": "mean: [0, 0, 0]", "std": "scale: [1, 1, 1]"}
ANSWERS = {
    "digits": {},
    "objects": RAW_PIXELS,
    "yolo": {},
    "faces": RAW_PIXELS
    | {
        "fit": "fit: letterbox\n  fill: [0]",
        "size_is": "size_is: log_cells\n  vertical_first: true\n  shift: 0.5",
    },
    "text": {
        "mean": "mean: [0.5, 0.5, 0.5]",
        "std": "std: [0.5, 0.5, 0.5]",
        "align": "align: top_left\n  fill: [0]",
    },
}
# Where the video shows nothing of the kind.
PHOTOGRAPHS = {"faces": "astronaut.png"}
# Ours differ in what is a choice, and no property of the graph.
CHOICES = {"threshold", "top_k", "box_threshold", "unclip"}


def inspect(gwctl: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs the command."""
    command = [gwctl, "model", "inspect", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def marked(draft: str) -> list[str]:
    """Returns the keys of the lines that are to be checked."""
    return [line.split(":")[0].strip() for line in draft.splitlines() if MARK in line]


def filled(draft: str, name: str, own: dict) -> str:
    """Returns the draft as it is after somebody went through the marked lines."""
    lines = []
    for line in draft.splitlines():
        key = line.split(":")[0].strip()
        if MARK in line and key in ANSWERS[name]:
            line = "  " + ANSWERS[name][key]
        lines.append(line.split(MARK)[0])
    described = yaml.safe_load("\n".join(lines))
    described["labels"] = own["labels"]
    task = described["task"]
    described[task] |= {key: own[task][key] for key in CHOICES & own[task].keys()}
    return yaml.safe_dump(described)


@pytest.fixture(params=ANSWERS)
def model(request) -> Path:
    """The folder of each model in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def pictures(model, photograph, video, mnist_folder) -> list[np.ndarray]:
    """Pictures in which the model finds something."""
    name = model.parent.name
    if name == "digits":
        images = np.fromfile(mnist_folder / "t10k-images-idx3-ubyte", np.uint8, offset=16)
        return list(images[: 8 * 28 * 28].reshape(-1, 28, 28))
    if name in PHOTOGRAPHS:
        return [photograph(PHOTOGRAPHS[name])]
    return frames(video, 100, 3)


def numbers(result: dict) -> list[float]:
    """Returns the confidences and sides of all that was found."""
    found = result["objects"] if "objects" in result else result["classes"]
    return [v for f in found for v in (f["index"], f["confidence"], *f.get("bbox", {}).values())]


def test_a_draft_that_is_filled_in_does_what_the_models_own_description_does(
    gwctl, engine, model, pictures, tmp_path
):
    name = model.parent.name
    own = yaml.safe_load((model / "model.yaml").read_text())
    done = inspect(gwctl, model / "model.onnx")
    assert done.returncode == 0, done.stderr
    draft = yaml.safe_load(done.stdout)
    assert draft["task"] == own["task"]
    assert draft["input"]["tensor"] == own["input"]["tensor"]
    assert {"mean", *ANSWERS[name]} <= set(marked(done.stdout))

    (tmp_path / "model.onnx").symlink_to(model / "model.onnx")
    (tmp_path / "model.yaml").write_text(filled(done.stdout, name, own))
    found = [numbers(result) for result in engine.run(tmp_path, pictures)]
    expected = [numbers(result) for result in engine.run(model, pictures)]
    # No text is in the video: there the description itself is compared.
    if name == "text":
        described = yaml.safe_load((tmp_path / "model.yaml").read_text())
        assert (described["input"], described["text"]) == (own["input"], own["text"])
    else:
        assert any(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-4)


def test_a_draft_loads_as_it_is(gwctl, engine, model, tmp_path):
    (tmp_path / "model.onnx").symlink_to(model / "model.onnx")
    (tmp_path / "model.yaml").write_text(inspect(gwctl, model / "model.onnx").stdout)
    assert engine.run(tmp_path, []) == []


def test_the_summary_stands_apart_from_the_draft(gwctl, digits):
    done = inspect(gwctl, digits / "model.onnx")
    assert "input image: float32 [batch, 1, 28, 28]" in done.stderr
    assert "likely head: classify" in done.stderr
    assert f"{len(marked(done.stdout))} lines are marked CHECK" in done.stderr


def test_operators_that_our_own_engine_lacks_are_told(gwctl, digits, tmp_path):
    nodes = [
        helper.make_node("NonZero", ["in"], ["places"]),
        helper.make_node("Cast", ["places"], ["out"], to=int(TensorProto.FLOAT)),
    ]
    tensors = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 8, 8])
        for name in ("in", "out")
    ]
    graph = helper.make_graph(nodes, "lacking", tensors[:1], tensors[1:])
    onnx.save(helper.make_model(graph), tmp_path / "lacking.onnx")
    done = inspect(gwctl, tmp_path / "lacking.onnx")
    assert "engine opencl lacks: NonZero\n" in done.stderr
    said = json.loads(inspect(gwctl, tmp_path / "lacking.onnx", "--json").stdout)
    assert said["opencl_lacks"] == ["NonZero"]
    assert "lacks" not in inspect(gwctl, digits / "model.onnx").stderr


def test_json_has_all_that_was_read(gwctl, digits):
    done = inspect(gwctl, digits / "model.onnx", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["inputs"] == [
        {"name": "image", "type": "float32", "shape": ["batch", 1, 28, 28]},
    ]
    assert said["head"] == "classify"
    assert said["operators"]["Conv"] == 2
    assert said["model_yaml"] == inspect(gwctl, digits / "model.onnx").stdout


def test_a_file_that_is_no_onnx_model_is_told_what_to_do(gwctl, tmp_path):
    (tmp_path / "model.pt").write_bytes(b"PK\x03\x04 and so on")
    done = inspect(gwctl, tmp_path / "model.pt")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "torch.onnx.export" in done.stderr
    assert inspect(gwctl, tmp_path / "missing.onnx").returncode == 1


def test_gwd_is_found_as_it_is_installed(gwctl, digits, tmp_path):
    for folder, program in (("bin", gwctl), ("sbin", gwctl.with_name("gwd"))):
        (tmp_path / folder).mkdir()
        shutil.copy(program, tmp_path / folder)
    done = inspect(tmp_path / "bin" / "gwctl", digits / "model.onnx")
    assert done.returncode == 0, done.stderr
    assert "task: classify" in done.stdout


def test_where_gwd_is_missing_it_is_said_where_it_was_looked_for(gwctl, tmp_path, monkeypatch):
    shutil.copy(gwctl, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = inspect(tmp_path / "gwctl", "model.onnx")
    assert done.returncode == 1
    assert f"looked for in {tmp_path}, {tmp_path}/../sbin and PATH" in done.stderr


def test_the_summary_names_weights_that_are_missing(gwctl, tmp_path):
    onnx = pytest.importorskip("onnx")
    helper, numbers = onnx.helper, onnx.TensorProto
    weights = onnx.numpy_helper.from_array(np.zeros((192, 4), np.float32), "w")
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["flat"]),
            helper.make_node("MatMul", ["flat", "w"], ["y"]),
        ],
        "small",
        [helper.make_tensor_value_info("x", numbers.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("y", numbers.FLOAT, ["n", 4])],
        [weights],
    )
    onnx.save_model(
        helper.make_model(graph),
        tmp_path / "model.onnx",
        save_as_external_data=True,
        location="model.data",
        size_threshold=0,
    )
    assert "weights in model.data: 0.0 MiB" in inspect(gwctl, tmp_path / "model.onnx").stderr
    (tmp_path / "model.data").unlink()
    assert "model.data: MISSING" in inspect(gwctl, tmp_path / "model.onnx").stderr
