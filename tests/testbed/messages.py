"""Records as protobuf, read by Google's library with the committed .proto files.

`protoc` compiles them when they are first needed; nothing that it makes is kept.
"""

import base64
import datetime
import functools
import math
import subprocess
from array import array
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from testbed import places

RESULT = "framegate.v1.Result"
HEARTBEAT = "framegate.v1.Heartbeat"
ALARM = "framegate.v1.Alarm"
FILE_RESULT = "framegate.v1.FileResult"
FILES = ("result.proto", "heartbeat.proto", "alarm.proto", "file.proto")
TIMESTAMP = "google.protobuf.Timestamp"
# What JSON writes of numbers that are not whole: digits after the point.
DIGITS = {"confidence": 4, "disagreement": 4}
OTHER_DIGITS = 2


def compile_files(folder: Path) -> descriptor_pool.DescriptorPool:
    """What the .proto files of a folder say."""
    done = subprocess.run(
        [
            "protoc",
            f"--proto_path={folder}",
            "--include_imports",
            "--descriptor_set_out=/dev/stdout",
        ]
        + list(FILES),
        capture_output=True,
        check=True,
        timeout=30,
    )
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(done.stdout).file:
        pool.Add(file)
    return pool


@functools.cache
def committed() -> descriptor_pool.DescriptorPool:
    """What ours say."""
    return compile_files(places.schemas())


def describe(name: str) -> Descriptor:
    """One of their messages."""
    return committed().FindMessageTypeByName(name)


def read(name: str, value: bytes) -> Message:
    """A record's value; a field that the file does not have, or one twice, is an error."""
    message = message_factory.GetMessageClass(describe(name))()
    message.ParseFromString(value)
    message.DiscardUnknownFields()
    assert message.ByteSize() == len(value)
    return message


def unframe(value: bytes) -> tuple[int, bytes]:
    """The schema's number and the message, of Confluent's wire format."""
    assert value[0] == 0
    # The message's place in its file: 0 stands for "the first one".
    assert value[5] == 0
    return int.from_bytes(value[1:5], "big"), value[6:]


def _time(message: Message) -> str:
    seconds = datetime.datetime.fromtimestamp(message.seconds, datetime.UTC)
    return f"{seconds:%Y-%m-%dT%H:%M:%S}.{message.nanos // 1_000_000:03}Z"


def _enumerator(field: FieldDescriptor, number: int) -> str | None:
    """As JSON has it: TASK_NONE is none; what is unspecified is not there."""
    values = field.enum_type.values_by_number
    prefix = values[0].name.removesuffix("UNSPECIFIED")
    return values[number].name.removeprefix(prefix).lower() if number else None


def _plain_one(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is None:
        return value if field.enum_type is None else _enumerator(field, value)
    return _time(value) if field.message_type.full_name == TIMESTAMP else plain(value)


def plain(message: Message) -> dict[str, Any]:
    """The message in the shape of its JSON; what has no presence is there with its zero."""
    found: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.is_repeated:
            found[field.json_name] = [_plain_one(field, it) for it in value]
        elif field.has_presence and not message.HasField(field.name):
            continue
        elif (one := _plain_one(field, value)) is not None:
            found[field.json_name] = one
    return found


def _floats(text: str) -> list[float]:
    values = array("f")
    values.frombytes(base64.b64decode(text, validate=True))
    return list(values)


def _differ(path: str, text: Any, value: Any) -> list[str]:
    """What is not the same in a member of JSON and its field."""
    name = path.rsplit("/", 1)[-1]
    if name == "float32":
        found = _floats(text)
        same = len(found) == len(value) and all(
            a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, value)
        )
        return [] if same else [f"{path}: {found} is {value}"]
    if isinstance(text, dict):
        return differences(text, value, path)
    if isinstance(text, list):
        if len(text) != len(value):
            return [f"{path}: {len(text)} are {len(value)}"]
        return [it for pair in zip(text, value) for it in _differ(path, *pair)]
    if isinstance(text, float):
        # As many digits as there are, and no more than a float32 has.
        margin = 0.51 * 10 ** -DIGITS.get(name, OTHER_DIGITS) + abs(text) * 2**-23
        return [] if abs(text - value) <= margin else [f"{path}: {text} is {value}"]
    same = text == value and isinstance(value, type(text))
    return [] if same else [f"{path}: {text!r} is {value!r}"]


def differences(text: dict[str, Any], message: dict[str, Any], path: str = "") -> list[str]:
    """What is not the same in a JSON record and a message's `plain`, a line each."""
    found = []
    for name, member in text.items():
        if name in message:
            found += _differ(f"{path}/{name}", member, message[name])
        else:
            found.append(f"{path}/{name}: it is missing")
    for name, value in message.items():
        # What JSON leaves out is zero or empty, and was not written.
        if name not in text and value:
            found.append(f"{path}/{name}: {value!r}, and JSON has none")
    return found
