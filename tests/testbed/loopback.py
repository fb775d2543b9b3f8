"""Ports of 127.0.0.1."""

import contextlib
import random
import socket


def free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment.

    It is none of those that Linux gives to clients: one could sit on it while its server is away.
    """
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def takes_connections(port: int) -> bool:
    """True when somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
