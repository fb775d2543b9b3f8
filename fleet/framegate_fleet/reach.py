"""Programs at a gateway: here, or behind words such as `ssh root@north`."""

import ipaddress
import shlex
from pathlib import Path

from framegate_fleet import client


def usual(address: str) -> list[str] | None:
    """What stands before programs when nothing is said of it; None: nobody knows where it is."""
    if not address:
        return None
    host, _ = client.split(address)
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    # Nobody sits there to type a password, or to say yes to a host that is not known.
    return [] if here else ["ssh", "-o", "BatchMode=yes", f"root@{host}"]


def words_at(run: list[str], words: list[str]) -> list[str]:
    """A whole command; the shell behind ssh takes the words apart once more."""
    if run and Path(run[0]).name == "ssh":
        words = [shlex.quote(word) for word in words]
    return [*run, *words]
