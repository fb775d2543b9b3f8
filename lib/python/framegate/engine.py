"""The engine: models that are ready to look at pictures."""

import ctypes
import errno
import importlib.util
import json
import operator
import os
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from framegate import _library
from framegate._buffer import Bytes

if TYPE_CHECKING:
    import pyarrow as pa

Plan: TypeAlias = "str | Sequence[Mapping[str, Any]]"

_MODEL = re.compile(r"[^\s\[\]{},]+")


class FramegateError(RuntimeError):
    """What went wrong and what to do about it, in the gateway's words; `errno` says its kind."""

    def __init__(self, line: str, number: int) -> None:
        super().__init__(line)
        self.errno = number


class Model(NamedTuple):
    """A model that is in use."""

    name: str
    version: int
    digest: str  # "sha256:..." of its files
    task: str  # "classify", "detect", "text", "segment", "raw", "read" or "enhance"
    labels: tuple[str, ...]


class Engine:
    """Models of a repository, ready to run.

    Any number of threads may use one engine at a time: the interpreter's lock is released while it
    works, and pictures of several callers share batches.
    """

    def __init__(
        self,
        repository: str | os.PathLike[str],
        plan: Plan,
        threads: int = 1,
        *,
        onnxruntime: str | os.PathLike[str] | None = None,
        backend: str | None = None,
        max_width: int = 8192,
        max_height: int = 8192,
    ) -> None:
        """Loads the models, which takes as long as a gateway's start.

        repository -- the folder of models: NAME/VERSION/model.onnx and model.yaml
        plan -- a model, "name" or "name:version"; or the steps of a plan, as the configuration of
            the gateway has them: a list of mappings, or YAML text
        threads -- that decode and that infer, 1 to 64
        onnxruntime -- path of libonnxruntime.so; by default that of $FRAMEGATE_ONNXRUNTIME, of
            Python's package onnxruntime, or of the system
        backend -- "ort" or "opencl"; by default the first that opens
        max_width, max_height -- pixels; a larger picture is refused before it is decoded

        Raises FramegateError with one line that says what to do, and ValueError for a number that
        is out of range.
        """
        self._engine: int | None = None
        self._spare: list[int] = []  # results that nobody uses
        self._lock = threading.Lock()
        self._inside = 0  # calls that are in the library; under the lock
        for name, number, most in (
            ("threads", threads, 64),
            ("max_width", max_width, 0xFFFF),
            ("max_height", max_height, 0xFFFF),
        ):
            # ctypes would cut it.
            if not 1 <= operator.index(number) <= most:
                raise ValueError(f"{name} must be 1 to {most}, not {number}")
        # The runtime would report to its maker; it reads this when it is loaded.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        self._library = _library.load()
        model, steps = _split(plan)
        options = _library.Options(
            size=ctypes.sizeof(_library.Options),
            repository=_path(repository),
            model=model,
            plan=steps,
            threads=threads,
            onnxruntime=_path(onnxruntime) if onnxruntime else _onnxruntime(),
            backend=backend.encode() if backend else None,
            max_width=max_width,
            max_height=max_height,
        )
        line = ctypes.create_string_buffer(_library.ERROR_SIZE)
        self._engine = self._library.framegate_open(ctypes.byref(options), line)
        if not self._engine:
            raise FramegateError(line.value.decode(errors="replace"), ctypes.get_errno())
        self.models: tuple[Model, ...] = self._models()
        """The models in use, in the order in which the plan names them."""
        self.batch: int = self._library.framegate_batch(self._engine)
        """Pictures that its models look at together, at most."""

    def run(self, pictures: Sequence[Any]) -> list[dict[str, Any]]:
        """Says what the models find in JPEG pictures.

        pictures -- their bytes: any objects with a buffer in one piece (bytes, memoryview,
            bytearray, mmap); they are not copied

        Returns one dict for each picture, in their order, with members of the gateway's record:
        `frame` (`width` and `height` in pixels as it is seen, `bytes`), `model`, `task` and what
        was found: `classes`, `objects`, `mask`, `tensors`, `lines`, `enhanced`, or of a plan
        `models` and `findings`. Confidences are 0 to 1, coordinates pixels of the picture from its
        upper left corner. A better picture (task `enhance`) has its bytes as `jpeg`.

        A picture that is no good has `error` (the gateway's name of it: "jpeg_bad") and `reason`
        instead, and harms no other.
        """
        return self._run_buffers(pictures, _dicts)

    def run_json(self, pictures: Sequence[Any]) -> list[str]:
        """The same as the texts that `run` makes its dicts of: JSON, an object for each picture.

        Behind `frame` stands, to the byte, what the gateway's record says.
        """
        return self._run_buffers(pictures, _texts)

    def run_arrow(self, pictures: "pa.Array | pa.ChunkedArray") -> "pa.Table":
        """The same for an Arrow array of JPEG pictures (binary or large_binary), without a copy.

        Returns a table with a row for each: `error` and `reason` (null when it is well), `width`
        and `height` (pixels), `task`, `findings` (a list of structs: `model` as name:version,
        `label`, `index`, `confidence` from 0 to 1, the box `x0`, `y0`, `x1`, `y1` in pixels,
        `parent`: the finding in whose box it lies, `text`) and `record`, the text that `run` makes
        its dicts of. A row of null has nulls.
        """
        from framegate import arrow

        jpegs, held = arrow.jpegs_of(pictures)
        table = self._run(jpegs, lambda found, count: arrow.table_of(found, count, self.models))
        del held
        return arrow.with_nulls(table, pictures)

    def close(self) -> None:
        """Ends it and gives its memory back. FramegateError while somebody is in `run`."""
        with self._lock:
            if self._inside > 0:
                raise FramegateError("the engine is in use: close it afterwards", errno.EBUSY)
            engine, self._engine = self._engine, None
        while self._spare:
            self._library.framegate_results_destroy(self._spare.pop())
        if engine:
            self._library.framegate_close(engine)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_engine", None):
            self.close()

    def _run_buffers(self, pictures: Sequence[Any], read: Any) -> Any:
        jpegs = (_library.Jpeg * len(pictures))()
        held: list[Bytes] = []
        try:
            for jpeg, picture in zip(jpegs, pictures, strict=True):
                held.append(Bytes(picture))
                jpeg.data = held[-1].address
                jpeg.size = held[-1].size
            return self._run(jpegs, read)
        finally:
            for buffer in held:
                buffer.release()

    def _run(self, jpegs: Any, read: Any) -> Any:
        """What `read` makes of the results, which are another's afterwards."""
        with self._lock:
            if not self._engine:
                raise FramegateError("the engine is closed: open another", errno.EBADF)
            self._inside += 1
        results = None
        try:
            results = self._take_results()
            if self._library.framegate_run(self._engine, jpegs, len(jpegs), _library.JSON, results):
                raise MemoryError
            count = ctypes.c_size_t()
            return read(self._library.framegate_pictures(results, count), len(jpegs))
        finally:
            with self._lock:
                self._inside -= 1
                if results:
                    self._spare.append(results)

    def _take_results(self) -> int:
        with self._lock:
            results = self._spare.pop() if self._spare else None
        results = results or self._library.framegate_results_create()
        if not results:
            raise MemoryError
        return results

    def _models(self) -> tuple[Model, ...]:
        count = ctypes.c_size_t()
        models = self._library.framegate_models(self._engine, count)
        return tuple(
            Model(
                name=model.name.decode(),
                version=model.version,
                digest=model.digest.decode(),
                task=model.task.decode(),
                labels=tuple(
                    model.labels[i].decode(errors="replace") for i in range(model.label_count)
                ),
            )
            for model in models[: count.value]
        )


