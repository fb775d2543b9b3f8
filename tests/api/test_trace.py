"""`gwctl trace`: a timeline of a gateway at work, and `gwctl accel`: what it works on."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rtp_capture
from player import Gateway, configuration

from testbed import places

SECONDS = "0.3"

MARKS = """\
task: classify
labels: [a, b, c, d]
input: {tensor: in, width: 2, height: 2, channels: 1, mean: [0], scale: [1]}
classify: {tensor: out, top_k: 2}
batch: {max: 4, deadline_ms: 5}
"""


@pytest.fixture
def busy(start: Callable[[dict[str, Any]], Gateway], tmp_path: Path) -> Gateway:
    """It plays the same pictures again and again."""
    capture = tmp_path / "loop.pcap"
    rtp_capture.write(capture, 40, "10.0.0.1", "10.0.0.99", 5001, looped=True)
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture},infinite_rx=1"))
    gateway.wait_until(lambda: gateway.get("cameras/cam0")["frames"]["delivered"] > 100)
    return gateway


def _check_tracks(events: list[dict[str, Any]]) -> None:
    """On each track slices follow each other."""
    ends: dict[int, float] = defaultdict(lambda: float("-inf"))
    named = {event["tid"] for event in events if event["name"] == "thread_name"}
    for event in events:
        if event["ph"] == "X":
            assert event["tid"] in named
            assert event["ts"] >= ends[event["tid"]] - 0.001
            ends[event["tid"]] = event["ts"] + event["dur"]


def _check_ways(events: list[dict[str, Any]]) -> int:
    """Each arrow begins and ends once, and time goes on along it; returns how many there are."""
    ways: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event["ph"] in "stf":
            ways[event["id"]].append(event)
    for way in ways.values():
        assert [event["ph"] for event in way] == ["s", *["t"] * (len(way) - 2), "f"]
        assert [event["ts"] for event in way] == sorted(event["ts"] for event in way)
    return len(ways)


def _record(gateway: Gateway, file: Path, categories: set[str]) -> dict[str, Any]:
    """A timeline of a moment in which frames went all the way, and this was done with them: a busy
    machine has others."""
    for _ in range(20):
        said = gateway.ctl("trace", SECONDS, str(file))
        assert (said.returncode, said.stderr) == (0, "")
        assert "perfetto" in said.stdout
        trace = json.loads(file.read_text())
        events = trace["traceEvents"]
        if _check_ways(events) > 0 and categories <= {event.get("cat") for event in events}:
            break
        file.unlink()
    return trace


def test_a_timeline_shows_every_frame_on_its_way(busy: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    trace = _record(busy, file, set())
    events = trace["traceEvents"]
    _check_tracks(events)
    assert 0 < _check_ways(events) <= trace["otherData"]["frames"]
    names = {event["name"] for event in events if event["ph"] == "X"}
    assert names == {"receive", "deliver"}
    busy.process.stop()


@pytest.fixture
def inferring(start: Callable[[dict[str, Any]], Gateway], tmp_path: Path) -> Gateway:
    """Two cameras play on, and a model that the null engine makes up looks at them."""
    capture = tmp_path / "loop.pcap"
    rtp_capture.write(capture, 40, "10.0.0.1", "10.0.0.99", 5001, looped=True)
    model = tmp_path / "models" / "marks" / "1"
    model.mkdir(parents=True)
    (model / "model.yaml").write_text(MARKS)
    (model / "model.onnx").write_bytes(b"\x08\x01")
    plain = configuration(
        f"net_pcap0,rx_pcap={capture},infinite_rx=1",
        accel={
            "backend": "null",
            "repository": str(tmp_path / "models"),
            "devices": [{"name": "near"}, {"name": "far"}],
        },
    )
    plain["cameras"][0]["model"] = "marks"
    gateway = start(plain)
    gateway.wait_until(lambda: gateway.get("cameras/cam0")["frames"]["delivered"] > 100)
    return gateway


def test_batches_are_on_the_tracks_of_their_devices(inferring: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    trace = _record(inferring, file, {"batch"})
    events = trace["traceEvents"]
    _check_tracks(events)
    assert _check_ways(events) > 0
    tracks = {
        event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"
    }
    batches = [event for event in events if event.get("cat") == "batch"]
    assert len(batches) == trace["otherData"]["batches"] > 0
    assert {tracks[event["tid"]].split(" (")[0] for event in batches} <= {
        "device near",
        "device far",
    }
    # A frame goes through its batch: from the network to the decoder, the device and the sink.
    through = [event for event in events if event["ph"] == "t" and event["tid"] in tracks]
    assert any(tracks[event["tid"]].startswith("device") for event in through)
    balance = inferring.get("accel/balance")
    assert [device["name"] for device in balance["devices"]] == ["near", "far"]
    assert sum(device["pictures"] for device in balance["devices"]) > 0
    assert 0.5 <= balance["jain"]["pictures"] <= 1
    inferring.process.stop()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["trace", "1"], 2, "'trace' needs more: gwctl trace SECONDS FILE"),
        (["trace", "soon", "trace.json"], 2, "seconds and a file"),
        (["trace", "61", "{folder}/trace.json"], 1, "at most 60"),
        (["trace", "1", "{folder}/none/trace.json"], 1, "cannot write"),
    ],
)
def test_what_cannot_be_recorded_is_told_and_leaves_no_file(
    played: Gateway, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    said = played.ctl(*[argument.format(folder=tmp_path) for argument in arguments])
    assert said.returncode == code
    assert words in said.stderr
    assert list(tmp_path.iterdir()) == []


def test_devices_and_back_ends_are_listed(played: Gateway) -> None:
    listed = played.json("accel", "list")
    assert [device["name"] for device in listed["devices"]] == ["host"]
    engines = {engine["name"]: engine for engine in listed["backends"]}
    assert engines["null"]["there"] is True
    assert engines["ort"]["there"] is not (engines["ort"]["missing"] is not None)
    # A driver and a library that are not there say what to install.
    for name, file in ("cuda", "libcuda.so.1"), ("nvjpeg", "libnvjpeg.so.13"):
        missing = engines[name]["missing"]
        assert engines[name]["there"] or file in missing or "built without CUDA" in missing
    table = played.ctl("accel", "list").stdout
    assert "DEVICE" in table
    assert "BACK-END" in table


def test_the_balance_of_one_device_is_even(played: Gateway) -> None:
    assert played.json("accel", "balance")["jain"] == {"pictures": 1.0, "busy": 1.0}
    assert "Jain's index: 1.000 of pictures" in played.ctl("accel", "balance").stdout


def test_a_processor_that_is_not_there_is_told_before_anything_starts(
    played: Gateway, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("cameras: []\naccel: {devices: [{name: a, cores: [1023]}]}\n")
    asked = played.ctl("config", "check", str(file))
    assert asked.returncode == 1
    assert "gwctl: accel.devices: device a cannot have processor 1023" in asked.stderr
    checked = subprocess.run(
        [places.gwd(), "check", "--config", file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 1
    assert "device a cannot have processor 1023" in checked.stderr
