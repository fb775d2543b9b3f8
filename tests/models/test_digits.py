"""The model `digits` in the C engine, on the whole MNIST test set."""

import mnist
import numpy as np
import onnxruntime
import pytest

LOWEST_ACCURACY = 0.99


@pytest.fixture(scope="module")
def test_set(mnist_folder):
    """All images (10000, 28, 28) and labels (10000,)."""
    return mnist.load(mnist_folder, "test")


@pytest.fixture(scope="module")
def results(engine, digits, test_set):
    """What the engine says about each image, best class first."""
    found = engine.run(digits, list(test_set[0]))
    assert {result["task"] for result in found} == {"classify"}
    return [result["classes"] for result in found]


def test_the_whole_test_set_is_recognised_to_99_percent(results, test_set):
    said = np.array([classes[0]["index"] for classes in results])
    assert len(said) == 10000
    assert (said == test_set[1]).mean() >= LOWEST_ACCURACY


def test_each_result_has_the_best_three_classes_with_their_labels(results):
    for classes in results:
        confidences = [entry["confidence"] for entry in classes]
        assert len(classes) == 3
        assert confidences == sorted(confidences, reverse=True)
        assert sum(confidences) <= 1 + 1e-4
        assert [entry["label"] for entry in classes] == [str(entry["index"]) for entry in classes]


def test_confidences_are_the_softmax_of_the_same_graph_run_from_python(results, digits, test_set):
    expected = probabilities(digits, test_set[0])
    for classes, row in zip(results, expected, strict=True):
        for entry in classes:
            assert entry["confidence"] == pytest.approx(row[entry["index"]], abs=1e-3)


def test_a_picture_gets_the_same_result_alone_as_in_a_batch(engine, digits, results, test_set):
    for number in (0, 17, 9999):
        (alone,) = engine.run(digits, [test_set[0][number]])
        for entry, among_others in zip(alone["classes"], results[number], strict=True):
            assert entry["index"] == among_others["index"]
            assert entry["confidence"] == pytest.approx(among_others["confidence"], abs=1e-5)


def probabilities(model, images):
    """Returns (n, 10) softmax of the graph's logits for `images` (n, 28, 28)."""
    session = onnxruntime.InferenceSession(model / "model.onnx", providers=["CPUExecutionProvider"])
    tensor = images[:, None].astype(np.float32) / 255
    (logits,) = session.run(["logits"], {"image": tensor})
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)
