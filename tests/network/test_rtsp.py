"""Cameras that are asked to send: real RTSP servers that play, die, hang and refuse."""

import itertools
import json
import signal
import stat
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed import places, rtp_jpeg
from testbed.api import Api
from testbed.rtsp_net import Cameras

PASSWORD = "hunter2-and-more"


@pytest.fixture
def cameras(need_root: None, tmp_path: Path) -> Iterator[Cameras]:
    """A network of RTSP cameras."""
    made = Cameras(tmp_path)
    yield made
    made.close()


def test_a_camera_is_asked_and_plays(cameras: Cameras) -> None:
    # Too wide for RTP/JPEG's header, so that only the description says it.
    cameras.serve("--size", "2056x64", "--rate", "10")
    gateway = cameras.start(cameras.camera())
    cameras.wait_for_pictures(more=20)
    shown = gateway.ask("camera", "show", "door")
    assert (shown["source"], shown["destination"]) == (cameras.theirs, cameras.ours)
    assert shown["port"] > 1024
    assert (shown["width"], shown["height"]) == (2056, 64)
    # What was learned is no configuration.
    (stored,) = gateway.ask("config", "show")["cameras"]
    assert "port" not in stored
    assert "source" not in stored
    assert gateway.ctl("config", "diff").code == 0
    assert gateway.ctl("audit").code == 0
    assert cameras.trouble() == ""
    gateway.stop()


def test_a_camera_board_s_own_server_is_understood(cameras: Cameras) -> None:
    """Its pictures are exact, and it is found again when its power was off."""
    board = cameras.serve_as_a_board()
    into = cameras.folder / "out"
    into.mkdir()
    # As many frames in flight as may be: a busy machine must lose no picture.
    gateway = cameras.start(cameras.camera(quota=64), into=into)
    cameras.wait_for_pictures(more=30)
    assert gateway.ask("camera", "show", "door")["packets_lost"] == 0
    # Signs of life, which it knows none of, do not disturb it.
    assert cameras.trouble() == ""
    sent = [line[9:] for line in board.text().splitlines() if line.startswith("picture: ")]
    board.kill()
    cameras.wait_for_trouble("cannot be reached")
    cameras.serve_as_a_board()
    cameras.wait_for_pictures(timeout=90)
    assert gateway.ctl("audit").code == 0
    gateway.stop()
    index = [json.loads(line) for line in (into / "frames.jsonl").read_text().splitlines()]
    got = [sent.index(rtp_jpeg.pixels(into / line["file"])) for line in index[:30]]
    assert all((b - a) % len(sent) == 1 for a, b in itertools.pairwise(got))


def test_a_change_of_the_camera_does_not_disturb_its_session(cameras: Cameras) -> None:
    cameras.serve()
    gateway = cameras.start(cameras.camera())
    cameras.wait_for_pictures()
    port = gateway.ask("camera", "show", "door")["port"]
    assert gateway.ctl("camera", "set", "door", "--quota", "4").code == 0
    shown = gateway.ask("camera", "show", "door")
    assert (shown["port"], shown["quota"]) == (port, 4)
    cameras.wait_for_pictures()
    assert gateway.log().count("door plays") == 1
    assert gateway.ctl("camera", "remove", "door").code == 0
    added = ("camera", "add", "door", "--url", cameras.camera()["url"])
    cameras.wait_for(lambda: gateway.ctl(*added).code == 0, "it cannot be added again")
    cameras.wait_for_pictures()


def test_a_server_that_is_killed_and_started_again_is_found_again(cameras: Cameras) -> None:
    server = cameras.serve()
    cameras.serve(port=8555)
    gateway = cameras.start(cameras.camera(), cameras.camera("yard", port=8555))
    cameras.wait_for_pictures("door")
    cameras.wait_for_pictures("yard")
    server.kill()
    cameras.wait_for_trouble("camera door: ")
    cameras.wait_for_trouble("cannot be reached")
    cameras.wait_for_pictures("yard")
    assert cameras.trouble("yard") == ""
    cameras.serve()
    cameras.wait_for_pictures("door", timeout=90)
    cameras.wait_for(lambda: cameras.trouble() == "", "the trouble is not over")
    # The other camera's pictures came all the time: none is missing.
    assert gateway.ask("camera", "show", "yard")["packets_lost"] == 0
    assert gateway.log().count("yard plays") == 1


