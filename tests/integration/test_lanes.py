"""Several threads a stage: every camera's pictures arrive, all of them and in their order."""

import pytest

from testbed.gateway import camera
from testbed.site import DIGITS, Site

CAMERAS, PICTURES = 6, 40


@pytest.mark.parametrize(
    "cores", [{"rx": 2, "decode": 2, "accel": 2, "sink": 2}, {"rx": 3, "sink": 2}]
)
def test_cameras_are_spread_over_lanes_and_lose_nothing(site: Site, cores: dict[str, int]) -> None:
    streams = [site.stream(f"cam{i}", rate=10, pictures=PICTURES) for i in range(CAMERAS)]
    gateway = site.configure(*(camera(stream, **DIGITS) for stream in streams))
    gateway.configuration["cores"] = cores
    gateway.write()
    gateway.start()
    for stream in streams:
        site.send_digits(stream)
    site.finish_sending()
    site.settle(received=CAMERAS * PICTURES)

    customer = site.read(results=CAMERAS * PICTURES)
    for stream in streams:
        results = customer.of(stream.name)
        assert [it.sequence for it in results] == list(range(PICTURES))
        found = [int(it.body["classes"][0]["type"]) for it in results]
        right = sum(
            it == site.truth(stream, result) for it, result in zip(found, results, strict=True)
        )
        assert right >= 0.97 * PICTURES
    stages = {it["stage"]: it["lanes"] for it in gateway.ask("stages")["stages"]}
    for name, count in cores.items():
        assert len(stages[name]) == count
        assert all(lane["busy_turns"] > 0 for lane in stages[name])
    assert gateway.ctl("audit").code == 0
    assert gateway.stop() <= 5
