"""A camera's settings on the page: told as one types, drawn on the picture, asked of the camera."""

from collections.abc import Iterator

import pytest
from eyes import Show, one, painted, text, until
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from testbed.api import Api
from testbed.front import Front
from testbed.gateway import Gateway
from testbed.toy_camera import ToyCamera, described


@pytest.fixture
def door(running: Gateway) -> Iterator[None]:
    """What was done to it is taken back."""
    yield
    running.ask("camera", "set", "door", "--region=")


def _type(browser: webdriver.Chrome, name: str, value: str) -> None:
    field = one(browser, f"#camera-{name}")
    field.clear()
    field.send_keys(value)


def _settings(browser: webdriver.Chrome) -> None:
    until(lambda: browser.find_elements(By.CSS_SELECTOR, "#settings form"), "the form")


def test_what_is_typed_is_looked_at_as_it_is_typed(
    show: Show, running: Gateway, front: Front
) -> None:
    browser = show("camera/door")
    _settings(browser)
    before = running.ask("camera", "show", "door")["quota"]
    front.asked.clear()
    _type(browser, "quota", "100")
    assert "64" in text(browser, "#camera-quota-error", "quota")
    assert one(browser, "#camera-quota").get_attribute("aria-invalid") == "true"
    # It still has the keyboard, and what is right again is told no more.
    _type(browser, "quota", "7")
    until(lambda: one(browser, "#camera-quota-error").text == "", "no complaint")
    _type(browser, "port", "5001")
    text(browser, "#camera-port-error", "turned")
    asked = [(method, path) for method, path, _ in front.asked if method != "GET"]
    assert set(asked) == {("POST", "/api/v1/cameras/door/check")}
    assert len(asked) < 12
    assert running.ask("camera", "show", "door")["quota"] == before


def test_a_new_camera_is_not_blamed_for_what_is_not_typed_yet(show: Show) -> None:
    browser = show("cameras")
    one(browser, "#add").click()
    _type(browser, "name", "by hand")
    text(browser, "#camera-name-error", "is not a name")
    _type(browser, "name", "door")
    text(browser, "#camera-name-error", "already")
    _type(browser, "name", "by-hand")
    until(lambda: one(browser, "#camera-name-error").text == "", "no complaint")
    errors = browser.find_elements(By.CSS_SELECTOR, "#camera-dialog .error")
    assert [error.text for error in errors if error.text] == []
    _type(browser, "destination", "10.0.0.2")
    _type(browser, "port", "6000")
    _type(browser, "source", "10.0.0.300")
    text(browser, "#camera-source-error", "10.0.0.300")


@pytest.mark.usefixtures("door")
def test_a_region_is_drawn_with_the_mouse(show: Show, running: Gateway) -> None:
    browser = show("camera/door")
    _settings(browser)
    until(lambda: painted(browser, ".camera canvas"), "a picture")
    one(browser, "#draw-region").click()
    cover = one(browser, ".cover")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", cover)
    scale = cover.size["width"] / 320
    begin = ActionChains(browser).move_to_element_with_offset(cover, -80 * scale, -60 * scale)
    begin.click_and_hold().move_by_offset(round(160 * scale), round(90 * scale)).release().perform()
    values = {
        part: int(one(browser, f"#camera-region-{part}").get_attribute("value"))
        for part in ("x", "y", "width", "height")
    }
    expected = {"x": 80, "y": 60, "width": 160, "height": 90}
    assert all(abs(values[part] - expected[part]) <= 1 for part in expected), values
    assert f"at {values['x']}, {values['y']}: " in one(browser, "#region-hint").text
    # Around it the picture is darkened, within it is not.
    alpha = (
        "const c = document.querySelector('.cover');"
        "return c.getContext('2d').getImageData(arguments[0], arguments[1], 1, 1).data[3]"
    )
    assert browser.execute_script(alpha, round(20 * scale), round(20 * scale)) > 60
    assert browser.execute_script(alpha, round(160 * scale), round(100 * scale)) == 0
    one(browser, "#settings button[type=submit]").click()
    text(browser, "#settings", "Changed.")
    with Api(running.socket) as api:
        assert api.get("cameras/door/config")["region"] == values


@pytest.mark.usefixtures("door")
def test_a_region_is_typed_with_the_keyboard(show: Show, running: Gateway) -> None:
    browser = show("camera/door")
    _settings(browser)
    for part, value in (("x", 10), ("y", 20), ("width", 200), ("height", 100)):
        _type(browser, f"region-{part}", str(value))
    one(browser, "#settings button[type=submit]").click()
    text(browser, "#settings", "Changed.")
    with Api(running.socket) as api:
        assert api.get("cameras/door/config")["region"] == {
            "x": 10,
            "y": 20,
            "width": 200,
            "height": 100,
        }
    _type(browser, "region-x", "abc")
    text(browser, "#camera-region-x-error", "abc")


def test_a_camera_is_asked_what_it_sends(show: Show) -> None:
    toy = ToyCamera(described("a=rtpmap:96 JPEG/90000\r\na=x-dimensions:640,480\r\n"))
    try:
        browser = show("cameras")
        one(browser, "#add").click()
        one(browser, "#probe").click()
        text(browser, "#probed", "Type an RTSP address first.")
        _type(browser, "url", toy.url)
        one(browser, "#probe").click()
        assert "480, from Toy/1.0" in text(browser, "#probed", "JPEG pictures")
        toy.answer = described("a=rtpmap:96 H264/90000\r\n")
        one(browser, "#probe").click()
        text(browser, "#probed", "H264")
    finally:
        toy.close()
