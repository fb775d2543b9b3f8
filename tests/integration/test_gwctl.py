"""gwctl: what each command says, as a table and as JSON, and the exit codes that scripts use."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import places
from testbed.gateway import Topics, camera
from testbed.kafka import Kafka
from testbed.scenes import Scenes
from testbed.site import DIGITS, Site

COMMANDS = [
    ["status"],
    ["camera", "list"],
    ["camera", "show", "cam0"],
    ["drops"],
    ["latency"],
    ["audit"],
    ["model", "list"],
]


@pytest.fixture(scope="module")
def played(
    need_root: None, tmp_path_factory: pytest.TempPathFactory, broker: Kafka, drawn: Scenes
) -> Iterator[Site]:
    """A running gateway with one camera that has sent 40 pictures."""
    topics = Topics.unique()
    broker.create_topics(topics)
    site = Site(tmp_path_factory.mktemp("gwctl"), broker, topics, drawn)
    try:
        stream = site.stream("cam0", rate=20, pictures=40)
        site.start(camera(stream, ssrc=None, **DIGITS), every=1000)
        site.send_digits(stream)
        site.finish_sending()
        site.settle(received=40)
        yield site
    finally:
        site.close()


def _gwctl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [places.gwctl(), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_answers_as_a_table_and_as_json(played: Site, command: list[str]) -> None:
    table = _gwctl("--socket", played.gateway.socket, *command)
    assert table.returncode == 0, table.stderr
    assert table.stdout.strip()
    assert not table.stdout.startswith("{")
    answer = played.gateway.ctl(*command)
    assert answer.code == 0
    assert isinstance(answer.body, dict)


def test_status_tells_who_it_is_and_how_it_goes(played: Site) -> None:
    status = played.gateway.status()
    assert status["name"] == "gw1"
    assert status["mode"] == "realtime"
    assert status["ready"] is True
    assert status["cameras"] == 1
    assert status["kafka"]["brokers"] == played.kafka.brokers
    assert status["frames"] == {
        "received": 40,
        "delivered": 40,
        "dropped": 0,
        "in_flight": 0,
        "spooled": 0,
    }


def test_one_camera_is_shown_with_its_figures(played: Site) -> None:
    shown = played.gateway.ask("camera", "show", "cam0")
    assert (shown["width"], shown["height"]) == (320, 240)
    assert shown["model"] == "digits"
    assert shown["packets"] > 40
    assert shown["bytes"] > 40 * 5000
    assert shown["frames"]["delivered"] == 40


def test_latency_is_known_for_each_stage_and_camera(played: Site) -> None:
    latency = played.gateway.ask("latency")
    assert latency["stages"]
    for row in [*latency["stages"], *latency["cameras"]]:
        assert row["count"] == 40
        assert 0 <= row["p50_us"] <= row["p90_us"] <= row["p99_us"] <= row["max_us"]


def test_drops_name_every_reason_with_a_sentence(played: Site) -> None:
    drops = played.gateway.ask("drops")
    reasons = {drop["reason"] for drop in drops["drops"]}
    assert {"bad_restart", "dims_unknown"} <= reasons
    for drop in drops["drops"]:
        assert drop["meaning"].endswith(".")
        assert drop["total"] == 0
    assert "ssrc_change" in {event["event"] for event in drops["events"]}


def test_sample_brings_the_next_picture_to_kafka(played: Site) -> None:
    # The first frame of a camera is sampled always.
    assert len(played.read(results=40, pictures=1).frames) == 1
    answer = played.gateway.ctl("sample", "cam0")
    assert answer.code == 0
    assert answer.body == {"camera": "cam0", "requested": True}
    played.send_digits(played.again(pictures=3)).wait(60)
    customer = played.read(results=43, pictures=2)
    assert [frame.sequence for frame in customer.frames] == [0, 40]


def test_a_camera_that_sends_nothing_is_sampled_when_it_sends_again(played: Site) -> None:
    socket = played.gateway.socket
    sampled = len(played.read(results=43, pictures=2).frames)
    played.gateway.wait_until(
        lambda: played.gateway.ask("camera", "show", "cam0")["state"] == "stalled",
        60,
        "the camera is still live",
    )
    for _ in range(2):
        done = _gwctl("--socket", socket, "sample", "cam0")
        assert done.returncode == 0, done.stderr
        assert "sends nothing now" in done.stdout
    before = played.gateway.status()["frames"]["received"]
    played.send_digits(played.again(pictures=3, ssrc=0x5000)).wait(60)
    played.settle(received=before + 3)
    received = played.gateway.status()["frames"]["received"]
    customer = played.read(results=received, pictures=sampled + 1)
    # Asked for twice, wished for once: the first frame that came.
    assert len(customer.frames) == sampled + 1
    assert customer.frames[-1].sequence == received - 3


def test_the_quota_tells_what_may_be_in_flight_beyond_it(played: Site) -> None:
    shown = _gwctl("--socket", played.gateway.socket, "camera", "show", "cam0").stdout
    (quota,) = [line for line in shown.splitlines() if line.startswith("quota")]
    assert "64 frames in flight" in quota
    assert "half as many more, and 2" in quota


def test_a_short_word_is_not_taken_for_another() -> None:
    assert "did you mean" not in _gwctl("foo").stderr
    assert "did you mean 'drops'" in _gwctl("drop").stderr


def test_one_camera_is_counted_in_the_singular(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    cameras = [
        f"  - {{name: cam{n}, source: 10.0.0.{n}, destination: 10.0.0.99, port: 5004}}\n"
        for n in (1, 2)
    ]
    port = "interfaces: [{name: lan0, device: net_null0}]\n"
    file.write_text(port + "cameras:\n" + cameras[0])
    assert "1 camera," in _gwctl("config", "check", file).stdout
    file.write_text(port + "cameras:\n" + "".join(cameras))
    assert "2 cameras," in _gwctl("config", "check", file).stdout


def test_a_camera_that_does_not_exist_is_an_error_that_names_it(played: Site) -> None:
    for command in (["camera", "show", "nosuch"], ["sample", "nosuch"]):
        answer = played.gateway.ctl(*command)
        assert answer.code == 1
        assert "nosuch" in answer.stderr


def test_top_shows_the_camera(played: Site) -> None:
    top = subprocess.Popen(
        [places.gwctl(), "--socket", played.gateway.socket, "top"],
        stdout=subprocess.PIPE,
        text=True,
        env={"TERM": "xterm", "PATH": "/usr/bin:/bin"},
    )
    try:
        assert any("cam0" in line for line in top.stdout)
        top.send_signal(signal.SIGINT)
        top.communicate(timeout=60)
    finally:
        top.kill()
        top.wait()


def test_without_a_daemon_the_exit_code_is_3(tmp_path: Path) -> None:
    for command in (["status"], ["camera", "list"], ["audit"], ["sample", "cam0"]):
        done = _gwctl("--socket", tmp_path / "none.sock", *command)
        assert done.returncode == 3
        assert "none.sock" in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["camera", "nosuch"], ["--nosuch"], ["camera", "show"], ["sample"]]
)
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str]) -> None:
    done = _gwctl(*arguments)
    assert done.returncode == 2
    assert done.stderr


@pytest.mark.parametrize(
    "arguments", [[], *([*command[:1]] for command in COMMANDS), ["sample"], ["top"], ["config"]]
)
def test_help_is_everywhere(arguments: list[str]) -> None:
    done = _gwctl(*arguments, "--help")
    assert done.returncode == 0
    assert "gwctl" in done.stdout


def test_a_configuration_is_checked_without_a_daemon(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(
        "interfaces: [{name: lan0, device: net_null0}]\n"
        "cameras:\n  - {name: cam0, source: 10.0.0.1, destination: 10.0.0.2, port: 5004}\n"
    )
    bad.write_text("cameras:\n  - {name: cam0, colour: blue}\n")
    assert _gwctl("config", "check", good).returncode == 0
    refused = _gwctl("config", "check", bad)
    assert refused.returncode == 1
    assert "colour" in refused.stderr
    assert "2" in refused.stderr


def test_json_is_one_object(played: Site) -> None:
    done = _gwctl("--socket", played.gateway.socket, "--json", "status")
    assert isinstance(json.loads(done.stdout), dict)
    assert done.stderr == ""


def test_a_bench_says_before_it_begins_that_plots_have_no_place() -> None:
    done = _gwctl("bench", "schedule", "--output", "/nowhere/plots")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "/nowhere/plots cannot be made" in done.stderr


def test_a_bench_knows_no_other_words() -> None:
    assert _gwctl("bench", "schedule", "--nosuch").returncode == 2
