"""A gateway becomes one of the fleet."""

import secrets
from pathlib import Path

import yaml

from framegate_fleet import client
from framegate_fleet.consoles import ADDRESS, FINGERPRINT, Line
from framegate_fleet.desired import Fleet
from framegate_fleet.mistakes import Failure
from framegate_fleet.repository import ENROLLED, Repository
from framegate_fleet.tokens import Tokens


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
    kept = _get_token(fleet, name, address, fingerprint, set_up, token)
    record(repository, {name: (address, fingerprint)})
    return str(kept)


def enrol_all(
    repository: Repository, fleet: Fleet, lines: list[Line]
) -> tuple[list[str], list[str]]:
    """The same of many. Names of those that are enrolled now, and what is wrong with the others.

    A line that makes no sense here, or that another one contradicts, is refused with all of them,
    before any gateway is asked: Failure. One whose gateway does not do its part leaves the others
    alone, and the same lines may be given again.
    """
    wrong = said_twice(lines)
    for line in lines:
        try:
            _may_be_added(fleet, line.name, line.address, line.fingerprint)
        except Failure as failure:
            wrong.append(f"line {line.number}: {failure}")
    if wrong:
        raise Failure("\n".join([*wrong, "nothing was done: mend these lines, or leave them out"]))
    made, wrong = take_tokens(fleet, lines)
    record(repository, {line.name: (line.address, line.fingerprint) for line in made})
    return [line.name for line in made], wrong


def take_tokens(fleet: Fleet, lines: list[Line]) -> tuple[list[Line], list[str]]:
    """Has the fleet's tokens made; the lines of which that went well, and what is wrong."""
    made, wrong = [], []
    for line in lines:
        try:
            # That of an earlier try: the one for the set-up has worked its once.
            if not _has_token(fleet, line):
                _get_token(fleet, line.name, line.address, line.fingerprint, line.token, "")
            made.append(line)
        except Failure as failure:
            wrong.append(f"line {line.number}: {failure}")
    return made, wrong


def record(repository: Repository, those: dict[str, tuple[str, str]]) -> None:
    """Writes address and fingerprint of each by name, and commits what was not there."""
    paths = []
    for name, (address, fingerprint) in those.items():
        file = repository.folder / ENROLLED / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        text = yaml.safe_dump({"address": address, "fingerprint": fingerprint}, sort_keys=False)
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            paths.append(f"{ENROLLED}/{name}.yaml")
    if paths:
        names = [Path(path).stem for path in paths]
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        repository.git("add", *paths)
        repository.commit(f"enrol {', '.join(names[:8])}{more}", *paths)


def said_twice(lines: list[Line]) -> list[str]:
    """What stands in two of them and may not."""
    wrong = []
    for key in ("name", "address", "fingerprint"):
        seen: dict[str, int] = {}
        for line in lines:
            value = getattr(line, key)
            if value and value in seen:
                text = f"the {key} of line {seen[value]} once more: {value}"
                wrong.append(f"line {line.number}: {text}")
            seen.setdefault(value, line.number)
    return wrong


def _has_token(fleet: Fleet, line: Line) -> bool:
    """Whether the fleet has one that is good there."""
    token = Tokens(fleet.name).one(line.name)
    if not token:
        return False
    reply = client.ask(
        line.address, line.fingerprint, token, "GET", "tokens", timeout=fleet.timeout
    )
    return reply.well


def _get_token(
    fleet: Fleet, name: str, address: str, fingerprint: str, set_up: str, token: str
) -> Path:
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
    return kept


def _may_be_added(fleet: Fleet, name: str, address: str, fingerprint: str) -> None:
    if not FINGERPRINT.fullmatch(fingerprint):
        text = (
            "a fingerprint is 32 hexadecimal bytes with colons: `gwctl certificate show` prints it"
        )
        raise Failure(text)
    if not ADDRESS.fullmatch(address):
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
