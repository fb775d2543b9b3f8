"""An operator says that a frame shows something else: kept until somebody has learned from it."""

import grp
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import as_user
import description
import http_unix
import pytest
import rtp_capture
from player import Gateway, configuration

from testbed import places

GROUPS = {"viewer": "games", "operator": "video", "admin": "audio"}


@pytest.fixture(scope="module")
def playing(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    """cam0 plays the same pictures again and again before a model; nobody looks at cam1's."""
    capture = tmp_path_factory.mktemp("capture") / "loop.pcap"
    rtp_capture.write(capture, 40, "10.0.0.1", "10.0.0.99", 5001, looped=True)
    accel = {"library": str(places.onnxruntime()), "repository": str(places.models())}
    groups = {"view": GROUPS["viewer"], "operate": GROUPS["operator"], "admin": GROUPS["admin"]}
    told = configuration(
        f"net_pcap0,rx_pcap={capture},infinite_rx=1", accel=accel, api={"groups": groups}
    )
    told["cameras"][0]["model"] = "digits"
    gateway = start(told)
    gateway.socket.parent.chmod(0o755)
    return gateway


@pytest.fixture(autouse=True)
def _none_left(playing: Gateway) -> Iterator[None]:
    yield
    for one in playing.get("corrections")["corrections"]:
        assert playing.ask(f"corrections/{one['id']}", "DELETE").status == 204


def _view(gateway: Gateway) -> http_unix.Reply:
    end = time.monotonic() + 60
    while True:
        reply = gateway.ask("cameras/cam0/view")
        if reply.status == 200:
            return reply
        assert time.monotonic() < end, reply
        time.sleep(0.02)


def _say(gateway: Gateway, body: object, camera: str = "cam0") -> tuple[int, Any]:
    reply = gateway.ask(f"cameras/{camera}/corrections", "POST", json.dumps(body).encode())
    path = "/cameras/{name}/corrections"
    description.answer(path, "post", reply.status).validate(reply.body)
    return reply.status, reply.body


def _folder(gateway: Gateway) -> Path:
    return gateway.file.with_name(gateway.file.name + ".state")


def test_what_was_seen_is_kept_with_its_label(playing: Gateway) -> None:
    view = _view(playing)
    tag = view.headers["etag"]
    status, said = _say(playing, {"frame": tag, "label": "7"})
    assert status == 201
    assert (said["camera"], said["label"], f'"{said["frame"]}"') == ("cam0", "7", tag)
    assert said["labels"] == [str(digit) for digit in range(10)]
    assert said["who"].startswith(f"uid {os.getuid()}")
    # It is that frame's picture and record, whatever came since.
    whole = playing.get(f"corrections/{said['id']}")
    description.answer("/corrections/{name}", "get", 200).validate(whole)
    boot, _, number = said["frame"].rpartition("-")
    assert whole["record"]["id"] == f"{boot}/cam0/{number}"
    picture = playing.ask(f"corrections/{said['id']}/picture")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.body in view.body
    assert len(picture.body) == said["bytes"]
    listed = playing.get("corrections")
    description.answer("/corrections", "get", 200).validate(listed)
    assert [one["id"] for one in listed["corrections"]] == [said["id"]]


def test_the_label_can_be_said_later_and_again(playing: Gateway) -> None:
    tag = _view(playing).headers["etag"]
    status, said = _say(playing, {"frame": tag})
    assert (status, said["label"]) == (201, None)
    # By then others have looked, and the picture that is kept of the camera is another one.
    end = time.monotonic() + 60
    while _view(playing).headers["etag"] == tag:
        assert time.monotonic() < end
    for label in ("3", "4", None):
        status, again = _say(playing, {"frame": tag, "label": label})
        assert (status, again["id"], again["label"]) == (200, said["id"], label)
    assert len(playing.get("corrections")["corrections"]) == 1


def test_a_frame_is_told_by_its_record_too(playing: Gateway) -> None:
    tag = _view(playing).headers["etag"].strip('"')
    boot, _, number = tag.rpartition("-")
    assert _say(playing, {"frame": f"{boot}/cam0/{number}", "label": "1"})[0] == 201
    assert _say(playing, {"frame": tag, "label": "2"})[0] == 200


def test_a_picture_that_is_gone_is_told_with_what_to_do(playing: Gateway) -> None:
    tag = _view(playing).headers["etag"].strip('"')
    boot = tag.rpartition("-")[0]
    status, said = _say(playing, {"frame": f"{boot}-1", "label": "1"})
    assert (status, said["error"]["code"]) == (409, "stale")
    assert "look at cam0 again" in said["error"]["message"]
    assert playing.get("corrections") == {"corrections": []}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "frame"),
        ({"frame": 7}, "frame"),
        ({"frame": "x/cam1/7"}, "must be the ETag of a view of cam0"),
        ({"frame": "TAG", "label": ""}, "must be a text of 1 to 255 characters"),
        ({"frame": "TAG", "label": 7}, "must be a text of 1 to 255 characters"),
        ({"frame": "TAG", "label": "eleven"}, "no model that has looked at that picture knows"),
        ({"frame": "TAG", "lable": "1"}, "lable"),
        ({"frame": "../../etc/passwd"}, "must be the ETag"),
    ],
)
def test_what_makes_no_sense_is_told(playing: Gateway, body: dict[str, Any], words: str) -> None:
    if body.get("frame") == "TAG":
        body = {**body, "frame": _view(playing).headers["etag"]}
    status, said = _say(playing, body)
    assert status == 400
    assert words in said["error"]["message"]
    assert playing.get("corrections") == {"corrections": []}