def test_a_server_that_stands_still_is_opened_again(cameras: Cameras) -> None:
    server = cameras.serve()
    cameras.start(cameras.camera())
    cameras.wait_for_pictures()
    server.signal(signal.SIGSTOP)
    cameras.wait_for_trouble("has sent nothing for 10 s")
    cameras.wait_for_trouble("does not answer")
    server.signal(signal.SIGCONT)
    cameras.wait_for_pictures(timeout=90)


@pytest.mark.parametrize("digest", [False, True])
def test_a_password_is_needed_and_never_shown(cameras: Cameras, digest: bool) -> None:
    cameras.serve("--user", "anna", "--password", PASSWORD, *(["--digest"] if digest else []))
    secret = cameras.folder / "door.password"
    secret.write_text("wrong-" + PASSWORD)
    secret.chmod(stat.S_IRUSR)
    gateway = cameras.start(cameras.camera(user="anna", password_file=str(secret)))
    cameras.wait_for_trouble("refuses user or password (401)")
    secret.chmod(stat.S_IRUSR | stat.S_IWUSR)
    secret.write_text(PASSWORD + "\n")
    # Whoever has corrected it need not wait.
    assert gateway.ctl("camera", "set", "door", "--transport", "udp").code == 0
    cameras.wait_for_pictures()
    told = gateway.log() + str(gateway.ask("config", "show")) + str(gateway.status())
    assert PASSWORD not in told


def test_a_digest_of_sha_256_is_understood(cameras: Cameras) -> None:
    cameras.serve_rudely("sha256")
    secret = cameras.folder / "door.password"
    secret.write_text(PASSWORD + "\n")
    cameras.start(cameras.camera(user="anna", password_file=str(secret)))
    # Only who knows the password is told that there is no such stream.
    cameras.wait_for_trouble("no such stream (404)")
    secret.write_text("wrong")
    cameras.wait_for_trouble("refuses user or password (401)")


def test_a_camera_without_that_stream_says_so(cameras: Cameras) -> None:
    cameras.serve()
    cameras.start({"name": "door", "url": f"rtsp://{cameras.theirs}:8554/other"})
    assert "correct the path in url" in cameras.wait_for_trouble("no such stream (404)")


def test_a_camera_with_another_encoding_says_so(cameras: Cameras) -> None:
    cameras.serve("--encoder", "rtpvrawpay name=pay0 pt=96")
    cameras.start(cameras.camera())
    assert "encoding to MJPEG" in cameras.wait_for_trouble("sends RAW")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("silent", "does not answer DESCRIBE within 10 s"),
        ("shut", "closed the connection"),
        ("noise", "port of its RTSP service"),
        ("stuck", "does not answer SETUP within 10 s"),
    ],
)
def test_a_server_that_misbehaves_costs_no_other_camera_a_picture(
    cameras: Cameras, kind: str, text: str
) -> None:
    cameras.serve_rudely(kind)
    cameras.serve(port=8555)
    gateway = cameras.start(cameras.camera(), cameras.camera("yard", port=8555))
    cameras.wait_for_trouble(text)
    cameras.wait_for_pictures("yard")
    assert gateway.ask("camera", "show", "yard")["packets_lost"] == 0
    assert gateway.stop() < 5


