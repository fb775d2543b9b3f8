"""Who may what: every route with every method, for everybody."""

import grp
import os
from collections.abc import Callable
from typing import Any

import as_user
import pytest
import rtp_capture
from player import Gateway, configuration

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")

ROLES = ["none", "viewer", "operator", "admin"]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# Any groups that every Debian has: nobody is in them here.
GROUPS = {"viewer": "games", "operator": "video", "admin": "audio", "none": "voice"}


@pytest.fixture(scope="module")
def shared(
    start: Callable[[dict[str, Any]], Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    """A gateway that knows three groups."""
    capture = tmp_path_factory.mktemp("capture") / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    groups = {"view": GROUPS["viewer"], "operate": GROUPS["operator"], "admin": GROUPS["admin"]}
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}", api={"groups": groups}))
    # Others must find it.
    gateway.socket.parent.chmod(0o755)
    return gateway


def _ask(gateway: Gateway, role: str, asked: list[tuple[str, str]]) -> list[int]:
    targets = [
        (method, path.format(name="nosuch").replace("/api/v1//", "/api/v1/"))
        for method, path in asked
    ]
    return as_user.statuses(gateway.socket, grp.getgrnam(GROUPS[role]).gr_gid, targets)


def _expect(least: dict[tuple[str, str], str], role: str, method: str, path: str) -> str:
    """What becomes of a request, as far as its role goes."""
    if role == "none":
        return "refused"
    if method == "OPTIONS":
        return "answered"
    needed = least.get(("GET" if method == "HEAD" else method, path))
    if needed is None:
        return "no such method"
    return "answered" if ROLES.index(role) >= ROLES.index(needed) else "refused"


def _is(status: int) -> str:
    return {403: "refused", 405: "no such method", 0: "shut out"}.get(status, "answered")


@pytest.mark.parametrize("role", ROLES)
def test_every_route_and_method_is_for_whom_it_says(shared: Gateway, role: str) -> None:
    """What changes something is asked without what it needs, or of nobody: it changes nothing."""
    routes = shared.get("")["routes"]
    least = {(route["method"], route["path"]): route["role"] for route in routes}
    assert set(least.values()) == {"viewer", "operator", "admin"}
    asked = [(method, path) for path in sorted({path for _, path in least}) for method in METHODS]
    said = dict(zip(asked, map(_is, _ask(shared, role, asked)), strict=True))
    assert said == {one: _expect(least, role, *one) for one in asked}


def test_who_is_in_no_group_is_told_which_there_are(shared: Gateway) -> None:
    assert _ask(shared, "none", [("GET", "/api/v1/status"), ("GET", "/metrics")]) == [403, 403]


def test_without_any_of_the_groups_the_file_is_the_gateways_own(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Any
) -> None:
    """Negative control of the matrix: nobody else comes as far as an answer."""
    capture = tmp_path / "cam0.pcap"
    rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
    groups = dict.fromkeys(("admin", "operate", "view"), "framegate-test-none")
    gateway = start(configuration(f"net_pcap0,rx_pcap={capture}", api={"groups": groups}))
    gateway.socket.parent.chmod(0o755)
    assert _ask(gateway, "viewer", [("GET", "/api/v1/status")]) == [0]
    assert gateway.get("status")["ready"]
