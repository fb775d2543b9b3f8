"""The configuration is changed as a whole, kept with who and why, and comes back."""

import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import description
import http_unix
import pytest
import yaml
from player import Gateway, camera, configuration

KILLS = 50
CAMERAS = 20


@pytest.fixture
def gateway(start: Callable[[dict[str, Any]], Gateway]) -> Gateway:
    """One that receives nothing."""
    running = start(configuration("net_null0,no-rx=1"))
    yield running
    running.process.stop()


def _restart(gateway: Gateway) -> None:
    gateway.process.stop()
    gateway.launch()
    gateway.wait_until(gateway.ready)


def _wanted(gateway: Gateway, **more: Any) -> dict[str, Any]:
    return {**yaml.safe_load(gateway.file.read_text()), **more}


def _post(gateway: Gateway, verb: str, **body: Any) -> http_unix.Reply:
    """What comes back must be as the description says."""
    reply = gateway.ask(f"config/{verb}", "POST", json.dumps(body).encode())
    description.answer(f"/config/{verb}", "post", reply.status).validate(reply.body)
    return reply


def _history(gateway: Gateway) -> list[dict[str, Any]]:
    body = gateway.get("config/history")
    description.answer("/config/history", "get", 200).validate(body)
    return body["commits"]


def _quota(gateway: Gateway) -> int:
    return gateway.get("config")["cameras"][0]["quota"]


def test_a_file_is_applied_with_its_comments_and_kept(gateway: Gateway, tmp_path: Path) -> None:
    one = {**camera("cam0", 1), "quota": 3}
    new = tmp_path / "new.yaml"
    new.write_text("# of the hall\n" + yaml.safe_dump(_wanted(gateway, cameras=[one])))

    look = gateway.ctl("config", "diff", str(new))
    assert look.returncode == 1
    assert ["cameras[cam0].quota", "8", "3"] in [it.split() for it in look.stdout.splitlines()]
    assert _quota(gateway) == 8

    applied = gateway.ctl("config", "apply", str(new), "--comment", "hall 2")
    assert (applied.returncode, applied.stderr) == (0, "")
    assert "commit 2, with 2 changes" in applied.stdout
    assert gateway.file.read_text() == new.read_text()
    assert _quota(gateway) == 3
    assert gateway.ctl("config", "diff").returncode == 0
    assert gateway.ctl("config", "diff", str(new)).returncode == 0

    newest, first = _history(gateway)
    assert (newest["number"], newest["from"], newest["comment"]) == (2, "api", "hall 2")
    assert newest["who"].startswith("uid ")
    assert first["comment"] == "as it was before the first commit"
    assert "hall 2" in gateway.ctl("config", "history").stdout
    one_commit = gateway.get("config/history/1")
    description.answer("/config/history/{name}", "get", 200).validate(one_commit)
    assert [it["quota"] for it in one_commit["config"]["cameras"]] == [8, 8]
    assert gateway.json("config", "show", "2")["config"]["cameras"][0]["quota"] == 3

    assert gateway.ctl("config", "rollback").returncode == 0
    assert len(gateway.get("config")["cameras"]) == 2
    assert gateway.ctl("config", "rollback", "9").returncode == 1


def test_what_needs_a_restart_is_said_before_it_is_made(gateway: Gateway, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(yaml.safe_dump(_wanted(gateway, decode={"workers": 2})))
    before = gateway.file.read_text()
    refused = gateway.ctl("config", "apply", str(new))
    assert refused.returncode == 1
    assert "after a restart" in refused.stdout
    assert "agree to that with --restart" in refused.stderr
    assert gateway.file.read_text() == before
    assert gateway.ctl("config", "apply", str(new), "--restart").returncode == 0
    # It is not lost with what is kept later.
    assert gateway.ctl("camera", "remove", "cam1").returncode == 0
    assert gateway.ctl("config", "commit").returncode == 0
    _restart(gateway)
    assert gateway.get("config")["decode"]["workers"] == 2
    assert len(gateway.get("config")["cameras"]) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {
                "kafka": {
                    "brokers": "127.0.0.1:9",
                    "properties": [{"name": "lingre.ms", "value": "5"}],
                }
            },
            "property lingre.ms",
        ),
        ({"decode": {"backend": "abacus"}}, "decode.backend"),
        ({"cores": {"decode": [4000]}}, "4000"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "commit"])
