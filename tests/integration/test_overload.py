"""More than the gateway can do: what is shed has a name, and only those who send too much pay."""

import signal
import time
from pathlib import Path

from testbed import places, senders
from testbed.gateway import RING, camera
from testbed.site import DIGITS, PATIENT, Site


def test_a_camera_that_floods_costs_the_others_nothing(site: Site) -> None:
    flood = site.stream("flood", rate=100, pictures=600)
    calm = site.stream("calm", rate=10, pictures=60)
    gateway = site.start(camera(flood, model="objects"), camera(calm, **DIGITS))
    log = site.folder / "flood.log"
    site.keep(senders.ffmpeg_video(site.net.start, log, flood, places.video()))
    site.send_digits(calm)
    site.finish_sending()
    site.settle(received=660)

    frames = {it["name"]: it["frames"] for it in gateway.ask("camera", "list")["cameras"]}
    assert frames["calm"] == {
        "received": 60,
        "delivered": 60,
        "dropped": 0,
        "in_flight": 0,
        "spooled": 0,
    }
    assert frames["flood"]["dropped"] > 0
    assert frames["flood"]["delivered"] > 0
    assert frames["flood"]["received"] == 600
    dropped = gateway.dropped()
    assert dropped.get("over_quota", 0) + dropped.get("shed", 0) == frames["flood"]["dropped"]
    assert gateway.ctl("audit").code == 0


def test_what_was_shed_leaves_no_gap_between_counted_and_delivered(site: Site) -> None:
    flood = site.stream("flood", rate=60, pictures=240)
    gateway = site.start(camera(flood, model="objects", quota=2))
    log = site.folder / "flood.log"
    site.keep(senders.ffmpeg_video(site.net.start, log, flood, places.video()))
    site.finish_sending()
    site.settle(received=240)

    frames = gateway.status()["frames"]
    assert frames["received"] == frames["delivered"] + frames["dropped"] == 240
    customer = site.read(results=frames["delivered"])
    sequences = [result.sequence for result in customer.results]
    assert len(sequences) == frames["delivered"]
    assert sequences == sorted(set(sequences))


def _came(site: Site) -> int:
    """Packets that came to the gateway's port, whether it took them or not."""
    return int(Path(f"/sys/class/net/{site.net.port}/statistics/rx_packets").read_text())


def test_a_gateway_that_was_frozen_tells_what_it_lost_meanwhile(site: Site) -> None:
    # More than the test lasts: what is lost is seen by what comes after it.
    stream = site.stream("cam0", rate=100, pictures=100_000)
    gateway = site.configure(camera(stream, **PATIENT))
    port = gateway.configuration["interfaces"][0]
    port["device"] = port["device"].replace(f"framecnt={RING}", "framecnt=4096")
    gateway.write()
    gateway.start()
    log = site.folder / "cam0.log"
    sender = site.keep(senders.ffmpeg_video(site.net.start, log, stream, places.video()))
    gateway.wait_until(
        lambda: gateway.status()["frames"]["received"] > 0, 60, "nothing is received"
    )
    gateway.process.signal(signal.SIGSTOP)
    # Until more has come than there is room for, however fast the camera is.
    before, end = _came(site), time.monotonic() + 60
    while _came(site) < before + 6000:
        assert time.monotonic() < end
        time.sleep(0.1)
    gateway.process.signal(signal.SIGCONT)
    frozen = gateway.status()["frames"]["received"]
    # Many more than lay before the port: what is missing has something after it.
    gateway.wait_until(
        lambda: gateway.status()["frames"]["received"] > frozen + 500, 60, "it does not go on"
    )
    sender.stop()
    site.settle()

    port = gateway.ask("stages")["stages"][0]["facts"]["ports"][0]
    lost = gateway.ask("camera", "show", "cam0")["packets_lost"]
    assert port["missed"] > 0
    # The port counts other hosts' packets, too; there are hardly any.
    assert port["missed"] - 20 <= lost <= port["missed"]
    assert gateway.ctl("audit").code == 0
