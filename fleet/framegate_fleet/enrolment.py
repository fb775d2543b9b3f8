"""A gateway becomes one of the fleet."""

import re
import secrets

import yaml

from framegate_fleet import client
from framegate_fleet.desired import Fleet
from framegate_fleet.mistakes import Failure
from framegate_fleet.repository import ENROLLED, Repository
from framegate_fleet.tokens import Tokens

_FINGERPRINT = re.compile(r"([0-9A-F]{2}:){31}[0-9A-F]{2}")
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")


def enrol(
    repository: Repository,
    fleet: Fleet,
    name: str,
    address: str,
    fingerprint: str,
    set_up: str,
    token: str,
) -> str:
    """Makes an admin's token on the gateway with the one for the set-up, or takes `token` as it is.

    Returns the file that the token is in. Nothing is asked of the gateway before all that can be
    wrong here was looked at: the token for the set-up works once.
    """
    fingerprint = fingerprint.upper()
    _may_be_added(fleet, name, address, fingerprint)
    if set_up:
        # A name of its own: the machine may have known another fleet.
        wish = {"name": f"fleet-{fleet.name}-{secrets.token_hex(4)}"[:63], "role": "admin"}
        reply = client.ask(
            address, fingerprint, set_up, "POST", "tokens", wish, timeout=fleet.timeout
        )
        if not reply.well:
            raise Failure(f"{name} made no token: {reply.error}{_advice(reply.status)}")
        token = reply.body["token"]
    kept = Tokens(fleet.name).keep(name, token)
    _make_sure(fleet, name, address, fingerprint, token)
    file = repository.folder / ENROLLED / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    text = yaml.safe_dump({"address": address, "fingerprint": fingerprint}, sort_keys=False)
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
        path = f"{ENROLLED}/{name}.yaml"
        repository.git("add", path)
        repository.commit(f"enrol {name}", path)
    return str(kept)


def _may_be_added(fleet: Fleet, name: str, address: str, fingerprint: str) -> None:
    if not _FINGERPRINT.fullmatch(fingerprint):
        text = (
            "a fingerprint is 32 hexadecimal bytes with colons: `gwctl certificate show` prints it"
        )
        raise Failure(text)
    if not _ADDRESS.fullmatch(address):
        raise Failure(f"'{address}' is no HOST:PORT")
    if name not in fleet.gateways:
        raise Failure(f"no site has a gateway {name}: write it into a file of sites/ first")
    for other in fleet.gateways.values():
        if other.name == name or not other.enrolled:
            continue
        if other.fingerprint == fingerprint:
            text = (
                f"this certificate is that of {other.name} at {other.address}: the same machine, "
                "or a copy of its disk; on that, delete the folder `api.state`, and start gwd again"
            )
            raise Failure(text)
        if other.address == address:
            raise Failure(f"{address} is the address of {other.name}")
    own = fleet.gateways[name]
    if own.enrolled and own.fingerprint != fingerprint:
        text = (
            f"there is a gateway {name} at {own.address} with another certificate: if this one "
            f"takes its place, `git rm {ENROLLED}/{name}.yaml` and commit first"
        )
        raise Failure(text)


def _make_sure(fleet: Fleet, name: str, address: str, fingerprint: str, token: str) -> None:
    """Whether the token does what it is for."""
    reply = client.ask(address, fingerprint, token, "GET", "tokens", timeout=fleet.timeout)
    if not reply.well:
        raise Failure(f"{name} does not take the token as an admin's: {reply.error}")


def _advice(status: int) -> str:
    if status == 401:
        return (
            ": is there an admin already? then, on the gateway, "
            "`gwctl token create fleet --role admin` makes one for --token"
        )
    return ""