def test_what_the_next_start_would_refuse_is_not_stored(
    gateway: Gateway, verb: str, change: dict[str, Any], words: str
) -> None:
    stored = gateway.file.read_text()
    agreed = {"restart": True} if verb == "commit" else {}
    reply = _post(gateway, verb, text=yaml.safe_dump(_wanted(gateway, **change)), **agreed)
    assert reply.status == 400
    assert words in reply.body["error"]["message"]
    assert gateway.file.read_text() == stored
    _restart(gateway)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cameras": [{"name": "a", "colour": "blue"}]}, "unknown key 'cameras[0].colour'"),
        ({"cameras": [{**camera("a", 1), "model": "nosuch"}]}, "camera a names a model"),
        (
            {"interfaces": [{"name": "x", "device": "0000:ff:1f.7"}]},
            "there is no PCI device 0000:ff:1f.7",
        ),
    ],
)
def test_what_is_wrong_changes_nothing(
    gateway: Gateway, change: dict[str, Any], words: str
) -> None:
    before = gateway.get("config")
    reply = _post(gateway, "commit", text=yaml.safe_dump(_wanted(gateway, **change)), restart=True)
    assert reply.status == 400
    assert words in reply.body["error"]["message"]
    assert gateway.get("config") == before
    assert _history(gateway) == []


@pytest.mark.parametrize(
    "body",
    [
        {"text": 7},
        {"colour": "blue"},
        {"confirm_s": -1},
        {"confirm_s": 86401},
        {"comment": "x" * 256},
        {"to": 3},
        [],
    ],
)
def test_a_wish_that_is_none_is_refused(gateway: Gateway, body: Any) -> None:
    reply = gateway.ask("config/commit", "POST", json.dumps(body).encode())
    assert reply.status == 400
    assert _history(gateway) == []


def test_of_two_writers_the_later_one_sees_what_came_since(gateway: Gateway) -> None:
    text = gateway.get("config/text")
    description.answer("/config/text", "get", 200).validate(text)
    mine, theirs = (
        yaml.safe_dump(_wanted(gateway, cameras=[{**camera("cam0", 1), "quota": it}]))
        for it in (3, 4)
    )
    assert _post(gateway, "commit", text=theirs, revision=text["revision"]).status == 200
    late = _post(gateway, "commit", text=mine, revision=text["revision"])
    assert (late.status, late.body["error"]["code"]) == (409, "stale")
    assert _quota(gateway) == 4
    again = _post(gateway, "commit", text=theirs, revision=late.body["revision"])
    assert (again.status, again.body["made"]) == (200, False)
    # A camera that somebody added, and has not kept, is not removed by accident either.
    revision = again.body["revision"]
    assert gateway.ctl("camera", "set", "cam0", "--quota", "5").returncode == 0
    late = _post(gateway, "commit", text=mine, revision=revision)
    assert late.status == 409
    assert [(it["path"], it["was"], it["is"]) for it in late.body["differences"]] == [
        ("cameras[cam0].quota", "4", "5")
    ]


def test_an_editor_changes_it(gateway: Gateway, tmp_path: Path) -> None:
    editor = {"VISUAL": "sed -i s/cam1/yard/"}
    done = gateway.ctl("config", "edit", "--comment", "by hand", env=editor)
    assert (done.returncode, done.stderr) == (0, "")
    assert [it["name"] for it in gateway.get("config")["cameras"]] == ["cam0", "yard"]
    wrong = gateway.ctl("config", "edit", env={"VISUAL": "sed -i s/port:/part:/"})
    assert wrong.returncode == 1
    kept = Path(wrong.stderr.split()[-1])
    assert "part:" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    kept.unlink()