def test_200_cameras_that_come_back_at_once_do_not_come_all_at_once(cameras: Cameras) -> None:
    server = cameras.serve_rudely("busy")
    names = [f"cam{number}" for number in range(200)]
    gateway = cameras.start(*(cameras.camera(name) for name in names))

    def sessions() -> list[dict[str, Any]]:
        with Api(gateway.socket) as api:
            services = api.get("services")["services"]
        return next(it for it in services if it["service"] == "session")["facts"]["sessions"]

    cameras.wait_for(
        lambda: all(session["failed"] >= 2 for session in sessions()),
        "not all were tried twice",
        120,
    )
    # The last line may be half written.
    lines = server.text().rpartition("\n")[0].splitlines()
    at_once = [int(line.split()[1]) for line in lines if "clients" in line]
    assert len(at_once) >= 400
    # Sixteen, and some whose end is still on its way.
    assert max(at_once) <= 32
    assert "too busy (503)" in cameras.wait_for_trouble("503", "cam7")
    assert gateway.stop() < 5


def test_a_camera_that_sends_to_a_group_is_received(cameras: Cameras) -> None:
    cameras.net.run(
        *("ip", "route", "add", "239.0.0.0/8", "dev", cameras.net.inside, "src", cameras.theirs)
    )
    cameras.serve("--way", "multicast")
    gateway = cameras.start(cameras.camera())
    cameras.wait_for_pictures()
    shown = gateway.ask("camera", "show", "door")
    assert (shown["destination"], shown["transport"]) == ("239.1.2.3", "multicast")
    text = _probe("--socket", gateway.socket, "camera", "show", "door").stdout
    assert "to the group 239.1.2.3, UDP port" in text


@pytest.mark.parametrize("driver", ["net_af_packet", "net_tap"])
def test_cameras_are_asked_by_a_port_that_the_kernel_does_not_see(
    cameras: Cameras, driver: str
) -> None:
    """What is said goes by the kernel's share of the port, and pictures come to the port itself."""
    within, by_udp = (cameras.camera(it, port=9000 + at) for at, it in enumerate(("within", "udp")))
    cameras.serve_quirkily("plain", "plain-udp", port=9000)
    cameras.net.run(
        *("ip", "route", "add", "239.0.0.0/8", "dev", cameras.net.inside, "src", cameras.theirs)
    )
    cameras.serve("--way", "multicast")
    gateway = cameras.start_by_tap(driver, within, by_udp, cameras.camera("group"))
    for name, way in (("within", "tcp"), ("udp", "udp"), ("group", "multicast")):
        cameras.wait_for_pictures(name)
        assert cameras.session(name)["transport"] == way
    kernel = gateway.ask("stages")["stages"][0]["facts"]["ports"][0]["kernel"]
    assert kernel["to_kernel"]["tcp"]["passed"] > 10
    assert kernel["to_kernel"]["udp"]["passed"] == 0
    assert gateway.ctl("audit").code == 0
    assert gateway.stop() < 5


