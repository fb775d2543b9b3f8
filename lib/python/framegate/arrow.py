"""Arrow arrays in, tables out; for those who have pyarrow."""

import ctypes
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from framegate import _library

FINDING = pa.struct(
    [
        ("model", pa.string()),
        ("label", pa.string()),
        ("index", pa.int32()),
        ("confidence", pa.float32()),
        ("x0", pa.float32()),
        ("y0", pa.float32()),
        ("x1", pa.float32()),
        ("y1", pa.float32()),
        ("parent", pa.int32()),
        ("text", pa.string()),
    ]
)

SCHEMA = pa.schema(
    [
        ("error", pa.string()),
        ("reason", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("task", pa.string()),
        ("findings", pa.list_(FINDING)),
        ("record", pa.string()),
    ]
)


def jpegs_of(pictures: pa.Array | pa.ChunkedArray) -> tuple[Any, list[Any]]:
    """Where the pictures are, and what must be held meanwhile."""
    chunks = pictures.chunks if isinstance(pictures, pa.ChunkedArray) else [pictures]
    jpegs = (_library.Jpeg * len(pictures))()
    at = 0
    for chunk in chunks:
        if pa.types.is_large_binary(chunk.type):
            width = "q"
        elif pa.types.is_binary(chunk.type):
            width = "i"
        else:
            raise TypeError(f"pictures must be binary or large_binary, not {chunk.type}")
        _, offsets, data = chunk.buffers()
        if len(chunk) == 0:
            continue
        begin = memoryview(offsets).cast("B").cast(width)[chunk.offset :]
        base = data.address if data else 0
        for i in range(len(chunk)):
            jpegs[at].data = base + begin[i]
            jpegs[at].size = begin[i + 1] - begin[i]
            at += 1
    return jpegs, chunks


def _finding(finding: Any, names: list[str]) -> dict[str, Any]:
    read = finding.kind == _library.TEXT
    return {
        "model": names[finding.model],
        "label": finding.name.decode(errors="replace") if finding.name and not read else None,
        "index": finding.label,
        "confidence": finding.confidence,
        "x0": finding.x0,
        "y0": finding.y0,
        "x1": finding.x1,
        "y1": finding.y1,
        "parent": finding.parent if finding.parent >= 0 else None,
        "text": ctypes.string_at(finding.rest, finding.rest_size).decode(errors="replace")
        if read
        else None,
    }


def table_of(pictures: Any, count: int, models: tuple[Any, ...]) -> pa.Table:
    """A row for each picture."""
    names = [f"{model.name}:{model.version}" for model in models]
    rows = []
    for i in range(count):
        picture = pictures[i]
        well = picture.error == 0
        found = [_finding(picture.findings[k], names) for k in range(picture.finding_count)]
        rows.append(
            {
                "error": None if well else picture.cause.decode(),
                "reason": None if well else picture.why.decode(errors="replace"),
                "width": picture.width or None,
                "height": picture.height or None,
                "task": picture.task.decode() if well else None,
                "findings": found if well else None,
                "record": ctypes.string_at(picture.json, picture.json_size).decode(),
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def with_nulls(table: pa.Table, pictures: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with rows of null where there was no picture."""
    if pictures.null_count == 0:
        return table
    there = pc.is_valid(pictures)
    if isinstance(there, pa.ChunkedArray):
        there = there.combine_chunks()
    return table.take(pc.if_else(there, pa.array(range(len(table))), None))
