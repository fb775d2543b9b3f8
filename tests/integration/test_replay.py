"""`gwd replay` on golden captures: what GStreamer and FFmpeg sent comes back pixel by pixel.

The captures are made here by the real senders. What they must give back is made by the same
programs with the same settings, written into files instead of sent.
"""

import dataclasses
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from PIL import Image

import testbed.replay
from testbed import pcap, places, scenes, senders
from testbed.gateway import error_line
from testbed.process import Process
from testbed.replay import Replayed, accel
from testbed.senders import Sender, Stream

PICTURES = 12
ADDRESSES = {"files": "10.0.0.11", "pictures": "10.0.0.12", "video": "10.0.0.13", "ff": "10.0.0.14"}
PORT = 5004


class Golden(NamedTuple):
    """A capture and the JPEG files that each camera's frames must equal."""

    capture: Path
    originals: dict[str, Path]


def _start(name: str, stream: Stream, drawn: scenes.Scenes, png: scenes.Scenes) -> Sender:
    log = drawn.folder / f"{name}.log"
    if name == "files":
        return senders.jpeg_files(Process, log, stream, drawn.jpeg)
    if name == "pictures":
        return senders.picture_files(Process, log, stream, png.png, PICTURES)
    if name == "video":
        return senders.gstreamer_video(Process, log, stream, places.video(), (768, 576), begin=20)
    return senders.ffmpeg_video(Process, log, stream, places.video(), begin=10)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    """One capture of four cameras, one after the other."""
    folder = tmp_path_factory.mktemp("golden")
    drawn = scenes.draw(folder / "jpg", first=300, count=PICTURES, kind="jpg")
    png = scenes.draw(folder / "png", first=400, count=PICTURES, kind="png")
    writer = pcap.Writer(folder / "golden.pcap")
    originals = {"files": drawn.folder}
    for ssrc, (name, address) in enumerate(ADDRESSES.items()):
        recorder = pcap.Recorder()
        stream = Stream(
            *(name, "127.0.0.1", recorder.port, 10, PICTURES, ssrc),
            destination="127.0.0.1",
            realtime=False,
        )
        sender = _start(name, stream, drawn, png)
        recorder.record(writer, address, ("10.0.0.2", PORT), lambda it=sender: it.running)
        sender.wait(60)
        recorder.close()
        if name != "files":
            originals[name] = folder / name
            originals[name].mkdir()
            into = dataclasses.replace(stream, into=originals[name])
            _start(name, into, drawn, png).wait(60)
    writer.close()
    return Golden(folder / "golden.pcap", originals)


Replay = Callable[..., Replayed]


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    """Runs `gwd replay`, which must end with exit code 0."""

    return functools.partial(testbed.replay.replay, tmp_path)


def _cameras(*names: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "source": ADDRESSES[name], "destination": "10.0.0.2", "port": PORT}
        for name in names or ADDRESSES
    ]


def test_every_picture_of_every_sender_comes_back_exact(golden: Golden, replay: Replay) -> None:
    replayed = replay(golden.capture, _cameras())
    for name, originals in golden.originals.items():
        for number in range(PICTURES):
            got = np.asarray(Image.open(replayed.folder / name / f"{number:08d}.jpg"))
            sent = np.asarray(Image.open(originals / f"{number:05d}.jpg"))
            assert np.array_equal(got, sent), f"{name}, picture {number}"
        assert len(list((replayed.folder / name).iterdir())) == PICTURES


def test_each_frame_has_its_line(golden: Golden, replay: Replay) -> None:
    replayed = replay(golden.capture, _cameras())
    for name in ADDRESSES:
        lines = [line for line in replayed.frames if line["camera"] == name]
        assert [line["sequence"] for line in lines] == list(range(PICTURES))
        size = (320, 240) if name in ("files", "pictures") else (768, 576)
        for line in lines:
            assert (line["width"], line["height"]) == size
            assert line["flags"] == []
            file = Path(line["file"])
            assert (replayed.folder / file).exists() or file.exists()
    first = [line for line in replayed.frames if line["camera"] == "files"]
    assert [line["rtp_timestamp"] for line in first] == [9000 * n for n in range(PICTURES)]


def test_statistics_name_everything_also_at_zero(golden: Golden, replay: Replay) -> None:
    replayed = replay(golden.capture, _cameras())
    for name in ADDRESSES:
        camera = replayed.stats["cameras"][name]
        assert camera["frames"] == PICTURES
        assert {"bad_restart", "dims_unknown"} <= camera["drops"].keys()
        assert not any(camera["drops"].values())
        assert camera["events"]["ssrc_change"] == 0
    assert replayed.stats["unmatched"]
    # FFmpeg also records RTCP: it goes to another socket than ours, so nothing is unmatched.
    assert not any(replayed.stats["unmatched"].values())


