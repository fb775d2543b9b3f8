"""The same pictures and the same results, whichever decoder makes them."""

import ctypes
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import pcap, places, senders
from testbed.gateway import camera as configured
from testbed.gateway import error_line
from testbed.process import Process
from testbed.replay import Replayed, accel, replay
from testbed.senders import Stream
from testbed.site import DIGITS, PATIENT, Site

PICTURES = 12
CAMERA = {
    "name": "video",
    "source": "10.0.0.13",
    "destination": "10.0.0.2",
    "port": 5004,
    "model": "objects",
}
GREY = {**CAMERA, "model": "digits", "name": "grey"}


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A surveillance video as a camera sends it."""
    folder = tmp_path_factory.mktemp("capture")
    writer = pcap.Writer(folder / "video.pcap")
    recorder = pcap.Recorder()
    stream = Stream(
        *("video", "127.0.0.1", recorder.port, 10, PICTURES, 1),
        destination="127.0.0.1",
        realtime=False,
    )
    log = folder / "sender.log"
    sender = senders.gstreamer_video(Process, log, stream, places.video(), (768, 576), begin=20)
    recorder.record(
        writer, CAMERA["source"], (CAMERA["destination"], CAMERA["port"]), lambda: sender.running
    )
    sender.wait(60)
    recorder.close()
    writer.close()
    return folder / "video.pcap"


def _run(
    folder: Path,
    capture: Path,
    backend: str,
    camera: dict[str, Any],
    *prefix: str,
    engine: str = "ort",
    decoder: str | None = None,
    device: str | None = None,
) -> Replayed:
    """`decoder` and `device` are the names of the decoder's device and of the engine's."""
    folder.mkdir()
    decode = {"backend": backend, "workers": 2, **({"device": decoder} if decoder else {})}
    runs = {**accel(), "backend": engine, **({"device": device} if device else {})}
    return replay(folder, capture, [camera], *prefix, accel=runs, decode=decode)


@pytest.mark.parametrize("camera", [CAMERA, GREY], ids=["colour", "grey"])
def test_results_are_those_of_the_usual_decoder(
    capture: Path, tmp_path: Path, camera: dict[str, Any]
) -> None:
    usual = _run(tmp_path / "turbo", capture, "turbo", camera)
    ours = _run(tmp_path / "opencl", capture, "opencl", camera)
    assert len(usual.frames) == PICTURES
    assert [line["result"] for line in ours.frames] == [line["result"] for line in usual.frames]
    assert not any(ours.stats["cameras"][camera["name"]]["drops"].values())
    assert "pictures are copied to the host's memory" in ours.stderr


def _iou(one: dict[str, float], other: dict[str, float]) -> float:
    """Intersection over union of two boxes."""
    width = min(one["rightX"], other["rightX"]) - max(one["leftX"], other["leftX"])
    height = min(one["bottomY"], other["bottomY"]) - max(one["topY"], other["topY"])
    shared = max(width, 0) * max(height, 0)
    areas = sum((b["rightX"] - b["leftX"]) * (b["bottomY"] - b["topY"]) for b in (one, other))
    return shared / (areas - shared)


def _assert_same_objects(ours: Replayed, usual: Replayed) -> None:
    assert len(ours.frames) == len(usual.frames) == PICTURES
    assert not any(ours.stats["cameras"]["video"]["drops"].values())
    assert sum(len(line["result"]["objects"]) for line in usual.frames) > PICTURES
    for line, other in zip(ours.frames, usual.frames, strict=True):
        left = list(other["result"]["objects"])
        for found in line["result"]["objects"]:
            overlaps = [_iou(found["bbox"], one["bbox"]) for one in left]
            same = left[overlaps.index(max(overlaps))]
            assert same["type"] == found["type"]
            assert _iou(found["bbox"], same["bbox"]) >= 0.99
            left.remove(same)
        assert not left


@pytest.mark.parametrize("engine", ["ort", "opencl"])
def test_decoder_and_engine_on_the_device_find_what_is_found_elsewhere(
    capture: Path, tmp_path: Path, engine: str
) -> None:
    usual = _run(tmp_path / "usual", capture, "turbo", CAMERA, engine=engine)
    ours = _run(tmp_path / "opencl", capture, "opencl", CAMERA, engine="opencl")
    _assert_same_objects(ours, usual)
    assert "pictures stay there for the models" in ours.stderr


def test_pictures_go_by_the_host_where_the_devices_are_two(capture: Path, tmp_path: Path) -> None:
    """PoCL is asked for two, with other names."""
    pocl = ("env", "POCL_DEVICES=pthread basic")
    usual = _run(tmp_path / "usual", capture, "turbo", CAMERA)
    names = {"decoder": "pthread", "device": "basic"}
    ours = _run(tmp_path / "opencl", capture, "opencl", CAMERA, *pocl, engine="opencl", **names)
    _assert_same_objects(ours, usual)
    assert "by the host's memory: with one device for both" in ours.stderr
    assert "pictures are copied to the host's memory" in ours.stderr


def test_no_pixel_is_copied_between_decoder_and_engine(site: Site) -> None:
    """Two cameras and two models, one of which sees a part of the picture."""
    digits = site.stream("digits", rate=10, pictures=50)
    video = site.stream("video", rate=5, pictures=20)
    gateway = site.configure(
        configured(digits, **DIGITS), configured(video, model="objects", **PATIENT)
    )
    for part in "decode", "accel":
        gateway.configuration[part]["backend"] = "opencl"
    gateway.write()
    gateway.start()
    site.send_digits(digits)
    log = site.folder / "video.log"
    site.keep(senders.ffmpeg_video(site.net.start, log, video, places.video()))
    site.finish_sending()
    site.settle(received=70)

    assert gateway.dropped() == {}
    stages = {it["stage"]: it["facts"] for it in gateway.ask("stages")["stages"] if "facts" in it}
    (facts,) = stages["decode"]["opencl"]
    assert (facts["copied_bytes"], facts["stayed"], facts["crowded"]) == (0, 70, 0)
    results = [it for it in site.read(results=70).results if it.key == "digits"]
    right = sum(it.body["classes"][0]["type"] == str(site.truth(digits, it)) for it in results)
    assert right >= 45


def test_an_engine_without_its_device_is_told(capture: Path, tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    engine = {**accel(), "backend": "opencl", "device": "no such device"}
    file.write_text(yaml.safe_dump({"cameras": [CAMERA], "accel": engine}))
    run = Process(
        [
            *(places.gwd(), "replay", "--config", file),
            *("--input", capture, "--output", tmp_path / "out"),
        ],
        tmp_path / "gwd.log",
    )
    assert run.wait(60) != 0
    line = error_line((tmp_path / "gwd.log").read_text())
    assert '"no such device"' in line
    assert "objects" in line


def test_a_device_that_is_not_there_is_told_with_those_that_are(
    capture: Path, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.yaml"
    decode = {"backend": "opencl", "device": "no such device"}
    file.write_text(yaml.safe_dump({"cameras": [CAMERA], "accel": accel(), "decode": decode}))
    run = Process(
        [
            places.gwd(),
            "replay",
            "--config",
            file,
            "--input",
            capture,
            "--output",
            tmp_path / "out",
        ],
        tmp_path / "gwd.log",
    )
    assert run.wait(60) != 0
    assert '"no such device"' in error_line((tmp_path / "gwd.log").read_text())


def test_results_are_the_same_on_libraries_that_stand_in_for_a_gpus(
    capture: Path, tmp_path: Path
) -> None:
    """A mock: what gwd does with nvJPEG's pictures is true, what makes them is libjpeg."""
    fake = f"LD_LIBRARY_PATH={places.build() / 'tests/gpu/fake'}"
    usual = _run(tmp_path / "turbo", capture, "turbo", CAMERA)
    ours = _run(tmp_path / "nvjpeg", capture, "nvjpeg", CAMERA, "env", fake)
    assert [line["result"] for line in ours.frames] == [line["result"] for line in usual.frames]
    assert "nvJPEG: No GPU (a mock) decodes with its JPEG engines" in ours.stderr


