"""The page of those who may not see and do everything."""

from collections.abc import Callable

import pytest
from eyes import Show, one, painted, text, tile, until
from selenium import webdriver
from selenium.webdriver.common.by import By

from testbed.gateway import Gateway

ShowWith = Callable[[str, str], webdriver.Chrome]


@pytest.fixture
def token(running: Gateway) -> str:
    """Of an admin of two cameras."""
    running.ctl("token", "revoke", "two")
    return running.ask("token", "create", "two", "--role", "admin", "--cameras", "door,turned")[
        "token"
    ]


def test_a_token_for_some_cameras_shows_these(
    show_with: ShowWith, running: Gateway, token: str
) -> None:
    browser = show_with("cameras", token)
    text(browser, "#count", "2 cameras")
    until(lambda: painted(browser, f"{tile('door')} canvas"), "a picture")
    text(browser, tile("door"), "live")
    text(browser, "#well", "Not for you to know")
    assert one(browser, "#said").text == ""
    assert not one(browser, "#ask-token").is_displayed()

    one(browser, f"{tile('door')} a").click()
    text(browser, "#facts", "spots")
    until(lambda: painted(browser, ".camera canvas"), "a picture")
    text(browser, "#drops", "this token is for some cameras alone")
    until(lambda: browser.find_elements(By.CSS_SELECTOR, "#settings form"), "the form")
    before = running.ask("camera", "show", "door")["quota"]
    assert one(browser, "#camera-quota").get_attribute("value") == str(before)
    one(browser, "#camera-quota").clear()
    one(browser, "#camera-quota").send_keys(str(before - 1))
    one(browser, "#settings button[type=submit]").click()
    text(browser, "#settings", "Changed.")
    assert running.ask("camera", "set", "door", "--quota", str(before))["quota"] == before


def test_a_token_for_some_cameras_shows_their_alarms(show_with: ShowWith, running: Gateway) -> None:
    """Two cameras that nobody sends for: one is the token's, one is not."""
    running.ctl("token", "revoke", "quiet")
    place = ("--source", "10.0.0.7", "--destination", "10.0.0.2")
    names = ("quiet-own", "quiet-other")
    own = running.ask(
        "token", "create", "quiet", "--role", "viewer", "--cameras", "door,quiet-own"
    )["token"]
    try:
        for number, name in enumerate(names):
            running.ask("camera", "add", name, *place, "--port", str(7000 + number))

        def raised() -> bool:
            said = running.ask("alarm", "list")["alarms"]
            return {alarm["subject"] for alarm in said} >= set(names)

        running.wait_until(raised, 60, "both are silent")
        browser = show_with("system", own)
        words = text(browser, "#alarms", "quiet-own")
        assert "quiet-other" not in words
        one(browser, "#alarms summary").click()
        assert "quiet-other" not in text(browser, "#alarms", "raised")
        for section in ("status", "stages", "kafka", "audit", "history"):
            text(browser, f"#{section}", "Not for this token.")
        assert not one(browser, "#ask-token").is_displayed()
    finally:
        for name in names:
            running.ctl("camera", "remove", name)


def test_a_page_that_is_not_for_some_cameras_asks_for_another_token(
    show_with: ShowWith, token: str
) -> None:
    browser = show_with("models", token)
    until(lambda: one(browser, "#ask-token").is_displayed(), "the question")
    text(browser, "#ask-token", "for some cameras alone")


@pytest.mark.parametrize("shown_since", [True, False], ids=["shown since", "still none"])
def test_a_late_refusal_is_not_about_the_token_that_was_shown_since(
    show: Show, shown_since: bool
) -> None:
    """Many are asked at once: some answers come when the token was typed already."""
    browser = show("models")
    text(browser, "h1", "Models")
    said = browser.execute_async_script(
        "const [since, done] = arguments;"
        "import('/web/api.js').then(async (api) => {"
        " const real = window.fetch;"
        " let late;"
        " window.fetch = (url, wish) => String(url).endsWith('/late')"
        "  ? new Promise((resolve) => { late = resolve; }) : real(url, wish);"
        " const asked = api.get('late').catch((error) => error.status);"
        " if (since) api.setToken('another');"
        " late(new Response('{}', {status: 401}));"
        " done([await asked, document.querySelector('#ask-token').open]);"
        "}).catch((error) => done(String(error)))",
        shown_since,
    )
    assert said == [401, not shown_since]
