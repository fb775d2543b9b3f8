"""`gwctl model check`: pictures go through a model by the gateway's own stages, and come out in
words, as records have them, and drawn upon."""

import base64
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from centerface_reference import CenterFace
from engine import frames
from onnx import TensorProto, helper
from PIL import Image, ImageDraw, ImageFont
from upscale_reference import psnr

YAML = """task: {task}
labels: [a, b, c]
input: {{tensor: x, width: 32, height: 32, channels: 3, mean: [0, 0, 0], scale: [1, 1, 1]}}
{head}
batch: {{max: 1}}
"""


@pytest.fixture
def jpeg(photograph, tmp_path):
    """A function that writes a photograph as a JPEG file."""

    def write(name: str) -> Path:
        path = tmp_path / f"{Path(name).stem}.jpg"
        Image.fromarray(photograph(name)).save(path, quality=92)
        return path

    return write


def constant(folder: Path, values: np.ndarray, task: str, head: str) -> Path:
    """A model that says the same of every picture, and looks at none."""
    folder.mkdir()
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, values.shape)]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])]
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "values"], ["y"]),
    ]
    constants = [
        helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
        helper.make_tensor("values", TensorProto.FLOAT, values.shape, values.ravel()),
    ]
    graph = helper.make_graph(nodes, "constant", inputs, outputs, constants)
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, folder / "model.onnx")
    (folder / "model.yaml").write_text(YAML.format(task=task, head=head))
    return folder


def test_faces_are_found_told_and_drawn(check, faces, jpeg, tmp_path):
    face, nobody = jpeg("astronaut.png"), jpeg("coffee.png")
    done = check(faces, face, nobody)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{face}: detect"
    assert lines[1].startswith("  face 0.9")
    assert lines[-1] == f"{nobody}: detect, nothing found"
    before = np.asarray(Image.open(face).convert("RGB"), np.int32)
    after = np.asarray(Image.open(tmp_path / "drawn" / face.name), np.int32)
    changed = np.abs(after - before).max(2) > 60
    rows, columns = np.nonzero(changed)
    # A frame around the face, and nothing far from it.
    assert changed.sum() > 300
    assert 150 < columns.min() < columns.max() < 300
    assert 30 < rows.min() < rows.max() < 200


def test_json_has_the_words_of_the_record(check, faces, jpeg):
    face = jpeg("astronaut.png")
    done = check("--json", faces, face)
    assert done.returncode == 0, done.stderr
    (said,) = map(json.loads, done.stdout.splitlines())
    assert said["picture"] == str(face)
    assert said["task"] == "detect"
    assert said["model"]["name"] == "faces"
    (found,) = said["objects"]
    assert found["type"] == "face"
    assert 170 < found["bbox"]["leftX"] < found["bbox"]["rightX"] < 280


def test_a_face_has_its_landmarks(check, faces, jpeg, photograph):
    done = check("--json", faces, jpeg("astronaut.png"))
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["objects"]
    expected = CenterFace(faces).landmarks(photograph("astronaut.png"))
    assert {point["type"] for point in found["keypoints"]} == set(expected)
    for point in found["keypoints"]:
        x, y = expected[point["type"]]
        # The JPEG is not quite the photograph.
        assert (point["x"], point["y"]) == pytest.approx((x, y), abs=2)


def test_what_cannot_be_used_is_named_at_once(check, digits, jpeg, tmp_path):
    picture, text = jpeg("coffee.png"), tmp_path / "notes.txt"
    text.write_text("no picture")
    done = check(digits, text, picture, tmp_path / "missing.jpg")
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert f"{text}: it is no JPEG: convert it to one" in lines[0]
    assert "missing.jpg: No such file" in lines[1]
    assert lines[2] == "gwctl: 2 of 3 pictures cannot be used"
    assert not (tmp_path / "drawn").exists()


def test_without_a_picture_the_usage_is_said(check, digits):
    done = check(digits)
    assert done.returncode == 2
    assert "gwctl model check DIR PICTURE..." in done.stderr


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[3.0, -1.0, 0.5]], "outside of 0 .. 1 where model.yaml says confidences"),
        ([[0.2, float("nan"), 0.5]], "values that are no numbers"),
    ],
)
def test_a_model_that_says_no_confidences_is_never_well(check, jpeg, tmp_path, values, words):
    model = constant(
        tmp_path / "m", np.array(values, np.float32), "classify", "classify: {tensor: y}"
    )
    done = check(model, jpeg("coffee.png"))
    assert done.returncode == 1
    assert words in done.stderr
    assert "1 of the pictures: model_output:" in done.stderr
    assert done.stdout == ""