def test_a_frame_of_another_camera_is_not_named_by_a_name_that_goes_on(playing: Gateway) -> None:
    """What was said of yard-cam1 is not what was said of cam1, though both names end alike."""
    view = _view(playing)
    said = _say(playing, {"frame": view.headers["etag"], "label": "1"})[1]
    folder, name = _folder(playing) / "corrections", f"{said['frame']}-yard-cam1"
    about = json.loads((folder / f"{said['id']}.json").read_text())
    about |= {"id": name, "camera": "yard-cam1"}
    (folder / f"{name}.jpg").write_bytes((folder / f"{said['id']}.jpg").read_bytes())
    (folder / f"{name}.json").write_text(json.dumps(about))
    body = {"frame": f"{said['frame']}-yard", "label": "2"}
    status, told = _say(playing, body, camera="cam1")
    assert (status, told["error"]["code"]) == (409, "stale")
    assert playing.get(f"corrections/{name}")["label"] == "1"


def test_cameras_and_corrections_that_are_not_there(playing: Gateway) -> None:
    assert _say(playing, {"frame": "x-1", "label": "1"}, camera="nosuch")[0] == 404
    for method, path in (("GET", ""), ("GET", "/picture"), ("DELETE", "")):
        reply = playing.ask(f"corrections/nosuch{path}", method)
        assert reply.status == 404
        assert "there is no correction nosuch" in reply.body["error"]["message"]
    assert playing.ask("corrections/..%2f..%2fgateway.yaml/picture").status == 404


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
def test_a_viewer_neither_says_nor_sees_any(playing: Gateway) -> None:
    said = _say(playing, {"frame": _view(playing).headers["etag"], "label": "1"})[1]
    asked = [
        ("POST", "/api/v1/cameras/cam0/corrections"),
        ("GET", "/api/v1/corrections"),
        ("GET", f"/api/v1/corrections/{said['id']}/picture"),
        ("DELETE", f"/api/v1/corrections/{said['id']}"),
        ("GET", "/api/v1/models/digits/labels"),
    ]

    def statuses(role: str) -> list[int]:
        return as_user.statuses(playing.socket, grp.getgrnam(GROUPS[role]).gr_gid, asked)

    assert statuses("viewer") == [403, 403, 403, 403, 200]
    assert statuses("operator") == [400, 200, 200, 204, 200]


def test_who_said_what_is_in_the_audit_log(playing: Gateway) -> None:
    said = _say(playing, {"frame": _view(playing).headers["etag"], "label": "1"})[1]
    playing.ask(f"corrections/{said['id']}", "DELETE")
    lines = playing.get("audit-log")["lines"]
    done = [line for line in lines if line["event"] == "done" and said["id"] in json.dumps(line)]
    assert [line["status"] for line in done[-2:]] == [201, 204]
    assert done[-2]["after"]["label"] == "1"
    assert done[-1]["before"]["label"] == "1"


def test_they_outlive_the_gateway(playing: Gateway) -> None:
    said = _say(playing, {"frame": _view(playing).headers["etag"], "label": "5"})[1]
    (_folder(playing) / "corrections" / "left.jpg").write_bytes(b"by a kill")
    playing.process.kill()
    playing.launch()
    playing.wait_until(playing.ready)
    assert [one["label"] for one in playing.get("corrections")["corrections"]] == ["5"]
    assert playing.ask(f"corrections/{said['id']}/picture").status == 200
    names = sorted(path.name for path in (_folder(playing) / "corrections").iterdir())
    assert names == [f"{said['id']}.jpg", f"{said['id']}.json"]


def test_a_models_labels_are_told(playing: Gateway) -> None:
    said = playing.get("models/digits/labels")
    description.answer("/models/{name}/labels", "get", 200).validate(said)
    assert said == {
        "name": "digits",
        "task": "classify",
        "labels": [str(digit) for digit in range(10)],
    }
    assert playing.ask("models/nosuch/labels").status == 404