def test_packets_of_a_source_that_no_camera_has_are_unmatched(
    golden: Golden, replay: Replay
) -> None:
    replayed = replay(golden.capture, _cameras("files"))
    assert replayed.stats["cameras"].keys() == {"files"}
    assert replayed.stats["cameras"]["files"]["frames"] == PICTURES
    assert sum(replayed.stats["unmatched"].values()) > PICTURES


def test_results_are_in_the_lines_when_a_model_is_configured(
    golden: Golden, replay: Replay
) -> None:
    camera = {**_cameras("files")[0], "model": "digits", "region": scenes.PANEL}
    replayed = replay(golden.capture, [camera], accel=accel())
    truth = scenes.digits(300, PICTURES)[1]
    recognised = [line["result"]["classes"][0]["type"] for line in replayed.frames]
    right = sum(got == str(want) for got, want in zip(recognised, truth))
    assert right >= PICTURES - 1


def test_better_pictures_lie_beside_those_of_the_camera(
    golden: Golden, replay: Replay, tmp_path: Path
) -> None:
    older = tmp_path / "output" / "files" / f"{PICTURES:08d}.enhanced-0.jpg"
    older.parent.mkdir(parents=True)
    older.write_bytes(b"of an older replay")
    camera = {**_cameras("files")[0], "model": "upscale"}
    replayed = replay(golden.capture, [camera], accel=accel())
    assert len(list((replayed.folder / "files").iterdir())) == 2 * PICTURES
    for number, line in enumerate(replayed.frames):
        enhanced = line["result"]["enhanced"]
        path = replayed.folder / "files" / f"{number:08d}.enhanced-0.jpg"
        assert path.stat().st_size == enhanced["bytes"]
        assert Image.open(path).size == (enhanced["width"], enhanced["height"]) == (768, 576)
        own = Image.open(replayed.folder / line["file"]).resize((768, 576))
        apart = np.asarray(Image.open(path)).astype(int) - np.asarray(own.convert("RGB"))
        assert np.abs(apart).mean() < 5
    assert not any(replayed.stats["cameras"]["files"]["drops"].values())


def test_models_look_at_what_others_have_found(golden: Golden, replay: Replay) -> None:
    video = next(camera for camera in _cameras("video"))
    plan = [
        {"model": "objects"},
        {
            "name": "closer",
            "model": "resnet50",
            "from": "objects",
            "only": ["person"],
            "least": 0.4,
            "most": 2,
            "margin": 0.1,
        },
        {"name": "people", "model": "faces", "every": 4},
        {"name": "digit", "models": ["digits", "digits:1"], "combine": "vote", "every": 2},
    ]
    first = replay(golden.capture, [{**video, "plan": plan}], accel=accel())
    assert len(first.frames) == PICTURES
    crops = 0
    for number, line in enumerate(first.frames):
        result = line["result"]
        looked = {model["name"] for model in result["models"]}
        found = result["findings"]
        assert ("faces" in looked) == (number % 4 == 0)
        assert ("digits" in looked) == (number % 2 == 0)
        assert ("disagreement" in result) == (number % 2 == 0)
        closer = [one for one in found if one["model"] == "resnet50:1"]
        people = [
            one["id"] for one in found if one["type"] == "person" and one["confidence"] >= 0.4
        ]
        # Of each of the best two, as many classes as the model names.
        parents = list(dict.fromkeys(one["parent"] for one in closer))
        assert parents == people[:2]
        crops += len(parents)
    assert crops > PICTURES
    assert not any(first.stats["cameras"]["video"]["drops"].values())
    again = replay(golden.capture, [{**video, "plan": plan}], accel=accel())
    assert again.frames == first.frames


def test_a_replay_gives_the_same_every_time(golden: Golden, replay: Replay) -> None:
    first = replay(golden.capture, _cameras())
    before = {
        file.relative_to(first.folder): file.read_bytes() for file in first.folder.rglob("*.jpg")
    }
    second = replay(golden.capture, _cameras())
    after = {
        file.relative_to(second.folder): file.read_bytes() for file in second.folder.rglob("*.jpg")
    }
    assert before == after
    assert first.frames == second.frames
    assert first.stats == second.stats


def test_no_privilege_is_needed(golden: Golden, replay: Replay) -> None:
    no_privileges = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
    replayed = replay(golden.capture, _cameras(), *no_privileges)
    assert len(replayed.frames) == PICTURES * len(ADDRESSES)


