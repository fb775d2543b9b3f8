"""Cameras that come, change and go on a running gateway, and what is kept of that."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import description
import pytest
import rtp_capture
import yaml
from player import Gateway, camera, configuration

from testbed import places

DOOR = ["--source", "10.0.0.7", "--destination", "10.0.0.99", "--port", "5007"]


@pytest.fixture
def gateway(start: Callable[[dict[str, Any]], Gateway], tmp_path: Path) -> Gateway:
    """It plays one camera again and again; a second one is configured and silent."""
    capture = tmp_path / "loop.pcap"
    rtp_capture.write(capture, 40, "10.0.0.1", "10.0.0.99", 5001, looped=True)
    running = start(
        configuration(
            f"net_pcap0,rx_pcap={capture},infinite_rx=1",
            accel={
                "library": str(places.onnxruntime()),
                "repository": str(places.models()),
            },
            frames={"classes": [{"width": 640, "height": 480, "count": 200}]},
        )
    )
    yield running
    running.process.stop()


def _names(gateway: Gateway) -> list[str]:
    return [it["name"] for it in gateway.get("cameras")["cameras"]]


def _came(gateway: Gateway) -> int:
    """How many packets the port has taken."""
    return gateway.get("stages")["stages"][0]["facts"]["ports"][0]["packets"]


def _send(gateway: Gateway, method: str, path: str, body: Any) -> tuple[int, Any]:
    """Sends JSON; what comes back must be as the description says."""
    reply = gateway.ask(path, method, json.dumps(body).encode())
    described = "/cameras" if method == "POST" else "/cameras/{name}"
    description.answer(described, method, reply.status).validate(reply.body)
    return reply.status, reply.body


def test_a_camera_that_is_added_receives_at_once(gateway: Gateway) -> None:
    assert gateway.ctl("camera", "remove", "cam0").returncode == 0
    gateway.wait_until(lambda: gateway.ask("cameras/cam0").status == 404)
    status, added = _send(gateway, "POST", "cameras", {**camera("again", 1), "quota": 3})
    assert status == 201
    assert (added["name"], added["quota"]) == ("again", 3)
    gateway.wait_until(lambda: gateway.get("cameras/again")["frames"]["delivered"] > 10)
    status, changed = _send(gateway, "PATCH", "cameras/again", {"quota": None})
    assert (status, changed["quota"]) == (200, 8)
    # Another port: nothing comes there.
    assert gateway.ctl("camera", "set", "again", "--port", "5999").returncode == 0

    def is_still() -> bool:
        """None comes to it while thousands come; some may be on their way at first."""
        before = gateway.get("cameras/again")["packets"]
        begin = _came(gateway)
        gateway.wait_until(lambda: _came(gateway) > begin + 1000)
        return gateway.get("cameras/again")["packets"] == before

    gateway.wait_until(is_still)
    assert gateway.get("audit")["balanced"] is True
    assert "camera again was added" in gateway.process.text()


def test_a_camera_may_bring_its_model(gateway: Gateway) -> None:
    status, body = _send(gateway, "PATCH", "cameras/cam0", {"model": "nosuch"})
    assert status == 400
    assert "camera cam0: model nosuch: it is not in the repository" in body["error"]["message"]
    assert "digits" in body["error"]["message"]
    assert gateway.get("models")["models"] == []
    status, _ = _send(gateway, "PATCH", "cameras/cam0", {"model": "digits"})
    assert status == 200
    gateway.wait_until(lambda: gateway.get("models")["models"][0]["frames"] > 0)


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["add", "door"], 1, "camera: source: is missing: a camera has"),
        (["add", "a/b", *DOOR], 1, "'a/b' is not a name"),
        (["add", "cam0", *DOOR], 1, "there is a camera 'cam0' already"),
        (["add", "door", *DOOR, "--port=5001", "--source=10.0.0.1"], 1, "the same packets as"),
        (["add", "door", *DOOR, "--destination=::1"], 1, "both be IPv4 or both IPv6"),
        (["add", "door", *DOOR, "--port=70000"], 1, "a whole number from 1 to 65535"),
        (["add", "door", *DOOR, "--port=many"], 2, "--port needs a whole number, not 'many'"),
        (["add", "door", *DOOR, "--region=1,2,3"], 2, "--region needs X,Y,WIDTH,HEIGHT"),
        (["add", "door", *DOOR, "--rotate=45"], 1, "must be 0, 90, 180 or 270 degrees"),
        (["add", "door", *DOOR, "--range=wide"], 1, "must be full or limited"),
        (["add", "door", *DOOR, "--conceal=maybe"], 2, "--conceal needs true or false"),
        (["add", "door", *DOOR, "--width=8000", "--height=8000"], 1, "larger than every frame"),
        (["add", "door", *DOOR, "--width=80", "--height=9000"], 1, "`decode.max_height` allow"),
        (["set", "nosuch", "--quota=2"], 1, "there is no camera 'nosuch'"),
        (["set", "cam0"], 2, "nothing to change"),
        (["remove", "nosuch"], 1, "there is no camera 'nosuch'"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    played: Gateway, words: list[str], code: int, line: str
) -> None:
    before = played.get("config")
    done = played.ctl("camera", *words)
    assert done.returncode == code
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert played.get("config") == before


def test_every_option_of_a_camera_arrives(gateway: Gateway, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("A" * 40 + "\n")
    options = {
        "ssrc": "0x10",
        "payload-type": "26",
        "width": "320",
        "height": "240",
        "model": "digits",
        "region": "1,2,3,4",
        "quota": "5",
        "conceal": "true",
        "srtp": f"AES_CM_128_HMAC_SHA1_32,{key}",
        "rtcp": "false",
        "orientation": "ignore",
        "rotate": "270",
        "range": "limited",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    done = gateway.ctl("camera", "add", "door", *DOOR, *words)
    assert done.stdout == "camera door was added\n", done.stderr
    assert gateway.get("config")["cameras"][-1] == {
        "name": "door",
        "source": "10.0.0.7",
        "destination": "10.0.0.99",
        "port": 5007,
        "ssrc": 16,
        "payload_type": 26,
        "width": 320,
        "height": 240,
        "model": "digits",
        "region": {"x": 1, "y": 2, "width": 3, "height": 4},
        "quota": 5,
        "conceal": True,
        "srtp": {"suite": "AES_CM_128_HMAC_SHA1_32", "key_file": str(key)},
        "rtcp": False,
        "orientation": "ignore",
        "rotate": 270,
        "range": "limited",
    }
    assert gateway.ctl("camera", "set", "door", *[f"--{name}=" for name in options]).stdout
    assert gateway.get("config")["cameras"][-1] == {
        **camera("door", 7),
        "width": 0,
        "height": 0,
        "quota": 8,
        "conceal": False,
        "orientation": "exif",
        "rotate": 0,
        "range": "full",
    }


def test_a_plan_takes_the_place_of_a_model(gateway: Gateway) -> None:
    assert gateway.ctl("camera", "add", "door", *DOOR, "--model=digits").returncode == 0
    plan = '[{"model": "digits", "every": 5}]'
    both = gateway.ctl("camera", "set", "door", f"--plan={plan}")
    assert both.returncode == 1
    assert "give `model` or `plan`, not both" in both.stderr
    assert gateway.ctl("camera", "set", "door", "--plan=digits").returncode == 2
    done = gateway.ctl("camera", "set", "door", "--model=", f"--plan={plan}")
    assert done.stdout == "camera door is set\n", done.stderr
    (step,) = gateway.get("config")["cameras"][-1]["plan"]
    defaults = {"combine": "mean", "least": 0, "most": 16, "margin": 0}
    assert step == {"model": "digits", "every": 5, **defaults}
    assert gateway.ctl("camera", "set", "door", "--plan=").returncode == 0
    assert "plan" not in gateway.get("config")["cameras"][-1]


def test_what_is_in_effect_is_compared_and_saved(gateway: Gateway) -> None:
    equal = gateway.ctl("config", "diff")
    assert (equal.returncode, equal.stderr) == (0, "")
    text = gateway.file.read_text()
    assert "nothing was written" in gateway.ctl("config", "save").stdout
    assert gateway.file.read_text() == text

    assert gateway.ctl("camera", "add", "door", *DOOR).returncode == 0
    assert gateway.ctl("camera", "set", "cam0", "--quota", "5").returncode == 0
    assert gateway.ctl("camera", "remove", "cam1").returncode == 0
    table = gateway.ctl("config", "diff")
    assert table.returncode == 1
    rows = [line.split(maxsplit=2) for line in table.stdout.splitlines()]
    assert ["cameras[cam0].quota", "8", "5"] in rows
    diff = gateway.get("config/diff")
    assert {it["path"]: it["running"] is None for it in diff["differences"]} == {
        "cameras[cam0].quota": False,
        "cameras[cam1]": True,
        "cameras[door]": False,
    }

    gateway.file.chmod(0o600)
    saved = gateway.json("config", "save")
    description.answer("/config/save", "post", 200).validate(saved)
    assert saved["saved"] is True
    assert saved["differences"] == diff["differences"]
    assert gateway.file.stat().st_mode & 0o777 == 0o600
    stored = yaml.safe_load(gateway.file.read_text())
    assert {it["name"]: it.get("quota") for it in stored["cameras"]} == {"cam0": 5, "door": None}
    assert gateway.ctl("config", "diff").returncode == 0

    gateway.process.stop()
    gateway.launch()
    gateway.wait_until(gateway.ready)
    assert gateway.ctl("config", "diff").returncode == 0
    assert _names(gateway) == ["cam0", "door"]


def test_a_stored_file_that_is_wrong_is_said_and_not_saved_over(gateway: Gateway) -> None:
    gateway.file.write_text("cameras: [{name: cam0, colour: blue}]\n")
    done = gateway.ctl("config", "diff")
    assert done.returncode == 1
    assert "unknown key 'cameras[0].colour'" in done.stderr
    before = gateway.file.read_text()
    refused = gateway.ctl("config", "save")
    assert refused.returncode == 1
    assert "repair the file, or move it away" in refused.stderr
    assert "unknown key 'cameras[0].colour'" in refused.stderr
    assert gateway.file.read_text() == before
    gateway.file.unlink()
    assert gateway.ctl("config", "diff").returncode == 1
    assert gateway.ctl("config", "save").returncode == 0
    assert gateway.ctl("config", "diff").returncode == 0


def test_a_gateway_may_start_without_cameras(
    start: Callable[[dict[str, Any]], Gateway],
) -> None:
    empty = configuration("net_null0")
    del empty["cameras"]
    gateway = start(empty)
    assert gateway.get("config")["cameras"] == []
    assert "gwctl camera add" in gateway.ctl("camera", "list").stdout
    assert gateway.ctl("camera", "add", "door", *DOOR).returncode == 0
    assert _names(gateway) == ["door"]
    assert gateway.ctl("camera", "remove", "door").returncode == 0
    assert gateway.ctl("config", "diff").returncode == 0
    gateway.process.stop()