def test_a_mask_covers_the_parts_of_the_picture(check, jpeg, tmp_path):
    scores = np.zeros((1, 3, 8, 8), np.float32)
    scores[0, 1, 4:] = 1  # the lower half is b
    model = constant(tmp_path / "m", scores, "segment", "segment: {tensor: y}")
    done = check(model, jpeg("coffee.png"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == ["  a 50.0 %", "  b 50.0 %"]


@pytest.mark.parametrize("kind", ["FLOAT", "FLOAT16", "DOUBLE", "INT32", "INT64", "UINT8", "BOOL"])
def test_outputs_of_every_type_of_number_are_read(check, jpeg, tmp_path, kind):
    values = np.array([[1, 0, 1, 0]], np.float32)
    model = constant(tmp_path / "m", values, "raw", "raw: {tensors: [cast]}")
    graph = onnx.load(model / "model.onnx")
    kind = getattr(TensorProto, kind)
    graph.graph.node.append(helper.make_node("Cast", ["y"], ["cast"], to=kind))
    graph.graph.output.append(helper.make_tensor_value_info("cast", kind, [1, 4]))
    onnx.save(graph, model / "model.onnx")
    done = check("--json", model, jpeg("coffee.png"))
    assert done.returncode == 0, done.stderr
    assert values_of(json.loads(done.stdout)["tensors"][0]) == [1, 0, 1, 0]


def found_by_brightness(folder: Path, nodes: list, head: str, task: str) -> Path:
    """A model whose rows are as many as pixels of the upper left 2 x 2 are bright."""
    model = constant(folder, np.zeros((1, 3), np.float32), task, head)
    graph = onnx.load(model / "model.onnx").graph
    del graph.node[:]
    graph.initializer.extend(
        [
            helper.make_tensor("begin", TensorProto.INT64, [4], [0, 0, 0, 0]),
            helper.make_tensor("end", TensorProto.INT64, [4], [1, 1, 2, 2]),
            helper.make_tensor("half", TensorProto.FLOAT, [], [127.0]),
            helper.make_tensor("flat", TensorProto.INT64, [1], [-1]),
        ]
    )
    graph.node.extend(
        [
            helper.make_node("Slice", ["x", "begin", "end"], ["corner"]),
            helper.make_node("Reshape", ["corner", "flat"], ["line"]),
            helper.make_node("Greater", ["line", "half"], ["bright"]),
            *nodes,
        ]
    )
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, ["k", "m"]))
    onnx.save(
        helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17)]),
        model / "model.onnx",
    )
    return model


def grey(path: Path, bright: bool) -> Path:
    Image.new("RGB", (64, 64), (250,) * 3 if bright else (5,) * 3).save(path, quality=95)
    return path


def test_rows_may_be_others_in_every_picture(check, tmp_path):
    boxes = [
        [1.0, 2, 30, 20, 0.9, 0],
        [1, 2, 3, 20, 0.8, 1],
        [5, 2, 30, 20, 0.7, 2],
        [9, 9, 20, 20, 0.6, 0],
    ]
    nodes = [
        helper.make_node(
            "Constant",
            [],
            ["rows"],
            value=helper.make_tensor("", TensorProto.FLOAT, [4, 6], np.ravel(boxes)),
        ),
        helper.make_node("Compress", ["rows", "bright"], ["y"], axis=0),
    ]
    model = found_by_brightness(
        tmp_path / "m", nodes, "detect: {head: boxes, tensor: y, threshold: 0.5}", "detect"
    )
    dark, light = grey(tmp_path / "dark.jpg", False), grey(tmp_path / "light.jpg", True)
    done = check("--json", model, dark, light, dark)
    assert done.returncode == 0, done.stderr
    assert [len(json.loads(line)["objects"]) for line in done.stdout.splitlines()] == [0, 4, 0]


