"""The web page in a browser: what an operator sees."""

import io
import os
import time
from pathlib import Path

import pytest
from eyes import Show, one, painted, pixel, text, tile, until
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from testbed.api import Api
from testbed.front import Front
from testbed.gateway import Gateway

# The colours of mgmt/web/paint.js, for label 0.
BOX = (0xFF, 0xD1, 0x66)


def test_the_grid_shows_every_camera_and_how_it_does(show: Show) -> None:
    browser = show("cameras")
    text(browser, "#count", "256 cameras")
    until(lambda: painted(browser, f"{tile('door')} canvas"), "a picture")
    words = text(browser, tile("door"), "live")
    assert "door" in words
    assert " /s · 0.0 % lost · " in words
    assert browser.title == "Cameras · Framegate"
    text(browser, "#gateway", "gw1")


def test_a_grid_of_256_takes_pictures_of_what_is_in_view(
    show: Show, running: Gateway, front: Front
) -> None:
    browser = show("cameras")
    text(browser, "#count", "256 cameras")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".tile")) == 256
    until(lambda: painted(browser, f"{tile('street-003')} canvas"), "a picture")
    last = f"{tile('turned')} canvas"
    assert not painted(browser, last)
    assert not any("/street-200/view" in path for _, path, _ in front.asked)
    browser.execute_script("document.querySelector(arguments[0]).scrollIntoView()", tile("turned"))
    until(lambda: painted(browser, last), "the picture of the last tile")
    assert running.ask("status")["cameras"] == 256
    assert "frame" not in {
        drop["unit"] for drop in running.ask("drops")["drops"] if drop["total"] > 0
    }


def test_thousands_are_turned_over_page_by_page(show: Show, running: Gateway, front: Front) -> None:
    """The cameras are made up; their pictures are not."""
    like = running.ask("camera", "show", "street-000")
    names = [f"street-{number:03}" for number in range(4096)]
    front.made_up["/api/v1/cameras"] = {"cameras": [{**like, "name": name} for name in names]}
    try:
        browser = show("cameras")
        text(browser, "#count", "4096 cameras")
        first = "return document.querySelector('.tile').dataset.name"
        count = "return document.querySelectorAll('.tile').length"
        assert browser.execute_script(count) == 256
        before, after = browser.find_elements(By.CSS_SELECTOR, "#grid + .buttons button")
        assert not before.is_enabled()
        after.click()
        until(lambda: browser.execute_script(first) == "street-256", "the second page")
        assert browser.execute_script(count) == 256
        one(browser, "#search").send_keys("street-409")
        text(browser, "#count", "7 of 4096 cameras")
        assert not before.is_displayed()
    finally:
        front.made_up.clear()


def test_a_gateway_that_is_away_is_told_and_comes_back(
    show: Show, running: Gateway, front: Front
) -> None:
    browser = show("cameras")
    text(browser, "#count", "256 cameras")
    front.path = running.folder / "nobody.sock"
    try:
        text(browser, "#said", "Cameras: the gateway does not answer")
        text(browser, "#well", "No answer")
    finally:
        front.path = running.socket
    text(browser, "#well", "All is well")
    until(lambda: one(browser, "#said").text == "", "the end of the trouble")


def test_cameras_are_found_and_sorted(show: Show) -> None:
    browser = show("cameras")
    text(browser, "#count", "256 cameras")
    search = one(browser, "#search")
    search.send_keys("Street-24")
    text(browser, "#count", "9 of 256 cameras")
    search.send_keys(Keys.CONTROL, "a", Keys.DELETE)
    first = "return document.querySelector('.tile').dataset.name"
    until(lambda: browser.execute_script(first) == "door", "all of them")
    one(browser, "#order").send_keys("Rate")
    until(lambda: browser.execute_script(first).startswith("street-"), "the slowest first")


@pytest.mark.parametrize("name", ["door", "turned"])
def test_a_box_is_where_the_record_says_and_the_picture_shows(
    show: Show, running: Gateway, name: str
) -> None:
    browser = show(f"camera/{name}")
    until(lambda: painted(browser, ".camera canvas"), "a picture")
    with Api(running.socket) as api:
        record = api.get(f"cameras/{name}/findings")
    seen = (record["frame"]["width"], record["frame"]["height"])
    assert seen == ((320, 240) if name == "door" else (240, 320))
    canvas = one(browser, ".camera canvas")
    scale = canvas.get_property("width") / seen[0]
    assert canvas.get_property("height") == pytest.approx(seen[1] * scale, abs=1)

    def at(x: float, y: float) -> tuple[int, ...]:
        """Of the picture, not of the canvas."""
        return pixel(browser, ".camera canvas", x * scale, y * scale)

    [found] = record["objects"]
    box = found["bbox"]
    middle = (box["leftX"] + box["rightX"]) / 2, (box["topY"] + box["bottomY"]) / 2
    assert min(at(*middle)) > 180
    # On its sides, and not beside them.
    for x in (box["leftX"], box["rightX"]):
        near = [at(x + by / scale, middle[1]) for by in (-1, 0, 1)]
        assert any(_is_box(seen_there) for seen_there in near), near
    for by in (-6, 6):
        assert not _is_box(at(box["leftX"] + by, middle[1]))
    assert max(at(5, seen[1] - 5)) < 40


def _is_box(colour: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(colour, BOX))


def test_pictures_of_one_camera_follow_each_other(show: Show) -> None:
    browser = show("camera/door")
    read = "return document.querySelector('.camera canvas')?.dataset.tag"
    seen = set()

    def grows() -> bool:
        seen.add(browser.execute_script(read))
        return len(seen) > 8

    begin = time.monotonic()
    until(grows, "more pictures")
    assert time.monotonic() - begin > 1
    text(browser, "#frame", "320 ")


def test_plots_drops_and_facts_of_one_camera(show: Show) -> None:
    browser = show("camera/door")
    text(browser, ".plots", "Pictures a second: ")
    text(browser, "#drops", "Nothing was dropped.")
    text(browser, "#facts", "spots")
    until(lambda: browser.find_elements(By.CSS_SELECTOR, "polyline"), "a line")


def test_models_with_their_versions(show: Show) -> None:
    words = text(show("models"), "#models", "spots:1")
    assert "Canary" in words


def test_the_system_page_says_how_everything_is(show: Show) -> None:
    browser = show("system")
    text(browser, "#status", "All is well.")
    text(browser, "#stages", "accel")
    text(browser, "#kafka", "null")
    text(browser, "#audit", "Everything that came in is accounted for.")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#ports details")) >= 4
    text(browser, "#well", "All is well")


def test_a_picture_of_the_page_is_made(show: Show, tmp_path: Path) -> None:
    """To keep it: FRAMEGATE_PICTURES=FOLDER ./dev test web."""
    folder = Path(os.environ.get("FRAMEGATE_PICTURES", tmp_path)).absolute()
    browser = show("camera/plaza")
    text(browser, "#findings", "person")
    until(lambda: painted(browser, ".camera canvas"), "a picture")
    picture = folder / "camera.jpg"
    with Image.open(io.BytesIO(browser.get_screenshot_as_png())) as image:
        image.convert("RGB").save(picture, "JPEG", quality=80, optimize=True)
    assert picture.stat().st_size < 150_000
