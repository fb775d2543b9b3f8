"""What a test sees of the page, and does to it."""

import time
from collections.abc import Callable
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

# A bound against hanging: where all is busy, a browser is slow.
PATIENCE = 90

Show = Callable[[str], webdriver.Chrome]


def until(true: Callable[[], Any], what: str) -> Any:
    """Waits for a condition, and returns what it gave."""
    end = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < end, what
        time.sleep(0.05)
    return found


def one(browser: webdriver.Chrome, selector: str) -> WebElement:
    """Waits for an element."""
    return until(lambda: browser.find_elements(By.CSS_SELECTOR, selector), selector)[0]


def text(browser: webdriver.Chrome, selector: str, words: str) -> str:
    """Waits for words in an element, which may be made anew all the time."""
    read = "return document.querySelector(arguments[0])?.innerText ?? ''"
    found = ""

    def has() -> bool:
        nonlocal found
        found = browser.execute_script(read, selector)
        return words in found

    try:
        until(has, words)
    except AssertionError:
        raise AssertionError(f"{words!r} is not in {found!r}") from None
    return found


def pixel(browser: webdriver.Chrome, canvas: str, x: float, y: float) -> tuple[int, ...]:
    """Red, green and blue, in pixels of the canvas."""
    return tuple(
        browser.execute_script(
            "const c = document.querySelector(arguments[0]);"
            "return [...c.getContext('2d').getImageData(arguments[1], arguments[2], 1, 1).data]",
            canvas,
            round(x),
            round(y),
        )[:3]
    )


def pixels(
    browser: webdriver.Chrome, canvas: str, places: list[tuple[float, float]]
) -> list[tuple[int, ...]]:
    """The same at many places, of one moment."""
    said = browser.execute_script(
        "const context = document.querySelector(arguments[0]).getContext('2d');"
        "return arguments[1].map(([x, y]) => [...context.getImageData(x, y, 1, 1).data])",
        canvas,
        [[round(x), round(y)] for x, y in places],
    )
    return [tuple(colour[:3]) for colour in said]


def painted(browser: webdriver.Chrome, selector: str) -> bool:
    """Whether a picture was painted there: what is not is transparent."""
    return browser.execute_script(
        "const c = document.querySelector(arguments[0]);"
        "return !!c && c.getContext('2d')"
        ".getImageData(c.width / 2, c.height / 2, 1, 1).data[3] > 0",
        selector,
    )


def tile(name: str) -> str:
    """The selector of a camera on the grid."""
    return f"li[data-name='{name}']"


def focus(browser: webdriver.Chrome) -> str:
    """What has the keyboard: its id, or where it leads."""
    return browser.execute_script(
        "const e = document.activeElement; return e.id || e.getAttribute('href') || e.tagName"
    )


def press(browser: webdriver.Chrome, *keys: str) -> str:
    """Presses keys; returns what has the keyboard then."""
    ActionChains(browser).send_keys(*keys).perform()
    return focus(browser)
