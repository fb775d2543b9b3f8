"""The function for `mapInArrow`: records with pictures in, records with findings out."""

import atexit
import json
import logging
import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from framegate.arrow import FINDING
from framegate.engine import Engine, Plan

if TYPE_CHECKING:
    from pyspark.sql import Column

_log = logging.getLogger("framegate.spark")

schema = """
    key binary, headers array<struct<key: string, value: binary>>,
    topic string, partition int, offset bigint, timestamp timestamp,
    error string, reason string, width int, height int, task string,
    findings array<struct<model: string, label: string, index: int, confidence: float,
        x0: float, y0: float, x1: float, y1: float, parent: int, text: string>>,
    record string
"""
"""The columns that come out, as `mapInArrow` wants them.

`key` to `timestamp` are those of the record that came in, null where the input has no such column.
`error` is null, or the name of what is wrong with the picture ("jpeg_bad"; "no_value" where the
record has none) with `reason` in words; then what follows is null but for `record`. `width` and
`height` are pixels of the picture as it is seen. Of `findings` `model` is name:version,
`confidence` 0 to 1, the box in pixels from the picture's upper left corner, `parent` the number of
the finding in whose box it lies, `text` what was read. `record` is the library's JSON text.
"""

_CAME_IN = {
    "key": pa.binary(),
    "headers": pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())])),
    "topic": pa.string(),
    "partition": pa.int32(),
    "offset": pa.int64(),
    "timestamp": pa.timestamp("us", "UTC"),
}
_FOUND = {
    "error": pa.string(),
    "reason": pa.string(),
    "width": pa.int32(),
    "height": pa.int32(),
    "task": pa.string(),
    "findings": pa.list_(FINDING),
    "record": pa.string(),
}
_NO_VALUE = {"error": "no_value", "reason": "the record has no value"}

# Pictures that are looked at together, at least: while a model sees some, the next are decoded.
_TOGETHER = 64


@dataclass(frozen=True)
class Findings:
    """A function for `DataFrame.mapInArrow`; `findings` makes it, its fields are Engine's."""

    repository: str
    plan: str
    threads: int = 1
    onnxruntime: str | None = None
    backend: str | None = None
    max_width: int = 8192
    max_height: int = 8192

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """What Spark calls in a task: batches with a column `value` of JPEG pictures."""
        engine = _engine(self)
        seen = 0
        bad: Counter[str] = Counter()
        for batch in batches:
            step = max(_TOGETHER, 4 * engine.batch)
            for first in range(0, batch.num_rows, step):
                rows = batch.slice(first, step)
                found = _look(engine, rows)
                seen += rows.num_rows
                bad.update(it for it in found.column("error").to_pylist() if it)
                yield found
        if bad:
            names = ", ".join(f"{count} {name}" for name, count in sorted(bad.items()))
            _log.warning("%d of %d pictures are no good: %s", bad.total(), seen, names)


def findings(
    repository: str | os.PathLike[str],
    plan: Plan,
    threads: int = 1,
    *,
    onnxruntime: str | os.PathLike[str] | None = None,
    backend: str | None = None,
    max_width: int = 8192,
    max_height: int = 8192,
) -> Findings:
    """Returns the function that turns records with a picture in `value` into rows of `schema`.

    The arguments are those of `framegate.Engine`; paths are the executors'. Each Python process of
    an executor opens one engine when it first needs it, and keeps it: Spark gives a task one
    processor unless `spark.task.cpus` says more, so `threads` is as many.

    A picture that is no good has `error` and `reason` in its row and harms no other. What an engine
    cannot be opened for (a model that is missing there) fails the task, which Spark tries again
    elsewhere.
    """
    return Findings(
        os.fspath(repository),
        plan if isinstance(plan, str) else json.dumps([dict(step) for step in plan]),
        threads,
        os.fspath(onnxruntime) if onnxruntime else None,
        backend,
        max_width,
        max_height,
    )


def counts() -> "list[Column]":
    """How many pictures went through and how many were no good, for `DataFrame.observe`.

    The names are `pictures` and `bad`. A query's progress has them under `observedMetrics`.
    """
    from pyspark.sql import functions

    return [functions.count("*").alias("pictures"), functions.count("error").alias("bad")]


# Of this process: a task is in one thread, but nothing says that there is only one.
_engines: dict[tuple[int, Findings], Engine] = {}
_opening = threading.Lock()


def _engine(settings: Findings) -> Engine:
    """The one of this process, opened when it is first asked for."""
    own = (os.getpid(), settings)
    with _opening:
        if own not in _engines:
            engine = Engine(
                settings.repository,
                settings.plan,
                settings.threads,
                onnxruntime=settings.onnxruntime,
                backend=settings.backend,
                max_width=settings.max_width,
                max_height=settings.max_height,
            )
            atexit.register(engine.close)
            _engines[own] = engine
        return _engines[own]


def _look(engine: Engine, rows: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of `schema`."""
    values = rows.column("value")
    table = engine.run_arrow(values)
    columns: dict[str, Any] = {}
    for name, kind in _CAME_IN.items():
        if name not in rows.schema.names:
            columns[name] = pa.nulls(rows.num_rows, kind)
        elif pa.types.is_timestamp(kind):
            columns[name] = rows.column(name)
        else:
            columns[name] = rows.column(name).cast(kind)
    for name, kind in _FOUND.items():
        column = table.column(name).combine_chunks().cast(kind)
        if name in _NO_VALUE and values.null_count:
            missing = pa.scalar(_NO_VALUE[name], kind)
            column = pc.if_else(values.is_null(), missing, column)
        columns[name] = column
    return pa.RecordBatch.from_pydict(columns)
