"""A camera's last hour: as it was counted, as it is described, as gwctl draws it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import description
import pytest
import rtp_capture
from player import LOST, PICTURES, Gateway, configuration

from testbed import places

Saying = Callable[[dict[str, Any]], Path]


@pytest.fixture(scope="module")
def playing(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    """cam0 sends for ever, and one of its pictures never comes whole; cam1 is silent."""
    capture = tmp_path_factory.mktemp("capture") / "cam0.pcap"
    rtp_capture.write(capture, PICTURES, "10.0.0.1", "10.0.0.99", 5001, lose=LOST, looped=True)
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture},infinite_rx=1"))
    gateway.wait_until(lambda: len(gateway.get("cameras/cam0/history")["time"]) >= 2, timeout=90)
    return gateway


def test_the_last_hour_is_what_was_counted(playing: Gateway) -> None:
    history = playing.get("cameras/cam0/history")
    now = playing.get("cameras/cam0")
    drops = {one["reason"]: one["cameras"]["cam0"] for one in playing.get("drops")["drops"]}
    description.answer("/cameras/{name}/history", "get", 200).validate(history)
    points = len(history["time"])
    columns = ("fps", "mbps", "packets_lost", "lost_share", "p50_us", "p90_us", "p99_us")
    assert all(len(history[column]) == points for column in (*columns, "other_drops"))
    assert history["time"] == sorted(set(history["time"]))
    assert min(history["fps"]) > 0
    assert min(history["mbps"]) > 0
    assert all(0 < share < 1 for share in history["lost_share"])
    quantiles = zip(history["p50_us"], history["p90_us"], history["p99_us"])
    assert all(0 < p50 <= p90 <= p99 for p50, p90, p99 in quantiles)
    # Spans are ten seconds: what came in them is part of what came in all.
    assert 0 < sum(history["fps"]) * 10 < now["frames"]["received"] * 1.1
    told = {one["reason"]: one for one in history["drops"]}
    assert told["incomplete"]["unit"] == "frame"
    for reason, one in told.items():
        assert len(one["counts"]) == points
        assert 0 < sum(one["counts"]) <= drops[reason]


def test_a_silent_camera_has_an_hour_of_nothing(playing: Gateway) -> None:
    history = playing.get("cameras/cam1/history")
    description.answer("/cameras/{name}/history", "get", 200).validate(history)
    assert set(history["fps"]) == {0}
    assert set(history["p50_us"]) == {None}
    assert history["drops"] == []


def test_a_camera_that_is_not_there_has_none(playing: Gateway) -> None:
    assert playing.ask("cameras/nosuch/history").status == 404
    done = playing.ctl("camera", "history", "nosuch")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


def test_gwctl_prints_what_the_gateway_says(playing: Gateway) -> None:
    said = playing.json("camera", "history", "cam0")
    description.answer("/cameras/{name}/history", "get", 200).validate(said)
    shown = playing.ctl("camera", "history", "cam0").stdout
    for words in ("frames/s now", "99 of 100 within", "incomplete", "A packet of the frame"):
        assert words in shown


def _made_up() -> dict[str, Any]:
    """Two minutes: ten pictures a second, then none for a while, then five and some trouble."""
    known = [10.0] * 6 + [None] * 3 + [5.0] * 3
    nothing = [None if value is None else 0 for value in known]
    trouble = [*nothing[:-1], 7]
    return {
        "camera": "door",
        "every_s": 10,
        "time": [f"2026-03-01T10:{number // 6:02}:{number % 6 * 10:02}Z" for number in range(12)],
        "fps": known,
        "mbps": nothing,
        "packets_lost": trouble,
        "lost_share": [*nothing[:-1], 0.25],
        "p50_us": [value and 1000 for value in known],
        "p90_us": [value and 2000 for value in known],
        "p99_us": [value and 30000 for value in known],
        "other_drops": trouble,
        "drops": [
            {"reason": "late", "unit": "packet", "meaning": "It was late.", "counts": trouble}
        ],
    }


def _drawn(socket: Path, locale: str) -> list[str]:
    done = subprocess.run(
        [places.gwctl(), "--socket", socket, "camera", "history", "door"],
        env={**os.environ, "LC_ALL": locale},
        capture_output=True,
        timeout=60,
        check=True,
    )
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize(
    ("locale", "low", "middle", "high"), [("C.UTF-8", "▁", "▅", "█"), ("C", "_", "=", "#")]
)
def test_a_column_is_a_minute_and_the_last_one_is_now(
    saying: Saying, locale: str, low: str, middle: str, high: str
) -> None:
    lines = _drawn(saying(_made_up()), locale)
    by_label = {line.split("  ")[0].strip(): line[11:] for line in lines if line[0] != " "}
    assert (
        by_label["from"] == "2026-03-01T10:00:00 to 2026-03-01T10:01:50 (UTC), a column is a minute"
    )
    assert by_label["rate"] == " " * 58 + high + middle + "  5.0 frames/s now, 5.0 to 10.0"
    assert by_label["lost"] == " " * 58 + low + high + "  25.0 % now, 25.0 % at most, 7 packets"
    assert by_label["latency"] == " " * 58 + high * 2 + (
        "  half of the frames within 1.0 ms now, 1.0 ms at most"
    )
    assert by_label["dropped"] == " " * 58 + low + high + "  late"
    assert any("7 packets: It was late." in line for line in lines)
    assert lines[-1].endswith("7 for other reasons: `gwctl drops`")


def test_what_is_not_known_now_is_nothing_older(saying: Saying) -> None:
    silent = _made_up()
    for column in ("fps", "mbps", "lost_share", "p50_us", "p90_us", "p99_us"):
        silent[column][-1] = None
    lines = _drawn(saying(silent), "C")
    for words in (
        "  - frames/s now, 5.0 to 10.0",
        "  - Mbit/s now, 0.00 to 0.00",
        "  - % now, 0.0 % at most, 7 packets",
        "  half of the frames within - now, 1.0 ms at most",
        "  90 of 100 within - now, 2.0 ms at most",
        "  99 of 100 within - now, 30.0 ms at most",
    ):
        assert any(line.endswith(words) for line in lines), words


def test_of_a_gateway_that_has_just_begun_nothing_is_known(saying: Saying) -> None:
    begun = {key: [] if isinstance(value, list) else value for key, value in _made_up().items()}
    assert "nothing is known yet" in _drawn(saying(begun), "C")[1]
