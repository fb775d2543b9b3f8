"""What Prometheus and supervisors get, as a parser that is not ours reads it."""

import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import monitoring
import pytest
import rollout_models
import rtp_capture
from monitoring import Scrape
from player import PICTURES, Gateway, camera, configuration

from testbed import places

TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Of what only some gateways have.
NOWHERE = "127.0.0.1:1"


def scrape(gateway: Gateway) -> Scrape:
    """What GET /metrics says."""
    reply = gateway.ask("metrics")
    assert (reply.status, reply.headers["content-type"]) == (200, TYPE)
    return Scrape(reply.body.decode())


def test_every_name_follows_the_conventions(played: Gateway) -> None:
    families = scrape(played).families
    assert len(families) > 60
    for family in families.values():
        assert re.fullmatch(r"framegate(_[a-z0-9]+)+", family.name), family.name
        assert family.documentation.endswith("."), family.name
        assert family.type in ("counter", "gauge", "histogram", "summary")
        # Base units: no milliseconds, no bits, no percent.
        assert not re.search(r"_(ms|us|ns|mbps|kb|mb|percent|total)(_|$)", family.name)
        for sample in family.samples:
            assert not math.isnan(sample.value), sample


def test_no_series_comes_twice(played: Gateway) -> None:
    found = scrape(played)
    assert len(found.series) == found.samples


def test_every_reason_of_the_list_is_there(played: Gateway) -> None:
    """Those that occurred and those that never did, as `gwctl drops --json` has them."""
    found = scrape(played)
    drops = played.json("drops")["drops"]
    assert len(drops) == len(found.of("framegate_drops_total"))
    for drop in drops:
        labels = {label: drop[label] for label in ("reason", "stage", "unit")}
        assert found("framegate_drops_total", **labels) == drop["total"]
        for name, count in drop["cameras"].items():
            told = found.get(
                "framegate_camera_drops_total",
                camera=name,
                reason=drop["reason"],
                unit=drop["unit"],
            )
            assert told == (count or None)
    assert found("framegate_drops_total", reason="incomplete", stage="rx", unit="frame") == 1
    assert sum(1 for drop in drops if drop["total"] == 0) > 50


def test_the_figures_are_those_of_the_other_commands(played: Gateway) -> None:
    found = scrape(played)
    for shown in played.json("camera", "list")["cameras"]:
        name = shown["name"]
        for metric, value in {
            "framegate_camera_packets_total": shown["packets"],
            "framegate_camera_packets_lost_total": shown["packets_lost"],
            "framegate_camera_received_bytes_total": shown["bytes"],
            "framegate_camera_frames_total": shown["frames"]["received"],
            "framegate_camera_results_delivered_total": shown["frames"]["delivered"],
            "framegate_camera_frames_dropped_total": shown["frames"]["dropped"],
            "framegate_camera_frames_in_flight": shown["frames"]["in_flight"],
        }.items():
            assert found(metric, camera=name) == value, metric
    assert found("framegate_camera_results_delivered_total", camera="cam0") == PICTURES - 1
    assert found("framegate_results_delivered_total") == PICTURES - 1
    assert found("framegate_samples_delivered_total") == 4
    assert found("framegate_frames_in_flight") == 0
    assert found("framegate_port_packets_total", port="lan0") == found("framegate_packets_total")


def test_time_is_in_seconds_and_adds_up(played: Gateway) -> None:
    found = scrape(played)
    assert found("framegate_frame_seconds_count") == PICTURES - 1
    assert found("framegate_frame_seconds_bucket", le="+Inf") == PICTURES - 1
    buckets = [
        (float(labels["le"]), value) for labels, value in found.of("framegate_frame_seconds_bucket")
    ]
    assert buckets == sorted(buckets)
    assert [value for _, value in buckets] == sorted(value for _, value in buckets)
    assert found("framegate_camera_latency_seconds_count", camera="cam0") == PICTURES - 1
    assert found("framegate_camera_latency_seconds_sum", camera="cam0") == found(
        "framegate_frame_seconds_sum"
    )
    parts = {labels["part"] for labels, _ in found.of("framegate_frame_part_seconds_count")}
    assert {"assemble", "decode", "infer", "sink_wait"} < parts
    assert "total" not in parts


def test_counters_never_go_back_and_the_start_stays(played: Gateway) -> None:
    first, second = scrape(played), scrape(played)
    start, processor = "framegate_process_start_time_seconds", "framegate_process_cpu_seconds_total"
    assert first(start) == second(start)
    assert first(processor) <= second(processor)
    for series, value in first.series.items():
        if series[0].endswith("_total"):
            assert second.series[series] >= value


def test_who_may_and_where(played: Gateway) -> None:
    """Also at the paths that Prometheus and supervisors ask for unasked."""
    # A thread that has had no processor for a while is a trouble until it has one.
    played.wait_until(lambda: played.ask("readyz").status == 200)
    for path in ("metrics", "livez", "readyz"):
        reply = monitoring.ask(played.socket, f"/{path}")
        assert reply.status == 200
        assert reply.headers["content-type"].startswith("text/plain")
        assert played.ask(path, "POST").status == 405
    routes = {route["path"]: route for route in played.get("")["routes"]}
    for path in ("metrics", "livez", "readyz"):
        assert routes[f"/api/v1/{path}"]["role"] == "viewer"


