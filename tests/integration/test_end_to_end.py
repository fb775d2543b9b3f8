"""Four cameras of programs that are not ours, two models, a real broker, and what a customer reads.

The cameras play once for all tests of this file; each test looks at another side of what came out.
"""

import datetime
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from testbed import places, scenes, senders
from testbed.consumer import Customer, Record, validate
from testbed.gateway import Topics, camera
from testbed.kafka import Kafka
from testbed.scenes import Scenes
from testbed.senders import Stream
from testbed.site import DIGITS, PATIENT, Site

EVERY = 10
SECONDS = 8


@dataclass
class Run:
    """What was sent and what came out."""

    site: Site
    streams: dict[str, Stream]
    scenes: dict[str, Scenes]
    customer: Customer
    began: float
    ended: float


@pytest.fixture(scope="module")
def run(
    need_root: None, tmp_path_factory: pytest.TempPathFactory, broker: Kafka, drawn: Scenes
) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("end-to-end")
    topics = Topics.unique()
    broker.create_topics(topics)
    site = Site(folder, broker, topics, drawn)
    try:
        yield _play(site)
    finally:
        site.close()


def _play(site: Site) -> Run:
    video_a = site.stream("video-a", rate=5, pictures=5 * SECONDS)
    video_b = site.stream("video-b", rate=5, pictures=5 * SECONDS)
    digits_a = site.stream("digits-a", rate=15, pictures=15 * SECONDS)
    digits_b = site.stream("digits-b", rate=15, pictures=15 * SECONDS)
    drawn_b = scenes.draw(site.folder / "b", first=7000, count=15 * SECONDS, kind="png")
    site.start(
        camera(video_a, model="objects", **PATIENT),
        camera(video_b, model="objects", **PATIENT),
        camera(digits_a, **DIGITS),
        camera(digits_b, **DIGITS),
        every=EVERY,
    )
    began = time.time()
    start, video, log = site.net.start, places.video(), site.folder / "senders.log"
    site.keep(senders.ffmpeg_video(start, log, video_a, video))
    site.keep(senders.gstreamer_video(start, log, video_b, video, (768, 576), begin=40))
    site.send_digits(digits_a)
    site.keep(senders.picture_files(start, log, digits_b, drawn_b.png, len(drawn_b.truth)))
    site.finish_sending()
    streams = {stream.name: stream for stream in (video_a, video_b, digits_a, digits_b)}
    pictures = sum(stream.pictures for stream in streams.values())
    site.settle(received=pictures)
    customer = site.read(results=pictures, pictures=pictures // EVERY)
    return Run(
        site,
        streams,
        {"digits-a": site.drawn, "digits-b": drawn_b},
        customer,
        began,
        time.time(),
    )


def _pixels(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)))


def _picture_number(run: Run, result: Record) -> int:
    return run.streams[result.key].picture_at(result.body["frame"]["rtpTimestamp"])


def test_every_picture_sent_has_one_result(run: Run) -> None:
    came = {name: len(run.customer.of(name)) for name in run.streams}
    assert came == {name: stream.pictures for name, stream in run.streams.items()}


def test_no_camera_lost_a_packet_a_frame_or_a_sample(run: Run) -> None:
    # What matches no camera is another matter: FFmpeg's RTCP, and what the host itself says.
    drops = run.site.gateway.ask("drops")["drops"]
    assert {it["reason"]: it["cameras"] for it in drops if any(it["cameras"].values())} == {}


def test_every_result_is_what_the_schema_promises(run: Run) -> None:
    for result in run.customer.results:
        validate(result)


def test_headers_are_cloudevents_in_kafka_binary_mode(run: Run) -> None:
    for record in [*run.customer.results, *run.customer.frames]:
        assert record.headers["ce_specversion"] == "1.0"
        assert record.headers["ce_source"] == f"/gateways/gw1/cameras/{record.key}"
        boot, name, sequence = record.headers["ce_id"].split("/")
        assert len(boot) == 36
        assert name == record.key
        assert sequence.isdigit()
        time_of_capture = datetime.datetime.fromisoformat(record.headers["ce_time"])
        assert abs(time_of_capture.timestamp() * 1000 - record.time_ms) <= 1
    for result in run.customer.results:
        assert result.headers["ce_type"] == "com.framegate.result.v1"
        assert result.headers["content-type"] == "application/json"
        assert result.body["id"] == result.headers["ce_id"]
    for frame in run.customer.frames:
        assert frame.headers["ce_type"] == "com.framegate.frame.v1"
        assert frame.headers["content-type"] == "image/jpeg"


def test_no_two_results_have_the_same_id(run: Run) -> None:
    assert len({result.id for result in run.customer.results}) == len(run.customer.results)