def test_what_nobody_confirms_comes_back(gateway: Gateway, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    before = gateway.file.read_text()
    new.write_text(yaml.safe_dump(_wanted(gateway, cameras=[{**camera("cam0", 1), "quota": 3}])))
    made = gateway.ctl("config", "apply", str(new), "--confirm", "2s")
    assert "taken back unless" in made.stdout
    gateway.wait_until(lambda: gateway.file.read_text() == before)
    gateway.wait_until(lambda: _quota(gateway) == 8)
    # It is the last of what a rollback does.
    gateway.wait_until(lambda: _history(gateway)[0]["from"] == "deadline")

    assert gateway.ctl("config", "apply", str(new), "--confirm", "1h").returncode == 0
    assert _history(gateway)[0]["unconfirmed"] is True
    assert gateway.ctl("config", "commit").returncode == 1
    assert gateway.ctl("config", "confirm").returncode == 0
    assert gateway.ctl("config", "confirm").returncode == 1
    _restart(gateway)
    assert _quota(gateway) == 3


def test_what_nobody_confirmed_is_gone_after_a_kill(gateway: Gateway, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    before = gateway.file.read_text()
    new.write_text(yaml.safe_dump(_wanted(gateway, cameras=[{**camera("cam0", 1), "quota": 3}])))
    assert gateway.ctl("config", "apply", str(new), "--confirm", "1h").returncode == 0
    gateway.process.kill()
    gateway.launch()
    gateway.wait_until(gateway.ready)
    assert gateway.file.read_text() == before
    assert _quota(gateway) == 8
    assert "was not confirmed: back to commit 1" in gateway.process.text()
    assert _history(gateway)[0]["from"] == "start"


def test_a_body_of_thousands_of_cameras_is_taken(gateway: Gateway) -> None:
    cameras = [
        {"name": f"camera-{i}", "source": "10.1.0.1", "destination": "10.0.0.99", "port": 1 + i}
        for i in range(2000)
    ]
    text = yaml.safe_dump(_wanted(gateway, cameras=cameras))
    assert len(text) > 128 * 1024
    reply = _post(gateway, "commit", text=text, restart=True)
    assert reply.status == 200, reply
    assert len(gateway.get("config")["cameras"]) == 2000
    assert gateway.ask("config/commit", "POST", b" " * (5 << 20)).status == 413


def _text(number: int) -> str:
    """A configuration of which every part says which one it is."""
    plain = configuration("net_null0,no-rx=1")
    plain["kafka"]["frames"]["every"] = number
    plain["cameras"] = [
        {**camera(f"cam{i}", 1 + i), "quota": 1 + number % 60} for i in range(CAMERAS)
    ]
    return yaml.safe_dump(plain)


def _numbers_of(plain: dict[str, Any]) -> set[int]:
    """What the parts say: one number, or it is a mixture."""
    every = plain["kafka"]["frames"]["every"]
    quotas = {it.get("quota", 8) for it in plain["cameras"]}
    assert quotas == {1 + every % 60}, plain
    assert len(plain["cameras"]) == CAMERAS
    return {every}


class _Writer(threading.Thread):
    """Makes one commit after the other until nobody answers."""

    def __init__(self, gateway: Gateway, begin: int) -> None:
        super().__init__(daemon=True)
        self._gateway = gateway
        self.asked = self.answered = begin

    def run(self) -> None:
        plain = yaml.safe_load(self._gateway.file.read_text())
        while True:
            text = yaml.safe_dump({**yaml.safe_load(_text(self.asked + 1)), "api": plain["api"]})
            self.asked += 1
            try:
                body = json.dumps({"text": text}).encode()
                reply = self._gateway.ask("config/commit", "POST", body)
            except (OSError, ValueError, http_unix.http.client.HTTPException):
                return
            assert reply.status == 200, reply
            self.answered = self.asked


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_configuration(
    start: Callable[[dict[str, Any]], Gateway],
) -> None:
    gateway = start(yaml.safe_load(_text(100)))
    chance = random.Random(12)
    number, halves = 100, 0
    for _ in range(KILLS):
        writer = _Writer(gateway, number)
        writer.start()
        time.sleep(chance.uniform(0.02, 0.25))
        gateway.process.kill()
        writer.join(60)
        stored = gateway.file.read_bytes()
        halves += any(
            it.name.count(".") > 1 or it.name.startswith("stored")
            for it in Path(f"{gateway.file}.history").glob("*")
        )
        gateway.launch()
        gateway.wait_until(gateway.ready)
        (running,) = _numbers_of(gateway.get("config"))
        assert {running} == _numbers_of(yaml.safe_load(stored))
        assert gateway.file.read_bytes() == stored
        # What was confirmed is there; of what was under way, all or nothing.
        assert writer.answered <= running <= writer.asked
        commits = _history(gateway)
        if not commits:
            # Killed before the first one.
            assert running == 100
            continue
        newest = gateway.get(f"config/history/{commits[0]['number']}")["config"]
        assert _numbers_of(newest) == {running}
        numbers = [it["number"] for it in commits]
        assert numbers == list(range(numbers[0], numbers[0] - len(numbers), -1))
        assert gateway.ctl("config", "diff").returncode == 0
        number = running
    print(f"{KILLS} kills, {halves} of them within a commit; {number - 100} commits")
    gateway.process.stop()