def test_gwctl_prints_the_same(played: Gateway) -> None:
    def alike() -> bool:
        """Of two answers: troubles may come and go between them."""
        said = played.ctl("metrics")
        assert said.returncode == 0, said.stderr
        return set(Scrape(said.stdout).series) == set(scrape(played).series)

    played.wait_until(alike)


@pytest.fixture(scope="module")
def whole(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    """It has a model, a camera by RTSP, brokers that are away, a spool and a source."""
    folder = tmp_path_factory.mktemp("whole")
    capture = folder / "cam0.pcap"
    rtp_capture.write(capture, 10, "10.0.0.1", "10.0.0.99", 5001)
    rollout_models.write(folder / "models" / "gate" / "1")
    gateway = start(
        configuration(
            f"net_pcap0,rx_pcap={capture}",
            cameras=[
                {**camera("cam0", 1), "model": "gate"},
                {"name": "door", "url": f"rtsp://{NOWHERE}/stream"},
            ],
            accel={
                "library": str(places.onnxruntime()),
                "repository": str(folder / "models"),
            },
            kafka={
                "brokers": NOWHERE,
                "spool": {"directory": str(folder / "spool"), "size": 16},
                "source": {"topic": "pictures", "template": {"model": "gate"}},
            },
        )
    )
    gateway.wait_until(lambda: gateway.get("cameras/cam0")["frames"]["spooled"] == 10)
    return gateway


def test_every_family_comes_with_a_sample_where_there_is_such_a_thing(whole: Gateway) -> None:
    whole.wait_until(lambda: scrape(whole)("framegate_troubles", severity="failed") > 0)
    without = {name for name, family in scrape(whole).families.items() if not family.samples}
    # Those of this gateway: no frame of a camera got lost, no RTCP says a clock, the topic that
    # nobody could ask has no end that is known, and the processor decodes.
    assert without == {
        "framegate_decode_device_up",
        "framegate_decode_device_pictures",
        "framegate_decode_device_rescued",
        "framegate_camera_drops",
        "framegate_camera_clock_offset_seconds",
        "framegate_source_lag_records",
    }


def test_what_is_away_is_told(whole: Gateway) -> None:
    whole.wait_until(lambda: scrape(whole)("framegate_troubles", severity="failed") > 0)
    found = scrape(whole)
    assert found("framegate_well") == 0
    assert found("framegate_sink_up", backend="kafka") == 0
    assert found("framegate_session_up", camera="door") == 0
    assert found("framegate_spool_writing") == 1
    assert found("framegate_results_spooled") == 10
    assert found("framegate_model_frames_total", model="gate", version="1") == 10
    assert found("framegate_model_again_total", model="gate", version="1") == 0
    assert found("framegate_device_pictures_total", device="host") == 10

    def alike() -> bool:
        """Of two answers: what troubles may change between them."""
        ids = {labels["id"] for labels, _ in scrape(whole).of("framegate_trouble")}
        return ids == {trouble["id"] for trouble in whole.get("status")["troubles"]}

    whole.wait_until(alike)


def test_who_cannot_deliver_is_alive_and_not_ready(whole: Gateway) -> None:
    assert whole.ask("livez").status == 200
    whole.wait_until(lambda: whole.ask("readyz").status == 503)

    def says_why() -> bool:
        line = whole.ask("readyz").body.decode()
        assert line.endswith("\n")
        assert line.count("\n") == 1
        troubles = whole.get("status")["troubles"]
        return line.strip() in [it["text"] for it in troubles if it["severity"] == "failed"]

    # Of two answers: the text of a trouble may change between them.
    whole.wait_until(says_why)


@cache
def _known(gateway: Gateway) -> frozenset[str]:
    found = scrape(gateway)
    return frozenset(found.sample_names())


@pytest.mark.parametrize("file", monitoring.FILES, ids=lambda file: file.name)
def test_rules_and_dashboard_ask_for_what_there_is(played: Gateway, file: Path) -> None:
    asked = monitoring.names(file)
    assert asked
    assert asked <= _known(played)


@pytest.mark.parametrize("file", monitoring.FILES, ids=lambda file: file.name)
def _strange_labels(found: Scrape, file: Path) -> list[tuple[str, str]]:
    """Those that some series of that name has not."""
    return [
        (name, label)
        for name, label in monitoring.selected(file)
        if not all(label in labels for labels, _ in found.of(name))
    ]


@pytest.mark.parametrize("file", monitoring.FILES, ids=lambda file: file.name)
def test_the_labels_that_they_ask_for_exist(whole: Gateway, file: Path) -> None:
    assert _strange_labels(scrape(whole), file) == []


def test_what_does_not_exist_is_found(whole: Gateway, tmp_path: Path) -> None:
    """Negative control: a name and a label."""
    wrong = tmp_path / "rules.yaml"
    wrong.write_text("groups: [{rules: [{expr: 'rate(framegate_drop_total[5m]) > 0'}]}]\n")
    assert not monitoring.names(wrong) <= _known(whole)
    wrong.write_text("""groups: [{rules: [{expr: 'framegate_drops_total{cause="late"} > 0'}]}]\n""")
    assert _strange_labels(scrape(whole), wrong) == [("framegate_drops_total", "cause")]


def test_every_rule_says_what_to_do() -> None:
    rules = monitoring.rules()
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
        assert re.fullmatch(r"\d+[smh]", rule["for"])