def test_another_user_than_root_may_replay(
    need_root: None, golden: Golden, replay: Replay, tmp_path: Path
) -> None:
    # What pytest makes is closed to others, and so is a home folder: everything goes to an open
    # place.
    with tempfile.TemporaryDirectory(prefix="framegate-") as name:
        folder = Path(name)
        for file in (golden.capture, places.gwd()):
            shutil.copy(file, folder)
        config = folder / "replay.yaml"
        config.write_text(yaml.safe_dump({"cameras": _cameras()}))
        for it in (folder, *folder.iterdir()):
            it.chmod(0o755)
        output = folder / "output"
        output.mkdir()
        os.chown(output, 65534, 65534)
        done = subprocess.run(
            [
                *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
                *(folder / "gwd", "replay", "--config", config),
                *("--input", folder / golden.capture.name, "--output", output),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd="/",
        )
        assert done.returncode == 0, done.stderr
        lines = (output / "frames.jsonl").read_text().splitlines()
        assert len(lines) == PICTURES * len(ADDRESSES)
        assert (output / "files" / "00000000.jpg").stat().st_uid == 65534

        # The same user where it may not write: one line, and no trace.
        refused = subprocess.run(
            [
                *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
                *(folder / "gwd", "replay", "--config", config),
                *("--input", folder / golden.capture.name, "--output", folder / "mine"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd="/",
        )
        assert refused.returncode == 1
        assert "mine" in error_line(refused.stderr)
        assert not (folder / "mine").exists()


def test_pictures_that_come_with_a_vlan_tag_are_the_same(
    golden: Golden, replay: Replay, tmp_path: Path
) -> None:
    tagged = tmp_path / "tagged.pcap"
    writer = pcap.Writer(tagged)
    count = 0
    for _, packet in _packets(golden.capture.read_bytes()):
        # Priority 5, VLAN 42.
        writer.write(packet[:12] + b"\x81\x00\xa0\x2a" + packet[12:], count / 1000)
        count += 1
    writer.close()
    assert count > PICTURES * len(ADDRESSES)

    replayed = replay(tagged, _cameras())
    for name, originals in golden.originals.items():
        for number in range(PICTURES):
            got = np.asarray(Image.open(replayed.folder / name / f"{number:08d}.jpg"))
            sent = np.asarray(Image.open(originals / f"{number:05d}.jpg"))
            assert np.array_equal(got, sent), f"{name}, picture {number}"
    assert not any(replayed.stats["unmatched"].values())


def test_a_capture_that_ends_inside_a_frame_counts_it(
    golden: Golden, replay: Replay, tmp_path: Path
) -> None:
    whole = golden.capture.read_bytes()
    packets = list(_packets(whole))
    # The last packet of the first camera's last frame is missing, and everything after it.
    ends = [end for end, packet in packets if packet[26:30] == bytes([10, 0, 0, 11])]
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(whole[: ends[-2]])
    replayed = replay(cut, _cameras("files"))
    camera = replayed.stats["cameras"]["files"]
    assert camera["frames"] == PICTURES - 1
    assert camera["drops"]["incomplete"] == 1


def _packets(capture: bytes) -> list[tuple[int, bytes]]:
    """Where each packet ends in the file, and its bytes."""
    found, at = [], 24
    while at < len(capture):
        size = int.from_bytes(capture[at + 8 : at + 12], "little")
        found.append((at + 16 + size, capture[at + 16 : at + 16 + size]))
        at += 16 + size
    return found


def test_a_silent_camera_counts_nothing(golden: Golden, replay: Replay) -> None:
    silent = {**_cameras("files")[0], "name": "silent", "port": PORT + 1}
    replayed = replay(golden.capture, [*_cameras("files"), silent])
    camera = replayed.stats["cameras"]["silent"]
    assert camera["frames"] == 0
    assert not any(camera["drops"].values())
    assert not any(camera["events"].values())


def test_a_mistyped_input_leaves_an_older_output_alone(golden: Golden, replay: Replay) -> None:
    done = replay(golden.capture, _cameras())
    files = [file for file in done.folder.rglob("*") if file.is_file()]
    before = {file: file.read_bytes() for file in files}
    refused = subprocess.run(
        [
            *(places.gwd(), "replay", "--config", done.folder.parent / "replay.yaml"),
            *("--input", done.folder / "no.pcap", "--output", done.folder),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert "no.pcap" in error_line(refused.stderr)
    assert {file: file.read_bytes() for file in done.folder.rglob("*") if file.is_file()} == before


def test_a_full_disk_is_an_error(golden: Golden, tmp_path: Path) -> None:
    config = tmp_path / "replay.yaml"
    config.write_text(yaml.safe_dump({"cameras": _cameras()}))
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", small], check=True)
    try:
        done = subprocess.run(
            [
                *(places.gwd(), "replay", "--config", config),
                *("--input", golden.capture, "--output", small / "out"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        subprocess.run(["umount", small], check=True)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("gwd: replay: ")
    assert str(small) in last


@pytest.mark.parametrize(
    ("name", "content"),
    [("missing.pcap", None), ("empty.pcap", b""), ("text.pcap", b"this is no capture\n" * 10)],
)
def test_a_file_that_is_no_capture_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    config = tmp_path / "replay.yaml"
    config.write_text(yaml.safe_dump({"cameras": _cameras("files")}))
    capture = tmp_path / name
    if content is not None:
        capture.write_bytes(content)
    done = subprocess.run(
        [
            *(places.gwd(), "replay", "--config", config),
            *("--input", capture, "--output", tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert name in error_line(done.stderr)
