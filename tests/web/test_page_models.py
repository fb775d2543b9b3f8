"""A picture of one's own on the models page."""

from pathlib import Path

from eyes import Show, one, pixel, text, until
from selenium.webdriver.common.by import By
from street import HOSTILE, spot
from test_page import BOX

from testbed.gateway import Gateway


def test_a_picture_is_tried_on_a_model(show: Show, running: Gateway, tmp_path: Path) -> None:
    picture = tmp_path / "<b>spot.jpg"
    picture.write_bytes(spot())
    browser = show("models")
    text(browser, "#models", "spots:1")
    until(lambda: browser.find_elements(By.CSS_SELECTOR, "#try-model option"), "the models")
    submit = one(browser, "main form button[type=submit]")
    submit.click()
    text(browser, "#tried", "Choose a JPEG picture first.")
    for option in browser.find_elements(By.CSS_SELECTOR, "#try-model option"):
        if option.text == "spots":
            option.click()
    one(browser, "#try-file").send_keys(str(picture))
    submit.click()
    assert "<b>spot.jpg" in text(browser, "#tried", "spots, version 1, looked at")
    assert HOSTILE in text(browser, "#tried-findings", HOSTILE)
    # The box is drawn where the spot's sides are, as on the camera's page.
    canvas = one(browser, "#tried-picture")
    scale = canvas.get_property("width") / 320
    near = [pixel(browser, "#tried-picture", 200 * scale + by, 70 * scale) for by in range(-9, 10)]
    assert any(all(abs(a - b) < 40 for a, b in zip(seen, BOX)) for seen in near), near
    picture.write_bytes(b"no picture")
    one(browser, "#try-file").send_keys(str(picture))
    submit.click()
    text(browser, "#tried", "it is no JPEG")
    assert running.ask("audit")["balanced"]
