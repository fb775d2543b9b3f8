"""A picture of one's own is looked at by a model that runs, beside the gateway and not in it."""

import base64
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import description
import pytest
import rtp_capture
from PIL import Image
from player import Gateway, configuration

from testbed import places


@pytest.fixture(scope="module")
def gateway(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    capture = tmp_path_factory.mktemp("try") / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    accel = {"library": str(places.onnxruntime()), "repository": str(places.models())}
    told = configuration(f"net_pcap0,rx_pcap={capture}", accel=accel)
    told["cameras"][0]["model"] = "digits"
    made = start(told)
    yield made
    made.process.stop()


def _jpeg(**how: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (96, 64), "white").save(out, "JPEG", **how)
    return out.getvalue()


def _try(gateway: Gateway, picture: bytes, model: str = "digits") -> tuple[int, dict[str, Any]]:
    body = json.dumps({"picture": base64.b64encode(picture).decode()}).encode()
    reply = gateway.ask(f"models/{model}/try", "POST", body)
    description.answer("/models/{name}/try", "post", reply.status).validate(reply.body)
    return reply.status, reply.body


def test_what_is_found_comes_back_in_the_words_of_records(gateway: Gateway) -> None:
    gateway.wait_until(lambda: gateway.get("status")["frames"]["delivered"] == 2)
    frames = gateway.get("status")["frames"]
    status, said = _try(gateway, _jpeg())
    assert status == 200
    assert (said["model"]["name"], said["model"]["version"], said["task"]) == (
        "digits",
        1,
        "classify",
    )
    assert len(said["classes"]) >= 1
    assert "picture" not in said
    # Nothing of it went the way of frames.
    assert gateway.get("status")["frames"] == frames


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (b"this is no picture at all", "it is no JPEG: convert it to one"),
        (_jpeg()[:300], "JPEG"),
        (_jpeg(progressive=True), "baseline JPEG"),
    ],
    ids=["no JPEG", "half of one", "progressive"],
)
def test_what_is_no_picture_is_told(gateway: Gateway, picture: bytes, words: str) -> None:
    status, said = _try(gateway, picture)
    assert status == 400, said
    assert words in said["error"]["message"]
    assert "/proc" not in said["error"]["message"]


@pytest.mark.parametrize("body", [b"{}", b'{"picture": "***"}', b'{"picture": 3}', b"[]"])
def test_what_is_no_base64_is_told(gateway: Gateway, body: bytes) -> None:
    reply = gateway.ask("models/digits/try", "POST", body)
    assert (reply.status, reply.body["error"]["code"]) == (400, "bad_request")


def test_a_model_that_nobody_runs_is_not_found(gateway: Gateway) -> None:
    for name in ("objects", "..", "%2e%2e%2fdigits"):
        assert _try(gateway, _jpeg(), name)[0] == 404


def test_one_is_looked_at_at_a_time(gateway: Gateway, tmp_path: Path) -> None:
    said: list[int] = []
    others = [
        threading.Thread(target=lambda: said.append(_try(gateway, _jpeg())[0])) for _ in range(6)
    ]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    assert set(said) <= {200, 409}
    assert said.count(200) >= 1


def test_the_engine_is_the_one_that_the_gateway_has(
    start: Callable[[dict[str, Any]], Gateway],
) -> None:
    # The usual one has no library here, and could not look at anything.
    accel = {"backend": "null", "library": "/nowhere.so", "repository": str(places.models())}
    told = configuration("net_ring0", accel=accel)
    told["cameras"][0]["model"] = "digits"
    gateway = start(told)
    status, said = _try(gateway, _jpeg())
    assert status == 200, said
    assert said["model"]["name"] == "digits"


def test_it_ends_first_where_memory_runs_out(gateway: Gateway) -> None:
    ended = threading.Event()

    def try_on() -> None:
        while not ended.is_set():
            _try(gateway, _jpeg())

    def ends_first() -> bool:
        """It is there for a moment only, and we are not always awake then."""
        for children in Path(f"/proc/{gateway.process.pid}/task").glob("*/children"):
            try:
                for child in children.read_text().split():
                    if Path(f"/proc/{child}/oom_score_adj").read_text().strip() == "1000":
                        return True
            except (OSError, ValueError):
                continue
        return False

    trier = threading.Thread(target=try_on)
    trier.start()
    try:
        gateway.wait_until(ends_first)
    finally:
        ended.set()
        trier.join()
    own = Path(f"/proc/{gateway.process.pid}/oom_score_adj").read_text().strip()
    assert own != "1000"
