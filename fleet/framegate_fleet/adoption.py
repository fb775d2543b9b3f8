"""Gateways that run already become a site as they are: what all have alike is a template, and what
differs is a variable of each."""

import copy
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from framegate_fleet import client, enrolment
from framegate_fleet.consoles import Line
from framegate_fleet.desired import Fleet
from framegate_fleet.mistakes import Failure
from framegate_fleet.repository import Repository
from framegate_fleet.tokens import Tokens

# Kafka's properties of such names do not belong into Git: as gwd tells which it does not show.
_SECRET = re.compile(r"pass|word|secret|[.]pem|jaas|token|oauth|credential", re.IGNORECASE)
_NO_LETTER = re.compile(r"[^A-Za-z0-9]+")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}")


def adopt(repository: Repository, fleet: Fleet, site: str, lines: list[Line]) -> list[str]:
    """Enrols all of them, and writes and commits the site with its template; their names.

    All or nothing in the repository: Failure says what is wrong, line by line. Tokens that were
    made stay, so that the same lines may be given again.
    """
    _may_be_made(repository, fleet, site)
    made, wrong = enrolment.take_tokens(fleet, _named(fleet, lines))
    configs: dict[str, dict[str, Any]] = {}
    in_effect: dict[str, Any] = {}
    for line in made:
        try:
            configs[line.name] = _config(fleet, line)
            in_effect[line.name] = _ask(fleet, line, "config")
        except Failure as failure:
            wrong.append(f"line {line.number}: {failure}")
    if wrong:
        text = "no site was made: mend these lines or leave them out, and give all once more"
        raise Failure("\n".join([*wrong, text]))
    cameras = {name: config.pop("cameras", None) or [] for name, config in configs.items()}
    fill(configs, in_effect)
    drafted = Draft.of(configs, cameras)
    files = {f"templates/{site}.yaml": drafted.template, f"sites/{site}.yaml": drafted.site(site)}
    for path, value in files.items():
        file = repository.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(value)
    repository.git("add", *files)
    repository.commit(f"adopt {site}: {len(made)} gateways", *files)
    enrolment.record(repository, {line.name: (line.address, line.fingerprint) for line in made})
    return [line.name for line in made]


def _may_be_made(repository: Repository, fleet: Fleet, site: str) -> None:
    if not _NAME.fullmatch(site):
        raise Failure(f"'{site}' is no name of a site")
    if any(gateway.site == site for gateway in fleet.gateways.values()):
        raise Failure(f"sites/{site}.yaml has gateways already: name another SITE")
    if (repository.folder / f"templates/{site}.yaml").exists():
        raise Failure(f"there is a templates/{site}.yaml already: name another SITE")
    if repository.git("status", "--porcelain", "--", f"sites/{site}.yaml"):
        raise Failure(f"sites/{site}.yaml is not committed: it would be written over")


def _named(fleet: Fleet, lines: list[Line]) -> list[Line]:
    """With the names by which the fleet is to know them; all mistakes that can be seen here."""
    wrong = enrolment.said_twice(lines)
    for line in lines:
        for other in fleet.gateways.values():
            if line.name == other.name:
                wrong.append(f"line {line.number}: {line.name} is a gateway of {other.site}")
            elif other.enrolled and line.fingerprint == other.fingerprint:
                wrong.append(f"line {line.number}: this certificate is that of {other.name}")
            elif other.enrolled and line.address == other.address:
                wrong.append(f"line {line.number}: {line.address} is the address of {other.name}")
    if wrong:
        raise Failure("\n".join([*wrong, "nothing was done: mend these lines, or leave them out"]))
    return lines


def _config(fleet: Fleet, line: Line) -> dict[str, Any]:
    """What it is now, as a file says it."""
    text = _ask(fleet, line, "config/text")["text"]
    if "${" in text:
        raise Failure(f"{line.name}: its configuration has '${{' in it: write its template by hand")
    config = yaml.safe_load(text)
    secret = _secret_in(config, "")
    if secret:
        text = f"{secret} stands in its configuration: name a file there first, or write by hand"
        raise Failure(f"{line.name}: {text}")
    return config


def _ask(fleet: Fleet, line: Line, path: str) -> Any:
    token = Tokens(fleet.name).one(line.name)
    where = (line.address, line.fingerprint, token)
    reply = client.ask(*where, "GET", path, timeout=fleet.timeout)
    if not reply.well:
        raise Failure(f"{line.name} does not say its configuration: {reply.error}")
    return reply.body


