"""What a model got wrong is said on the page: the picture is held, and kept with what it shows."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from eyes import Show, one, painted, text, until
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from street import HOSTILE, spot

from testbed.api import Api
from testbed.gateway import Gateway


@pytest.fixture
def api(running: Gateway) -> Iterator[Api]:
    """Without a correction, before and after."""
    with Api(running.socket) as made:
        yield made
        for it in made.get("corrections")["corrections"]:
            made.ask("DELETE", f"corrections/{it['id']}")


def _shown(browser: webdriver.Chrome) -> str:
    return one(browser, ".camera canvas").get_attribute("data-tag")


def _open(show: Show) -> webdriver.Chrome:
    browser = show("camera/door")
    until(lambda: painted(browser, ".camera canvas"), "a picture")
    one(browser, "#wrong").click()
    text(browser, "#corrected", "The picture is held.")
    return browser


def test_what_is_wrong_is_kept_with_the_label_that_is_chosen(show: Show, api: Api) -> None:
    browser = _open(show)
    held = _shown(browser)
    choice = Select(one(browser, "#correct-label"))
    # The model's labels are text, whatever they look like.
    assert [option.text for option in choice.options] == [HOSTILE, "other"]
    choice.select_by_visible_text("other")
    one(browser, "#correct button[type=submit]").click()
    text(browser, "#corrected", "Kept as other.")
    [kept] = api.get("corrections")["corrections"]
    assert (kept["camera"], kept["label"], f'"{kept["frame"]}"') == ("door", "other", held)
    # Then the camera plays on.
    until(lambda: _shown(browser) != held, "another picture")
    assert one(browser, "#wrong").is_displayed()
    assert not one(browser, "#correct").is_displayed()


def test_the_picture_is_held_while_others_look(show: Show, api: Api) -> None:
    browser = _open(show)
    held = _shown(browser)
    [kept] = api.get("corrections")["corrections"]
    assert kept["label"] is None
    tags = set()

    def others_have_seen_more() -> bool:
        api._connection.request("GET", "/api/v1/cameras/door/picture")
        response = api._connection.getresponse()
        response.read()
        tags.add(response.headers["etag"])
        return len(tags) > 3

    until(others_have_seen_more, "pictures that come")
    assert _shown(browser) == held
    one(browser, "#correct button[type=submit]").click()
    text(browser, "#corrected", "Kept as")
    [kept] = api.get("corrections")["corrections"]
    assert (kept["label"], f'"{kept["frame"]}"') == (HOSTILE, held)


def test_who_changes_his_mind_leaves_nothing(show: Show, api: Api) -> None:
    browser = _open(show)
    held = _shown(browser)
    one(browser, "#correct button[type=button]").click()
    until(lambda: api.get("corrections")["corrections"] == [], "nothing is kept")
    until(lambda: _shown(browser) != held, "another picture")


def test_what_is_kept_is_the_picture_that_was_shown(show: Show, api: Api, running: Gateway) -> None:
    _open(show)
    [kept] = api.get("corrections")["corrections"]
    api._connection.request("GET", f"/api/v1/corrections/{kept['id']}/picture")
    jpeg = api._connection.getresponse().read()
    got = np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"), np.float64)
    expected = np.asarray(Image.open(io.BytesIO(spot())).convert("L"), np.float64)
    assert np.abs(got - expected).mean() < 2


def test_of_a_camera_without_a_model_nothing_can_be_said(show: Show, api: Api) -> None:
    browser = show("camera/street-001")
    until(lambda: painted(browser, ".camera canvas"), "a picture")
    one(browser, "#wrong").click()
    text(browser, "#corrected", "No model of this camera knows labels.")
    assert browser.find_elements(By.CSS_SELECTOR, "#correct[hidden]")
    until(lambda: api.get("corrections")["corrections"] == [], "nothing is kept")
