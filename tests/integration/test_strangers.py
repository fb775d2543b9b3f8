"""Packets that no camera of ours sent: counted by name, and no camera's frame is harmed."""

import os
import subprocess
import time
from pathlib import Path

from testbed import places
from testbed.api import Api
from testbed.gateway import Gateway, camera
from testbed.process import Process
from testbed.site import PATIENT, Site


def test_a_source_that_no_camera_has_is_counted_and_harms_nobody(site: Site) -> None:
    known = site.stream("cam0", rate=20, pictures=60)
    stranger = site.stream("stranger", rate=20, pictures=60)
    gateway = site.start(camera(known, **PATIENT))
    site.send_digits(known)
    site.send_digits(stranger)
    site.finish_sending()
    site.settle(received=60)

    site.wait_for_unmatched("no_camera", 60)
    assert [result.sequence for result in site.read(results=60).results] == list(range(60))
    assert gateway.ctl("audit").code == 0


def test_a_stranger_on_a_cameras_own_port_is_a_bad_source(site: Site) -> None:
    known = site.stream("cam0", rate=20, pictures=60)
    stranger = site.stream("stranger", rate=20, pictures=60)
    gateway = site.start({**camera(known), "port": stranger.port})
    site.send_digits(stranger)
    site.finish_sending()

    site.wait_for_unmatched("bad_source", 60)
    assert gateway.status()["frames"]["received"] == 0


FORGE = """
import random, socket, struct, sys
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((sys.argv[1], 0))
hardware = bytes.fromhex(sys.argv[2].replace(":", ""))
destination, port = socket.inet_aton(sys.argv[3]), int(sys.argv[4])
random.seed(1)
for number in range(1_000_000):
    if number % 1000 == 0:
        sys.stdin.buffer.raw.read(1)
    source = bytes([10, 0, 1 + number % 3, 1 + number % 200])
    rtp = struct.pack(">BBHII", 128, 26, number & 0xFFFF, number, 7) + bytes(8)
    udp = struct.pack(">HHHH", 6000, port, 8 + len(rtp), 0) + rtp
    ip = struct.pack(">BBHHHBBH", 69, 0, 20 + len(udp), 0, 0, 64, 17, 0) + source + destination
    total = sum(struct.unpack(">10H", ip))
    total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + ip[12:]
    raw.send(hardware + bytes(6) + b"\\x08\\x00" + ip + udp)
"""


def _let_on(gateway: Gateway, forger: Process, tell: int) -> None:
    """Has the forger send a thousand more whenever all but a thousand were counted."""
    end, allowed = time.monotonic() + 240, 0
    with Api(gateway.socket) as api:
        while allowed < 1_000_000:
            assert forger.running, forger.text()
            assert time.monotonic() < end, f"{allowed} were sent"
            missed = api.get("stages")["stages"][0]["facts"]["ports"][0]["missed"]
            if api.get("drops")["unmatched"]["bad_source"] + missed >= allowed - 1000:
                os.write(tell, b"x")
                allowed += 1000


def test_a_million_forged_packets_are_named_and_harm_no_picture(site: Site) -> None:
    """They come from 600 addresses, as fast as the gateway looks at them; the camera sends on.

    If they came faster its port would miss some of what comes, and the camera's as well.
    """
    stream = site.stream("cam0", rate=10, pictures=60)
    gateway = site.start(camera(stream, payload_type=26, **PATIENT))
    hardware = Path(f"/sys/class/net/{site.net.port}/address").read_text().strip()
    told, tell = os.pipe()
    forger = site.net.start(
        [
            *("python3", "-c", FORGE, site.net.inside, hardware),
            *(stream.destination, stream.port),
        ],
        site.folder / "forger.log",
        stdin=told,
    )
    try:
        site.send_digits(stream)
        _let_on(site.gateway, forger, tell)
        assert forger.wait(60) == 0
        site.finish_sending()
        site.settle()
    finally:
        forger.stop(5)
        os.close(told)
        os.close(tell)
    results = site.read(results=60).results
    assert {stream.picture_at(it.body["frame"]["rtpTimestamp"]) for it in results} == set(range(60))

    told = gateway.ask("drops")
    missed = gateway.ask("stages")["stages"][0]["facts"]["ports"][0]["missed"]
    assert told["unmatched"]["bad_source"] + missed >= 1_000_000
    assert told["strangers"]["not_looked_at"] + told["strangers"]["others"] > 0
    strangers = [it for it in told["strangers"]["strangers"] if it["source"].startswith("10.0.")]
    assert len(strangers) > 20
    assert {(it["reason"], it["port"], it["ssrc"], it["payload_type"]) for it in strangers} == {
        ("bad_source", stream.port, 7, 26)
    }
    assert gateway.ctl("audit").code == 0


def test_a_stranger_is_named(site: Site) -> None:
    known = site.stream("cam0", rate=20, pictures=20)
    stranger = site.stream("stranger", rate=20, pictures=20)
    gateway = site.start({**camera(known), "port": stranger.port})
    site.send_digits(stranger)
    site.finish_sending()
    site.wait_for_unmatched("bad_source", 20)

    strangers = gateway.ask("drops")["strangers"]["strangers"]
    (named,) = [it for it in strangers if it["port"] == stranger.port]
    assert named["source"] == stranger.source
    assert named["destination"] == stranger.destination
    assert named["reason"] == "bad_source"
    assert named["ssrc"] == stranger.ssrc
    assert named["payload_type"] == 26
    assert named["packets"] >= 20
    shown = subprocess.run(
        [places.gwctl(), "--socket", gateway.socket, "drops"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert f"{stranger.source}:{named['source_port']}" in shown.stdout


def test_another_ssrc_than_the_configured_one_is_refused(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=40)
    gateway = site.start({**camera(stream), "ssrc": stream.ssrc + 1})
    site.send_digits(stream)
    site.finish_sending()

    gateway.wait_until(
        lambda: gateway.dropped().get("bad_ssrc", 0) >= 40, 60, "the other SSRC is not counted"
    )
    assert gateway.status()["frames"]["received"] == 0


def test_nonsense_on_a_cameras_port_is_counted_and_the_camera_goes_on(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=60)
    gateway = site.start(camera(stream, **PATIENT))
    site.send_digits(stream)
    nonsense = (
        "import socket, sys, random\n"
        "random.seed(1)\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.bind((sys.argv[1], 0))\n"
        "for size in range(0, 1200, 3):\n"
        "    s.sendto(random.randbytes(size), (sys.argv[2], int(sys.argv[3])))\n"
    )
    site.net.run("python3", "-c", nonsense, stream.source, stream.destination, stream.port)
    site.finish_sending()
    site.settle()

    dropped = gateway.dropped()
    assert dropped["rtp_short"] > 0
    assert dropped["rtp_version"] > 0
    results = site.read(results=60).results
    shown = {stream.picture_at(result.body["frame"]["rtpTimestamp"]) for result in results}
    assert set(range(60)) <= shown
    assert gateway.ctl("audit").code == 0
