"""What a user gets wrong: one line on stderr that says what to do, exit 1, nothing half started.

Every case is a good configuration with one mistake.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from testbed import places
from testbed.gateway import Gateway, camera, error_line
from testbed.site import DIGITS, Site

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


def _gwd(*arguments: object, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*prefix, places.gwd(), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _gwctl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(it) for it in (places.gwctl(), *arguments)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _left_behind(folder: Path) -> set[str]:
    """What neither the configuration nor its mistake needs."""
    return {it.name for it in folder.iterdir()} - {"gateway.yaml", "models", "key", "file"}


def _assert_refused(done: subprocess.CompletedProcess[str], tells: list[str]) -> None:
    assert done.returncode == 1, done.stderr
    line = error_line(done.stderr)
    for word in tells:
        assert word in line


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mistake], Path]:
    """Writes the good configuration with a mistake in it."""

    def write_it(mistake: Mistake) -> Path:
        config = good(tmp_path)
        mistake.make(config, tmp_path)
        file = tmp_path / "gateway.yaml"
        file.write_text(yaml.safe_dump(config, sort_keys=False))
        return file

    return write_it


def test_the_good_configuration_is_good(tmp_path: Path) -> None:
    gateway = Gateway(good(tmp_path))
    try:
        gateway.start()
        assert gateway.stop() <= 5
    finally:
        gateway.remove()


@pytest.mark.parametrize("mistake", IN_THE_FILE, ids=lambda mistake: mistake.name)
def test_a_mistake_in_the_file_is_found_before_anything_starts(
    write: Callable[[Mistake], Path], mistake: Mistake
) -> None:
    file = write(mistake)
    _assert_refused(_gwd("--config", file), mistake.tells)
    _assert_refused(_gwd("check", "--config", file), mistake.tells)
    assert not (file.parent / "api.sock").exists()


@pytest.mark.parametrize("model", ["nosuch", "digits:99"])
def test_check_looks_for_the_models_that_cameras_name(tmp_path: Path, model: str) -> None:
    config = good(tmp_path)
    file = tmp_path / "gateway.yaml"
    config["cameras"][0]["model"] = "digits"
    file.write_text(yaml.safe_dump(config))
    assert _gwd("check", "--config", file).returncode == 0
    config["cameras"][0]["model"] = model
    file.write_text(yaml.safe_dump(config))
    _assert_refused(_gwd("check", "--config", file), ["cam0", model])


def test_check_looks_for_the_repository(tmp_path: Path) -> None:
    config = good(tmp_path)
    config["accel"]["repository"] = "/nosuch/models"
    config["cameras"][0]["model"] = "digits"
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(config))
    _assert_refused(_gwd("check", "--config", file), ["accel.repository", "/nosuch/models"])


def test_a_fifo_in_place_of_the_file_does_not_hang(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    os.mkfifo(file)
    _assert_refused(_gwd("--config", file), ["gateway.yaml", "regular file"])


@pytest.mark.parametrize(("right", "wrong"), WRONG_VALUES, ids=[it[1] for it in WRONG_VALUES])
def test_a_value_of_the_wrong_kind_is_refused_and_shown(
    tmp_path: Path, right: str, wrong: str
) -> None:
    text = (
        "interfaces: [{name: lan0, device: net_null0}]\n"
        "cameras: [{name: cam0, source: 10.0.0.1, destination: 10.0.0.2, port: 5004}]\n"
        "decode: {workers: 1}\n"
        "kafka: {backend: 'null'}\n"
        f"api: {{socket: {tmp_path / 'api.sock'}}}\n"
    )
    file = tmp_path / "gateway.yaml"
    file.write_text(text)
    assert _gwd("check", "--config", file).returncode == 0
    file.write_text(text.replace(right, wrong))
    key = wrong.split(", ")[-1].split(":")[0]
    _assert_refused(_gwd("check", "--config", file), ["gateway.yaml", key])
    _assert_refused(_gwd("--config", file), ["gateway.yaml", key])


@pytest.mark.parametrize("mistake", AT_THE_START, ids=lambda mistake: mistake.name)
def test_what_cannot_be_opened_ends_the_start(
    write: Callable[[Mistake], Path], mistake: Mistake
) -> None:
    """And a check says beforehand, by either program, what the start says."""
    file = write(mistake)
    done = _gwd("--config", file)
    _assert_refused(done, mistake.tells)
    assert not (file.parent / "api.sock").exists()
    line = error_line(done.stderr)
    checked = _gwd("check", "--config", file)
    if mistake.name in ONLY_THE_START:
        assert checked.returncode == 0
        return
    assert (checked.returncode, checked.stderr) == (1, line + "\n")
    asked = _gwctl("config", "check", file)
    assert (asked.returncode, asked.stderr) == (1, line.replace("gwd", "gwctl", 1) + "\n")
    told = json.loads(_gwctl("--json", "config", "check", file).stdout)
    assert told == {"file": str(file), "valid": False, "error": line.removeprefix("gwd: ")}
    assert _left_behind(file.parent) == set()


def test_a_check_leaves_the_running_gateway_alone(site: Site) -> None:
    gateway = site.start(camera(site.stream("cam0", rate=1, pictures=1), **DIGITS))
    done = _gwd("check", "--config", gateway.file)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{gateway.file} is well: 1 camera, 1 interface\n"
    assert gateway.ctl("audit").code == 0


def test_an_unknown_key_is_shown_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(
        "cameras:\n"
        "  - name: cam0\n"
        "    source: 10.0.0.1\n"
        "    destination: 10.0.0.2\n"
        "    port: 5004\n"
        "    colour: blue\n"
    )
    done = _gwd("check", "--config", file)
    _assert_refused(done, ["gateway.yaml", "colour", "6", "5"])


@pytest.mark.parametrize("text", ["", "cameras: [", "\tcameras:\n", "[1, 2]", "cameras: 5\n"])
def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(text)
    _assert_refused(_gwd("check", "--config", file), ["gateway.yaml"])


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    _assert_refused(_gwd("--config", tmp_path / "nosuch.yaml"), ["nosuch.yaml"])


WRONG_WORDS = [
    (["nosuch"], "unknown command 'nosuch'"),
    (["--nosuch"], "--nosuch"),
    (["replay"], "--config"),
    (["check"], "--config"),
    (["check", "--config", ""], "--config needs a value"),
    (["replay", "--config", "x", "--input="], "--input needs a value"),
    (["--json", "--config", "x"], "--json is for check"),
    (["help", "nosuch"], "'nosuch'"),
    (["version", "nosuch"], "'nosuch'"),
    (["camera", "nosuch"], "'camera nosuch'"),
    (["camera", "help", "nosuch"], "'nosuch' is one word too many"),
    (["camera", "probe"], "one URL"),
    (["bench", "nosuch"], "'bench nosuch'"),
    (["bench", "help", "nosuch"], "'nosuch' is one word too many"),
    (["bench", "schedule", "--output="], "empty value"),
    (["model", "nosuch"], "'model nosuch'"),
]


@pytest.mark.parametrize(
    ("arguments", "tells"), WRONG_WORDS, ids=lambda it: " ".join(it) if isinstance(it, list) else ""
)
def test_a_wrong_command_line_is_explained(arguments: list[str], tells: str) -> None:
    done = _gwd(*arguments)
    assert done.returncode == 2
    assert tells in done.stderr.splitlines()[0]
    assert done.stdout == ""


def test_without_permission_for_a_port_the_line_says_so(site: Site) -> None:
    gateway = site.configure(camera(site.stream("cam0", rate=1, pictures=1)))
    no_privileges = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
    done = _gwd("--config", gateway.file, prefix=no_privileges)
    _assert_refused(done, ["lan0"])
    assert "permi" in done.stderr.lower() or "root" in done.stderr


def test_a_second_gateway_on_the_same_socket_is_refused_and_the_first_goes_on(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=40)
    gateway = site.start(camera(stream, **DIGITS))
    _assert_refused(_gwd("--config", gateway.file), [str(gateway.socket)])
    site.send_digits(stream)
    site.finish_sending()
    assert len(site.read(results=40).results) == 40
