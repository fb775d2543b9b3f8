"""The API does what its description says, no more and no less."""

from copy import deepcopy
from typing import Any

import description
import pytest
from jsonschema import Draft202012Validator, ValidationError
from player import PICTURES, Gateway

from testbed import places

DESCRIPTION = "/openapi.yaml"
# Text: test_metrics.py.
TEXTS = ("/metrics", "/livez", "/readyz")
# Of pictures, models and commits, which this gateway has none of: test_views.py, test_rollouts.py,
# test_commits.py; of corrections: test_corrections.py; of lines after one: test_gwctl_watching.py.
# HTTPS is off here: test_https.py.
VIEWS = tuple(f"/cameras/{{name}}/{what}" for what in ("picture", "findings", "view"))
OVER_HTTPS = ("/certificate", "/tokens", "/token-setup")
LEARNING = ("/corrections/{name}", "/corrections/{name}/picture", "/models/{name}/labels")
ELSEWHERE = (
    *VIEWS,
    *OVER_HTTPS,
    *LEARNING,
    "/models/{name}/rollout",
    "/config/history/{name}",
    "/log/{name}",
)
OTHERS = (DESCRIPTION, *TEXTS, *ELSEWHERE)
GETS = sorted(
    path for path, method, _ in description.operations() if method == "get" and path not in OTHERS
)


def test_every_route_is_described_and_every_described_route_exists(played: Gateway) -> None:
    """Methods and paths, who may, what is slow and what takes a body."""
    routes = played.get("")["routes"]
    listed = [
        description.Route(*(route[field] for field in description.Route._fields))
        for route in routes
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == description.routes()


def test_summaries_are_those_of_the_description(played: Gateway) -> None:
    said = {
        (route["method"], route["path"]): route["summary"] for route in played.get("")["routes"]
    }
    for path, method, operation in description.operations():
        assert said[method.upper(), f"/api/v1{path}"] == operation["summary"]


def test_the_gateway_serves_its_own_description(played: Gateway) -> None:
    reply = played.ask("openapi.yaml")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/yaml"
    assert reply.body == (places.ROOT / "mgmt" / "openapi.yaml").read_bytes()


@pytest.mark.parametrize("path", GETS)
def test_a_real_answer_is_as_described(played: Gateway, path: str) -> None:
    body = played.get(path.lstrip("/").format(name="cam0"))
    description.answer(path, "get", 200).validate(body)


def test_a_request_for_a_sample_is_accepted_as_described(played: Gateway) -> None:
    reply = played.ask("cameras/cam1/sample", "POST")
    assert reply.status == 202
    description.answer("/cameras/{name}/sample", "post", 202).validate(reply.body)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "cameras/nosuch", 404),
        ("POST", "cameras/nosuch/sample", 404),
        ("GET", "nosuch", 404),
        ("GET", "cameras/%zz", 400),
        ("DELETE", "status", 405),
        ("POST", "cameras/cam0", 405),
    ],
)
def test_an_error_is_as_described(played: Gateway, method: str, path: str, status: int) -> None:
    reply = played.ask(path, method)
    assert reply.status == status
    description.validator(description.SCHEMAS["Error"]).validate(reply.body)
    if status == 405:
        assert "OPTIONS" in reply.headers["allow"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{}", 400, "takes no body"),
        (b'{"a": 1,\n "b" 2}', 400, "line 2, column "),
        (b'"' + b"x" * 70000 + b'"', 413, "65536 bytes"),
    ],
    ids=["unwanted", "no JSON", "too large"],
)
def test_a_body_that_cannot_be_used_is_told(
    played: Gateway, body: bytes, status: int, words: str
) -> None:
    reply = played.ask("cameras/cam1/sample", "POST", body)
    assert reply.status == status
    description.validator(description.SCHEMAS["Error"]).validate(reply.body)
    assert words in reply.body["error"]["message"]


def test_who_asked_for_what_is_logged(played: Gateway) -> None:
    played.ask("cameras/cam1/sample", "POST")
    assert "POST /api/v1/cameras/cam1/sample by uid " in played.process.text()


@pytest.mark.parametrize("name", sorted(description.SCHEMAS))
def test_every_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(description.SCHEMAS[name])


def test_every_operation_has_a_name_of_its_own_and_an_error() -> None:
    operations = [operation for _, _, operation in description.operations()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for operation in operations:
        error = description.resolve(operation["responses"]["default"])
        assert error["content"]["application/json"]["schema"]["$ref"].endswith("/Error")


def _without(body: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != key}


def test_the_description_notices_what_is_wrong(played: Gateway) -> None:
    """Negative control: an answer that lacks, adds or mistypes something does not pass."""
    check = description.answer("/cameras/{name}", "get", 200)
    right = played.get("cameras/cam0")
    negative = deepcopy(right)
    negative["frames"]["dropped"] = -1
    for wrong in (
        _without(right, "state"),
        {**right, "colour": "blue"},
        {**right, "state": "sleepy"},
        {**right, "fps": "25"},
        negative,
    ):
        with pytest.raises(ValidationError):
            check.validate(wrong)
    latency = played.get("latency")
    latency["stages"][0]["colour"] = "blue"
    with pytest.raises(ValidationError):
        description.answer("/latency", "get", 200).validate(latency)


def test_the_figures_are_those_of_the_capture(played: Gateway) -> None:
    camera = played.get("cameras/cam0")
    assert camera["frames"] == {
        "received": PICTURES,
        "delivered": PICTURES - 1,
        "dropped": 1,
        "in_flight": 0,
        "spooled": 0,
    }
    assert (camera["width"], camera["height"]) == (320, 240)
    assert camera["samples"]["delivered"] == camera["samples"]["received"] == 4
    status = played.get("status")
    assert status["frames"] == camera["frames"]
    drops = {drop["reason"]: drop for drop in played.get("drops")["drops"] if drop["total"]}
    frames = [drop for drop in drops.values() if drop["unit"] == "frame"]
    assert [(drop["reason"], drop["cameras"]) for drop in frames] == [
        ("incomplete", {"cam0": 1, "cam1": 0})
    ]
    assert played.get("cameras/cam1")["state"] == "silent"


def test_the_audit_balances(played: Gateway) -> None:
    audit = played.get("audit")
    assert audit["balanced"] is True
    for equation in audit["equations"]:
        assert equation["received"] == (
            equation["delivered"] + equation["dropped"] + equation["in_flight"]
        )
        assert sum(equation["drops"].values()) == equation["dropped"]
