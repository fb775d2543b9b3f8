"""The records of results that clusters write: as a gateway's, of whatever picture."""

import json

import pytest
from framegate.cluster import records

from framegate import Engine
from testbed import places
from testbed.consumer import Record, validate
from testbed.worker import picture

SAMPLED = {
    "ce_specversion": "1.0",
    "ce_id": "0b0e7a5e-0000-4000-8000-000000000000/gate/7",
    "ce_source": "/gateways/other/cameras/gate",
    "ce_type": "com.framegate.frame.v1",
    "ce_time": "2026-02-28T23:59:59.678Z",
    "content-type": "image/jpeg",
    "shift": "night",
}


def place(key: bytes | None, headers: dict[str, str] | None = None, offset: int = 4):
    given = [(name, text.encode()) for name, text in (headers or {}).items()]
    return records.Place("pictures", 2, offset, key, records.headers_of(given), 1_700_000_000_123)


@pytest.fixture(scope="module")
def found() -> list[str]:
    with Engine(places.models(), "digits") as engine:
        return engine.run_json([picture(3)])


def record_of(of: records.Place, text: str) -> Record:
    made = records.result(of, text, "here", 1500)
    headers = {name: value.decode() for name, value in made.headers}
    return Record("results", 0, 0, "", 0, headers, made.value)


def test_a_gateways_picture_keeps_its_origin(found):
    record = record_of(place(b"gate", SAMPLED), found[0])
    validate(record)
    assert record.headers == {
        **SAMPLED,
        "ce_type": "com.framegate.result.v1",
        "content-type": "application/json",
    }
    body = record.body
    assert (body["id"], body["sensorId"], body["gateway"]) == (SAMPLED["ce_id"], "gate", "here")
    assert body["frame"]["sequence"] == 7
    assert body["latencyUs"] == {"total": 1500}


def test_the_findings_are_the_engines_to_the_byte(found):
    record = record_of(place(b"gate", SAMPLED), found[0])
    assert found[0].partition("},")[2][:-1].encode() in record.value
    assert {**json.loads(found[0]), "frame": 0}.items() <= {**record.body, "frame": 0}.items()


@pytest.mark.parametrize("key", [None, b"", b"gate", b"no camera", b"\xff\xfe", b"x" * 80])
def test_any_other_picture_gets_an_id_of_its_place(found, key):
    record = record_of(place(key), found[0])
    validate(record)
    assert record.body["@timestamp"] == "2023-11-14T22:13:20.123Z"
    assert record.id == record_of(place(key), found[0]).id
    assert record.id != record_of(place(key, offset=5), found[0]).id


def test_what_is_no_picture_is_known_by_its_type():
    for kind, is_picture in (
        ("com.framegate.frame.v1", True),
        ("com.example.other", True),
        ("com.framegate.frame.enhanced.v1", False),
        ("com.framegate.result.v1", False),
    ):
        assert records.is_picture(place(b"gate", {"ce_type": kind})) is is_picture
    assert records.is_picture(place(b"gate"))


def test_a_number_that_no_gateway_counts_to_is_no_gateways(found):
    for digits in ("9" * 5000, "9" * 20, "\u0667"):
        headers = SAMPLED | {"ce_id": SAMPLED["ce_id"][:-1] + digits}
        record = record_of(place(b"gate", headers), found[0])
        validate(record)
        assert record.body["frame"]["sequence"] == 4
