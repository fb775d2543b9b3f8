"""`gwgen search`, the short form: it finds what is known, and gives no figure of what it is not."""

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from testbed import places
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet
from testbed.process import Process

# Before everything else that the machine has to do, if that is allowed: what is found depends on
# the time that it gets. Rates here are low, so that it sleeps most of the time.
AT_ONCE = ("chrt", "--fifo", "10")
if subprocess.run([*AT_ONCE, "true"], capture_output=True, check=False).returncode != 0:
    AT_ONCE = ()
SHORT = ("--short", "0.3", "--long", "1", "--precision", "10")

# A device of known rate: sends back what comes, so many packets a second, and drops the rest.
DEVICE = """
import socket, sys, time
interface, rate = sys.argv[1], float(sys.argv[2])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)
s.bind((interface, 0))
# Some are stored: this process does not always have a processor.
tokens, room, last = 60.0, 60.0, time.monotonic()
print("ready", flush=True)
while True:
    frame, address = s.recvfrom(9000)
    if address[2] == socket.PACKET_OUTGOING:
        continue
    now = time.monotonic()
    tokens, last = min(room, tokens + (now - last) * rate), now
    if tokens >= 1:
        tokens -= 1
        s.send(frame)
"""


def search(*arguments: object, inside: CameraNet | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a search, to its end."""
    where = ["ip", "netns", "exec", inside.name] if inside else []
    return subprocess.run(
        [*where, *AT_ONCE, places.build() / "gwgen", "search", "--json", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def net() -> Iterator[CameraNet]:
    """A cable."""
    made = CameraNet()
    yield made
    made.remove()


def test_a_loop_without_loss_is_limited_by_what_was_allowed(tmp_path: Path) -> None:
    done = search(
        *("--port", "net_ring0", "--return", "--most", 0.01, *SHORT),
        *("--frame-sizes", "64,1518", "--report", tmp_path),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [it["state"] for it in report["results"]] == ["at_most", "at_most"]
    assert all(it["throughput_pps"] > 8000 for it in report["results"])
    assert report["virtual"] is True


def test_a_device_of_known_rate_is_found(net: CameraNet, tmp_path: Path) -> None:
    """1,000 packets a second come back; a machine that is busy lets fewer, never more."""
    # The device drops what it has no token for: it is alone on its end of the cable.
    command = [*AT_ONCE, sys.executable, "-c", DEVICE, net.port, "1000"]
    device = Process(command, tmp_path / "device.log")
    try:
        while "ready" not in device.text():
            time.sleep(0.05)
        done = search(
            *("--port", f"net_af_packet0,iface={net.inside}", "--return", "--most", 0.01),
            *(*SHORT, "--frame-sizes", "64", "--report", tmp_path),
            inside=net,
        )
    finally:
        device.stop(5)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["results"]
    assert found["state"] == "found", found
    assert 400 < found["rate_pps"] <= 1070
    assert found["upper_pps"] - found["rate_pps"] <= 0.101 * found["upper_pps"]
    # What the document says of the trials is what the result rests on.
    good = [it for it in found["trials"] if it["packet_loss"] == 0 and it["seconds"] >= 1]
    assert max(it["rate_pps"] for it in good) == found["rate_pps"]


def test_a_gateway_is_asked_and_left_as_it_was(net: CameraNet, tmp_path: Path) -> None:
    gateway = Gateway(configuration(net.port, [], None))
    try:
        gateway.start()
        done = search(
            *("--port", f"net_af_packet0,iface={net.inside}", "--socket", gateway.socket),
            *("--most", 0.005, *SHORT, "--frame-sizes", "64,9000,mix", "--cameras", 3),
            *("--size", "160x120", "--report", tmp_path),
            inside=net,
        )
        assert done.returncode == 0, done.stderr
        assert gateway.status()["cameras"] == 0
        gateway.stop()
    finally:
        gateway.remove()
    report = json.loads(done.stdout)
    plain, left_out, *mix = report["results"]
    assert plain["state"] in ("at_most", "found")
    assert left_out["state"] == "left_out"
    assert [it["criterion"] for it in mix] == ["packets", "frames"]
    for trial in (trial for it in mix for trial in it["trials"]):
        assert trial["received"] + trial["missed"] >= trial["sent"] - trial["link_lost"]
    assert [it["share"] for it in report["latency"]] == [0.1, 0.5, 0.9]
    assert all(0 < it["p50_us"] <= it["p99_us"] <= it["max_us"] for it in report["latency"])
    assert json.loads((tmp_path / "report.json").read_text()) == report
    page = (tmp_path / "report.html").read_text()
    assert "virtual port" in page
    assert page.count("<svg") == page.count("</svg>") >= 4
    assert not re.search(r"(src|href)=|https?://", page)


class Liar(BaseHTTPRequestHandler):
    """A gateway that has seen more, or fewer, packets than there were."""

    packets, step, balanced = 0, 0, True

    def do_GET(self) -> None:
        Liar.packets += Liar.step
        port = {"device": "net_null0", "packets": Liar.packets, "missed": 0, "errors": 0}
        answers: dict[str, Any] = {
            "version": {"version": "0"},
            "stages": {"stages": [{"stage": "rx", "frames_out": 0, "facts": {"ports": [port]}}]},
            "audit": {"balanced": Liar.balanced},
        }
        body = json.dumps(answers[self.path.rsplit("/", 1)[-1]]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "test"

    def log_message(self, *_: Any) -> None:
        pass


class UnixServer(HTTPServer):
    """HTTP over a UNIX socket."""

    address_family = socket.AF_UNIX

    def server_bind(self) -> None:
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "gateway", 0

    def get_request(self) -> tuple[socket.socket, Any]:
        request, _ = self.socket.accept()
        return request, ("test", 0)


@pytest.mark.parametrize(("step", "balanced"), [(0, True), (10_000_000, True), (0, False)])
def test_counters_that_do_not_add_up_give_no_figure(
    tmp_path: Path, step: int, balanced: bool
) -> None:
    Liar.packets, Liar.step, Liar.balanced = 0, step, balanced
    server = UnixServer(str(tmp_path / "s"), Liar)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = search(
        *("--port", "net_null0", "--socket", tmp_path / "s", "--most", 0.01, *SHORT),
        *("--frame-sizes", "64", "--report", tmp_path / "report"),
    )
    server.shutdown()
    server.server_close()
    assert done.returncode == 1
    assert "do not add up" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "report").exists()


def test_nobody_answers(tmp_path: Path) -> None:
    done = search("--port", "net_null0", "--socket", tmp_path / "nobody")
    assert done.returncode == 3
    assert "no gateway answers" in done.stderr
