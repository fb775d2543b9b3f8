"""The latest picture of a camera, and what was found in it, while it plays on."""

import email
import email.message
import io
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import description
import http_unix
import pytest
import rtp_capture
from jsonschema import Draft202012Validator
from PIL import Image
from player import Gateway, configuration

from testbed import places

LOOKERS = 20
SHORTEST_S = 0.15  # from one picture of a camera to the next: core/view.c


@pytest.fixture(scope="module")
def playing(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    """cam0 plays the same pictures again and again; cam1 is silent."""
    capture = tmp_path_factory.mktemp("capture") / "loop.pcap"
    rtp_capture.write(capture, 40, "10.0.0.1", "10.0.0.99", 5001, looped=True)
    return start(configuration(f"net_pcap0,rx_pcap={capture},infinite_rx=1"))


def _look(gateway: Gateway, what: str) -> http_unix.Reply:
    """Asks until there is a picture."""
    end = time.monotonic() + 60
    while True:
        reply = gateway.ask(f"cameras/cam0/{what}")
        if reply.status == 200:
            return reply
        assert reply.status == 503, reply
        assert time.monotonic() < end, reply
        time.sleep(0.02)


def _parts(reply: http_unix.Reply) -> list[email.message.Message]:
    head = f"Content-Type: {reply.headers['content-type']}\r\n\r\n".encode()
    return email.message_from_bytes(head + reply.body).get_payload()


def _check_record(record: Any) -> None:
    schema = json.loads(places.result_schema().read_text())
    Draft202012Validator(schema).validate(record)
    description.answer("/cameras/{name}/findings", "get", 200).validate(record)


def test_the_first_look_brings_the_next_picture(playing: Gateway) -> None:
    reply = _look(playing, "picture")
    assert reply.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(reply.body)) as image:
        assert image.size == (320, 240)
        image.load()


def test_findings_are_the_record_of_the_frame(playing: Gateway) -> None:
    reply = _look(playing, "findings")
    _check_record(reply.body)
    boot, _, number = reply.headers["etag"].strip('"').rpartition("-")
    assert boot == playing.get("status")["boot_id"]
    assert reply.body["id"] == f"{boot}/cam0/{number}"


def test_a_view_is_a_mime_entity_of_both(playing: Gateway) -> None:
    record, picture = _parts(_look(playing, "view"))
    assert (record.get_content_type(), picture.get_content_type()) == (
        "application/json",
        "image/jpeg",
    )
    said = json.loads(record.get_payload(decode=True))
    _check_record(said)
    assert int(picture["Content-Length"]) == said["frame"]["bytes"]


def test_a_silent_camera_has_none(playing: Gateway) -> None:
    reply = playing.ask("cameras/cam1/picture")
    assert reply.status == 503
    assert int(reply.headers["retry-after"]) >= 1
    description.answer("/cameras/{name}/picture", "get", 503).validate(reply.body)
    assert "no picture of camera cam1 yet" in reply.body["error"]["message"]


@pytest.mark.parametrize("what", ["picture", "findings", "view"])
def test_a_camera_that_is_not_there_has_none_either(playing: Gateway, what: str) -> None:
    assert playing.ask(f"cameras/nosuch/{what}").status == 404


def test_who_looks_costs_the_pipeline_no_frame(playing: Gateway) -> None:
    """Pictures grow new while many look at them, each of them whole."""
    seen: list[set[str]] = [set() for _ in range(LOOKERS)]
    begin = time.monotonic()

    def has_seen_enough() -> bool:
        """For 3 s at least, and until pictures have grown new."""
        now = time.monotonic()
        return now > begin + 60 or (now > begin + 3 and len(set.union(*map(set.copy, seen))) >= 3)

    def look(number: int) -> None:
        while not seen[number] or not has_seen_enough():
            reply = _look(playing, "view")
            record, picture = _parts(reply)
            said = json.loads(record.get_payload(decode=True))
            assert reply.headers["etag"].endswith(f'-{said["frame"]["sequence"]}"')
            assert len(picture.get_payload(decode=True)) == said["frame"]["bytes"]
            seen[number].add(reply.headers["etag"])

    threads = [threading.Thread(target=look, args=(number,)) for number in range(LOOKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(seen)
    # A few new ones a second, however many look.
    most = (time.monotonic() - begin) / SHORTEST_S + 2
    assert 3 <= len(set.union(*seen)) <= most
    assert playing.get("cameras/cam0")["frames"]["dropped"] == 0
    assert playing.get("audit")["balanced"] is True
