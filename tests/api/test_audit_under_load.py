"""The audit on a gateway that is as busy as it can be: what moves is no leak."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rtp_capture
from player import Gateway, configuration

ROUNDS = 20


def _audits(gateway: Gateway, busy: Callable[[], bool]) -> list[dict[str, Any]]:
    gateway.wait_until(busy)
    return [gateway.get("audit") for _ in range(ROUNDS)]


def _check(audits: list[dict[str, Any]], name: str, unit: str) -> None:
    """All balance, each to the unit, and the gateway went on between them."""
    received = []
    for audit in audits:
        assert audit["balanced"] is True
        for equation in audit["equations"]:
            assert equation["received"] == (
                equation["delivered"] + equation["dropped"] + equation["in_flight"]
            )
            if (equation["name"], equation["unit"]) == (name, unit):
                received.append(equation["received"])
    assert received == sorted(received)
    assert received[0] < received[-1]


def test_a_flood_of_strange_packets_balances(
    start: Callable[[dict[str, Any]], Gateway],
) -> None:
    gateway = start(configuration("net_null0"))
    drops = _audits(gateway, lambda: gateway.get("drops")["unmatched"]["not_ip"] > 1_000_000)
    _check(drops, "unmatched", "packet")
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
    audits = _audits(gateway, lambda: gateway.get("status")["frames"]["delivered"] > 2000)
    _check(audits, "cam0", "frame")
    camera = gateway.get("cameras/cam0")
    assert camera["state"] == "live"
    assert camera["fps"] > 100
    gateway.process.stop()
