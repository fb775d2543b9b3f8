"""What the tests of the page stand on: a gateway with 256 cameras, and a browser."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eyes import one, until
from kinds import cameras as cameras_of_all_kinds
from kinds import write_models
from relay import Relay
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from street import PLANTED, Camera, Street, plaza, spot, write_model

from testbed import gateway, places, rtp_jpeg
from testbed.front import Front
from testbed.gateway import Gateway
from testbed.loopback import free_port
from testbed.site import PATIENT

CAMERAS = 256
CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"
FLAGS = [
    "--headless=new",
    "--remote-debugging-pipe",  # no port: it is in another network
    "--no-sandbox",  # we are root, and look at our own page only
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=en",
    "--force-device-scale-factor=1",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def street(need_root: None) -> Iterator[Street]:
    """Cameras that models look at, one of them turned, and many more."""
    model = {"model": "spots", **PATIENT}
    cameras = [
        Camera("door", 5000, spot(), 10, model),
        Camera("turned", 5001, spot(), 5, {**model, "rotate": 90}),
        Camera("plaza", 5002, plaza(), 1, {"model": "objects", **PATIENT}),
        *cameras_of_all_kinds(5010),
    ]
    for number in range(CAMERAS - len(cameras)):
        jpeg = rtp_jpeg.picture(number, (64, 48))
        cameras.append(Camera(f"street-{number:03}", 5100 + number, jpeg, 0.5, {}))
    made = Street(cameras)
    yield made
    made.close()


@pytest.fixture(scope="session")
def running(street: Street, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway that receives all of them."""
    repository = tmp_path_factory.mktemp("models")
    write_model(repository)
    write_models(repository)
    told = gateway.configuration(
        street.net.port, [camera.config() for camera in street.cameras], None
    )
    told["accel"]["repository"] = str(repository)
    told["kafka"]["properties"] = [{"name": "sasl.password", "value": PLANTED}]
    small, large = (320, 240, 1200), (768, 576, 16)
    told["frames"] = {
        "classes": [
            {"width": width, "height": height, "count": count}
            for width, height, count in (small, large)
        ]
    }
    port = free_port()
    told["api"] = {"https": {"listen": f"127.0.0.1:{port}"}}
    made = Gateway(told)
    made.start()
    relay = Relay(street.net, port)
    yield made
    relay.close()
    made.remove()


@pytest.fixture(scope="session")
def front(street: Street, running: Gateway) -> Iterator[Front]:
    """The same on a port of the browser's loopback."""
    made = street.net.within(lambda: Front(running.socket))
    yield made
    made.close()


@pytest.fixture(scope="session")
def chromium(
    street: Street, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[webdriver.Chrome]:
    """One browser for all tests.

    It sits in the street's network: whenever an interface of its own gets or loses an address, as
    those of other tests do, it gives up all that it has asked for (ERR_NETWORK_CHANGED).
    """
    for program in (CHROMIUM, DRIVER):
        places.need(Path(program), "run ./dev setup")
    options = webdriver.ChromeOptions()
    program = tmp_path_factory.mktemp("browser") / "chromium"
    program.write_text(
        f'#!/bin/sh\nexec nsenter --net=/run/netns/{street.net.name} {CHROMIUM} "$@"\n'
    )
    program.chmod(0o755)
    options.binary_location = str(program)
    profile = tmp_path_factory.mktemp("profile")
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()
    shutil.rmtree(profile, ignore_errors=True)


# What the browser writes of each request that the API refuses, has no picture for, or never hears.
REFUSED = re.compile(
    r"/api/v1/\S+ - Failed to load resource: "
    r"(.* a status of (400|401|403|404|409|429|503) |net::ERR_EMPTY_RESPONSE)"
)


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """As it is at the start, and without an error on its console at the end."""
    chromium.set_window_size(1280, 900)
    chromium.get_log("browser")
    yield chromium
    said = [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.execute_script("sessionStorage.clear()")
    chromium.get("about:blank")
    # After the page, which asks for pictures as long as it is there.
    chromium.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": False})
    assert [entry for entry in said if not REFUSED.search(entry["message"])] == []


@pytest.fixture
def show(browser: webdriver.Chrome, front: Front) -> Callable[[str], webdriver.Chrome]:
    """Opens a page of the gateway."""

    def go(page: str) -> webdriver.Chrome:
        browser.get("about:blank")
        browser.get(f"{front.address}#/{page}")
        return browser

    return go


@pytest.fixture
def show_with(
    browser: webdriver.Chrome, running: Gateway
) -> Callable[[str, str], webdriver.Chrome]:
    """Opens a page over HTTPS, and shows a token there."""

    def go(page: str, token: str) -> webdriver.Chrome:
        browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
        browser.get("about:blank")
        browser.get(f"https://{running.configuration['api']['https']['listen']}/#/{page}")
        until(lambda: one(browser, "#token-text").is_displayed(), "the question")
        one(browser, "#token-text").send_keys(token, Keys.ENTER)
        return browser

    return go
