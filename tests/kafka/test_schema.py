"""The committed JSON Schema says exactly what the gateway emits."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from testbed import places


@pytest.fixture
def schema() -> dict[str, Any]:
    """The schema of a result."""
    return json.loads(places.result_schema().read_text())


@pytest.fixture
def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """What checks a result against it."""
    return jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


@pytest.fixture
def records(sink_run: Path) -> list[dict[str, Any]]:
    """One record of every shape, made by the code that makes them in the gateway."""
    done = subprocess.run([sink_run, "print"], capture_output=True, check=True, timeout=30)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_schema_is_one_and_strict_throughout(schema):
    jsonschema.Draft202012Validator.check_schema(schema)

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert node["additionalProperties"] is False
                for name, member in node["properties"].items():
                    reference = member.get("$ref", "")[len("#/$defs/") :]
                    said = member | schema["$defs"].get(reference, {})
                    assert "description" in said, name
            for member in node.values():
                walk(member)
        elif isinstance(node, list):
            for member in node:
                walk(member)

    walk(schema)


def test_every_shape_of_record_is_valid(records, validator):
    assert [record["task"] for record in records] == [
        "classify",
        "detect",
        "detect",
        "detect",
        "detect",
        "detect",
        "text",
        "segment",
        "raw",
        "read",
        "enhance",
        "plan",
        "plan",
        "none",
    ]
    for record in records:
        validator.validate(record)
    assert len(records[3]["objects"]) == 100


def test_every_property_of_the_schema_is_emitted(records, schema):
    assert set().union(*records) == set(schema["properties"])
    seen = {name for record in records for name in record["latencyUs"]}
    assert seen == set(schema["properties"]["latencyUs"]["properties"])
    flags = {flag for record in records for flag in record["frame"]["flags"]}
    assert flags == set(schema["properties"]["frame"]["properties"]["flags"]["items"]["enum"])
    facts = {name for record in records for name in record["frame"]}
    assert facts == set(schema["properties"]["frame"]["properties"])
    members = {name for record in records for it in record.get("objects", []) for name in it}
    assert members == set(schema["properties"]["objects"]["items"]["properties"])
    findings = schema["properties"]["findings"]["items"]["properties"]
    assert {name for it in plan_of(records)["findings"] for name in it} == set(findings)


def plan_of(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The record of a camera with a plan."""
    return next(record for record in records if record["task"] == "plan")


def test_findings_name_their_models_and_parents(records):
    plan = plan_of(records)
    names = {f"{model['name']}:{model['version']}" for model in plan["models"]}
    assert {it["model"] for it in plan["findings"]} <= names
    seen: set[str] = set()
    for finding in plan["findings"]:
        assert finding.get("parent") in seen | {None}
        seen.add(finding["id"])
    assert [it["kind"] for it in plan["findings"]] == [
        "object",
        "class",
        "text",
        "read",
        "mask",
        "tensor",
        "picture",
        "object",
        "object",
    ]


def test_an_object_of_a_plan_has_its_shape_as_one_of_a_single_model(records):
    *_, shaped, askew = plan_of(records)["findings"]
    assert shaped["mask"]["bbox"]["rightX"] == 8
    assert shaped["mask"]["runs"] == [1, 3]
    assert "labels" not in shaped["mask"]
    alone = [it for record in records for it in record.get("objects", []) if "mask" in it]
    assert {it["mask"].keys() == shaped["mask"].keys() for it in alone} == {True}
    assert len(askew["polygon"]) == 4


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["model"], {"name": "m", "version": 1, "digest": "sha256:" + 64 * "0"}),
        (["classes"], []),
        (["disagreement"], 1.5),
        (["findings", 0, "extra"], 1),
        (["findings", 0, "kind"], "thing"),
        (["findings", 7, "mask", "extra"], 1),
        (["findings", 7, "mask", "width"], 0),
        (["findings", 7, "mask", "runs"], [-1]),
        (["findings", 7, "mask", "runs"], {}),
        (["findings", 7, "mask", "bbox"], [0, 0, 8, 8]),
        (["findings", 8, "polygon"], 3 * [{"x": 0, "y": 0}]),
        (["models", 0, "task"], "none"),
        (["truncated"], 0),
    ],
)
def test_a_plan_that_differs_is_refused(records, validator, path, value):
    record = copy.deepcopy(plan_of(records))
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not validator.is_valid(record)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["extra"], 1),
        (["frame", "extra"], 1),
        (["frame", "sequence"], -1),
        (["frame", "ssrc"], 2**32),
        (["frame", "flags"], ["blurred"]),
        (["model", "digest"], "sha256:00"),
        (["classes", 0, "confidence"], 1.01),
        (["classes", 0, "bbox"], {}),
        (["objects"], []),
        (["task"], "none"),
        (["task"], "detect"),
        (["@timestamp"], "2026-11-21 07:40:00"),
        (["latencyUs", "total"], -1),
    ],
)
def test_a_record_that_differs_is_refused(records, validator, path, value):
    record = copy.deepcopy(records[0])
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not validator.is_valid(record)
