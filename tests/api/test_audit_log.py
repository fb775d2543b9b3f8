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
import pytest
import rtp_capture
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
    state.unlink()
    state.mkdir(mode=0o700)
    gateway.wait_until(lambda: gateway.get("status")["troubles"] == [])
    assert gateway.ask("cameras/cam0", "DELETE").status == 204
