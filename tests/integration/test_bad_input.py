"""What a user gets wrong: one line on stderr that says what to do, exit 1, nothing half started.

Every case is a good configuration with one mistake (testbed/mistakes.py).
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from testbed import places
from testbed.gateway import Gateway, camera, error_line
from testbed.mistakes import AT_THE_START, IN_THE_FILE, ONLY_THE_START, WRONG_VALUES, Mistake, good
from testbed.site import DIGITS, Site


def _gwd(*arguments: object, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*prefix, places.gwd(), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _gwctl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(it) for it in (places.gwctl(), *arguments)],
        capture_output=True,
        text=True,
        timeout=60,
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