def test_what_changes_in_another_dimension_is_refused_and_never_read_beyond(check, tmp_path):
    nodes = [
        helper.make_node("Greater", ["corner", "half"], ["map"]),
        helper.make_node("NonZero", ["map"], ["where"]),  # [4, pixels that are bright]
        helper.make_node("Cast", ["where"], ["y"], to=TensorProto.FLOAT),
    ]
    model = found_by_brightness(tmp_path / "m", nodes, "raw: {tensors: [y]}", "raw")
    done = check("--json", model, grey(tmp_path / "light.jpg", True))
    assert done.returncode == 1
    assert "batches of 4" in done.stderr


def test_pictures_of_one_name_are_drawn_apart_and_none_is_overwritten(check, faces, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        grey(tmp_path / folder / "gate.jpg", True)
    done = check(faces, tmp_path / "a" / "gate.jpg", tmp_path / "b" / "gate.jpg")
    assert done.returncode == 0, done.stderr
    assert {it.name for it in (tmp_path / "drawn").iterdir()} == {"gate.jpg", "gate-2.jpg"}
    before = (tmp_path / "a" / "gate.jpg").read_bytes()
    done = check("--output", tmp_path / "a", faces, tmp_path / "a" / "gate.jpg")
    assert done.returncode == 1
    assert "is one of the pictures" in done.stderr
    assert (tmp_path / "a" / "gate.jpg").read_bytes() == before
    assert len(list((tmp_path / "a").iterdir())) == 1


def values_of(tensor: dict) -> list[float]:
    """What a tensor of a record holds."""
    return np.frombuffer(base64.b64decode(tensor["float32"]), "<f4").tolist()


def test_any_tensor_can_be_had(check, jpeg, tmp_path):
    values = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    model = constant(tmp_path / "m", values, "raw", "raw: {tensors: [y]}")
    done = check("--json", model, jpeg("coffee.png"))
    assert done.returncode == 0, done.stderr
    (tensor,) = json.loads(done.stdout)["tensors"]
    assert tensor["name"] == "y"
    assert tensor["shape"] == [3, 4]
    assert np.array_equal(np.frombuffer(base64.b64decode(tensor["float32"]), "<f4"), values.ravel())


def test_the_lines_of_a_page_are_found(check, text, jpeg):
    done = check("--json", text, jpeg("page.png"))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["task"] == "text"
    assert len(said["objects"]) >= 7
    for found in said["objects"]:
        assert len(found["polygon"]) == 4
        assert found["confidence"] > 0.6


def test_a_line_is_told_in_its_own_words(check, text_lines, tmp_path):
    picture = Image.new("RGB", (400, 40), (255, 255, 255))
    font = ImageFont.load_default(28)
    ImageDraw.Draw(picture).text((6, 4), "GATE 7 CLOSED", fill=(0, 0, 0), font=font)
    picture.save(tmp_path / "line.jpg", quality=95)
    done = check(text_lines, tmp_path / "line.jpg")
    assert done.returncode == 0, done.stderr
    assert '  "GATE 7 CLOSED" 0.' in done.stdout


def test_a_better_picture_lies_beside_the_drawn_one_and_is_compared(
    check, upscale, video, tmp_path
):
    (picture,) = frames(video, 1, 1)
    Image.fromarray(picture).save(tmp_path / "street.jpg", quality=95)
    Image.fromarray(picture[:200, :300]).save(tmp_path / "small.jpg", quality=95)
    files = [tmp_path / "street.jpg", tmp_path / "small.jpg"]
    done = check("--json", upscale, *files, turned(tmp_path / "street.jpg", 6, exif=True))
    assert done.returncode == 0, done.stderr
    street, small, side = (json.loads(line)["enhanced"] for line in done.stdout.splitlines())
    made = Image.open(tmp_path / "drawn" / "street.enhanced.jpg")
    assert made.size == (street["width"], street["height"]) == (768, 576)
    assert (tmp_path / "drawn" / "street.enhanced.jpg").stat().st_size == street["bytes"]
    given = np.asarray(Image.open(tmp_path / "street.jpg"))
    assert street["psnr"] == pytest.approx(psnr(np.asarray(made), given), abs=0.1)
    assert side["psnr"] == pytest.approx(street["psnr"], abs=0.3)
    # It would be compared with what has another size.
    assert "psnr" not in small
    assert (tmp_path / "drawn" / "small.enhanced.jpg").exists()


def turned(path: Path, orientation: int, *, exif: bool) -> Path:
    """The picture, stored so that it is seen as before by whoever heeds that orientation."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    picture = Image.open(path)
    if orientation > 1:
        picture = picture.transpose(Image.Transpose(back[orientation]))
    info = Image.Exif()
    if exif:
        info[274] = orientation
    stored = path.with_name(f"{path.stem}-{orientation}-{exif}.jpg")
    picture.save(stored, quality=95, exif=info)
    return stored


def corners(said: dict) -> list[float]:
    """All sides of all boxes and all points, in one list."""
    return [
        value
        for found in said["objects"]
        for place in (found["bbox"], *found["keypoints"])
        for value in place.values()
        if isinstance(value, float) and value > 1
    ]


def test_a_picture_is_seen_as_its_exif_says(check, faces, jpeg, tmp_path):
    upright = jpeg("astronaut.png")
    stored = [turned(upright, orientation, exif=True) for orientation in range(1, 9)]
    done = check("--json", faces, *stored)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one.get("orientation", 1) for one in said] == list(range(1, 9))
    for one, path in zip(said, stored, strict=True):
        assert corners(one) == pytest.approx(corners(said[0]), abs=1)
        drawn = np.asarray(Image.open(tmp_path / "drawn" / path.name), np.float32)
        expected = np.asarray(Image.open(upright), np.float32)
        assert np.median(np.abs(drawn - expected)) < 3


def test_a_camera_that_hangs_askew_is_turned(check, faces, jpeg):
    upright = jpeg("astronaut.png")
    first = json.loads(check("--json", faces, upright).stdout)
    for degrees, orientation in ((90, 6), (180, 3), (270, 8)):
        stored = turned(upright, orientation, exif=False)
        done = check("--json", "--rotate", degrees, faces, stored)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert said["orientation"] == orientation
        assert corners(said) == pytest.approx(corners(first), abs=1)
    heeded = turned(upright, 8, exif=True)
    ignored = json.loads(check("--json", "--orientation", "ignore", faces, heeded).stdout)
    assert "orientation" not in ignored


def limited(path: Path) -> Path:
    """The picture with the levels of video: 16 to 235, and 16 to 240 of colour."""
    picture = np.asarray(Image.open(path).convert("YCbCr"), np.float32)
    picture = picture * np.float32([219, 224, 224]) / 255 + np.float32([16, 15.56, 15.56])
    video = path.with_name("video.jpg")
    levels = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    Image.fromarray(levels, "YCbCr").save(video, quality=98)
    return video


def test_levels_of_video_are_understood(check, jpeg, tmp_path):
    """A model that says what it was shown: the tensor is that of the full range."""
    folder = tmp_path / "seen"
    folder.mkdir()
    sides = [1, 3, 32, 32]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "seen",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, sides)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, sides)],
    )
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, folder / "model.onnx")
    (folder / "model.yaml").write_text(YAML.format(task="raw", head="raw: {tensors: [y]}"))

    def seen(*words: object) -> np.ndarray:
        done = check("--json", *words)
        assert done.returncode == 0, done.stderr
        (tensor,) = json.loads(done.stdout)["tensors"]
        return np.frombuffer(base64.b64decode(tensor["float32"]), "<f4")

    picture = jpeg("coffee.png")
    full, video = seen(folder, picture), limited(picture)
    assert np.abs(seen("--range", "limited", folder, video) - full).mean() < 1.5
    assert np.abs(seen(folder, video) - full).mean() > 5


def test_what_no_camera_could_be_given_is_refused(check, faces, jpeg):
    picture = jpeg("coffee.png")
    for words, line in (
        (("--rotate", "45"), "must be 0, 90, 180 or 270 degrees clockwise"),
        (("--rotate", "upside down"), "must be 0, 90, 180 or 270 degrees clockwise"),
        (("--range", "wide"), "'cameras[0].range' must be full or limited, not 'wide'"),
        (("--orientation", "up"), "'cameras[0].orientation' must be exif or ignore, not 'up'"),
    ):
        done = check(*words, faces, picture)
        assert done.returncode == 1
        assert line in done.stderr
