"""The library and the gateway: the same pictures, the same findings, to the byte.

A gateway replays them as packets of a capture and leaves the pictures as it saw them; those go
through the library.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from photographs import jpegs, photograph

from framegate import Engine
from testbed import places, turned
from testbed.replay import SENDER, accel, replay, send_file, send_picture
from testbed.rtp_jpeg import Sender

MODELS = ("digits", "faces", "objects", "resnet50", "text", "text_lines", "upscale", "yolo")
LEAST = 2  # pictures with findings
PLAN = [
    {"model": "objects"},
    {"model": "resnet50", "from": "objects", "least": 0.4, "margin": 0.1, "most": 4},
    {"model": "text", "every": 2},
    {"model": "text_lines", "from": "text", "most": 8},
    {"model": "faces", "every": 3},
]


class Seen:
    """What a gateway saw and said: pictures, and the text of each result."""

    def __init__(self, folder: Path, sent: list[bytes], *, whole: bool = False, **camera: Any):
        sender = Sender(folder / "in.pcap")
        for picture in sent:
            (send_file if whole else send_picture)(sender, picture)
        sender.close()
        configured = {"name": "street", **SENDER, **camera}
        replayed = replay(folder, folder / "in.pcap", [configured], accel=accel())
        lines = (replayed.folder / "frames.jsonl").read_text().splitlines()
        assert len(lines) == len(sent)
        self.pictures = [(replayed.folder / it["file"]).read_bytes() for it in replayed.frames]
        self.sizes = [(it["width"], it["height"]) for it in replayed.frames]
        self.results = [line.partition('"result":')[2][:-1] for line in lines]
        self.enhanced = [path.read_bytes() for path in sorted(replayed.folder.rglob("*.enhanced*"))]


def result(text: str) -> str:
    """What a text of the library says of the findings, as an object of its own."""
    return '{"' + text.partition('},"')[2]


def assert_equal(seen: Seen, plan: Any) -> None:
    """All at once, on two threads, and each alone, on one."""
    with Engine(places.models(), plan, 2, onnxruntime=places.onnxruntime()) as engine:
        assert [result(text) for text in engine.run_json(seen.pictures)] == seen.results
    # From the first picture on again: a plan counts them.
    with Engine(places.models(), plan, onnxruntime=places.onnxruntime()) as engine:
        alone = [engine.run_json([picture])[0] for picture in seen.pictures]
    assert [result(text) for text in alone] == seen.results
    frames = [json.loads(text)["frame"] for text in alone]
    assert [(it["width"], it["height"]) for it in frames] == seen.sizes
    assert [it["bytes"] for it in frames] == [len(picture) for picture in seen.pictures]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_finds_what_it_finds_in_the_gateway(tmp_path: Path, model: str) -> None:
    seen = Seen(tmp_path, jpegs(), model=model)
    assert_equal(seen, model)
    with Engine(places.models(), model, onnxruntime=places.onnxruntime()) as engine:
        found = engine.run(seen.pictures)
    assert [it["enhanced"]["jpeg"] for it in found if "enhanced" in it] == seen.enhanced
    assert len(seen.enhanced) == (len(seen.pictures) if model == "upscale" else 0)
    # Something was found: equal silence would prove little.
    members = ("classes", "objects", "lines", "enhanced")
    assert sum(any(it.get(member) for member in members) for it in found) >= LEAST


def test_a_plan_finds_what_it_finds_in_the_gateway(tmp_path: Path) -> None:
    seen = Seen(tmp_path, jpegs(), plan=PLAN)
    assert_equal(seen, PLAN)
    kinds = {it["kind"] for text in seen.results for it in json.loads(text)["findings"]}
    assert kinds == {"object", "class", "text", "read"}


def test_a_picture_that_is_stored_otherwise_is_seen_as_in_the_gateway(tmp_path: Path) -> None:
    upright = photograph("scikit-image/coffee.png").resize((640, 480))
    seen = Seen(
        tmp_path, [turned.stored(upright, way) for way in range(1, 9)], whole=True, model="objects"
    )
    assert seen.sizes == 8 * [(640, 480)]
    assert_equal(seen, "objects")