def _probe(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(it) for it in (places.gwctl(), *arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_probe_says_what_a_camera_sends_and_drafts_its_entry(cameras: Cameras) -> None:
    cameras.serve("--size", "352x288", "--rate", "20", "--user", "anna", "--password", PASSWORD)
    secret = cameras.folder / "door.password"
    secret.write_text(PASSWORD)
    url = cameras.camera()["url"]
    whom = ("--user", "anna", "--password-file", secret)
    done = _probe("--json", "camera", "probe", url, *whom, "--seconds", "3")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    stream = said["stream"]
    assert (stream["width"], stream["height"], stream["payload_types"]) == (352, 288, [26])
    assert (stream["q"], stream["types"], stream["lost"]) == ([255], [1], 0)
    assert stream["with_tables"] == stream["pictures"] > 20
    # It says 20, and a busy machine bunches them.
    assert 10 < stream["fps"] < 40
    assert said["advice"] == []
    # The entry is one that the gateway takes.
    done = _probe("camera", "probe", url, *whom, "--seconds", "1")
    assert done.returncode == 0
    assert "352x288" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    entry = cameras.folder / "entry.yaml"
    entry.write_text("interfaces: [{name: lan0, device: net_null0}]\n" + done.stdout)
    assert _probe("config", "check", entry).returncode == 0


@pytest.mark.parametrize("way", [(), ("--transport", "tcp")])
def test_a_probe_hears_a_camera_that_sends_within_its_connection(
    cameras: Cameras, way: tuple[str, ...]
) -> None:
    cameras.serve("--way", "tcp", "--rate", "20")
    url = cameras.camera()["url"]
    done = _probe("--json", "camera", "probe", url, "--seconds", "3", *way)
    assert done.returncode == 0, done.stderr
    stream = json.loads(done.stdout)["stream"]
    assert (stream["width"], stream["height"], stream["lost"]) == (320, 240, 0)
    assert stream["pictures"] > 20


def test_a_probe_says_why_there_are_no_pictures(cameras: Cameras) -> None:
    cameras.serve("--way", "tcp")
    url = cameras.camera()["url"]
    done = _probe("camera", "probe", url, "--seconds", "1", "--transport", "udp")
    assert done.returncode == 1
    assert "set transport to auto" in done.stderr
    done = _probe("camera", "probe", cameras.camera(port=8599)["url"])
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    done = _probe("camera", "probe", f"rtsp://anna:{PASSWORD}@{cameras.theirs}/stream")
    assert done.returncode == 2
    assert PASSWORD not in done.stderr


def _replay(
    cameras: Cameras, camera: dict[str, Any], file: Path, out: Path
) -> subprocess.CompletedProcess[str]:
    config = cameras.folder / "replay.yaml"
    config.write_text(json.dumps({"cameras": [camera]}))
    return subprocess.run(
        [places.gwd(), "replay", "--config", config, "--input", file, "--output", out],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _ends(file: Path, port: int) -> int:
    """How many packets of a capture (pcapng), of RTP over IPv4 to that port, end a picture."""
    data, at, found = file.read_bytes(), 0, 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        frame = data[at + 28 : at + size]
        # A packet: Ethernet, IPv4 without options, UDP, and RTP's second byte with its marker.
        if kind == 6 and frame[12:14] == b"\x08\x00" and frame[23] == 17:
            found += int.from_bytes(frame[36:38]) == port and frame[43] >> 7
        at += size
    return found


def test_a_capture_of_a_camera_is_replayed_to_its_pictures(cameras: Cameras) -> None:
    cameras.serve("--rate", "20")
    # As many frames in flight as may be: a busy machine must lose no picture.
    gateway = cameras.start(cameras.camera(quota=64))
    cameras.wait_for_pictures()
    file, out = cameras.folder / "door.pcapng", cameras.folder / "out"
    before = cameras.delivered()
    told = gateway.ask("port", "capture", str(file), "--camera", "door", "--seconds", "2")
    assert told["packets"] > 100
    assert told["missing"] == 0
    assert told["bytes"] == file.stat().st_size
    shown = gateway.ask("camera", "show", "door")
    ends = _ends(file, shown["port"])
    # The pictures went on meanwhile.
    cameras.wait_for(
        lambda: cameras.delivered() - before >= ends - 1, "what was captured is not delivered"
    )
    media = {key: shown[key] for key in ("name", "source", "destination", "port")}
    replayed = _replay(cameras, media, file, out)
    assert replayed.returncode == 0, replayed.stderr
    # The first one may be cut.
    assert ends - 1 <= len(list((out / "door").glob("*.jpg"))) <= ends
    assert ends > 10
    # What a url stands for nobody asks there.
    replayed = _replay(cameras, cameras.camera(), file, cameras.folder / "nothing")
    assert "gwd: door: 0 packets, 0 frames: a replay asks no url: " in replayed.stderr
    assert f"gwd: {told['packets']} packets of no camera, " in replayed.stderr
    for arguments, text in (
        (("--camera", "nobody", "--seconds", "1"), "no camera 'nobody'"),
        (("--camera", "door", "--seconds", "61"), "from 1 to 60"),
    ):
        answer = gateway.ctl("port", "capture", str(file), *arguments)
        assert answer.code == 1
        assert text in answer.stderr
    assert gateway.ctl("audit").code == 0
