"""What an operator is told without looking: real causes, from a camera to whoever is told."""

import base64
import datetime
import hmac
import http.server
import json
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import description
import monitoring
import pytest
import rtp_capture
from https import Place
from player import Gateway, camera, configuration

from testbed import pcap, places

CATALOGUE = places.ROOT / "packaging" / "debian" / "framegate.catalog"
SECRET = "0123456789abcdef0123456789abcdef"
ALARMS: dict[str, Any] = {"raise": 1, "clear": 2, "frozen": 4, "black": 8, "clock": False}


def _capture(path: Path, pictures: list[bytes]) -> None:
    """cam0 at 5 pictures a second, again and again: each round is a camera that begins anew."""
    writer = pcap.Writer(path)
    for index, picture in enumerate(pictures):
        # Far apart: no packet of a round is a copy of one before.
        sequence = index * 65536 // len(pictures)
        packets = rtp_capture.packets_of(picture, index, sequence)
        for k, packet in enumerate(packets):
            frame = pcap.frame(packet, ("10.0.0.1", 4000), ("10.0.0.99", 5001), sequence + k)
            writer.write(frame, 1_700_000_000 + index / 5)
    writer.close()


@pytest.fixture(scope="module")
def troubled(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    """cam0 sends the same black picture over and over; cam1 is silent."""
    capture = tmp_path_factory.mktemp("capture") / "black.pcap"
    _capture(capture, [rtp_capture.flat(2)] * 30)
    return start(configuration(f"net_pcap0,rx_pcap={capture},infinite_rx=1", alarms=ALARMS))


def _alarms(gateway: Gateway) -> dict[tuple[str, str | None], dict[str, Any]]:
    body = gateway.get("alarms")
    description.answer("/alarms", "get", 200).validate(body)
    return {(alarm["kind"], alarm["subject"]): alarm for alarm in body["alarms"]}


def _wait_for(gateway: Gateway, *wanted: tuple[str, str | None]) -> None:
    gateway.wait_until(lambda: set(wanted) <= set(_alarms(gateway)), 60)


def test_a_black_frozen_and_a_silent_camera_are_told(troubled: Gateway) -> None:
    _wait_for(
        troubled, ("camera_black", "cam0"), ("camera_frozen", "cam0"), ("camera_silent", "cam1")
    )
    # A camera that plays is silent for who has had no processor, and then not any more.
    troubled.wait_until(lambda: ("camera_silent", "cam0") not in _alarms(troubled))
    alarms = _alarms(troubled)
    black = alarms["camera_black", "cam0"]
    assert "its mean brightness is " in black["text"]
    assert black["advice"].startswith("look for a cap")
    now = datetime.datetime.now(datetime.UTC)
    for alarm in alarms.values():
        since = datetime.datetime.fromisoformat(alarm["since"])
        assert since <= datetime.datetime.fromisoformat(alarm["last"]) <= now
        assert alarm["times"] >= 1
    assert alarms["camera_silent", "cam1"]["times"] == 1


def test_what_was_raised_is_in_the_history_the_log_and_the_metrics(troubled: Gateway) -> None:
    _wait_for(troubled, ("camera_black", "cam0"), ("camera_silent", "cam1"))
    history = troubled.get("alarms/history")
    description.answer("/alarms/history", "get", 200).validate(history)
    events = [(event["state"], event["kind"], event["subject"]) for event in history["events"]]
    assert ("raised", "camera_silent", "cam1") in events
    assert [event["number"] for event in history["events"]] == list(
        range(1, len(history["events"]) + 1)
    )
    assert "alarm: camera_silent: cam1: camera cam1 has sent no complete picture" in (
        troubled.process.text()
    )

    def found(name: str, **labels: str) -> float:
        return monitoring.Scrape(troubled.ask("metrics").body.decode())(name, **labels)

    # The one that plays may be silent for a moment for who has no processor.
    troubled.wait_until(lambda: found("framegate_alarms", kind="camera_silent") == 1)
    assert found("framegate_alarms", kind="port_down") == 0
    assert found("framegate_alarms_raised_total", kind="camera_black") >= 1


def test_gwctl_lists_them_and_says_so_by_its_exit_code(troubled: Gateway) -> None:
    _wait_for(troubled, ("camera_black", "cam0"), ("camera_silent", "cam1"))
    listed = troubled.ctl("alarm", "list")
    assert listed.returncode == 1
    assert "camera_silent" in listed.stdout
    assert "gwctl camera show" in listed.stdout
    assert troubled.json("alarm", "list")["alarms"]
    history = troubled.ctl("alarm", "list", "--all")
    assert history.returncode == 0
    assert "raised" in history.stdout
    completed = troubled.ctl("completion", "bash")
    assert completed.returncode == 0


def test_gwctl_lists_those_of_one_camera(troubled: Gateway) -> None:
    _wait_for(troubled, ("camera_black", "cam0"), ("camera_silent", "cam1"))
    of_one = troubled.ctl("alarm", "list", "--camera", "cam1")
    assert of_one.returncode == 1
    assert "camera_silent" in of_one.stdout
    assert "cam0" not in of_one.stdout
    assert {
        alarm["subject"] for alarm in troubled.json("alarm", "list", "--camera", "cam0")["alarms"]
    } == {"cam0"}
    assert troubled.ctl("alarm", "list", "--camera", "nosuch").returncode == 0
    events = troubled.json("alarm", "list", "--all", "--camera", "cam1")["events"]
    assert {event["subject"] for event in events} == {"cam1"}


def test_a_token_for_some_cameras_hears_of_these_and_of_nothing_else(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    # cam0 stops and cam1 never sends; nobody is a broker there: an alarm of the gateway's own.
    place = Place(start, tmp_path, {"alarms": ALARMS, "kafka": {"brokers": "127.0.0.1:1"}})
    own, other = ("camera_silent", "cam1"), ("camera_silent", "cam0")
    _wait_for(place.gateway, own, other)
    place.gateway.wait_until(
        lambda: any(kind == "kafka_late" for kind, _ in _alarms(place.gateway))
    )
    tokens = {
        cameras: place.token(f"of-{number}", role, "--cameras", ",".join(cameras))
        for number, (cameras, role) in enumerate(
            [(("cam1",), "viewer"), (("cam0", "cam1"), "operator"), (("nosuch",), "admin")]
        )
    }
    for cameras, token in tokens.items():
        for path, key in (("alarms", "alarms"), ("alarms/history", "events")):
            reply = place.ask(path, token=token)
            assert reply.status == 200
            description.answer(f"/{path}", "get", 200).validate(reply.body)
            told = {(alarm["kind"], alarm["subject"]) for alarm in reply.body[key]}
            assert told == {("camera_silent", name) for name in cameras if name != "nosuch"}, path
            # What counts others' is not told either.
            assert "forgotten" not in reply.body
            assert not any("number" in alarm for alarm in reply.body[key])
            assert reply.body.get("further", path) == (False if path == "alarms" else path)
    # Negative control: who is for all cameras hears of all.
    everyone = place.token("all", "viewer")
    everything = place.ask("alarms", token=everyone).body["alarms"]
    assert {"kafka_late", "camera_silent"} <= {alarm["kind"] for alarm in everything}
    history = place.ask("alarms/history", token=everyone).body
    assert [event["number"] for event in history["events"]] == list(
        range(1, len(history["events"]) + 1)
    )
    assert history["forgotten"] == 0


def test_a_camera_that_is_not_told_by_name_is_not_said_to_be_well(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    # A switch dies: twenty are silent, and sixteen of them are told one by one.
    names = [f"cam{number}" for number in range(20)]
    cameras = [camera(name, number + 1) for number, name in enumerate(names)]
    place = Place(start, tmp_path, {"alarms": ALARMS, "cameras": cameras})
    _wait_for(place.gateway, ("camera_silent", None))
    place.gateway.wait_until(lambda: _alarms(place.gateway)["camera_silent", None]["count"] == 4)
    named = {subject for _, subject in _alarms(place.gateway)}
    unnamed = next(name for name in names if name not in named)
    reply = place.ask("alarms", token=place.token("one", "viewer", "--cameras", unnamed))
    description.answer("/alarms", "get", 200).validate(reply.body)
    assert reply.body == {"alarms": [], "further": True}
    # Who hears of all hears how many these are.
    assert "further" not in place.ask("alarms", token=place.token("all", "viewer")).body


def test_a_camera_that_is_well_has_none(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    """A live picture that moves: and none of the kinds by mistake.

    That the silent one beside it is told shows that the gateway has looked for long enough.
    """
    capture = tmp_path / "moving.pcap"
    _capture(capture, [rtp_capture.picture(number) for number in range(30)])
    device = f"net_pcap0,rx_pcap={capture},infinite_rx=1"
    # A machine with much to do may stop for some seconds.
    gateway = start(configuration(device, alarms={**ALARMS, "raise": 5}))
    gateway.wait_until(lambda: gateway.get("cameras/cam0")["state"] == "live")
    silent = ("camera_silent", "cam1")
    _wait_for(gateway, silent)
    others = set(_alarms(gateway)) - {silent}
    assert others <= {("camera_loss", "cam0"), ("overload", None)}, _alarms(gateway)
    listed = gateway.ctl("alarm", "list", "--all")
    assert listed.returncode == 0


def _certificate(folder: Path) -> Path:
    """Its own key and signature, for 127.0.0.1."""
    key, certificate = folder / "receiver.key", folder / "receiver.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", "/CN=receiver", "-keyout", key, "-out", certificate]
        + ["-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return certificate


def _receiver(
    answers: list[int], certificate: Path | None = None
) -> tuple[http.server.HTTPServer, list[dict[str, Any]]]:
    """Gives the answers one after the other, then 204; keeps what was signed well."""
    came: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}."
            digest = hmac.digest(SECRET.encode(), signed.encode() + body, "sha256")
            good = "v1," + base64.b64encode(digest).decode()
            assert hmac.compare_digest(good, self.headers["webhook-signature"])
            came.append({"id": self.headers["webhook-id"], **json.loads(body)})
            self.send_response(answers.pop(0) if answers else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, came


def test_a_webhook_is_told_and_asked_again_when_it_fails(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    """Its secret is in a file that is there too late, its first answer an error."""
    capture, secret = tmp_path / "cam0.pcap", tmp_path / "secret"
    rtp_capture.write(capture, 10, "10.0.0.1", "10.0.0.99", 5001)
    server, came = _receiver([503])
    webhook = {
        "url": f"http://127.0.0.1:{server.server_port}/hook?a=b",
        "secret_file": str(secret),
    }
    gateway = start(
        configuration(f"net_pcap0,rx_pcap={capture}", alarms={**ALARMS, "webhook": webhook})
    )

    def troubles() -> list[str]:
        return [
            one["text"]
            for one in gateway.get("status")["troubles"]
            if one["id"] == "alarms.webhook"
        ]

    gateway.wait_until(lambda: any("secret_file" in text for text in troubles()), 60)
    assert came == []
    secret.write_text(SECRET + "\n")
    gateway.wait_until(lambda: len(came) >= 2 and not troubles(), 60)
    assert came[0] == came[1]
    assert came[0]["state"] == "raised"
    assert came[0]["kind"] == "camera_silent"
    assert came[0]["gateway"] == "gw1"
    schema = description.answer("/alarms/history", "get", 200)
    own = ("id", "type", "gateway", "boot_id")
    events = [{key: value for key, value in came[0].items() if key not in own}]
    schema.validate({"events": events, "forgotten": 0})
    found = monitoring.Scrape(gateway.ask("metrics").body.decode())
    assert found("framegate_webhook_delivered_total") >= 1
    assert found("framegate_webhook_failed_tries_total") >= 2
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_webhook_must_be_who_it_says(
    start: Callable[[dict[str, Any]], Gateway],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    known: bool,
) -> None:
    """Over HTTPS, with a certificate that somebody vouches for, or nobody does."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    certificate = _certificate(tmp_path)
    server, came = _receiver([], certificate)
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 10, "10.0.0.1", "10.0.0.99", 5001)
    webhook = {"url": f"https://127.0.0.1:{server.server_port}/", "secret_env": "WEBHOOK_SECRET"}
    if known:
        webhook["authorities"] = str(certificate)
    gateway = start(
        configuration(f"net_pcap0,rx_pcap={capture}", alarms={**ALARMS, "webhook": webhook})
    )

    def troubles() -> list[str]:
        found = gateway.get("status")["troubles"]
        return [one["text"] for one in found if one["id"] == "alarms.webhook"]

    if known:
        gateway.wait_until(lambda: len(came) > 0, 60)
        assert troubles() == []
    else:
        gateway.wait_until(lambda: any("certificate" in text for text in troubles()), 60)
        assert came == []
    server.shutdown()
    server.server_close()


def test_brokers_that_are_away_and_a_full_disk_are_told(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 10, "10.0.0.1", "10.0.0.99", 5001)
    gateway = start(
        configuration(
            f"net_pcap0,rx_pcap={capture}",
            # No disk of a machine that runs is as empty.
            alarms={**ALARMS, "disk": 99},
            kafka={"brokers": "127.0.0.1:1"},
        )
    )
    folder = str(gateway.file) + ".state"
    _wait_for(gateway, ("kafka_late", "framegate.results"), ("disk", folder[:63]))
    late = _alarms(gateway)["kafka_late", "framegate.results"]
    assert late["severity"] == "failed"
    assert "no broker of 127.0.0.1:1 is connected" in late["text"]


def test_systemd_takes_the_catalogue(tmp_path: Path) -> None:
    """Its own compiler; what is in it is held against the kinds by a test of them."""
    folder = tmp_path / "usr" / "lib" / "systemd" / "catalog"
    folder.mkdir(parents=True)
    (folder / CATALOGUE.name).write_bytes(CATALOGUE.read_bytes())
    (tmp_path / "var" / "lib" / "systemd" / "catalog").mkdir(parents=True)
    made = subprocess.run(
        ["journalctl", f"--root={tmp_path}", "--update-catalog"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert "ignoring" not in made.stderr
    listed = subprocess.run(
        ["journalctl", f"--root={tmp_path}", "--list-catalog"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(listed.stdout.splitlines()) == CATALOGUE.read_text().count("\n-- ")
    assert "Framegate" in listed.stdout
