"""The gateways' tokens: outside Git, for the user alone."""

import os
from pathlib import Path

from framegate_files import whole
from framegate_fleet.desired import Fleet


class Tokens:
    """A folder with one file for each gateway."""

    def __init__(self, fleet: str) -> None:
        named = os.environ.get("FRAMEGATE_FLEET_TOKENS")
        config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        self.folder = Path(named) if named else Path(config) / "framegate-fleet" / fleet

    def keep(self, gateway: str, token: str) -> Path:
        """Stores one, whole or not at all."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / f"{gateway}.token"
        whole.write(file, token + "\n", mode=0o600)
        return file

    def of(self, fleet: Fleet) -> dict[str, str]:
        """Those that are there, by gateway."""
        found = {name: self.one(name) for name in fleet.gateways}
        return {name: token for name, token in found.items() if token}

    def one(self, gateway: str) -> str:
        """That of one gateway; empty: there is none."""
        try:
            return (self.folder / f"{gateway}.token").read_text().strip()
        except FileNotFoundError:
            return ""
