"""A good configuration, and what can be wrong with one.

Every mistake is a change of the good one, and the words that the line about it must have.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from testbed import places

Config = dict[str, Any]


def good(folder: Path) -> Config:
    """A configuration that needs no network: a port that receives nothing, results to nowhere."""
    return {
        "log": {"to": "stderr"},
        "interfaces": [{"name": "lan0", "device": "net_null0"}],
        "cameras": [
            {"name": "cam0", "source": "10.0.0.1", "destination": "10.0.0.2", "port": 5004},
        ],
        "accel": {
            "backend": "ort",
            "library": str(places.onnxruntime()),
            "repository": str(places.models()),
        },
        "kafka": {"backend": "null"},
        "api": {"socket": str(folder / "api.sock")},
    }


class Mistake(NamedTuple):
    """What is wrong, how to make it wrong, and what the error line must tell."""

    name: str
    make: Callable[[Config, Path], None]
    tells: list[str]


def _set(*path: object) -> Callable[[Config, Path], None]:
    """Sets the value that the last element is at the place that the others name."""

    def change(config: Config, _folder: Path) -> None:
        place: Any = config
        for key in path[:-2]:
            place = place[key]
        place[path[-2]] = path[-1]

    return change


def _add_camera(**changes: object) -> Callable[[Config, Path], None]:
    def change(config: Config, _folder: Path) -> None:
        config["cameras"].append({**config["cameras"][0], **changes})

    return change


def _plan(*steps: object) -> Callable[[Config, Path], None]:
    def change(config: Config, _folder: Path) -> None:
        config["cameras"][0].pop("model", None)
        config["cameras"][0]["plan"] = list(steps)

    return change


def _broken_onnx(config: Config, folder: Path) -> None:
    shutil.copytree(places.models() / "digits", folder / "models" / "digits")
    for model in (folder / "models").rglob("*.onnx"):
        model.write_bytes(model.read_bytes()[:1000])
    config["accel"]["repository"] = str(folder / "models")
    config["cameras"][0]["model"] = "digits"


def _broken_description(config: Config, folder: Path) -> None:
    shutil.copytree(places.models() / "digits", folder / "models" / "digits")
    for description in (folder / "models").rglob("model.yaml"):
        description.write_text(description.read_text().replace("classify", "clasify"))
    config["accel"]["repository"] = str(folder / "models")
    config["cameras"][0]["model"] = "digits"


# Found when the file is read: `gwd check` and `gwctl config check` say the same.
IN_THE_FILE = [
    Mistake("unknown_key", _set("cameras", 0, "colour", "blue"), ["colour"]),
    Mistake("unknown_section", _set("camera", []), ["camera"]),
    Mistake("wrong_type", _set("cameras", 0, "port", "many"), ["port", "many"]),
    Mistake("port_too_large", _set("cameras", 0, "port", 70000), ["port"]),
    Mistake("port_zero", _set("cameras", 0, "port", 0), ["port", "65535"]),
    Mistake(
        "bad_address",
        _set("cameras", 0, "source", "10.0.0.300"),
        ["10.0.0.300", "cameras[0].source"],
    ),
    Mistake("bad_name", _set("cameras", 0, "name", "a b/c"), ["a b/c"]),
    Mistake("bad_mode", _set("gateway", {"mode": "fast"}), ["mode", "fast"]),
    Mistake("duplicate_camera", _add_camera(port=5006), ["cam0"]),
    Mistake("same_stream_twice", _add_camera(name="cam1"), ["cam0", "cam1"]),
    Mistake(
        "bad_model_name",
        _set("cameras", 0, "model", "../no/such:latest"),
        ["../no/such:latest", "NAME:VERSION"],
    ),
    Mistake("no_processor", _set("cores", {"rx": [-1]}), ["cores.rx[0]", "-1"]),
    Mistake("too_many_threads", _set("cores", {"decode": 17}), ["cores.decode", "16"]),
    Mistake(
        "template_without_model",
        _set("kafka", {"brokers": "127.0.0.1:9", "source": {"topic": "t", "template": {}}}),
        ["kafka.source.template", "model"],
    ),
    Mistake("empty_plan", _plan(), ["cameras[0].plan", "at least 1"]),
    Mistake(
        "plan_without_a_first_step",
        _plan({"model": "digits", "from": "objects"}),
        ["cameras[0].plan[0].from", "must come first"],
    ),
    Mistake(
        "cascade_onto_itself",
        _plan({"model": "objects"}, {"model": "digits", "from": "digits"}),
        ["cameras[0].plan[1].from", "this step itself"],
    ),
    Mistake(
        "model_and_plan",
        _add_camera(name="cam1", port=5006, model="digits", plan=[{"model": "objects"}]),
        ["cameras[1].plan", "not both"],
    ),
]

# What stands in the file instead of a value, word for word: YAML's writers would tidy it up.
WRONG_VALUES = [
    ("port: 5004", "port: 5004.5"),
    ("port: 5004", "port: 5004x"),
    ("port: 5004", "port: -1"),
    ("port: 5004", "port: 5004, ssrc: 12abc"),
    ("port: 5004", "port: 5004, width: 16, height: 010"),
    ("port: 5004", "port: 5004, conceal: maybe"),
    ("port: 5004", "port: 5004, quota: 0"),
    ("port: 5004", "port: 5004, quota: 65"),
    ("workers: 1", "workers: 0"),
    ("workers: 1", "workers: 1.5"),
]


def _repository(change: Callable[[Path], object]) -> Callable[[Config, Path], None]:
    """A model whose folder in the repository was changed."""

    def make(config: Config, folder: Path) -> None:
        shutil.copytree(places.models() / "digits", folder / "models" / "digits")
        change(folder / "models" / "digits")
        config["accel"]["repository"] = str(folder / "models")
        config["cameras"][0]["model"] = "digits"

    return make


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _state(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "rollout.json").write_text(text)


def _srtp(key: str | None) -> Callable[[Config, Path], None]:
    def make(config: Config, folder: Path) -> None:
        if key is not None:
            (folder / "key").write_text(key)
        srtp = {"suite": "AES_CM_128_HMAC_SHA1_80", "key_file": str(folder / "key")}
        config["cameras"][0]["srtp"] = srtp

    return make


def _into_a_file(*path: object) -> Callable[[Config, Path], None]:
    """A directory is named that is a file."""

    def make(config: Config, folder: Path) -> None:
        (folder / "file").write_text("")
        _set(*path, str(folder / "file"))(config, folder)

    return make


def _spool(name: str) -> Callable[[Config, Path], None]:
    def make(config: Config, folder: Path) -> None:
        (folder / "file").write_text("")
        spool = {"directory": str(folder / name)}
        config["kafka"] = {"brokers": "127.0.0.1:9", "results": {"topic": "r"}, "spool": spool}

    return make


# A driver of DPDK is not asked by a check.
ONLY_THE_START = ("unknown_device",)

# Found when the parts are opened.
AT_THE_START = [
    Mistake("empty_model", _repository(_empty), ["digits", "not in the repository"]),
    Mistake(
        "empty_version",
        _repository(lambda it: [_empty(version) for version in it.iterdir() if version.is_dir()]),
        ["model.onnx", "No such file"],
    ),
    Mistake(
        "rollout_of_a_missing_version",
        _repository(_state('{"format": 1, "stable": 7, "previous": 0}')),
        ["rollout.json", "version 7"],
    ),
    Mistake(
        "rollout_that_is_cut", _repository(_state('{"format": 1, "sta')), ["digits/rollout.json"]
    ),
    Mistake(
        "missing_repository",
        lambda config, _: (
            config["accel"].update(repository="/nosuch"),
            config["cameras"][0].update(model="digits"),
        ),
        ["accel.repository", "/nosuch"],
    ),
    Mistake("no_interface", _set("interfaces", []), ["no interface is configured"]),
    Mistake(
        "missing_pci_device",
        _set("interfaces", 0, "device", "0000:ff:1f.7"),
        ["lan0", "no PCI device 0000:ff:1f.7"],
    ),
    Mistake("missing_key", _srtp(None), ["cam0", "key file"]),
    Mistake("bad_key", _srtp("c2VjcmV0"), ["cam0", "base64"]),
    Mistake(
        "unknown_engine",
        lambda config, _: (
            config["accel"].update(backend="nosuch"),
            config["cameras"][0].update(model="digits"),
        ),
        ["accel.backend", "ort, opencl, cuda, null"],
    ),
    Mistake("unknown_decoder", _set("decode", {"backend": "nosuch"}), ["turbo, opencl, ", "null"]),
    Mistake("unknown_sink", _set("kafka", {"backend": "nosuch"}), ["kafka, file, null"]),
    Mistake(
        "bad_kafka_value",
        _set(
            "kafka",
            {
                "brokers": "127.0.0.1:9",
                "results": {"topic": "r"},
                "properties": [{"name": "linger.ms", "value": "soon"}],
            },
        ),
        ["linger.ms"],
    ),
    Mistake(
        "results_into_a_file",
        lambda config, folder: (
            _into_a_file("kafka", "directory")(config, folder),
            config["kafka"].update(backend="file"),
        ),
        ["kafka: directory", "Not a directory"],
    ),
    Mistake("spool_in_a_file", _spool("file"), ["kafka.spool.directory", "Not a directory"]),
    Mistake("spool_nowhere", _spool("no/such"), ["kafka.spool.directory", "gwd may make"]),
    Mistake("socket_is_a_file", _into_a_file("api", "socket"), ["is no socket"]),
    Mistake("no_such_processor", _set("cores", {"rx": [1023]}), ["rx", "processor 1023"]),
    Mistake(
        "lossless_with_few_slots",
        lambda config, _: (
            config.update(gateway={"mode": "lossless"}),
            config.update(frames={"classes": [{"width": 640, "height": 480, "count": 1}]}),
        ),
        ["frames.classes"],
    ),
    Mistake("missing_model", _set("cameras", 0, "model", "nosuch"), ["nosuch"]),
    Mistake("missing_model_of_a_plan", _plan({"model": "nosuch"}), ["nosuch"]),
    Mistake("missing_version", _set("cameras", 0, "model", "digits:99"), ["digits", "99"]),
    Mistake("broken_onnx", _broken_onnx, ["model.onnx"]),
    Mistake("broken_description", _broken_description, ["model.yaml", "clasify"]),
    Mistake(
        "missing_library",
        lambda config, _: (
            config["accel"].update(library="/nosuch/libonnxruntime.so"),
            config["cameras"][0].update(model="digits"),
        ),
        ["/nosuch/libonnxruntime.so"],
    ),
    Mistake(
        "missing_interface",
        _set("interfaces", 0, "device", "net_af_packet0,iface=nosuch0"),
        ["lan0", "nosuch0"],
    ),
    Mistake(
        "unknown_device", _set("interfaces", 0, "device", "net_nosuch0"), ["lan0", "net_nosuch0"]
    ),
    Mistake("socket_folder_missing", _set("api", "socket", "/nosuch/folder/api.sock"), ["/nosuch"]),
    Mistake(
        "bad_kafka_property",
        _set(
            "kafka",
            {
                "brokers": "127.0.0.1:9",
                "results": {"topic": "r"},
                "properties": [{"name": "nosuch.setting", "value": "1"}],
            },
        ),
        ["nosuch.setting"],
    ),
]
