"""A support bundle, made by the page: as tar reads it, and without secrets."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from eyes import Show, one, text, until
from selenium import webdriver
from street import PLANTED

from testbed.gateway import Gateway

FILES = {
    *(f"{name}.json" for name in ("version", "status", "alarms", "alarms-history", "config")),
    *(f"{name}.json" for name in ("config-diff", "config-history", "cameras", "models", "stages")),
    *(f"{name}.json" for name in ("services", "drops", "latency", "audit", "trace")),
    *("log.txt", "metrics.txt"),
}


def _download(browser: webdriver.Chrome, folder: Path) -> Path:
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    one(browser, "#bundle").click()
    text(browser, "#bundled", "without secrets")
    return until(lambda: next(folder.glob("*.tar.gz"), None), "the file")


def test_it_holds_what_is_needed_and_no_secret(
    show: Show, running: Gateway, tmp_path: Path
) -> None:
    assert PLANTED in (running.folder / "gateway.yaml").read_text()
    file = _download(show("system"), tmp_path)
    with tarfile.open(file) as bundle:
        members = bundle.getmembers()
        assert all(member.isfile() and member.mode == 0o600 for member in members)
        assert {Path(member.name).parts[0] for member in members} == {"framegate-support"}
        files = {
            Path(member.name).name: bundle.extractfile(member).read()  # type: ignore[union-attr]
            for member in members
        }
    assert files.keys() == FILES
    for name, content in files.items():
        assert PLANTED.encode() not in content, name
        if name.endswith(".json"):
            assert "error" not in json.loads(content), name
    assert json.loads(files["status.json"])["cameras"] == 256
    assert json.loads(files["trace.json"])["traceEvents"]
    assert b"framegate_" in files["metrics.txt"]
    log = files["log.txt"].decode().splitlines()
    assert any("listening on" in line or "api:" in line for line in log)


def test_who_is_no_admin_gets_none(
    show_with: Callable[[str, str], webdriver.Chrome], running: Gateway, tmp_path: Path
) -> None:
    running.ctl("token", "revoke", "looks")
    token = running.ask("token", "create", "looks", "--role", "operator")["token"]
    browser = show_with("system", token)
    text(browser, "#audit", "accounted for")
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    one(browser, "#bundle").click()
    text(browser, "#bundled", "There is no bundle: ")
    assert "needs the role admin" in one(browser, "#bundled").text
    until(lambda: one(browser, "#ask-token").is_displayed(), "the question")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["config/diff", "audit"])
def test_what_is_missing_is_told_in_its_place(
    show: Show, running: Gateway, tmp_path: Path, path: str
) -> None:
    browser = show("system")
    text(browser, "#audit", "accounted for")
    # As the gateway refuses it; the page's own code does the rest.
    browser.execute_script(
        "const real = window.fetch;"
        "window.fetch = (url, wish) => String(url).endsWith(arguments[0])"
        " ? Promise.resolve(new Response(JSON.stringify({error: {code: 'busy', message: 'later'}}),"
        " {status: 409})) : real(url, wish)",
        path,
    )
    with tarfile.open(_download(browser, tmp_path)) as bundle:
        name = f"framegate-support/{path.replace('/', '-')}.json"
        said = json.loads(bundle.extractfile(name).read())  # type: ignore[union-attr]
    assert said == {"error": {"code": "busy", "message": "later"}}
