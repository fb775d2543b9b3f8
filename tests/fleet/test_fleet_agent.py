"""The agent beside a gateway that answers this and that."""

import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloud import Cloud, wait
from local_gateway import CHECKED, LocalGateway

from framegate_fleet import journal


@pytest.fixture
def local(cloud: Cloud, tmp_path: Path) -> Iterator[LocalGateway]:
    """With a state on the shelf that it is to fetch."""
    cloud.settle()
    site = {"folder": str(tmp_path), "port": 1, "library": "x"}
    gateways = {"gw1": {"variables": site}}
    cloud.write("sites/harbour.yaml", {"template": "standard", "gateways": gateways})
    cloud.commit("gw1")
    (tmp_path / "key").write_text(cloud.well("publish", str(tmp_path / "shelf"))["key"])
    made = LocalGateway(tmp_path / "gw.sock")
    yield made
    made.close()


def agent(folder: Path, *more: str, source: str = "") -> list[str]:
    """Its words."""
    words = ["agent", "gw1", source or str(folder / "shelf"), "--key", str(folder / "key")]
    return [*words, "--state", str(folder), "--socket", str(folder / "gw.sock"), *more]


def test_what_is_refused_for_the_moment_is_tried_again(
    cloud: Cloud, local: LocalGateway, tmp_path: Path
) -> None:
    local.refuse("config/check", 429, "too much is asked: later")
    assert "too much is asked: later" in cloud.wrong(*agent(tmp_path, "--once"))
    local.answers["config/check"] = (200, CHECKED)
    said = cloud.well(*agent(tmp_path, "--once"))
    assert (said["what"], said["gateways"]["gw1"]["state"]) == ("nothing", "same")
    # Now it is over.
    asked = len(local.asked)
    assert cloud.well(*agent(tmp_path, "--once")) == {"what": "nothing"}
    assert len(local.asked) == asked


def test_a_gateway_that_is_away_is_not_well(
    cloud: Cloud, local: LocalGateway, tmp_path: Path
) -> None:
    words = agent(tmp_path, "--once")
    words[words.index("--socket") + 1] = str(tmp_path / "nobody.sock")
    said = cloud.wrong(*words)
    assert f"gw1: away: no gateway answers at {tmp_path}/nobody.sock: there is no such" in said
    assert "start gwd" in said
    assert "Error" not in said
    assert "nothing was done, 1 away" in said
    # It is asked again the next time.
    assert cloud.well(*agent(tmp_path, "--once"))["gateways"]["gw1"]["state"] == "same"


def test_what_was_stopped_by_another_is_tried_again(
    cloud: Cloud, local: LocalGateway, tmp_path: Path
) -> None:
    differs = [{"path": "log.level", "was": "a", "is": "b", "restart": False}]
    waits = {"number": 7, "unconfirmed": True, "comment": "mine", "who": "ann", "from": "api"}
    local.answers["config/check"] = (200, {**CHECKED, "differences": differs})
    local.answers["config/history"] = (200, {"commits": [waits]})
    said = cloud.wrong(*agent(tmp_path, "--once"))
    assert "commit 7 of ann waits for its confirmation" in said
    local.answers["config/check"] = (200, CHECKED)
    assert cloud.well(*agent(tmp_path, "--once"))["gateways"]["gw1"]["state"] == "same"


def test_what_was_stopped_is_left_alone_for_a_while_and_its_next_one_is_not(
    cloud: Cloud, local: LocalGateway, tmp_path: Path
) -> None:
    differs = [{"path": "log.level", "was": "a", "is": "b", "restart": False}]
    waits = {"number": 7, "unconfirmed": True, "comment": "mine", "who": "ann", "from": "api"}
    local.answers["config/check"] = (200, {**CHECKED, "differences": differs})
    local.answers["config/history"] = (200, {"commits": [waits]})
    served = cloud.start(*agent(tmp_path, "--every", "0.05"))
    try:
        wait(lambda: ": stopped gw1: commit 7" in served.text(), served.text)
        cloud.write("groups/none.yaml", {"variables": {"a": 1}})
        cloud.commit("the next")
        cloud.well("publish", str(tmp_path / "shelf"))
        wait(lambda: served.text().count(": stopped gw1: commit 7") == 2, served.text)
        # Each was tried once: a survey, and what the newest commit is.
        assert local.asked.count("config/check") == 2
    finally:
        served.stop()


def test_a_turn_that_goes_wrong_is_not_the_last(
    cloud: Cloud, local: LocalGateway, tmp_path: Path
) -> None:
    local.answers["config/check"] = (200, [])
    served = cloud.start(*agent(tmp_path, "--every", "0.05"))
    try:
        wait(lambda: "this turn was given up: TypeError" in served.text(), served.text)
        local.answers["config/check"] = (200, CHECKED)
        wait(lambda: served.text().endswith(": nothing\n"), served.text)
    finally:
        served.stop()


@pytest.mark.parametrize("kept", ["", "{}", '{"number": "9", "revision": "", "over": false}', "7"])
def test_what_it_has_seen_is_never_taken_for_nothing(
    cloud: Cloud, local: LocalGateway, tmp_path: Path, kept: str
) -> None:
    (tmp_path / "seen.json").write_text(kept)
    said = cloud.wrong(*agent(tmp_path, "--once"))
    assert f"{tmp_path}/seen.json cannot be read: " in said
    assert said.count("\n") == 1
    assert local.asked == []
    assert (tmp_path / "seen.json").read_text() == kept


def test_a_source_that_speaks_no_http_is_one_that_cannot_be_read(
    cloud: Cloud, local: LocalGateway, tmp_path: Path
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with listener.accept()[0] as connection:
            connection.recv(4096)
            connection.sendall(b"220 mail\r\n\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    source = f"http://127.0.0.1:{listener.getsockname()[1]}"
    said = cloud.wrong(*agent(tmp_path, "--once", source=source))
    thread.join(10)
    listener.close()
    assert f"{source} cannot be read: BadStatusLine: 220 mail" in said
    assert said.count("\n") == 1


def test_what_is_kept_is_on_the_disk_before_and_after_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "seen.json"
    synced: list[tuple[bool, bool]] = []

    def sync(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), file.exists()))

    monkeypatch.setattr(os, "fsync", sync)
    journal.write(file, {"number": 1})
    assert synced == [(False, False), (True, True)]
    assert json.loads(file.read_text()) == {"number": 1}