def _split(plan: Plan) -> tuple[bytes | None, bytes | None]:
    """The model, or the plan's text."""
    if not isinstance(plan, str):
        return None, json.dumps([dict(step) for step in plan]).encode()
    return (plan.encode(), None) if _MODEL.fullmatch(plan) else (None, plan.encode())


def _path(path: str | os.PathLike[str]) -> bytes:
    """As C has it."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError("a path has a null byte in it")
    return encoded


def _onnxruntime() -> bytes | None:
    """The library in Python's package, unless the environment names one; None: there is none."""
    found = importlib.util.find_spec("onnxruntime")
    if os.environ.get("FRAMEGATE_ONNXRUNTIME") or not found or not found.origin:
        return None
    libraries = sorted(Path(found.origin).parent.glob("capi/libonnxruntime.so.*"))
    return os.fsencode(libraries[0]) if libraries else None


def _text(picture: Any) -> bytes:
    return ctypes.string_at(picture.json, picture.json_size)


def _texts(pictures: Any, count: int) -> list[str]:
    return [_text(pictures[i]).decode() for i in range(count)]


def _dicts(pictures: Any, count: int) -> list[dict[str, Any]]:
    return [_dict(pictures[i]) for i in range(count)]


def _dict(picture: Any) -> dict[str, Any]:
    record = json.loads(_text(picture))
    listed = {int(it["id"]): it for it in record.get("findings", ())}
    for i in range(picture.finding_count):
        finding = picture.findings[i]
        if finding.kind == _library.ENHANCED:
            listed.get(i, record)["enhanced"]["jpeg"] = _jpeg(finding)
    return record


def _jpeg(finding: Any) -> bytes:
    enhanced = ctypes.cast(finding.rest, ctypes.POINTER(_library.Enhanced)).contents
    return ctypes.string_at(finding.rest + ctypes.sizeof(_library.Enhanced), enhanced.size)
