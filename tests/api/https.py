"""A gateway that answers over HTTPS, and clients of it that are not ours."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import rtp_capture
from http_unix import TIMEOUT
from player import Gateway, configuration

from testbed.loopback import free_port


class Reply(NamedTuple):
    """Status, headers and what came with them."""

    status: int
    headers: dict[str, str]
    body: Any


class Place:
    """The gateway and its port."""

    def __init__(
        self,
        start: Callable[[dict[str, Any]], Gateway],
        folder: Path,
        more: dict[str, Any] | None = None,
        **https: str,
    ) -> None:
        capture = folder / "cam0.pcap"
        rtp_capture.write(capture, 2, "10.0.0.1", "10.0.0.99", 5001)
        self.port = free_port()
        self.gateway = start(
            configuration(
                f"net_pcap0,rx_pcap={capture}",
                api={"https": {"listen": f"127.0.0.1:{self.port}", **https}},
                **(more or {}),
            )
        )

    @property
    def state(self) -> Path:
        """Where the certificate and the tokens are kept."""
        return self.gateway.file.with_name(self.gateway.file.name + ".state")

    @property
    def certificate(self) -> Path:
        """The one that it made for itself."""
        return self.state / "https.pem"

    def context(self) -> ssl.SSLContext:
        """Trusts that certificate alone, and checks the name."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def connect(self) -> socket.socket:
        """A connection before anything was said."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)

    def open(self) -> http.client.HTTPSConnection:
        """A connection for several requests."""
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=TIMEOUT, context=self.context()
        )

    def ask(
        self,
        path: str,
        method: str = "GET",
        token: str | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """One request below /api/v1/ on a connection of its own."""
        connection = self.open()
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        text = json.dumps(body).encode() if body is not None else None
        try:
            connection.request(method, f"/api/v1/{path}", text, sent)
            response = connection.getresponse()
            said = response.read()
            named = {name.lower(): value for name, value in response.getheaders()}
            is_json = said and named.get("content-type") == "application/json"
            return Reply(response.status, named, json.loads(said) if is_json else said or None)
        finally:
            connection.close()

    def token(self, name: str, role: str, *more: str) -> str:
        """A new one."""
        made = self.gateway.ctl("token", "create", name, "--role", role, *more)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()
