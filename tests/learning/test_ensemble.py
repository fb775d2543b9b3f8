"""Members become one version: the mean of their confidences, which the gateway takes as it is."""

import json
import subprocess
from pathlib import Path

import lessons
import numpy as np
import onnx
import onnxruntime
import pytest
import yaml
from onnx import helper

from framegate_learn import ensemble, served
from framegate_learn.network import Network
from testbed import places, scenes


def _members(count: int, names: list[str] | None = None) -> list[onnx.ModelProto]:
    """The gateway's digits, each with weights that were moved otherwise, or only those named."""
    network = Network.load(lessons.MODEL / "model.onnx")
    made = []
    for number in range(count):
        drawn = np.random.default_rng(number)
        moved = {
            name: value + drawn.normal(0, 0.05, value.shape).astype(np.float32)
            for name, value in network.weights.items()
            if names is None or name in names
        }
        made.append(network.with_weights(moved))
    return made


def _run(model: bytes, pictures: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": pictures})[0]


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def _pictures(count: int) -> np.ndarray:
    images, _ = scenes.digits(0, count)
    return images[:, None].astype(np.float32) / 255


@pytest.mark.parametrize("count", [1, 2, 5])
def test_it_says_the_mean_of_what_its_members_say(count: int) -> None:
    members, pictures = _members(count), _pictures(40)
    model = ensemble.join(members, "logits", "Softmax")
    alone = [_softmax(_run(member.SerializeToString(), pictures)) for member in members]
    found = _run(model.SerializeToString(), pictures)
    np.testing.assert_allclose(found, np.mean(alone, 0), atol=1e-6)
    assert len(members) == 1 or np.ptp(alone, 0).max() > 0.01


def test_when_it_learns_again_its_members_do() -> None:
    """An ensemble of ensembles would grow with each run."""
    members, pictures = _members(3), _pictures(20)
    model = ensemble.join(members, "logits", "Softmax")
    graphs, tensors, ends = ensemble.apart(model)
    assert ends == "Softmax"
    for graph, tensor, member in zip(graphs, tensors, members):
        onnx.checker.check_model(graph, full_check=True)
        assert [it.name for it in graph.graph.output] == [tensor]
        np.testing.assert_allclose(
            _run(graph.SerializeToString(), pictures), _run(member.SerializeToString(), pictures)
        )
    again = ensemble.join(graphs, tensors, ends)
    assert len(again.graph.node) == len(model.graph.node)
    np.testing.assert_array_equal(
        _run(again.SerializeToString(), pictures), _run(model.SerializeToString(), pictures)
    )
    assert ensemble.apart(members[0]) == ([], [], "")


def test_one_of_ensembles_can_be_joined_all_the_same() -> None:
    inner = [ensemble.join(_members(2), "logits", "Softmax") for _ in range(2)]
    pictures = _pictures(10)
    found = _run(ensemble.join(inner, ensemble.OUTPUT, "").SerializeToString(), pictures)
    wanted = _run(inner[0].SerializeToString(), pictures)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_of_labels_that_do_not_exclude_each_other_it_is_the_mean_too() -> None:
    members, pictures = _members(3), _pictures(10)
    found = _run(ensemble.join(members, "logits", "Sigmoid").SerializeToString(), pictures)
    logits = np.stack([_run(member.SerializeToString(), pictures) for member in members])
    np.testing.assert_allclose(found, (1 / (1 + np.exp(-logits))).mean(0), atol=1e-6)


def test_confidences_of_the_graph_are_taken_as_they_are() -> None:
    members = _members(2)
    for member in members:
        member.graph.node.append(helper.make_node("Softmax", ["logits"], ["confidence"], axis=1))
        member.graph.output[0].name = "confidence"
    pictures = _pictures(10)
    alone = [_run(member.SerializeToString(), pictures) for member in members]
    found = _run(ensemble.join(members, "confidence", "").SerializeToString(), pictures)
    np.testing.assert_allclose(found, np.mean(alone, 0), atol=1e-6)


def test_what_members_have_in_common_is_computed_once() -> None:
    network = Network.load(lessons.MODEL / "model.onnx")
    heads = network.head("logits")
    assert heads == ["full3_weight", "full3_bias"]
    joined = ensemble.join(_members(3, heads), "logits", "Softmax").graph
    count = [it.op_type for it in joined.node]
    assert (count.count("Conv"), count.count("Gemm"), count.count("Softmax")) == (2, 2 + 3, 3)
    whole = [it.op_type for it in ensemble.join(_members(3), "logits", "Softmax").graph.node]
    assert (whole.count("Conv"), whole.count("Gemm")) == (6, 9)


def test_the_gateway_takes_it_and_says_the_same(tmp_path: Path) -> None:
    members = _members(3)
    model = served.read(lessons.MODEL)
    folder = tmp_path / "digits"
    joined = ensemble.join(members, model.tensor, model.ends)
    ensemble.write(folder, joined, model, "The mean of 3.")
    drawn = scenes.draw(tmp_path / "drawn", first=0, count=5, kind="jpg")
    words = [places.gwctl(), "model", "check", "--json", "--output", tmp_path / "out"]
    words += ["--library", places.onnxruntime(), folder, *map(drawn.path, range(5))]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    learned = served.read(folder)
    assert (learned.tensor, learned.ends) == ("confidences", "")
    pictures = np.stack([learned.preparation.picture(drawn.path(n)) for n in range(5)])
    alone = [
        _softmax(_run(member.SerializeToString(), learned.preparation.tensor(pictures)))
        for member in members
    ]
    for line, ours in zip(done.stdout.splitlines(), np.mean(alone, 0)):
        for it in json.loads(line)["classes"]:
            assert ours[int(it["type"])] == pytest.approx(it["confidence"], abs=0.03)


def test_labels_in_a_file_go_with_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    document = yaml.safe_load((lessons.MODEL / "model.yaml").read_text())
    del document["labels"]
    document["labels_file"] = "names.txt"
    (source / "model.yaml").write_text(yaml.safe_dump(document))
    (source / "names.txt").write_text("".join(f"{it}\n" for it in range(10)))
    (source / "model.onnx").write_bytes((lessons.MODEL / "model.onnx").read_bytes())
    model = served.read(source)
    ensemble.write(tmp_path / "made", ensemble.join(_members(2), "logits", "Softmax"), model, "x")
    assert served.read(tmp_path / "made").labels == [str(it) for it in range(10)]


def test_labels_that_yaml_takes_for_something_else_stay_as_they_are_written(tmp_path: Path) -> None:
    """The gateway has text: its labels may not be others after a training."""
    document = yaml.safe_load((lessons.MODEL / "model.yaml").read_text())
    del document["labels"]
    labels = ["no", "off", "010", "1_0", "~", "1e3", "2026-03-01", "12:30", "seven", "9"]
    text = yaml.safe_dump(document) + f"labels: [{', '.join(labels)}]\n"
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "model.yaml").write_text(text)
    old = served.read(tmp_path / "old")
    assert old.labels == labels
    ensemble.write(tmp_path / "new", ensemble.join(_members(1), "logits", "Softmax"), old, "Mean.")
    new = (tmp_path / "new" / "model.yaml").read_text()
    assert yaml.load(new, yaml.BaseLoader)["labels"] == labels
