"""Cameras that are asked within TLS (`rtsps`)."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import certificates, places
from testbed.certificates import Certificate
from testbed.process import Process
from testbed.rtsp_net import Cameras

PASSWORD = "hunter2-and-more"


@pytest.fixture
def cameras(need_root: None, tmp_path: Path) -> Iterator[Cameras]:
    """A network of RTSP cameras."""
    made = Cameras(tmp_path)
    yield made
    made.close()


@pytest.fixture
def authority(tmp_path: Path) -> Certificate:
    """Who signs the cameras' certificates."""
    return certificates.authority(tmp_path)


def _serve(cameras: Cameras, certificate: Certificate, *more: object, port: int = 8554) -> Process:
    tls = ("--tls", certificate.path, "--tls-key", certificate.key)
    return cameras.serve(*tls, *more, port=port)


def _of(cameras: Cameras, authority: Certificate, name: str = "door", days: int = 2) -> Certificate:
    """A certificate for the camera's address."""
    names = f"IP:{cameras.theirs}"
    return certificates.signed(cameras.folder, authority, name, names, days)


def _gwctl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(it) for it in (places.gwctl(), *arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_pictures_come_within_tls(cameras: Cameras, authority: Certificate) -> None:
    """The camera offers UDP too, and a fast stream is received whole."""
    _serve(cameras, _of(cameras, authority), "--way", "any", "--size", "640x480", "--rate", "25")
    gateway = cameras.start(cameras.secured_camera(tls_ca_file=str(authority.path)))
    cameras.wait_for_pictures(more=100)
    shown = gateway.ask("camera", "show", "door")
    assert (shown["source"], shown["destination"]) == (cameras.theirs, cameras.ours)
    assert (shown["transport"], shown["packets_lost"]) == ("tcp", 0)
    assert "within its connection, TCP" in gateway.log()
    assert ", TLS" in gateway.log()
    assert cameras.trouble() == ""
    assert gateway.log().count("door plays") == 1
    assert gateway.ctl("audit").code == 0
    assert gateway.stop() < 5


def test_nothing_can_be_read_on_the_way(cameras: Cameras, authority: Certificate) -> None:
    """What is caught on the wire holds neither a word of RTSP nor a picture's packet."""
    _serve(cameras, _of(cameras, authority), "--way", "any")
    caught = cameras.folder / "caught"
    watch = (
        "import socket, sys\n"
        "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))\n"
        "print('watching', flush=True)\n"
        f"out = open('{caught}', 'wb', buffering=0)\n"
        "while True: out.write(s.recv(65536))\n"
    )
    log = cameras.folder / "watch.log"
    watcher = cameras.net.start(["python3", "-c", watch], log)
    cameras.servers.append(watcher)
    cameras.wait_for_text(watcher, "watching")
    gateway = cameras.start(cameras.secured_camera(tls_ca_file=str(authority.path)))
    cameras.wait_for_pictures(more=20)
    gateway.stop()
    end = time.monotonic() + 60
    while caught.stat().st_size <= 50_000:
        assert time.monotonic() < end
        time.sleep(0.05)
    seen = caught.read_bytes()
    assert b"RTSP/1.0" not in seen
    # A packet of JPEG within the connection: its channel, its size, RTP's first two bytes.
    assert not re.search(rb"\$\x00..\x80[\x1a\x9a]", seen, re.DOTALL)


def test_a_camera_that_signed_its_own_is_known_by_its_fingerprint(cameras: Cameras) -> None:
    """What the trouble says is what is to be given; another certificate is refused then."""
    own = certificates.authority(cameras.folder, "own")
    server = _serve(cameras, own, "--way", "tcp")
    gateway = cameras.start(cameras.secured_camera())
    said = cameras.wait_for_trouble("signed by nobody that is trusted here")
    assert own.fingerprint() in said
    given = ("camera", "set", "door", "--tls-fingerprint", own.fingerprint())
    assert gateway.ctl(*given).code == 0
    cameras.wait_for_pictures()
    assert gateway.ask("config", "show")["cameras"][0]["tls_fingerprint"] == own.fingerprint()
    server.kill()
    another = certificates.authority(cameras.folder, "another")
    _serve(cameras, another, "--way", "tcp")
    said = cameras.wait_for_trouble("not that of tls_fingerprint", timeout=60)
    assert another.fingerprint() in said


def test_a_certificate_that_is_not_to_be_believed_is_told(
    cameras: Cameras, authority: Certificate
) -> None:
    """Each of its own line; and the password is told to none of them."""
    secret = cameras.folder / "door.password"
    secret.write_text(PASSWORD + "\n")
    over = _of(cameras, authority, "over", days=-1)
    elsewhere = certificates.signed(cameras.folder, authority, "elsewhere", "DNS:yard.example")
    unknown = _of(cameras, certificates.authority(cameras.folder, "nobody"), "unknown")
    kinds = {
        8554: ("over", over, "held until"),
        8555: ("elsewhere", elsewhere, f"is for yard.example, not for {cameras.theirs}"),
        8556: ("unknown", unknown, "signed by nobody that is trusted here"),
    }
    for port, (_, certificate, _) in kinds.items():
        _serve(cameras, certificate, "--user", "anna", "--password", PASSWORD, port=port)
    asked = {"user": "anna", "password_file": str(secret), "tls_ca_file": str(authority.path)}
    gateway = cameras.start(
        *(cameras.secured_camera(name, port, **asked) for port, (name, _, _) in kinds.items())
    )
    for name, _, line in kinds.values():
        cameras.wait_for_trouble(line, name)
    assert PASSWORD not in gateway.log()
    gateway.stop()


def test_a_port_without_tls_and_one_that_needs_it_are_told(
    cameras: Cameras, authority: Certificate
) -> None:
    cameras.serve_within("good")
    _serve(cameras, _of(cameras, authority), port=8555)
    trusted = {"tls_ca_file": str(authority.path)}
    cameras.start(
        cameras.secured_camera("door", **trusted),
        cameras.camera("yard", port=8555),
        cameras.secured_camera("gate", port=8555, tls_ca_file="/nonexistent"),
    )
    cameras.wait_for_trouble("TLS")
    cameras.wait_for_trouble("RTSP", "yard")
    cameras.wait_for_trouble("tls_ca_file /nonexistent", "gate")


def test_open_pictures_come_only_where_they_are_asked_for(
    cameras: Cameras, authority: Certificate
) -> None:
    """A camera that sends by UDP alone, and without a key."""
    _serve(cameras, _of(cameras, authority), "--way", "udp")
    gateway = cameras.start(cameras.secured_camera(tls_ca_file=str(authority.path)))
    cameras.wait_for_trouble("does not send within the connection (461), where TLS")
    assert gateway.ctl("camera", "set", "door", "--transport", "udp").code == 0
    cameras.wait_for_pictures()
    assert cameras.session()["transport"] == "udp"
    assert "its pictures come outside of it" in gateway.log()


def test_a_key_that_tls_kept_secret_opens_packets_that_come_by_udp(
    cameras: Cameras, authority: Certificate
) -> None:
    certificate = _of(cameras, authority)
    cameras.serve_within("secret-udp", "--tls", certificate.path, "--tls-key", certificate.key)
    gateway = cameras.start(cameras.secured_camera(tls_ca_file=str(authority.path)))
    cameras.wait_for_pictures(more=20)
    shown = gateway.ask("camera", "show", "door")
    assert (shown["transport"], shown["encrypted"]) == ("udp", True)
    assert cameras.trouble() == ""
    assert gateway.ctl("audit").code == 0


def test_a_camera_that_dies_is_found_again(cameras: Cameras, authority: Certificate) -> None:
    certificate = _of(cameras, authority)
    server = _serve(cameras, certificate, "--way", "tcp")
    gateway = cameras.start(cameras.secured_camera(tls_ca_file=str(authority.path)))
    cameras.wait_for_pictures()
    server.kill()
    cameras.wait_for_trouble("camera door: ")
    # Not by its silence.
    assert "has sent nothing" not in gateway.log()
    _serve(cameras, certificate, "--way", "tcp")
    cameras.wait_for_pictures(timeout=90)
    assert gateway.ctl("camera", "remove", "door").code == 0
    assert gateway.ctl("audit").code == 0


def test_a_probe_speaks_tls_too(cameras: Cameras, authority: Certificate) -> None:
    certificate = _of(cameras, authority)
    _serve(cameras, certificate, "--way", "any")
    url = cameras.secured_camera()["url"]
    done = _gwctl("camera", "probe", url, "--seconds", "1")
    assert done.returncode == 1
    assert certificate.fingerprint() in done.stderr
    given = ("--tls-fingerprint", certificate.fingerprint())
    done = _gwctl("--json", "camera", "probe", url, "--seconds", "3", *given)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["stream"]["pictures"] > 10
    assert said["sends"]["transport"] == "tcp"
    assert certificate.fingerprint() in said["yaml"]
    gateway = cameras.start()
    asked = ("camera", "probe", "--from-gateway", url)
    done = _gwctl("--socket", gateway.socket, *asked, "--tls-ca-file", authority.path)
    assert done.returncode == 0, done.stderr
    assert "JPEG" in done.stdout
    done = _gwctl("--socket", gateway.socket, *asked)
    assert done.returncode == 1
    assert certificate.fingerprint() in done.stderr
