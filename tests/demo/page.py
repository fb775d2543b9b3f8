"""The page: somebody with a token looks at a camera over HTTPS while it plays."""

import ssl
import urllib.error
import urllib.request
from typing import Any

from testbed.gateway import Gateway
from testbed.loopback import free_port


class Page:
    """Where it is, and what was seen there."""

    def __init__(self, camera: str) -> None:
        self.camera = camera
        self.port = free_port()
        self.token = ""
        self.turned_away = False
        self.served = False
        self.picture = 0  # bytes of the camera's latest one

    @property
    def configured(self) -> dict[str, Any]:
        """What the gateway's configuration says of it: this machine alone may come."""
        return {"https": {"listen": f"127.0.0.1:{self.port}"}}

    @property
    def address(self) -> str:
        """Of the page."""
        return f"https://127.0.0.1:{self.port}/"

    def open(self, gateway: Gateway) -> None:
        """Makes a token, as root would, and trusts the certificate that the gateway made."""
        made = gateway.ask("token", "create", "demo", "--role", "admin", "--expires", "12h")
        self.token = made["token"]
        state = gateway.file.with_name(gateway.file.name + ".state")
        self._trust = ssl.create_default_context(cafile=state / "https.pem")
        self.served = b"<title>Framegate" in self._get("")
        try:
            self._get("api/v1/status")
        except urllib.error.HTTPError as refused:
            self.turned_away = refused.code == 401

    def look(self) -> None:
        """Asks for the camera's picture; the gateway keeps the next one for who asked."""
        try:
            picture = self._get(f"api/v1/cameras/{self.camera}/picture", self.token)
        except urllib.error.HTTPError as refused:
            if refused.code != 503:
                raise RuntimeError(f"the page is refused a picture: {refused}") from refused
            return
        if picture[:2] == b"\xff\xd8":
            self.picture = len(picture)

    def judge(self) -> tuple[str, bool]:
        """What the demo promises of it, and whether it was kept."""
        return (
            "the page shows a camera's picture over HTTPS to who has a token, and to nobody else",
            self.served and self.turned_away and self.picture > 0,
        )

    def _get(self, path: str, token: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        asked = urllib.request.Request(self.address + path, headers=headers)
        with urllib.request.urlopen(asked, timeout=60, context=self._trust) as answer:
            return answer.read()
