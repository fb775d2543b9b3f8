"""The broker is away, hangs or dies: the gateway goes on, says so, and counts every frame."""

import re
import subprocess
import time
from collections.abc import Callable

from testbed import places
from testbed.gateway import camera
from testbed.kafka import Kafka
from testbed.site import PATIENT, Site

FOREVER = 100_000  # pictures: more than the test lasts, however late it does something


def _counted(site: Site) -> None:
    """Received is what was delivered plus what has the name of a drop."""
    answer = site.gateway.ctl("audit")
    assert answer.body["balanced"] is True, answer.body
    frames = site.gateway.status()["frames"]
    assert frames["received"] == frames["delivered"] + frames["dropped"]
    assert frames["in_flight"] == 0


def test_a_broker_that_is_away_at_the_start_gets_everything_when_it_comes(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    stream = site.stream("cam0", rate=20, pictures=60)
    gateway = site.start(camera(stream, **PATIENT))
    site.send_digits(stream)
    site.finish_sending()
    gateway.wait_until(
        lambda: gateway.status()["frames"]["received"] == 60, 60, "not all is received"
    )
    assert gateway.status()["frames"]["delivered"] == 0

    own_broker.start()
    own_broker.create_topics(site.topics)

    site.settle(60)
    customer = site.read(results=60)
    assert [result.sequence for result in customer.of("cam0")] == list(range(60))
    _counted(site)


def _settled_after_a_stop(site: Site) -> int:
    """How many frames were delivered, once what a sender that was stopped had sent is through: all
    that came but one, in which it was stopped."""
    before, since = -1, time.monotonic()
    while time.monotonic() < since + 1:
        site.settle(90)
        frames = site.gateway.status()["frames"]
        if frames["received"] != before:
            before, since = frames["received"], time.monotonic()
        time.sleep(0.05)
    lost = frames["dropped"]
    assert lost <= 1
    assert site.gateway.dropped().get("incomplete", 0) == lost
    assert frames["delivered"] == frames["received"] - lost
    return frames["delivered"]


def test_a_broker_that_dies_in_mid_run_loses_nothing(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    own_broker.start()
    own_broker.create_topics(site.topics)
    stream = site.stream("cam0", rate=20, pictures=FOREVER)
    gateway = site.start(camera(stream, **PATIENT))
    sender = site.send_digits(stream)
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] > 40, 60, "nothing is delivered"
    )
    own_broker.kill()
    gateway.wait_until(lambda: gateway.status()["frames"]["in_flight"] > 20, 60, "nothing waits")
    before = gateway.status()["frames"]["delivered"]
    own_broker.start()
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] > before, 90, "nothing is delivered again"
    )
    sender.stop()

    delivered = _settled_after_a_stop(site)
    customer = site.read(results=delivered)
    # At least once: a record may come twice, but none may be missing.
    assert {result.sequence for result in customer.of("cam0")} == set(range(delivered))
    _counted(site)


def test_a_broker_that_hangs_for_a_while_loses_nothing(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    own_broker.start()
    own_broker.create_topics(site.topics)
    stream = site.stream("cam0", rate=20, pictures=FOREVER)
    gateway = site.start(camera(stream, **PATIENT))
    sender = site.send_digits(stream)
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] > 20, 60, "nothing is delivered"
    )
    own_broker.freeze()
    gateway.wait_until(
        lambda: gateway.status()["kafka"]["state"] == "stalled", 60, "nobody notices it"
    )
    assert gateway.ctl("status").code == 1
    own_broker.thaw()
    gateway.wait_until(lambda: gateway.ctl("status").code == 0, 60, "it is not well again")
    sender.stop()

    delivered = _settled_after_a_stop(site)
    customer = site.read(results=delivered)
    assert {result.sequence for result in customer.of("cam0")} == set(range(delivered))
    _counted(site)


def test_what_overflows_while_the_broker_is_away_is_counted_by_name(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    stream = site.stream("cam0", rate=25, pictures=200)
    gateway = site.configure(camera(stream, **PATIENT))
    gateway.configuration["kafka"]["properties"] = [
        {"name": "queue.buffering.max.messages", "value": "100"}
    ]
    gateway.write()
    gateway.start()
    site.send_digits(stream)
    site.finish_sending()
    gateway.wait_until(
        lambda: gateway.status()["frames"]["received"] == 200, 60, "not all is received"
    )

    own_broker.start()
    own_broker.create_topics(site.topics)
    site.settle(60)

    frames = gateway.status()["frames"]
    assert frames["received"] == 200
    assert frames["dropped"] > 0
    assert gateway.dropped().get("sink_full", 0) == frames["dropped"]
    customer = site.read(results=frames["delivered"])
    assert len(customer.of("cam0")) == frames["delivered"]
    _counted(site)


def test_sampled_pictures_that_wait_for_the_broker_do_not_hold_up_the_camera(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    stream = site.stream("cam0", rate=25, pictures=200)
    gateway = site.configure(camera(stream, **PATIENT), every=1)
    gateway.configuration["kafka"]["frames"]["budget"] = 16
    gateway.write()
    gateway.start()
    site.send_digits(stream)
    site.finish_sending()

    # The last of them may lie before the port still.
    gateway.wait_until(
        lambda: gateway.dropped().get("sample_budget") == 200 - 16, 60, "samples are missing"
    )
    assert gateway.dropped() == {"sample_budget": 200 - 16}
    own_broker.start()
    own_broker.create_topics(site.topics)
    site.settle(60)
    customer = site.read(results=200, pictures=16)
    assert {result.sequence for result in customer.results} == set(range(200))
    assert sorted(frame.sequence for frame in customer.frames) == list(range(16))
    announced = [result.sequence for result in customer.results if result.body["sampled"]]
    assert announced == list(range(16))
    _counted(site)


def test_an_absent_broker_is_reported_in_the_log_and_in_the_status(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    gateway = site.start(camera(site.stream("cam0", rate=1, pictures=1)))
    gateway.wait_until(
        lambda: gateway.status().get("kafka", {}).get("state") not in (None, "up"),
        60,
        "the status does not tell that the broker is away",
    )
    words = f"kafka.{site.topics.results}.down: no broker of"
    gateway.wait_until(lambda: words in gateway.log(), 60, "the log does not tell")
    assert gateway.stop() <= 5


def test_status_is_not_well_until_the_broker_is_there(
    make_site: Callable[[Kafka], Site], own_broker: Kafka
) -> None:
    site = make_site(own_broker)
    gateway = site.start(camera(site.stream("cam0", rate=1, pictures=1)))
    answer = gateway.ctl("status")
    assert answer.code == 1
    assert answer.body["ready"] is True

    def text() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [places.gwctl(), "--socket", gateway.socket, "status"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    away = text()
    assert away.returncode == 1
    assert re.search("^state +not well: kafka is (connecting|down)$", away.stdout, re.MULTILINE)

    own_broker.start()
    gateway.wait_until(lambda: gateway.ctl("status").code == 0, 60, "the status is not well")
    there = text()
    assert there.returncode == 0
    assert re.search("^state +ready$", there.stdout, re.MULTILINE)

    own_broker.kill()
    gateway.wait_until(lambda: gateway.ctl("status").code == 1, 60, "nobody notices the end")