def test_a_model_on_what_stands_in_for_a_gpu_finds_what_it_finds_elsewhere(
    capture: Path, tmp_path: Path
) -> None:
    """As above: the kernels are their C form."""
    fake = f"LD_LIBRARY_PATH={places.build() / 'tests/gpu/fake'}"
    usual = _run(tmp_path / "ort", capture, "turbo", GREY)
    ours = _run(tmp_path / "cuda", capture, "turbo", GREY, "env", fake, engine="cuda")
    assert len(ours.frames) == PICTURES
    for line, other in zip(ours.frames, usual.frames, strict=True):
        found, expected = line["result"]["classes"], other["result"]["classes"]
        assert [it["type"] for it in found] == [it["type"] for it in expected]
        confidences = [it["confidence"] for it in expected]
        assert [it["confidence"] for it in found] == pytest.approx(confidences, abs=1e-4)


def _has(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _refused(folder: Path, capture: Path, libraries: Path) -> str:
    """The line that gwd ends with when it finds these libraries."""
    file = folder / "gateway.yaml"
    decode = {"backend": "nvjpeg"}
    file.write_text(yaml.safe_dump({"cameras": [CAMERA], "accel": accel(), "decode": decode}))
    command = [places.gwd(), "replay", "--config", file, "--input", capture, "--output"]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}
    run = Process([*command, folder / "out"], folder / "gwd.log", environment=environment)
    assert run.wait(60) != 0
    return error_line((folder / "gwd.log").read_text())


@pytest.mark.skipif(_has("libcuda.so.1"), reason="there is a driver of CUDA")
def test_a_machine_without_a_driver_is_told_what_to_install(capture: Path, tmp_path: Path) -> None:
    line = _refused(tmp_path, capture, tmp_path)
    assert "decode.backend: CUDA: libcuda.so.1 was not found: install" in line


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("libcuda.so.1", "CUDA: libcuda.so.1 has no cuCtxSetCurrent: install NVIDIA's driver 580"),
        ("libnvjpeg.so.13", "nvJPEG: libnvjpeg.so.13 has no nvjpegCreateEx: install that of CUDA"),
        (None, "nvJPEG: libnvjpeg.so.13 was not found: install that of CUDA 13"),
    ],
)
def test_a_library_of_another_version_is_told(
    capture: Path, tmp_path: Path, old: str | None, words: str
) -> None:
    fakes = places.build() / "tests/gpu/fake"
    if old is None and _has("libnvjpeg.so.13"):
        pytest.skip("there is an nvJPEG")
    for name in "libcuda.so.1", "libnvjpeg.so.13":
        if name == old:
            command = ["gcc", "-shared", f"-Wl,-soname,{name}", "-o", tmp_path / name, "-xc"]
            subprocess.run([*command, "/dev/null"], check=True, timeout=60)
        elif old or name == "libcuda.so.1":
            (tmp_path / name).symlink_to(fakes / name)
    assert words in _refused(tmp_path, capture, tmp_path)