def test_a_camera_stays_in_one_partition_and_in_order(run: Run) -> None:
    for name in run.streams:
        results = run.customer.of(name)
        assert len({result.partition for result in results}) == 1
        assert [result.sequence for result in results] == list(range(len(results)))
        times = [result.time_ms for result in results]
        assert times == sorted(times)


def test_record_time_is_capture_time(run: Run) -> None:
    for result in run.customer.results:
        assert run.began <= result.time_ms / 1000 <= run.ended
        stamp = datetime.datetime.fromisoformat(result.body["@timestamp"])
        assert round(stamp.timestamp() * 1000) == result.time_ms


def test_every_tenth_picture_came_with_the_id_of_its_result(run: Run) -> None:
    for name, stream in run.streams.items():
        sampled = {frame.id for frame in run.customer.pictures_of(name)}
        assert len(sampled) == stream.pictures // EVERY
        announced = {result.id for result in run.customer.of(name) if result.body["sampled"]}
        assert sampled == announced


def test_a_sampled_picture_is_the_file_that_was_sent_pixel_by_pixel(run: Run) -> None:
    results = {result.id: result for result in run.customer.of("digits-a")}
    frames = run.customer.pictures_of("digits-a")
    assert frames
    for frame in frames:
        number = _picture_number(run, results[frame.id]) % len(run.site.drawn.truth)
        sent = run.site.drawn.path(number).read_bytes()
        assert np.array_equal(_pixels(frame.value), _pixels(sent)), f"picture {number}"


def test_sampled_pictures_of_all_senders_are_jpeg_of_the_announced_size(run: Run) -> None:
    results = {result.id: result.body["frame"] for result in run.customer.results}
    for frame in run.customer.frames:
        announced = results[frame.id]
        height, width, _ = _pixels(frame.value).shape
        assert (width, height) == (announced["width"], announced["height"])
        assert len(frame.value) == announced["bytes"]


@pytest.mark.parametrize("name", ["digits-a", "digits-b"])
def test_at_least_97_of_100_digits_are_recognised(run: Run, name: str) -> None:
    truth = run.scenes[name].truth
    results = run.customer.of(name)
    right = sum(
        result.body["classes"][0]["type"] == str(truth[_picture_number(run, result) % len(truth)])
        for result in results
    )
    assert right >= 0.97 * len(results)


@pytest.mark.parametrize("name", ["video-a", "video-b"])
def test_people_are_boxed_inside_the_picture(run: Run, name: str) -> None:
    with_people = 0
    for result in run.customer.of(name):
        assert result.body["task"] == "detect"
        for found in result.body.get("objects", []):
            box = found["bbox"]
            assert 0 <= box["leftX"] < box["rightX"] <= 768
            assert 0 <= box["topY"] < box["bottomY"] <= 576
        people = [found for found in result.body.get("objects", []) if found["type"] == "person"]
        with_people += bool(people)
    assert with_people >= 0.9 * run.streams[name].pictures


def test_every_stage_took_some_time_and_all_together_not_more_than_the_whole(run: Run) -> None:
    for result in run.customer.results:
        parts = dict(result.body["latencyUs"])
        total = parts.pop("total")
        assert parts["decode"] > 0
        assert parts["infer"] > 0
        assert sum(parts.values()) <= total + 10
    # One of them had no wait, on a machine however busy.
    assert min(it.body["latencyUs"]["total"] for it in run.customer.results) < 2_000_000


def test_the_gateway_counts_what_the_customer_counts(run: Run) -> None:
    for listed in run.site.gateway.ask("camera", "list")["cameras"]:
        sent = run.streams[listed["name"]].pictures
        assert listed["frames"] == {
            "received": sent,
            "delivered": sent,
            "dropped": 0,
            "in_flight": 0,
            "spooled": 0,
        }
        assert listed["samples"]["delivered"] == sent // EVERY


def test_the_balance_is_exact(run: Run) -> None:
    answer = run.site.gateway.ctl("audit")
    assert answer.code == 0
    assert answer.body["balanced"] is True
    for equation in answer.body["equations"]:
        assert equation["received"] == (
            equation["delivered"] + equation["dropped"] + equation["in_flight"]
        )
        assert sum(equation["drops"].values()) == equation["dropped"]


def test_models_are_listed_with_the_cameras_that_use_them(run: Run) -> None:
    models = {model["name"]: model for model in run.site.gateway.ask("model", "list")["models"]}
    assert models["digits"]["cameras"] == ["digits-a", "digits-b"]
    assert models["objects"]["cameras"] == ["video-a", "video-b"]
    digests = {result.body["model"]["digest"] for result in run.customer.of("digits-a")}
    assert digests == {models["digits"]["digest"]}
    assert models["digits"]["frames"] == sum(
        run.streams[name].pictures for name in ("digits-a", "digits-b")
    )
