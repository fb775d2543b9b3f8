"""Whom the page is fit for, and what cannot be done to it."""

import time

import pytest
from eyes import Show, one, text
from selenium import webdriver
from selenium.webdriver.common.by import By
from street import HOSTILE

from testbed.front import Front


def _too_wide(browser: webdriver.Chrome) -> list[str]:
    return browser.execute_script(
        "return [...document.querySelectorAll('main *')]"
        ".filter((e) => e.getBoundingClientRect().right > 361 && !e.closest('.wide'))"
        ".map((e) => e.outerHTML.slice(0, 100))"
    )


@pytest.mark.parametrize("page", ["cameras", "camera/door", "models", "system"])
def test_a_telephone_needs_no_scrolling_sideways(show: Show, page: str) -> None:
    browser = show(page)
    # Narrower than a window of this browser can be made.
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True},
    )
    try:
        text(browser, "h1", "")
        time.sleep(1)
        width = "return [document.documentElement.scrollWidth, innerWidth]"
        wide, room = browser.execute_script(width)
        assert wide <= room == 360, _too_wide(browser)
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def _contrast(one: str, other: str) -> float:
    """By WCAG 2.2, of two colours as the browser writes them."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_in_light_and_dark(show: Show, scheme: str) -> None:
    browser = show("system")
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    text(browser, "#status", "All is well.")
    style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    ground = browser.execute_script(style, "body", "backgroundColor")
    for words in ("h1", "#status .good", "th", "#well", "main .faint, dt"):
        colour = browser.execute_script(style, words, "color")
        assert _contrast(colour, ground) >= 4.5, (words, colour, ground)
    light = _contrast(ground, "rgb(0, 0, 0)") > _contrast(ground, "rgb(255, 255, 255)")
    assert light == (scheme == "light")


def test_every_field_and_button_has_a_name(show: Show) -> None:
    for page, ready in (
        *(("cameras", "#grid li"), ("camera/door", "#settings form"), ("models", "table")),
        ("system", "#audit table"),
    ):
        browser = show(page)
        one(browser, ready)
        nameless = [
            element.get_attribute("outerHTML")
            for element in browser.find_elements(
                By.CSS_SELECTOR,
                "button, input, select, nav a, canvas, svg[role=img], [role=region]",
            )
            # What is out of view has none yet.
            if element.is_displayed()
            and not (element.accessible_name or element.get_attribute("aria-label"))
        ]
        assert nameless == []


def test_hostile_labels_are_text_and_nothing_else(show: Show) -> None:
    browser = show("camera/door")
    assert HOSTILE in text(browser, "#findings", HOSTILE)
    assert browser.find_elements(By.CSS_SELECTOR, "main img, #findings img") == []
    assert browser.execute_script("return window.hacked === undefined")


def test_a_hostile_address_is_text_too(show: Show) -> None:
    """Negative control: what would run if names were markup, and code is refused even then."""
    browser = show("camera/%3Cimg%20src%3Dx%20onerror%3D%22window.hacked%3D1%22%3E")
    assert "<img src=x" in text(browser, "h1", "<img")
    assert browser.execute_script("return window.hacked === undefined")
    browser.execute_script("document.querySelector('main').innerHTML = arguments[0]", HOSTILE)
    time.sleep(0.3)
    assert browser.execute_script("return window.hacked === undefined")
    browser.get_log("browser")  # where the browser says that it refused it


def test_nothing_comes_from_elsewhere_and_no_code_from_within(show: Show, front: Front) -> None:
    """The policy is the browser's to enforce; here it is seen to."""
    browser = show("cameras")
    text(browser, "#count", "cameras")
    names = browser.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)"
    )
    assert names
    assert all(name.startswith(front.address) for name in names)
    assert browser.find_elements(By.CSS_SELECTOR, "script:not([src]), style, [style]") == []
    browser.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'window.inline = 1';"
        "document.body.append(script)"
    )
    assert browser.execute_script("return window.inline === undefined")
    time.sleep(0.3)
    browser.get_log("browser")
