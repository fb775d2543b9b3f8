"""The audit on a gateway that is as busy as it can be: what moves is no leak."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rtp_capture
from player import Gateway, configuration

ROUNDS = 20


def _received(audit: dict[str, Any], name: str, unit: str) -> int:
    [one] = [it for it in audit["equations"] if (it["name"], it["unit"]) == (name, unit)]
    return one["received"]


def _check(gateway: Gateway, name: str, unit: str) -> None:
    """All balance, each to the unit, and the gateway goes on between them."""
    audits: list[dict[str, Any]] = []

    def goes_on() -> bool:
        audits.append(gateway.get("audit"))
        received = [_received(audit, name, unit) for audit in (audits[0], audits[-1])]
        return len(audits) >= ROUNDS and received[0] < received[1]

    gateway.wait_until(goes_on)
    for audit in audits:
        assert audit["balanced"] is True
        for equation in audit["equations"]:
            assert equation["received"] == (
                equation["delivered"] + equation["dropped"] + equation["in_flight"]
            )
    received = [_received(audit, name, unit) for audit in audits]
    assert received == sorted(received)


def test_a_flood_of_strange_packets_balances(
    start: Callable[[dict[str, Any]], Gateway],
) -> None:
    gateway = start(configuration("net_null0"))
    gateway.wait_until(lambda: gateway.get("drops")["unmatched"]["not_ip"] > 1_000_000)
    _check(gateway, "unmatched", "packet")
    gateway.process.stop()


@pytest.mark.parametrize("mode", ["realtime", "lossless"])
def test_a_camera_far_beyond_its_rate_balances(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path, mode: str
) -> None:
    capture = tmp_path / "loop.pcap"
    rtp_capture.write(capture, 40, "10.0.0.1", "10.0.0.99", 5001, lose=7, looped=True)
    gateway = start(
        configuration(
            f"net_pcap0,rx_pcap={capture},infinite_rx=1", gateway={"name": "gw1", "mode": mode}
        )
    )
    gateway.wait_until(lambda: gateway.get("status")["frames"]["delivered"] > 2000)
    _check(gateway, "cam0", "frame")
    camera = gateway.get("cameras/cam0")
    assert camera["state"] == "live"
    assert camera["fps"] > 100
    gateway.process.stop()
