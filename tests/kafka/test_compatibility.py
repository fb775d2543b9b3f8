"""Formats only grow: what a reader of a committed version relies on stays as it is.

sink/schema/fields.txt lists all of it. A line is never taken out; what is new is added there.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from testbed import messages, places

TYPES = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(FieldDescriptor)
    if name.startswith("TYPE_")
}
SCHEMAS = ("result.schema.json", "heartbeat.schema.json", "alarm.schema.json")
# A message that several have says a little more than JSON does for each of them.
ONLY_MESSAGES = {"/model/task", "/objects/mask/labels", "/objects/mask/labels[]"}


def _of_enum(file: str, enum: EnumDescriptor) -> set[str]:
    return {f"{file} {enum.name}.{it.name} = {it.number}" for it in enum.values}


def _of_field(field: FieldDescriptor) -> str:
    kind = TYPES[field.type]
    if field.message_type or field.enum_type:
        kind = (field.message_type or field.enum_type).name
    how = "repeated " if field.is_repeated else ""
    return f"{field.name} = {field.number} {how}{kind} {field.json_name}"


def of_protobuf(pool: DescriptorPool) -> set[str]:
    """Every field and enumerator of the .proto files, a line each."""
    lines = set()
    for name in messages.FILES:
        file = pool.FindFileByName(name)
        for message in file.message_types_by_name.values():
            lines |= {f"{name} {message.name}.{_of_field(it)}" for it in message.fields}
        for enum in file.enum_types_by_name.values():
            lines |= _of_enum(name, enum)
    return lines


class Schema:
    """A JSON Schema as lines."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._definitions = schema.get("$defs", {})
        self.lines: set[str] = set()
        self._walk("", schema)

    def _walk(self, path: str, node: dict[str, Any]) -> None:
        node = node | self._definitions.get(node.get("$ref", "").rsplit("/", 1)[-1], {})
        for one in node.get("anyOf", []):
            self._walk(path, one)
        if kind := node.get("type"):
            self.lines.add(f"{path or '/'} {kind}")
        self.lines |= {f"{path} may be {it}" for it in node.get("enum", [])}
        if "const" in node:
            self.lines.add(f"{path} may be {node['const']}")
        self.lines |= {f"{path}/{it} is required" for it in node.get("required", [])}
        for name, member in node.get("properties", {}).items():
            self._walk(f"{path}/{name}", member)
        if "items" in node:
            self._walk(f"{path}[]", node["items"])


def _schema(name: str) -> dict[str, Any]:
    return json.loads((places.schemas() / name).read_text())


def of_json() -> set[str]:
    """Every member of the JSON Schemas, a line each."""
    return {f"{name} {line}" for name in SCHEMAS for line in Schema(_schema(name)).lines}


@pytest.fixture
def noted() -> list[str]:
    """The committed list."""
    text = (places.schemas() / "fields.txt").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_nothing_that_was_committed_has_changed(noted: list[str]) -> None:
    assert sorted(set(noted) - of_protobuf(messages.committed()) - of_json()) == []


def test_what_is_new_is_noted(noted: list[str]) -> None:
    new = (of_protobuf(messages.committed()) | of_json()) - set(noted)
    assert sorted(new) == [], "add these lines to sink/schema/fields.txt"
    assert noted == sorted(noted)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("  bool sampled = 29;\n", ""),
        ("bool sampled = 29;", "bool sampled = 31;"),
        ("bool sampled = 29;", "bool chosen = 29;"),
        ("uint32 bytes = 9;", "uint64 bytes = 9;"),
        ("repeated Line lines", "Line lines"),
        ("TASK_PLAN = 9;", "TASK_PLAN = 10;"),
        ('[json_name = "@timestamp"]', ""),
    ],
)
def test_a_change_is_seen(noted: list[str], tmp_path: Path, was: str, becomes: str) -> None:
    """Negative control."""
    for name in messages.FILES:
        shutil.copy(places.schemas() / name, tmp_path)
    file = tmp_path / "result.proto"
    text = file.read_text()
    assert was in text
    file.write_text(text.replace(was, becomes, 1))
    changed = of_protobuf(messages.compile_files(tmp_path)) | of_json()
    assert len(set(noted) - changed) == 1


def test_a_member_that_is_not_needed_any_more_is_seen(noted: list[str]) -> None:
    """Negative control: readers of JSON rely on what is required."""
    schema = _schema("result.schema.json")
    schema["required"].remove("frame")
    del schema["properties"]["task"]["enum"][0]
    lines = {f"result.schema.json {line}" for line in Schema(schema).lines}
    missing = {it for it in noted if it.startswith("result.schema.json")} - lines
    assert missing == {
        "result.schema.json /frame is required",
        "result.schema.json /task may be none",
    }


def paths(message: Descriptor, path: str = "") -> set[str]:
    """Where the fields of a message are in its JSON."""
    found = set()
    for field in message.fields:
        place = f"{path}/{field.json_name}" + ("[]" if field.is_repeated else "")
        found.add(place.removesuffix("[]"))
        if field.message_type and field.message_type.full_name != messages.TIMESTAMP:
            found |= paths(field.message_type, place)
    return {it.replace("[]", "") for it in found}


@pytest.mark.parametrize("name", [messages.RESULT, messages.HEARTBEAT])
def test_both_formats_have_the_same_members(name: str) -> None:
    schema = Schema(_schema(f"{name.rsplit('.', 1)[1].lower()}.schema.json"))
    text = {line.split(" ", 1)[0].replace("[]", "") for line in schema.lines} - {"/"}
    assert paths(messages.describe(name)) - ONLY_MESSAGES == text
