"""What an operator does on the page, with the mouse and with the keyboard alone."""

from eyes import Show, focus, one, press, text, tile, until
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from testbed.api import Api
from testbed.front import Front
from testbed.gateway import Gateway


def _fill(browser: webdriver.Chrome, **keys: object) -> None:
    for name, value in keys.items():
        field = one(browser, f"#camera-{name}")
        field.clear()
        field.send_keys(str(value))


def test_a_camera_is_added_changed_and_removed_by_hand(show: Show, running: Gateway) -> None:
    browser = show("cameras")
    one(browser, "#add").click()
    _fill(browser, name="by hand", source="10.0.0.1", destination="10.0.0.2", port=70000)
    submit = "#camera-dialog button[type=submit]"
    one(browser, submit).click()
    assert "from 1 to 65535" in text(browser, "#camera-port-error", "port")
    assert focus(browser) == "camera-port"
    _fill(browser, port=6000, quota=4)
    one(browser, submit).click()
    assert "'by hand' is not a name" in text(browser, "#camera-name-error", "name")
    assert one(browser, "#camera-port-error").text == ""
    _fill(browser, name="door")
    one(browser, submit).click()
    text(browser, "#camera-name-error", "already")
    _fill(browser, name="by-hand")
    one(browser, submit).click()
    text(browser, "#count", "257 cameras")
    assert one(browser, tile("by-hand"))
    assert running.ask("camera", "show", "by-hand")["quota"] == 4

    browser = show("camera/by-hand")
    until(lambda: browser.find_elements(By.CSS_SELECTOR, "#settings form"), "the form")
    assert one(browser, "#camera-port").get_attribute("value") == "6000"
    _fill(browser, quota=6)
    one(browser, "#settings button[type=submit]").click()
    text(browser, "#settings", "Changed.")
    assert running.ask("camera", "show", "by-hand")["quota"] == 6
    one(browser, "#remove").click()
    one(browser, "dialog:not([id]) button[value=yes]").click()
    text(browser, "#count", "256 cameras")
    assert browser.find_elements(By.CSS_SELECTOR, tile("by-hand")) == []


def test_everything_is_reached_with_the_keyboard_alone(show: Show) -> None:
    browser = show("cameras")
    until(lambda: browser.find_elements(By.CSS_SELECTOR, tile("door")), "the grid")
    way = [press(browser, Keys.TAB) for _ in range(9)]
    assert way == [
        *("skip", "#/cameras", "#/models", "#/system", "well", "token", "search", "order", "add")
    ]
    assert press(browser, Keys.TAB) == "#/camera/door"
    press(browser, Keys.ENTER)
    text(browser, "h1", "door")
    assert focus(browser) == "main"
    # A window takes the keyboard, and gives it back.
    browser = show("cameras")
    one(browser, "#add").send_keys(Keys.ENTER)
    until(lambda: focus(browser) == "camera-name", "the first field")
    press(browser, Keys.ESCAPE)
    until(lambda: focus(browser) == "add", "the button again")


def test_who_is_not_known_is_asked_for_a_token(show: Show, front: Front) -> None:
    front.denies = (401, "Bearer s3cret")
    try:
        browser = show("system")
        text(browser, "#ask-token", "enter your access token")
        front.asked.clear()
        one(browser, "#token-text").send_keys("s3cret", Keys.ENTER)
        text(browser, "#status", "All is well.")
    finally:
        front.denies = None
    assert ("GET", "/api/v1/status", "Bearer s3cret") in front.asked
    assert not any("s3cret" in path for _, path, _ in front.asked)
    assert browser.execute_script("return localStorage.length") == 0


def test_who_may_not_is_told_so(show: Show, front: Front) -> None:
    front.denies = (403, "Bearer other")
    try:
        browser = show("models")
        text(browser, "#ask-token", "Your access does not allow this: a token is needed.")
        # Who has none is not asked again and again.
        press(browser, Keys.ESCAPE)
        text(browser, "#said", "Models: a token is needed")
        front.asked.clear()
        until(lambda: len(front.asked) > 3, "more requests")
        assert not one(browser, "#ask-token").is_displayed()
        browser.find_element(By.LINK_TEXT, "System").click()
        until(lambda: one(browser, "#ask-token").is_displayed(), "the question")
    finally:
        front.denies = None


def test_the_configuration_goes_back_to_an_earlier_commit(show: Show, running: Gateway) -> None:
    with Api(running.socket) as api:
        whole = api.get("config/text")["text"]
        for quota in (3, 5):
            changed = whole.replace("port: 5100\n", f"port: 5100\n  quota: {quota}\n")
            said = api.ask("POST", "config/commit", {"text": changed, "comment": f"{quota}"})
            assert said.status == 200, said
        first = said.body["number"] - 1
    browser = show("system")
    button = f"button[aria-label='Go back to commit {first}']"
    one(browser, button).click()
    one(browser, "#dialog-field").send_keys("<b>the quota</b> was right", Keys.ENTER)
    text(browser, "#rolled", f"That is commit {first + 2} now.")
    assert running.ask("camera", "show", "street-000")["quota"] == 3
    # What is typed is text, too.
    text(browser, "#history", "<b>the quota</b> was right")


def test_a_commit_that_waits_is_kept_by_hand(show: Show, running: Gateway) -> None:
    with Api(running.socket) as api:
        whole = api.get("config/text")["text"]
        changed = whole.replace("port: 5101\n", "port: 5101\n  quota: 7\n")
        said = api.ask("POST", "config/commit", {"text": changed, "confirm_s": 600})
        assert said.status == 200, said
        browser = show("system")
        assert "goes back in " in text(browser, "#history", "Keep it")
        browser.execute_script(
            "[...document.querySelectorAll('#history button')]"
            ".find((button) => button.textContent === 'Keep it').click()"
        )
        text(browser, "#rolled", "The newest commit is kept.")
        assert not any(one["unconfirmed"] for one in api.get("config/history")["commits"])