def fill(said: dict[str, Any], in_effect: dict[str, Any], at: str = "") -> None:
    """Says of each what any of them says, also where it is what is so without being said.

    By gateway, both. Failure: one has no such thing at all.
    """
    keys = list(dict.fromkeys(key for it in said.values() for key in it))
    for key in keys:
        place = f"{at}.{key}".strip(".")
        for name, it in said.items():
            known = in_effect.get(name)
            if key not in it and (not isinstance(known, dict) or key not in known):
                text = f"{place} is said of others, and not of {name}: write their template by hand"
                raise Failure(text)
            it[key] = it.get(key, copy.deepcopy((known or {}).get(key)))
        parts = {name: it[key] for name, it in said.items()}
        below = {
            name: known.get(key) if isinstance(known, dict) else None
            for name, known in in_effect.items()
        }
        if all(isinstance(it, dict) for it in parts.values()):
            fill(parts, below, place)


def _secret_in(value: Any, at: str) -> str:
    """Where a secret stands; empty: nowhere."""
    parts: dict[str, Any] = {}
    if isinstance(value, list):
        parts = {f"{at}.{number}": it for number, it in enumerate(value)}
    elif isinstance(value, dict):
        named = str(value.get("name", ""))
        if "value" in value and _SECRET.search(named):
            return f"{at}: {named}"
        parts = {f"{at}.{key}".strip("."): it for key, it in value.items()}
    return next((it for key, part in parts.items() if (it := _secret_in(part, key))), "")


@dataclass
class Draft:
    """A template, and what each gateway has for itself."""

    body: dict[str, Any]
    variables: dict[str, dict[str, Any]]
    cameras: dict[str, list[Any]]
    # By the values that gateways have, in order: one variable for what always differs alike.
    _known: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, configs: dict[str, dict[str, Any]], cameras: dict[str, list[Any]]) -> "Draft":
        """Of what each of these gateways is, with the same keys, and its cameras."""
        made = cls({}, {name: {} for name in configs}, cameras)
        made.body = made._common("", configs)
        return made

    @property
    def template(self) -> str:
        """As a file."""
        return yaml.safe_dump(self.body, sort_keys=False, width=1000)

    def site(self, name: str) -> str:
        """As a file; cameras that all have are the site's."""
        first = next(iter(self.cameras.values()))
        alike = all(it == first for it in self.cameras.values())
        made: dict[str, Any] = {"template": name}
        if alike and first:
            made["cameras"] = first
        lines = [yaml.safe_dump(made, sort_keys=False, width=1000) + "gateways:\n"]
        for gateway, variables in self.variables.items():
            own: dict[str, Any] = {"variables": variables} if variables else {}
            if not alike and self.cameras[gateway]:
                own["cameras"] = self.cameras[gateway]
            text = yaml.safe_dump({gateway: own}, default_flow_style=True, width=100000)
            # One gateway is one line.
            lines.append(f"  {text.strip()[1:-1]}\n")
        return "".join(lines)

    def _common(self, at: str, values: dict[str, Any]) -> Any:
        """What is alike, with variables for what is not."""
        first = next(iter(values.values()))
        if all(it == first for it in values.values()):
            return first
        if all(isinstance(it, dict) and it.keys() == first.keys() for it in values.values()):
            return {
                key: self._common(f"{at} {key}", {name: it[key] for name, it in values.items()})
                for key in first
            }
        if all(isinstance(it, list) and len(it) == len(first) for it in values.values()):
            return [
                self._common(f"{at} {number}", {name: it[number] for name, it in values.items()})
                for number in range(len(first))
            ]
        if all(isinstance(it, str) for it in values.values()):
            # What has the gateway's name in it.
            texts = {it.replace(name, "${gateway}") for name, it in values.items()}
            if len(texts) == 1:
                return texts.pop()
        return self._variable(at, values)

    def _variable(self, at: str, values: dict[str, Any]) -> str:
        same = yaml.safe_dump(list(values.values()))
        if same not in self._known:
            name = _NO_LETTER.sub("_", at.strip())
            name = name if name[0].isalpha() else f"_{name}"
            while name in (*self._known.values(), "gateway", "site"):
                name += "_"
            self._known[same] = name
            for gateway, value in values.items():
                self.variables[gateway][self._known[same]] = value
        return f"${{{self._known[same]}}}"
