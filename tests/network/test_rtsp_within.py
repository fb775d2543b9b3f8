"""Cameras that send within their RTSP connection (RFC 2326, 10.12), and cameras with SRTP."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import places, rtp_jpeg
from testbed.process import Process
from testbed.rtsp_net import Cameras
from testbed.within_server import KEY


@pytest.fixture
def cameras(need_root: None, tmp_path: Path) -> Iterator[Cameras]:
    """A network of RTSP cameras."""
    made = Cameras(tmp_path)
    yield made
    made.close()


def _drops(cameras: Cameras, name: str = "door") -> dict[str, int]:
    lines = cameras.gateway.ask("drops")["drops"]
    return {it["reason"]: it["cameras"][name] for it in lines if it["cameras"].get(name)}


# Whole pictures that a machine gives up which has no time for them: no fault of their way here.
BY_LOAD = {"over_quota", "no_slot", "shed"}
# ... and packets of those that were given up when they began.
WITH_THEM = {"frame_refused"}


def _gwctl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(it) for it in (places.gwctl(), *arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _reports(cameras: Cameras) -> dict[str, int]:
    return cameras.gateway.ask("stages")["stages"][0]["facts"]["receiver_reports"]


@pytest.mark.parametrize(("offered", "asked"), [("tcp", "auto"), ("any", "tcp")])
def test_a_camera_is_received_within_its_connection(
    cameras: Cameras, offered: str, asked: str
) -> None:
    """Where it offers nothing else, and where that is asked for."""
    cameras.serve("--way", offered, "--size", "640x480", "--rate", "20")
    gateway = cameras.start(cameras.camera(transport=asked, quota=64))
    cameras.wait_for_pictures(more=40)
    assert cameras.session()["transport"] == "tcp"
    shown = gateway.ask("camera", "show", "door")
    assert (shown["transport"], shown["encrypted"]) == ("tcp", False)
    text = _gwctl("--socket", gateway.socket, "camera", "show", "door").stdout
    assert "within its RTSP connection (TCP)" in text
    assert "UDP" not in text
    assert (shown["source"], shown["destination"]) == (cameras.theirs, cameras.ours)
    assert shown["packets_lost"] == 0
    assert _drops(cameras).keys() <= BY_LOAD | WITH_THEM
    cameras.wait_for(lambda: _reports(cameras)["sent"] > 0, "no receiver report")
    # Signs of life go on beside the packets.
    cameras.wait_for_pictures(more=100)
    assert cameras.trouble() == ""
    assert gateway.log().count("door plays") == 1
    # All that was given up was whole, and not much.
    assert gateway.ask("camera", "show", "door")["packets_lost"] == 0
    dropped = _drops(cameras)
    assert dropped.keys() <= BY_LOAD | WITH_THEM
    assert 10 * sum(dropped.get(it, 0) for it in BY_LOAD) < cameras.delivered()
    assert gateway.ctl("audit").code == 0
    assert gateway.stop() < 5


@pytest.mark.parametrize("kind", ["good", "secret", "secret-udp"])
def test_a_probe_hears_it_too(cameras: Cameras, kind: str) -> None:
    """Its reports are no lost packets, and what is encrypted is opened with its own key."""
    cameras.serve_within(kind)
    way = "udp" if kind == "secret-udp" else "tcp"
    done = _gwctl("--json", "camera", "probe", cameras.camera()["url"], "--seconds", "3")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["stream"]["pictures"] > 10
    assert (said["stream"]["lost"], said["stream"]["refused"], said["advice"]) == (0, {}, [])
    if way == "tcp":
        assert said["stream"]["rtcp_packets"] > 0
    assert said["sends"]["transport"] == way
    assert said["sends"]["encrypted"] == kind.startswith("secret")


def test_a_probe_turns_to_tcp_where_nothing_comes_by_udp(cameras: Cameras) -> None:
    cameras.serve_quirkily("deaf", port=8554)
    url = cameras.camera()["url"]
    done = _gwctl("--json", "camera", "probe", url, "--seconds", "3")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["stream"]["pictures"] > 10
    assert said["sends"]["transport"] == "tcp"
    assert ["UDP" in line and "transport: tcp" in line for line in said["advice"]] == [True]
    assert "transport: tcp " in said["yaml"]
    # Where UDP alone will do, that is what is said.
    done = _gwctl("--json", "camera", "probe", url, "--seconds", "1", "--transport", "udp")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert (said["sends"]["transport"], said["stream"]["packets"]) == ("udp", 0)
    assert "transport: udp" in said["yaml"]


def test_a_probe_takes_a_key_that_the_camera_does_not_say(cameras: Cameras) -> None:
    cameras.serve_within("sealed")
    url = cameras.camera()["url"]
    done = _gwctl("camera", "probe", url, "--seconds", "1")
    assert done.returncode == 1
    assert "needs its key: --srtp" in done.stderr
    key = cameras.folder / "door.key"
    key.write_text(KEY)
    srtp = ("--srtp", f"AES_CM_128_HMAC_SHA1_80,{key}")
    done = _gwctl("camera", "probe", url, "--seconds", "3", *srtp)
    assert done.returncode == 0, done.stderr
    assert "SRTP with the key that is given" in done.stderr
    assert KEY not in done.stdout + done.stderr
    # The entry is one that the gateway takes, key and all.
    entry = cameras.folder / "entry.yaml"
    entry.write_text("interfaces: [{name: lan0, device: net_null0}]\n" + done.stdout)
    assert _gwctl("config", "check", entry).returncode == 0
    key.write_text(KEY[::-1])
    done = _gwctl("camera", "probe", url, "--seconds", "3", *srtp)
    assert done.returncode == 1
    assert "the key opens none" in done.stderr


def test_what_a_probe_says_against_its_words_names_who_was_called() -> None:
    for wrong in ("http://192.0.2.1/", "rtsp://192.0.2.1/ --srtp nothing"):
        done = _gwctl("camera", "probe", *wrong.split())
        assert done.returncode == 2
        assert "gwctl: camera probe: " in done.stderr
        assert "gwd" not in done.stderr


def test_udp_is_asked_for_first(cameras: Cameras) -> None:
    cameras.serve("--way", "any")
    cameras.start(cameras.camera())
    cameras.wait_for_pictures()
    assert cameras.session()["transport"] == "udp"


def _sent(server: Process) -> list[str]:
    return [line[9:] for line in server.text().splitlines() if line.startswith("picture: ")]


def test_pictures_come_whole_between_answers_and_requests(cameras: Cameras) -> None:
    server = cameras.serve_within("good")
    into = cameras.folder / "out"
    into.mkdir()
    gateway = cameras.start(cameras.camera(), into=into)
    cameras.wait_for_pictures(more=60)
    # Who asks for so short a session wants signs of life every two seconds.
    cameras.wait_for(
        lambda: server.text().count("asked: GET_PARAMETER") >= 2, "no sign of life was given"
    )
    cameras.wait_for(lambda: "report: 1 0x5eed 0" in server.text(), "no report came")
    # A channel that nobody set up.
    assert gateway.ask("drops")["unmatched"]["no_camera"] >= 3
    assert gateway.ctl("audit").code == 0
    # Of those that are through by now it is told whether one before them was dropped.
    sure = cameras.delivered()
    dropped = _drops(cameras)
    # Right after a sign of life there is none that is still to be answered.
    signs = server.text().count("asked: GET_PARAMETER")
    cameras.wait_for(
        lambda: server.text().count("asked: GET_PARAMETER") > signs, "no sign of life was given"
    )
    gateway.stop()
    cameras.wait_for_text(server, "asked: TEARDOWN")
    index = [json.loads(line) for line in (into / "frames.jsonl").read_text().splitlines()]
    sent = _sent(server)
    got = [rtp_jpeg.pixels(into / line["file"]) for line in index]
    # Each as it was sent, in that order; none is left out but what a busy machine shed, and told.
    left = iter(sent)
    assert all(picture in left for picture in got)
    assert sure >= 60
    assert dropped or got[:sure] == sent[:sure]
    assert index[-1]["clock_source"] == "rtcp"


def test_a_length_that_lies_costs_no_more_than_what_it_lies_of(cameras: Cameras) -> None:
    cameras.serve_within("liar")
    gateway = cameras.start(cameras.camera())
    cameras.wait_for_pictures(more=40)
    assert gateway.log().count("door plays") == 1
    assert cameras.session()["bytes_skipped"] == len("ong")
    assert gateway.ask("camera", "show", "door")["packets_lost"] == 0
    assert gateway.ctl("audit").code == 0


def test_a_camera_that_sends_nothing_but_garbage_is_asked_anew(cameras: Cameras) -> None:
    cameras.serve_within("babbler")
    cameras.serve(port=8555)
    gateway = cameras.start(cameras.camera(), cameras.camera("yard", port=8555))
    cameras.wait_for_pictures("yard")
    cameras.wait_for_trouble("can be told apart no more")
    # What came before that is whole, and it goes on.
    assert cameras.delivered() >= 10
    cameras.wait_for_pictures("door")
    assert gateway.ask("camera", "show", "yard")["packets_lost"] == 0
    assert gateway.ctl("audit").code == 0


def test_a_camera_that_closes_the_connection_is_missed_at_once(cameras: Cameras) -> None:
    cameras.serve_within("leaver")
    gateway = cameras.start(cameras.camera())
    cameras.wait_for_trouble("has closed the connection that it sent within")
    assert cameras.delivered() >= 11
    cameras.wait_for_pictures()
    assert gateway.ctl("audit").code == 0


def test_a_camera_that_dies_or_stands_still_is_found_again(cameras: Cameras) -> None:
    server = cameras.serve("--way", "tcp")
    gateway = cameras.start(cameras.camera())
    cameras.wait_for_pictures()
    server.kill()
    cameras.wait_for_trouble("camera door: ")
    # Not by its silence.
    assert "has sent nothing" not in gateway.log()
    server = cameras.serve("--way", "tcp")
    cameras.wait_for_pictures(timeout=90)
    server.signal(signal.SIGSTOP)
    cameras.wait_for_trouble("has sent nothing for 10 s")
    server.signal(signal.SIGCONT)
    cameras.wait_for_pictures(timeout=90)


def test_many_cameras_come_back_and_leave_nothing_behind(cameras: Cameras) -> None:
    """Files stay as many as before, and all pictures are received again."""
    names = [f"cam{number}" for number in range(40)]
    server = cameras.serve("--way", "tcp", "--rate", "2")
    gateway = cameras.start(*(cameras.camera(name) for name in names))

    def all_have(more: dict[str, int]) -> bool:
        listed = gateway.ask("camera", "list")["cameras"]
        return all(it["frames"]["delivered"] >= more[it["name"]] + 3 for it in listed)

    def files() -> int:
        return len(os.listdir(f"/proc/{gateway.process.pid}/fd"))

    cameras.wait_for(lambda: all_have(dict.fromkeys(names, 0)), "not all send")
    before = files()
    server.kill()
    cameras.wait_for(lambda: all(cameras.trouble(name) for name in names), "not all are missed")
    cameras.serve("--way", "tcp", "--rate", "2")
    delivered = {name: cameras.delivered(name) for name in names}
    cameras.wait_for(lambda: all_have(delivered), "not all send again", 90)
    cameras.wait_for(lambda: not any(map(cameras.trouble, names)), "trouble is left")
    # Whoever asked last may be being closed.
    cameras.wait_for(lambda: files() <= before, "files are left open")
    # Two files for each relay, which go with it.
    for name in names[1:]:
        assert gateway.ctl("camera", "remove", name).code == 0
    cameras.wait_for(lambda: files() <= before - 2 * (len(names) - 1), "files are left")
    cameras.wait_for_pictures("cam0")
    assert gateway.ctl("audit").code == 0
    assert gateway.stop() < 5


def test_nobody_on_the_network_can_send_in_its_place(cameras: Cameras) -> None:
    """UDP from the camera's own address, to the port of the connection."""
    cameras.serve("--way", "tcp")
    gateway = cameras.start(cameras.camera())
    cameras.wait_for_pictures()
    port = gateway.ask("camera", "show", "door")["port"]
    before = gateway.ask("drops")["unmatched"]["no_camera"]
    program = (
        "import socket\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "for n in range(50): s.sendto(bytes([0x80, 26, 0, n]) + bytes(40), "
        f"('{cameras.ours}', {port}))"
    )
    cameras.net.run("python3", "-c", program)
    cameras.wait_for(
        lambda: gateway.ask("drops")["unmatched"]["no_camera"] >= before + 50, "not refused"
    )
    assert _drops(cameras).keys() <= BY_LOAD | WITH_THEM
    cameras.wait_for_pictures()


KEYS = [
    ("secret", "tcp"),
    ("secret-udp", "udp"),
    ("identified", "tcp"),
    ("identified-udp", "udp"),
]


@pytest.mark.parametrize(("kind", "way"), KEYS)
def test_a_key_of_the_description_opens_the_packets(cameras: Cameras, kind: str, way: str) -> None:
    cameras.serve_within(kind)
    gateway = cameras.start(cameras.camera())
    cameras.wait_for_pictures(more=30)
    shown = cameras.gateway.ask("camera", "show", "door")
    assert (shown["transport"], shown["encrypted"]) == (way, True)
    text = _gwctl("--socket", cameras.gateway.socket, "camera", "show", "door").stdout
    assert "encrypted (SRTP)" in text
    assert cameras.session()["transport"] == way
    # What the server, which hands them on, had no time for is no fault of the key's, either.
    assert _drops(cameras).keys() <= BY_LOAD | WITH_THEM | {"incomplete"}
    assert "SRTP" in gateway.log()
    told = gateway.log() + json.dumps(
        [gateway.ask("config", "show"), gateway.ask("camera", "show", "door"), gateway.status()]
    )
    assert "ZGVmZ2hp" not in told
    assert gateway.ctl("audit").code == 0


def test_packets_of_another_key_than_the_described_one_are_not_believed(cameras: Cameras) -> None:
    """All is right with them but the identifier of their key."""
    cameras.serve_within("mistaken-udp")
    gateway = cameras.start(cameras.camera(transport="udp"))
    cameras.wait_for(lambda: _drops(cameras).get("srtp_auth", 0) > 50, "none was refused")
    assert _drops(cameras).keys() == {"srtp_auth"}
    assert cameras.delivered() == 0
    assert gateway.ctl("audit").code == 0


def test_a_server_that_hands_out_keys_in_another_way_says_so(cameras: Cameras) -> None:
    cameras.serve("--secure")
    cameras.start(cameras.camera())
    assert "MIKEY" in cameras.wait_for_trouble("sends encrypted JPEG (SRTP)")
