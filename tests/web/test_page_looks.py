"""Whom the page is fit for, and what cannot be done to it."""

import time

import pytest
from eyes import Show, one, text
from selenium import webdriver
from selenium.webdriver.common.by import By
from street import HOSTILE

from testbed import places
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


def _prefer(browser: webdriver.Chrome, scheme: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_one_prefers(show: Show, scheme: str) -> None:
    """That words stand out in both is axe's to see."""
    browser = show("models")
    _prefer(browser, scheme)
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    brightest = max(int(part) for part in ground[ground.index("(") + 1 : -1].split(","))
    assert (brightest > 128) == (scheme == "light"), ground


def _findings(browser: webdriver.Chrome) -> list[str]:
    """What axe says against the page as it stands, by the rules of WCAG 2.2 A and AA."""
    # By the browser's own debugger: the page lets no code of others in.
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": places.axe().read_text()})
    said = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations'], runOnly:"
        " ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then((found) => done(found.violations),"
        " (error) => done([{id: String(error), nodes: []}]))"
    )
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in said]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("page", "ready"),
    [
        ("cameras", "#grid li"),
        ("camera/door", "#settings form"),
        ("models", "table"),
        ("system", "#audit table"),
    ],
)
def test_a_checker_of_accessibility_finds_nothing(
    show: Show, page: str, ready: str, scheme: str
) -> None:
    browser = show(page)
    _prefer(browser, scheme)
    one(browser, ready)
    if page == "cameras":
        # All tiles are alike.
        one(browser, "#search").send_keys("street-00")
        text(browser, "#count", "10 of 256")
    assert _findings(browser) == []


def test_the_window_for_a_camera_has_no_fault_either(show: Show) -> None:
    browser = show("cameras")
    one(browser, "#search").send_keys("door")
    one(browser, "#add").click()
    one(browser, "#camera-dialog form")
    assert _findings(browser) == []


def test_the_checker_finds_what_is_wrong(show: Show) -> None:
    """Negative control."""
    browser = show("models")
    one(browser, "table")
    browser.execute_script("document.querySelector('main').append(document.createElement('input'))")
    assert any(found.startswith("label:") for found in _findings(browser))


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
