"""Where things are: the build, the cache of downloads, the models."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class NotThere(Exception):
    """Something that a set-up step puts in place is missing; the text says what to run."""


def build() -> Path:
    """The build folder: `$FRAMEGATE_BUILD`, or `build` in the source tree."""
    return (ROOT / os.environ.get("FRAMEGATE_BUILD", "build")).resolve()


def cache() -> Path:
    """The folder of pinned downloads: `$FRAMEGATE_CACHE`, or `~/.cache/framegate`."""
    return Path(os.environ.get("FRAMEGATE_CACHE", "~/.cache/framegate")).expanduser().resolve()


def need(path: Path, how: str) -> Path:
    """Returns `path` when it exists; otherwise says how to get it."""
    if not path.exists():
        raise NotThere(f"{path} is missing: {how}")
    return path


def gwd() -> Path:
    """The daemon."""
    return need(build() / "gwd", "run ./dev build")


def gwctl() -> Path:
    """The command line tool."""
    return need(build() / "gwctl", "run ./dev build")


def kafka_jars() -> Path:
    """The folder with the jars of Apache Kafka."""
    return need(cache() / "kafka" / "lib", "run ./dev setup")


def kafka_classes() -> Path:
    """What Java loads of Apache Kafka, as set-up keeps it."""
    return cache() / "kafka" / "classes.jsa"


def mnist() -> Path:
    """The folder with MNIST's four IDX files."""
    return need(cache() / "mnist", "run ./dev models")


def video() -> Path:
    """The surveillance video: 768x576, 10 pictures a second, pedestrians and parked cars."""
    return need(cache() / "vtest.avi", "run ./dev models")


def models() -> Path:
    """The model repository with `digits` and `objects`."""
    return need(cache() / "models", "run ./dev models")


def schemas() -> Path:
    """The folder of the formats of records."""
    return ROOT / "sink" / "schema"


def axe() -> Path:
    """The script that looks at a page's accessibility."""
    return need(cache() / "axe" / "axe.min.js", "run ./dev setup")


def alarm_schema() -> Path:
    """The JSON Schema of an alarm."""
    return schemas() / "alarm.schema.json"


def heartbeat_schema() -> Path:
    """The JSON Schema of a heartbeat."""
    return schemas() / "heartbeat.schema.json"


def result_schema() -> Path:
    """The JSON Schema of a result record."""
    return schemas() / "result.schema.json"


def onnxruntime() -> Path:
    """The library of ONNX Runtime."""
    found = sorted((cache() / "onnxruntime").glob("**/libonnxruntime.so*"))
    return need(found[-1] if found else cache() / "onnxruntime", "run ./dev setup")
