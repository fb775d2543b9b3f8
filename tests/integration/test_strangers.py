"""Packets that no camera of ours sent: counted by name, and no camera's frame is harmed."""

from testbed.gateway import camera
from testbed.site import Site


def test_a_source_that_no_camera_has_is_counted_and_harms_nobody(site: Site) -> None:
    known = site.stream("cam0", rate=20, pictures=60)
    stranger = site.stream("stranger", rate=20, pictures=60)
    gateway = site.start(camera(known))
    site.send_digits(known)
    site.send_digits(stranger)
    site.finish_sending()
    site.settle()

    unmatched = gateway.ask("drops")["unmatched"]
    assert unmatched["no_camera"] >= 60
    assert [result.sequence for result in site.read(results=60).results] == list(range(60))
    assert gateway.ctl("audit").code == 0


def test_a_stranger_on_a_cameras_own_port_is_a_bad_source(site: Site) -> None:
    known = site.stream("cam0", rate=20, pictures=60)
    stranger = site.stream("stranger", rate=20, pictures=60)
    gateway = site.start({**camera(known), "port": stranger.port})
    site.send_digits(stranger)
    site.finish_sending()

    unmatched = gateway.ask("drops")["unmatched"]
    assert unmatched["bad_source"] >= 60
    assert gateway.status()["frames"]["received"] == 0


def test_another_ssrc_than_the_configured_one_is_refused(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=40)
    gateway = site.start({**camera(stream), "ssrc": stream.ssrc + 1})
    site.send_digits(stream)
    site.finish_sending()

    assert gateway.dropped()["bad_ssrc"] >= 40
    assert gateway.status()["frames"]["received"] == 0


def test_nonsense_on_a_cameras_port_is_counted_and_the_camera_goes_on(site: Site) -> None:
    stream = site.stream("cam0", rate=20, pictures=60)
    gateway = site.start(camera(stream))
    site.send_digits(stream)
    nonsense = (
        "import socket, sys, random\n"
        "random.seed(1)\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.bind((sys.argv[1], 0))\n"
        "for size in range(0, 1200, 3):\n"
        "    s.sendto(random.randbytes(size), (sys.argv[2], int(sys.argv[3])))\n"
    )
    site.net.run("python3", "-c", nonsense, stream.source, stream.destination, stream.port)
    site.finish_sending()
    site.settle()

    dropped = gateway.dropped()
    assert dropped["rtp_short"] > 0
    assert dropped["rtp_version"] > 0
    results = site.read(results=60).results
    shown = {stream.picture_at(result.body["frame"]["rtpTimestamp"]) for result in results}
    assert set(range(60)) <= shown
    assert gateway.ctl("audit").code == 0
