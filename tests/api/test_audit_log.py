"""The log of changes: every route that changes something leaves its lines, and gwctl reads them."""

import grp
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import as_user
import description
import pytest
import rtp_capture
import yaml
from https import Place
from player import Gateway, camera, configuration

GROUPS = {"viewer": "games", "operator": "video", "admin": "audio"}
DOOR = {**camera("door", 9), "name": "door"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")


@pytest.fixture(scope="module")
def kept(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    capture = tmp_path_factory.mktemp("capture") / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    groups = {"view": GROUPS["viewer"], "operate": GROUPS["operator"], "admin": GROUPS["admin"]}
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}", api={"groups": groups}))
    gateway.socket.parent.chmod(0o755)
    return gateway


def _folder(gateway: Gateway) -> Path:
    return gateway.file.with_name(gateway.file.name + ".state") / "audit-log"


def _lines(gateway: Gateway) -> list[dict[str, Any]]:
    text = "".join(path.read_text() for path in sorted(_folder(gateway).glob("*.jsonl")))
    return [json.loads(line) for line in text.splitlines()]


def _changing(gateway: Gateway) -> list[tuple[str, str]]:
    return [
        (route["method"], route["path"].format(name="nosuch"))
        for route in gateway.get("")["routes"]
        if route["changes"]
    ]


def test_every_route_that_changes_something_leaves_a_line_and_its_outcome(kept: Gateway) -> None:
    """Asked without what they need, or of nobody: they change nothing, and are written down."""
    asked = _changing(kept)
    assert len(asked) > 10
    for method, path in asked:
        before = len(_lines(kept))
        status = kept.ask(path.removeprefix("/api/v1/"), method).status
        first, second = _lines(kept)[before:]
        assert (first["event"], first["method"], first["path"]) == ("asked", method, path)
        assert first["who"].startswith(f"uid {os.getuid()}")
        assert (first["role"], first["from"]) == ("admin", "socket")
        assert (second["event"], second["asked"]) == ("done", first["n"])
        assert second["status"] == status


def test_what_only_looks_leaves_none(kept: Gateway) -> None:
    routes = kept.get("")["routes"]
    looks = [one for one in routes if one["method"] != "GET" and not one["changes"]]
    assert looks
    before = len(_lines(kept))
    for route in looks:
        path = route["path"].format(name="nosuch").removeprefix("/api/v1/")
        assert kept.ask(path, route["method"]).status in (400, 404)
    assert len(_lines(kept)) == before


@as_root
def test_every_try_that_a_role_does_not_allow_leaves_a_line(kept: Gateway) -> None:
    asked = _changing(kept)
    before = len(_lines(kept))
    statuses = as_user.statuses(kept.socket, grp.getgrnam(GROUPS["viewer"]).gr_gid, asked)
    assert set(statuses) == {403}
    said = _lines(kept)[before:]
    assert [(line["method"], line["path"]) for line in said] == asked
    for line in said:
        assert (line["event"], line["role"], line["status"]) == ("refused", "viewer", 403)
        assert line["who"].startswith("uid 65534")


def test_a_change_of_a_camera_says_what_was_before_and_is_after(kept: Gateway) -> None:
    url = "rtsp://anna:hunter2@192.0.2.7/door"
    body = json.dumps({"name": "gate", "url": url}).encode()
    assert kept.ask("cameras", "POST", json.dumps(DOOR).encode()).status == 201
    assert kept.ask("cameras/door", "PATCH", b'{"quota": 7}').status == 200
    changed = _lines(kept)[-1]
    assert changed["before"].get("quota") != 7
    assert changed["after"]["quota"] == 7
    assert kept.ask("cameras/door", "DELETE").status == 204
    assert _lines(kept)[-1]["before"]["name"] == "door"
    kept.ask("cameras", "POST", body)
    assert "hunter2" not in json.dumps(_lines(kept))


def test_a_commit_says_both_revisions_and_what_differs(kept: Gateway) -> None:
    text = kept.get("config/text")["text"]
    assert "every: 10" in text
    body = json.dumps({"text": text.replace("every: 10", "every: 20")}).encode()
    reply = kept.ask("config/commit", "POST", body)
    assert reply.status == 200
    line = _lines(kept)[-1]
    assert line["after"] == reply.body["revision"] != line["before"]
    assert [one["path"] for one in line["differences"]] == ["kafka.frames.every"]
    assert _lines(kept)[-2]["body"]["text"].endswith(" bytes)")


def _pair(gateway: Gateway, origin: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last two lines of what came from there."""
    lines = _lines(gateway)
    asked = [line for line in lines if line.get("from") == origin][-1]
    done = [line for line in lines if line.get("asked") == asked["n"]]
    return asked, done[0]


def test_sighup_is_who_sent_it(start: Callable[[dict[str, Any]], Gateway], tmp_path: Path) -> None:
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}"))
    text = yaml.safe_load(gateway.file.read_text())
    text["cameras"][0]["quota"] = 3
    gateway.file.write_text(yaml.safe_dump(text))
    os.kill(gateway.process.pid, signal.SIGHUP)
    gateway.wait_until(lambda: any(line.get("from") == "SIGHUP" for line in _lines(gateway)))
    gateway.wait_until(lambda: gateway.get("cameras/cam0")["quota"] == 3)
    gateway.wait_until(lambda: "asked" in _lines(gateway)[-1])
    asked, done = _pair(gateway, "SIGHUP")
    assert asked["who"].startswith(f"uid {os.getuid()}")
    assert (asked["role"], asked["method"]) == ("admin", "POST")
    assert asked["path"] == "/api/v1/config/commit"
    assert done["status"] == 200
    assert done["before"] != done["after"]
    assert [one["path"] for one in done["differences"]] == ["cameras[cam0].quota"]
    shown = gateway.ctl("audit-log", "show").stdout
    assert any("SIGHUP" in line and "config/commit" in line for line in shown.splitlines())
    assert gateway.ctl("audit-log", "verify").returncode == 0
    description.answer("/audit-log", "get", 200).validate(gateway.get("audit-log"))

    # A file that cannot be is a try that came to nothing.
    gateway.file.write_text("cameras: [{name: cam0}]\n")
    before = len(_lines(gateway))
    os.kill(gateway.process.pid, signal.SIGHUP)
    gateway.wait_until(lambda: len(_lines(gateway)) == before + 2)
    _, done = _pair(gateway, "SIGHUP")
    assert done["status"] == 400
    assert "after" not in done


@as_root
@pytest.mark.parametrize("who", ["the token anna", "root"])
def test_a_deadline_is_who_set_it(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path, who: str
) -> None:
    place = Place(start, tmp_path)
    gateway = place.gateway
    text = yaml.safe_load(gateway.file.read_text())
    text["cameras"][0]["quota"] = 3
    wish = {"text": yaml.safe_dump(text), "confirm_s": 1, "comment": "a try"}
    if who == "root":
        name = f"uid {os.getuid()}"
        made = gateway.ask("config/commit", "POST", json.dumps(wish).encode())
    else:
        name = "token anna"
        made = place.ask("config/commit", "POST", place.token("anna", "admin"), wish)
    assert made.status == 200, made
    gateway.wait_until(lambda: any(line.get("from") == "deadline" for line in _lines(gateway)))
    gateway.wait_until(lambda: gateway.get("cameras/cam0")["quota"] == 8)
    gateway.wait_until(lambda: "asked" in _lines(gateway)[-1])
    asked, done = _pair(gateway, "deadline")
    assert asked["who"].startswith(name)
    assert asked["path"] == "/api/v1/config/rollback"
    assert asked["body"] == {"comment": "it was not confirmed in time"}
    assert (done["status"], done["before"]) == (200, made.body["revision"])
    assert done["differences"]


def test_gwctl_reads_it_from_the_gateway_and_from_its_files(kept: Gateway) -> None:
    kept.ask("cameras/nosuch", "DELETE")
    for folder in ([], [str(_folder(kept))]):
        verified = kept.ctl("audit-log", "verify", *folder)
        assert (verified.returncode, verified.stderr) == (0, "")
        assert verified.stdout.startswith("whole: lines 1 to ")
        shown = kept.ctl("audit-log", "show", *folder)
        assert shown.returncode == 0
        assert "DELETE /api/v1/cameras/nosuch" in shown.stdout
        lines = kept.json("audit-log", "show", *folder)["lines"]
        assert lines[-1]["status"] == 404


def test_what_was_changed_while_it_did_not_run_is_found(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}"))
    gateway.ask("cameras/nosuch", "DELETE")
    gateway.process.stop()
    [log] = _folder(gateway).glob("*.jsonl")
    verify = ("audit-log", "verify", str(_folder(gateway)))
    assert gateway.ctl(*verify).returncode == 0
    log.write_bytes(log.read_bytes().replace(b"nosuch", b"nosucH"))
    found = gateway.ctl(*verify)
    assert found.returncode == 1
    assert "does not fit what stands before it" in found.stderr
    gateway.launch()
    gateway.wait_until(gateway.ready)
    troubles = [one["id"] for one in gateway.get("status")["troubles"]]
    assert "api.audit_log.broken" in troubles
    # It goes on, and what was found stays found.
    assert gateway.ask("cameras/nosuch", "DELETE").status == 404
    assert gateway.ctl("audit-log", "verify").returncode == 1


def test_a_kill_at_any_moment_leaves_a_whole_log(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}"))
    for pause in (0.0, 0.003, 0.01):
        end = time.monotonic() + 0.3 + pause
        while time.monotonic() < end:
            gateway.ask("cameras/nosuch", "DELETE")
        os.kill(gateway.process.pid, signal.SIGKILL)
        gateway.process.stop()
        verified = gateway.ctl("audit-log", "verify", str(_folder(gateway)))
        assert verified.returncode == 0, verified.stderr
        gateway.launch()
        gateway.wait_until(gateway.ready)


@as_root
def test_while_it_cannot_be_written_nothing_is_changed(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    """Reading goes on, the trouble says so, and all is well when there is room again."""
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    state = tmp_path / "state"
    state.write_text("in the way")
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}", api={"state": str(state)}))
    reply = gateway.ask("cameras/cam0", "DELETE")
    assert reply.status == 503
    assert "nothing was changed: the audit log in" in reply.body["error"]["message"]
    assert gateway.get("cameras/cam0")
    assert "api.audit_log" in [one["id"] for one in gateway.get("status")["troubles"]]
    # Nor by a signal.
    text = gateway.file.read_text()
    gateway.file.write_text(text.replace("port: 5001", "port: 5011"))
    os.kill(gateway.process.pid, signal.SIGHUP)
    gateway.wait_until(lambda: "config: nothing was changed: " in gateway.process.text())
    assert gateway.get("cameras/cam0")["port"] == 5001
    gateway.file.write_text(text)
    state.unlink()
    state.mkdir(mode=0o700)
    gateway.wait_until(lambda: gateway.get("status")["troubles"] == [])
    assert gateway.ask("cameras/cam0", "DELETE").status == 204
