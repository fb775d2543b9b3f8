"""The first token of an admin, made on the page with the one for the set-up."""

from collections.abc import Callable, Iterator

import pytest
from eyes import one, text, until
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from testbed.gateway import Gateway

Open = Callable[[str], webdriver.Chrome]
NAME = "first-admin"


@pytest.fixture
def https(browser: webdriver.Chrome, running: Gateway) -> Iterator[Open]:
    """Opens a page over HTTPS, as somebody whom the gateway does not know."""

    def go(page: str) -> webdriver.Chrome:
        browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
        browser.get("about:blank")
        browser.get(f"https://{running.configuration['api']['https']['listen']}/#/{page}")
        return browser

    running.ctl("token", "revoke", NAME)
    yield go
    running.ctl("token", "revoke", NAME)


def _make(browser: webdriver.Chrome, token: str, name: str = NAME) -> None:
    for field, value in (("#set-up-token", token), ("#set-up-name", name)):
        one(browser, field).clear()
        one(browser, field).send_keys(value)
    one(browser, "#main form button[type=submit]").click()


def test_a_new_gateway_is_set_up_on_the_page(https: Open, running: Gateway) -> None:
    secret = running.ask("token", "setup")["token"]
    browser = https("cameras")
    # Who is asked for a token and has none is shown the way.
    until(lambda: one(browser, "#ask-token").is_displayed(), "the question")
    one(browser, "#to-set-up").click()
    text(browser, "h1", "Set-up")
    _make(browser, secret)
    text(browser, "#main", f"{NAME} is an admin now.")
    made = one(browser, "#made-token").get_attribute("value")
    assert made.startswith("fg_")
    assert made != secret
    [token] = [one for one in running.ask("token", "list")["tokens"] if one["name"] == NAME]
    assert (token["role"], token["cameras"]) == ("admin", None)

    one(browser, "#use-token").click()
    text(browser, "#count", "256 cameras")
    assert not one(browser, "#ask-token").is_displayed()
    # Neither of them was part of an address.
    addresses = browser.execute_script(
        "return [location.href, ...performance.getEntriesByType('resource').map((e) => e.name)]"
    )
    assert addresses
    assert not any(word in address for address in addresses for word in (secret, made))


def test_the_token_for_the_set_up_is_good_once(https: Open, running: Gateway) -> None:
    secret = running.ask("token", "setup")["token"]
    browser = https("set-up")
    _make(browser, secret)
    text(browser, "#main", "is an admin now.")
    browser = https("set-up")
    _make(browser, secret, "second-admin")
    text(browser, "#set-up-error", "This is not the token for the set-up.")
    names = [one["name"] for one in running.ask("token", "list")["tokens"]]
    assert "second-admin" not in names
    # Nobody is asked for a token meanwhile: there is none to have.
    assert not one(browser, "#ask-token").is_displayed()


def test_who_guesses_has_to_wait_and_who_knows_has_not(https: Open, running: Gateway) -> None:
    browser = https("set-up")
    # One that is wrong may be said each 12 s: a browser that is slow needs more of them.
    for number in range(40):
        one(browser, "#set-up-error")
        browser.execute_script("document.querySelector('#set-up-error').textContent = ''")
        _make(browser, f"fg_{number:064x}")
        said = until(lambda: one(browser, "#set-up-error").text, "an answer")
        if "Too many tries: wait 12 seconds." in said:
            break
        assert "This is not the token" in said
    assert "Too many tries" in said
    _make(browser, running.ask("token", "setup")["token"])
    text(browser, "#main", "is an admin now.")


def test_a_name_that_is_none_is_told(https: Open, running: Gateway) -> None:
    browser = https("set-up")
    _make(browser, running.ask("token", "setup")["token"], "set-up")
    text(browser, "#set-up-error", "`name` must be")
    assert running.ask("token", "setup")["token"], "it is still good"


def test_the_token_of_the_set_up_shows_nothing_else(https: Open, running: Gateway) -> None:
    browser = https("cameras")
    until(lambda: one(browser, "#ask-token").is_displayed(), "the question")
    one(browser, "#token-text").send_keys(running.ask("token", "setup")["token"], Keys.ENTER)
    text(browser, "#ask-token", "makes that of an admin and does nothing else")
