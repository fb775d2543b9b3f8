"""A camera whose digits the model does not know: what is learned beside the gateway helps it."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lessons
import pytest
from yard import Yard

from framegate_learn import shelf
from framegate_learn.gateway import Gateway
from testbed import places, scenes

# The camera shows other digits than those that are learned from.
SHOWN, LEARNED = (0, 60), (1000, 500)
QUICK = ("--steps", "50%,100%", "--hold", "1", "--members", "2", "--epochs", "10")


@pytest.fixture
def site(need_root: None, tmp_path: Path) -> Iterator[Yard]:
    """Version 1 of `digits`, in a repository of its own, and a camera that plays on."""
    shutil.copytree(places.models() / "digits", tmp_path / "models" / "digits")
    first, count = SHOWN
    drawn = scenes.draw(tmp_path / "drawn", first, count, "jpg", lessons.inverted)
    made = Yard(tmp_path, drawn)
    try:
        # Slow enough for as many frames as may be in flight to be seconds of them.
        made.start(repository=tmp_path / "models", rate=10)
        yield made
    finally:
        made.close()


def _seen(yard: Yard, wanted: int) -> list[bool]:
    """Whether the version that looks at the camera's pictures is right, of so many of them."""
    gateway, found, tag = Gateway(yard.gateway.socket), {}, ""
    end = time.monotonic() + 120
    while len(found) < wanted:
        assert time.monotonic() < end, f"only {len(found)} pictures came"
        view = gateway.view("gate1", tag)
        if view is None:
            time.sleep(0.05)
            continue
        tag = view.tag
        stream = yard.streams[0]
        number = stream.picture_at(view.record["frame"]["rtpTimestamp"]) % len(yard.drawn.truth)
        found[number] = view.record["classes"][0]["type"] == str(yard.drawn.truth[number])
    return list(found.values())


def _counted(yard: Yard) -> tuple[int, int]:
    frames = Gateway(yard.gateway.socket).get("cameras/gate1")["frames"]
    return frames["delivered"], frames["dropped"]


def _train(yard: Yard, *more: object) -> tuple[int, dict[str, Any], str]:
    gwctl = ("--gwctl", places.gwctl())
    words = (*QUICK, *gwctl, *more)
    return lessons.train(
        yard.folder / "state", yard.gateway.socket, *words, program=lessons.PATIENT
    )


def test_a_site_gets_better_and_the_gateway_loses_no_frame(site: Yard) -> None:
    first, count = LEARNED
    lessons.fill(site.folder / "state", count, first=first).close()
    before = _seen(site, 30)
    delivered, dropped = _counted(site)
    code, told, said = _train(site, "--seed", "1")
    assert code == 0, f"{told.get('reason')}\n{said}"
    assert (told["state"], told["accepted"], told["version"]) == ("accepted", True, 2)
    delivered_then, dropped_then = _counted(site)
    assert delivered_then > delivered
    assert dropped_then == dropped == 0
    route = Gateway(site.gateway.socket).get("models/digits/rollout")
    assert route["stable"]["version"] == 2
    assert route["stable"]["digest"] == told["digest"]
    assert route["last"]["completed"] is True
    # The one before can come back.
    assert shelf.used(Gateway(site.gateway.socket), "digits") == {1, 2}
    after = _seen(site, 30)
    assert sum(before) / len(before) < 0.6
    assert sum(after) / len(after) > 0.8
    # What the run says of it is what the camera shows.
    figures = told["figures"]
    assert figures["ensemble"]["accuracy"] > 0.85 > 0.6 > figures["before"]["accuracy"]
    low, high = told["verdict"]["held"]["interval"]
    assert 0 < low <= told["verdict"]["held"]["difference"] <= high
    # The same once more has nothing to gain.
    code, again, said = _train(site, "--seed", "2", "--margin", "0.5", "--epochs", "1")
    assert code == 3, said
    assert again["parent"] == "digits:2"
    assert Gateway(site.gateway.socket).get("models/digits/rollout")["stable"]["version"] == 2
