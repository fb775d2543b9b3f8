"""SIGHUP: what can be changed while it runs is changed, what cannot is refused, and frames flow."""

import itertools
import signal

from testbed.gateway import camera
from testbed.site import PATIENT, Site


def test_another_sampling_rate_holds_from_then_on(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=100_000)
    gateway = site.start(camera(stream, **PATIENT), every=1000)
    sender = site.send_digits(stream)
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] > 20, 60, "nothing is delivered"
    )
    assert "(5)" not in gateway.log()

    gateway.configuration["kafka"]["frames"]["every"] = 5
    gateway.write()
    gateway.process.signal(signal.SIGHUP)
    gateway.wait_until(lambda: "(5)" in gateway.log(), 60, "the reload is not reported")
    then = gateway.status()["frames"]["received"]

    site.read(results=then + 100, pictures=20)
    sender.stop()
    results = [result.sequence for result in site.customer.results]
    assert len(results) >= then + 100
    assert results == list(range(len(results)))
    sampled = [frame.sequence for frame in site.customer.frames]
    assert sampled[0] == 0
    assert len(sampled) >= 20
    assert {b - a for a, b in itertools.pairwise(sampled) if a >= then} == {5}


def test_a_file_that_became_wrong_is_refused_and_nothing_changes(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=100)
    gateway = site.start(camera(stream, **PATIENT))
    site.send_digits(stream)
    gateway.file.write_text("cameras: [{name: cam0, colour: blue}]\n")
    gateway.process.signal(signal.SIGHUP)
    gateway.wait_until(lambda: "colour" in gateway.log(), 60, "the log says nothing")

    site.finish_sending()
    site.settle()
    assert gateway.process.running
    assert len(site.read(results=100).results) == 100


def test_another_log_level_holds_from_then_on(site: Site) -> None:
    gateway = site.start(camera(site.stream("cam0", rate=1, pictures=1)))

    def reload(level: str, every: int) -> None:
        gateway.configuration["log"]["level"] = level
        gateway.configuration["kafka"]["frames"]["every"] = every
        gateway.write()
        gateway.process.signal(signal.SIGHUP)

    reload("info", 11)
    gateway.wait_until(lambda: "(11)" in gateway.log(), 60, "the first reload is not reported")
    # `error` silences the line with which a reload reports itself; a refusal is still told.
    reload("error", 12)
    gateway.wait_until(
        lambda: gateway.ask("config", "show")["log"]["level"] == "error", 60, "it says on"
    )
    gateway.file.write_text("cameras: [{name: cam0, colour: blue}]\n")
    gateway.process.signal(signal.SIGHUP)
    gateway.wait_until(lambda: "colour" in gateway.log(), 60, "the log says nothing")
    assert "(12)" not in gateway.log()

    reload("info", 13)
    gateway.wait_until(lambda: "(13)" in gateway.log(), 60, "the log stays silent")
    assert gateway.stop() <= 5
