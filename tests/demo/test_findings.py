"""What the demo says of records, of one model and of a plan."""

from types import SimpleNamespace

from demo import findings, steps
from testbed import signs

BOX = {"leftX": 1, "topY": 2, "rightX": 3, "bottomY": 4}


def record(**body: object) -> SimpleNamespace:
    """A record of that body."""
    return SimpleNamespace(body=body)


def read(*lines: str) -> SimpleNamespace:
    """Of a sign that two models have looked at."""
    places = [
        {"id": str(i), "kind": "text", "model": "text:1", "bbox": BOX, "type": "text"}
        for i in range(len(lines))
    ]
    said = [
        {"id": str(len(lines) + i), "parent": str(i), "kind": "read", "model": "text_lines:1"}
        | {"text": line}
        for i, line in enumerate(lines)
    ]
    models = [{"name": "text"}, {"name": "text_lines"}]
    return record(task="plan", models=models, findings=places + said)


def test_objects_are_counted_in_both_kinds_of_records():
    found = {"type": "person", "bbox": BOX}
    alone = record(task="detect", objects=[found])
    of_plan = record(task="plan", models=[], findings=[{**found, "kind": "object"}])
    assert findings.count_classes([alone, of_plan, read("GATE 7")]) == {"person": 2}


def test_a_frame_at_which_no_step_looked_is_not_seen():
    assert not findings.seen(record(task="none"))
    assert findings.seen(record(task="plan", models=[], findings=[]))


def test_lines_are_right_when_they_stand_on_one_sign():
    (gate, note), (dock, _), *_ = signs.SIGNS
    assert signs.lines_right([note, gate]) == 2
    # Neither half of one and half of another, nor one line twice, is a sign.
    assert signs.lines_right([gate, dock]) == 1
    assert signs.lines_right([gate, gate]) == 1
    assert signs.lines_right(["GATE7"]) == 0
    results = [read(gate, note), read(dock), record(task="none")]
    assert steps.read_right(results) == (3, 4)


def test_each_step_says_what_it_looked_at_and_found():
    plan = [{"model": "text", "every": 2}, {"model": "text_lines", "from": "text"}]
    camera = SimpleNamespace(name="signs", configured={"plan": plan})
    gate, note = signs.SIGNS[0]
    assert steps.rows(camera, [read(gate, note), record(task="none")]) == [
        ["signs  text", "1 of 2 pictures", "2 lines of text"],
        ["signs  text_lines", "2 parts", "2 of 2 lines as they are written"],
    ]
    assert steps.rows(SimpleNamespace(name="one", configured={"model": "objects"}), []) == []


def test_a_better_picture_tells_how_near_it_came():
    made = {"width": 768, "height": 576, "bytes": 9, "psnr": 31.25}
    found = {"kind": "picture", "model": "upscale:1", "enhanced": made}
    result = record(task="plan", models=[{"name": "upscale"}], findings=[found])
    camera = SimpleNamespace(name="video", configured={"plan": [{"model": "upscale", "every": 9}]})
    ((_, _, said),) = steps.rows(camera, [result])
    assert said == "1 better pictures of 768x576, 31.2 dB PSNR against the camera's own"
    assert findings.better(record(task="enhance", enhanced=made)) == made
