"""The alarms on the page: what is raised, of whom, and what to do."""

from typing import Any

from eyes import Show, one, text

from testbed.front import Front

HOSTILE = "<img src=x onerror=alert(1)>"


def _alarm(kind: str, subject: str | None, **more: Any) -> dict[str, Any]:
    when = "2026-03-01T10:00:05Z"
    return {
        "kind": kind,
        "subject": subject,
        "count": 1,
        "severity": "degraded",
        "text": "it is silent",
        "advice": "look at its power",
        **dict.fromkeys(("since", "last", "first"), when),
        "times": 3,
        **more,
    }


def test_what_is_raised_and_what_was(show: Show, front: Front) -> None:
    """The alarms are made up; what comes from the network stays text."""
    alarms = [
        _alarm("port_down", "lan0", severity="failed"),
        _alarm("camera_silent", HOSTILE),
        _alarm("camera_silent", None, count=284),
    ]
    events = [
        _alarm("disk", "/var", number=1, time="2026-03-01T09:00:00Z", state="raised"),
        _alarm("disk", "/var", number=2, time="2026-03-01T09:30:00Z", state="cleared"),
    ]
    front.made_up["/api/v1/alarms"] = {"alarms": alarms}
    front.made_up["/api/v1/alarms/history"] = {"events": events, "forgotten": 0}
    try:
        browser = show("system")
        words = text(browser, "#alarms", HOSTILE)
        assert words.index("port_down") < words.index("camera_silent")
        assert "284 more" in words
        assert "look at its power" in words
        assert "2026-03-01T09:30:00Z" not in words
        one(browser, "#alarms summary").click()
        words = text(browser, "#alarms", "2026-03-01T09:30:00Z")
        assert words.index("2026-03-01T09:30:00Z") < words.index("2026-03-01T09:00:00Z")
        front.made_up["/api/v1/alarms"] = {"alarms": []}
        # Nothing is taken from under who is at it; what was opened stays open.
        browser.execute_script("document.activeElement.blur()")
        assert "2026-03-01T09:30:00Z" in text(browser, "#alarms", "There is no alarm.")
        # A token for some cameras; then too many are silent to be told by name.
        front.made_up["/api/v1/alarms"] = {"alarms": [], "further": False}
        assert "and yours may" not in text(browser, "#alarms", "There is no alarm of your cameras.")
        front.made_up["/api/v1/alarms"] = {"alarms": [], "further": True}
        words = text(browser, "#alarms", "and yours may be among them")
        assert "There is no alarm" not in words
        assert "No alarm is told of your cameras." in words
        front.made_up["/api/v1/alarms"] = {"alarms": alarms[1:2], "further": True}
        assert "and yours may be among them" in text(browser, "#alarms", HOSTILE)
    finally:
        front.made_up.clear()
