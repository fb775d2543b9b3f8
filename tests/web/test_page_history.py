"""The plots of a camera's last hour: the gateway's, there when the page is opened."""

from typing import Any

import pytest
from eyes import Show, one, text, until
from selenium import webdriver
from selenium.webdriver.common.by import By

from testbed.api import Api
from testbed.front import Front
from testbed.gateway import Gateway

PATH = "/api/v1/cameras/door/history"
POINTS = 360


def _hour(**more: Any) -> dict[str, Any]:
    """An hour of ten pictures a second, of which ten minutes are not known."""
    known = [None if 60 <= i < 120 else 10.0 for i in range(POINTS)]
    counts = [value and 0 for value in known]
    return {
        "camera": "door",
        "every_s": 10,
        "time": [
            f"2026-03-01T{10 + i // 360:02}:{i // 6 % 60:02}:{i % 6 * 10:02}Z"
            for i in range(POINTS)
        ],
        "fps": known,
        "mbps": known,
        "packets_lost": counts,
        "lost_share": counts,
        "p50_us": [value and 1000 for value in known],
        "p90_us": [value and 2000 for value in known],
        "p99_us": [value and 30000 for value in known],
        "other_drops": counts,
        "drops": [],
        **more,
    }


@pytest.fixture
def front(front: Front) -> Any:
    """What is made up there is forgotten."""
    yield front
    front.made_up.clear()


def _lines(browser: webdriver.Chrome, title: str) -> dict[str, list[list[float]]]:
    """The lines of a figure by their names: pieces, each [x of its begin, x of its end]."""
    said = browser.execute_script(
        "const figure = [...document.querySelectorAll('figure')]"
        ".find((one) => one.innerText.startsWith(arguments[0]));"
        "return [...figure.querySelectorAll('polyline')].map((line) =>"
        " [line.dataset.name, line.points[0].x, line.points[line.points.length - 1].x])",
        title,
    )
    found: dict[str, list[list[float]]] = {}
    for name, begin, end in said:
        found.setdefault(name, []).append([begin, end])
    return found


def test_an_hour_is_there_at_once(show: Show, front: Front) -> None:
    late = [0] * (POINTS - 1) + [12]
    drops = [
        {"reason": "incomplete", "unit": "frame", "meaning": "It lost one.", "counts": late},
        {"reason": "late", "unit": "packet", "meaning": "It was late.", "counts": late},
    ]
    front.made_up[PATH] = _hour(drops=drops)
    browser = show("camera/door")
    text(browser, ".plots", "Pictures a second: 10.0 now, 10.0 at most in the last hour")
    # A gap is no line; what is older is on the left.
    [first, second] = _lines(browser, "Pictures a second")["rate"]
    assert first == [pytest.approx(600 / POINTS, abs=0.2), pytest.approx(100, abs=0.2)]
    assert second == [pytest.approx(600 * 121 / POINTS, abs=0.2), pytest.approx(600, abs=0.2)]
    text(browser, ".plots", "2.0 ms now, 2.0 ms at most")
    assert set(_lines(browser, "Latency")) == {
        "half within",
        "90 of 100 within",
        "99 of 100 within",
    }
    text(browser, ".plots", "12 incomplete (frames), 12 late (packets)")
    assert set(_lines(browser, "Dropped")) == {"incomplete (frames)", "late (packets)"}
    legend = browser.find_elements(By.CSS_SELECTOR, "figure:last-of-type .legend li")
    assert [item.text for item in legend] == ["incomplete (frames)", "late (packets)"]


def test_a_gateway_that_has_just_begun_has_no_hour_yet(show: Show, front: Front) -> None:
    front.made_up[PATH] = {
        key: [] if isinstance(value, list) else value for key, value in _hour().items()
    }
    browser = show("camera/door")
    text(browser, ".plots", "Pictures a second: nothing yet")
    text(browser, ".plots", "Dropped in ten seconds: nothing yet")
    assert browser.find_elements(By.CSS_SELECTOR, "polyline") == []


def test_it_is_what_the_gateway_remembers(show: Show, running: Gateway) -> None:
    """A browser that was never here before sees more than its own time."""
    with Api(running.socket) as api:
        until(lambda: len(api.get("cameras/door/history")["time"]) >= 3, "three figures")
    browser = show("camera/door")
    count = (
        "return Math.max(0, ...[...document.querySelectorAll('polyline')]"
        ".map((line) => line.points.length))"
    )
    until(lambda: browser.execute_script(count) >= 3, "a line of three points")
    assert "now" in one(browser, ".plots").text
