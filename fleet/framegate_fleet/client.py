"""One request to a gateway over HTTPS, whose certificate is known by its fingerprint."""

import hashlib
import http.client
import json
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from framegate_files.api_socket import Connection, why_away

LONGEST = 16 * 1024 * 1024


class Reply(NamedTuple):
    """What came of a request. Status 0: the gateway could not be reached, and `error` says why."""

    status: int
    body: Any
    error: str

    @property
    def well(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def away(self) -> bool:
        """Whether there was no answer at all."""
        return self.status == 0


class WrongCertificate(Exception):
    """Somebody else answers, or the certificate was replaced."""


class _Pinned(http.client.HTTPSConnection):
    """Says nothing before the certificate was looked at: what follows has a token in it."""

    def __init__(self, host: str, port: int, fingerprint: str, timeout: float) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # Nobody has signed it; the fingerprint says more than a name would.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(host, port, timeout=timeout, context=context)
        self._fingerprint = fingerprint

    def connect(self) -> None:
        super().connect()
        shown = fingerprint_of(self.sock.getpeercert(binary_form=True) or b"")
        if shown != self._fingerprint:
            self.close()
            text = f"another certificate: it shows {shown}, enrolled is {self._fingerprint}"
            raise WrongCertificate(text)


def fingerprint_of(certificate: bytes) -> str:
    """SHA-256 of a certificate, as gateways write it."""
    digest = hashlib.sha256(certificate).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def split(address: str) -> tuple[str, int]:
    """HOST:PORT or [HOST]:PORT."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def ask(
    address: str,
    fingerprint: str,
    token: str,
    method: str,
    path: str,
    body: object = None,
    timeout: float = 10,
) -> Reply:
    """One request below /api/v1/, on a connection of its own."""
    host, port = split(address)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return _ask(_Pinned(host, port, fingerprint, timeout), method, path, body, headers)


def ask_socket(file: str, method: str, path: str, body: object, timeout: float) -> Reply:
    """The same of the gateway on this machine, over its UNIX socket."""
    return _ask(Connection(file, timeout), method, path, body, {}, partial(why_away, file))


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: object,
    headers: dict[str, str],
    why: Callable[[Exception], str] | None = None,
) -> Reply:
    sent = json.dumps(body).encode() if body is not None else None
    try:
        connection.request(method, f"/api/v1/{path}", sent, headers)
        response = connection.getresponse()
        text = response.read(LONGEST)
        said = json.loads(text) if text else None
    except WrongCertificate as error:
        return Reply(0, None, str(error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Reply(
            0, None, why(error) if why else f"{type(error).__name__}: {error}".rstrip(": ")
        )
    finally:
        connection.close()
    return Reply(response.status, said, message_of(response.status, said))


def message_of(status: int, said: Any) -> str:
    """What a gateway says went wrong."""
    if status < 400:
        return ""
    error = said.get("error") if isinstance(said, dict) else None
    return error["message"] if isinstance(error, dict) else f"HTTP {status}"
