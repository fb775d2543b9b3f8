"""The declared flow: one YAML file, strict, with what it leaves out filled in."""

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from framegate_flow.mistakes import Failure

_NAME = r"[a-z0-9][a-z0-9-]{0,39}"
# What is so when the file says nothing of it.
DEFAULTS: dict[str, dict[str, Any]] = {
    "pre_train": {
        "engine": "ray",
        "python": "",
        "workers": 2,
        "epochs": 6,
        "pictures": 60000,
        "batch": 256,
        "rate": 4e-3,
        "seed": 5,
    },
    "roll_out": {"waves": [1, "all"], "timeout": 3600},
    "collect": {"labelled": 200, "held": 50, "patience": 86400, "every": 10},
    "fine_tune": {"options": [], "timeout": 7200},
    "gates": {"cloud": 0.9, "site": 0.0, "margin": 0.0, "not_worse": 0.01, "sites": "all"},
    "retry": {"times": 3, "delay": 2},
}
SITE = {
    "run": [],
    "socket": "/run/framegate/api.sock",
    "learner": "/var/lib/framegate-learn",
    "place": "/var/lib/framegate-flow",
}


@dataclass(frozen=True)
class Flow:
    """All of it; each part has every key."""

    name: str
    model: str
    data: str
    pre_train: dict[str, Any]
    roll_out: dict[str, Any]
    collect: dict[str, Any]
    fine_tune: dict[str, Any]
    gates: dict[str, Any]
    retry: dict[str, Any]
    parallel: int
    sites: dict[str, dict[str, Any]]

    @property
    def waves(self) -> list[list[str]]:
        """The sites, in the order in which they get a model."""
        left, found = list(self.sites), []
        for size in [*self.roll_out["waves"], "all"]:
            count = len(left) if size == "all" else min(size, len(left))
            if count:
                found.append(left[:count])
                left = left[count:]
        return found

    @property
    def least_sites(self) -> int:
        """How many have to pass."""
        asked = self.gates["sites"]
        return len(self.sites) if asked == "all" else asked

    def dump(self) -> dict[str, Any]:
        """For a file; `undump` reads it."""
        return asdict(self)


def undump(told: dict[str, Any]) -> Flow:
    """What `dump` gave."""
    return Flow(**told)


def load(file: Path, here: Path) -> Flow:
    """What the file declares; paths in it are taken from where it lies. Fails with all mistakes.

    `here`: where what goes to sites on this machine is brought.
    """
    try:
        told = yaml.load(file.read_text(), _Loader) or {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Failure(f"{file}:{line}: no YAML: {error.problem}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Failure(f"{file}: cannot be read: {error}") from None
    mistakes = [f"{file}:{it}" for it in _mistakes(told, _Lines(file))]
    if mistakes:
        raise Failure("\n".join(mistakes))
    folder = file.resolve().parent
    parts = {name: {**DEFAULTS[name], **told.get(name, {})} for name in DEFAULTS}
    train = parts["pre_train"]
    train["recipe"] = _path(folder, train.get("recipe", ""))
    train["python"] = _path(folder, train["python"] or _python_of_cluster())
    flow = Flow(
        name=told.get("name", file.stem),
        model=told["model"],
        data=_path(folder, told["data"]),
        parallel=told.get("parallel", 4),
        sites=_sites(file, told, here),
        **parts,
    )
    if flow.gates["sites"] != "all" and flow.gates["sites"] > len(flow.sites):
        raise Failure(f"{file}: gates.sites: {flow.gates['sites']} of {len(flow.sites)} sites")
    return flow


def _sites(file: Path, told: dict[str, Any], here: Path) -> dict[str, dict[str, Any]]:
    """Those that stand here, those of the fleet's repository, or of these with what stands here."""
    said = told.get("sites")
    folder = file.resolve().parent
    named = list(said) if said is not None else None
    found: dict[str, Any] = {}
    if "fleet" in told or not isinstance(said, dict):
        # Who has no fleet need not have what reads it.
        from framegate_flow import fleet_sites

        if "fleet" in told:
            repository: Path | None = Path(_path(folder, told["fleet"]))
        else:
            repository = fleet_sites.above(folder)
        if repository is None:
            text = "say which, or `fleet: FOLDER`, a fleet's repository"
            raise Failure(f"{file}: sites: {text}")
        try:
            found = fleet_sites.sites(
                fleet_sites.read(repository), told["model"], named, here / "sites"
            )
        except Failure as failure:
            raise Failure(f"{file}: {failure}") from None
        if alike := _alike(list(found)):
            raise Failure(f"{file}: sites: {alike[0]}: too like {alike[1]}: give one another name")
    own = said if isinstance(said, dict) else {}
    return {name: {**SITE, **found.get(name, {}), **(own.get(name) or {})} for name in found or own}


def _alike(names: list[str]) -> tuple[str, str] | None:
    """Two that the engine cannot tell apart."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.replace(".", "__").replace("-", "_").lower(), name)
        if other != name:
            return name, other
    return None


def digest(told: object) -> str:
    """SHA-256 of something that JSON can say."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _path(folder: Path, text: str) -> str:
    # Not resolved: an environment's python is a link to what is outside of it.
    return os.path.normpath(folder / Path(text).expanduser())


def _python_of_cluster() -> str:
    cache = os.environ.get("FRAMEGATE_CACHE", "~/.cache/framegate")
    return str(Path(cache).expanduser() / "cluster" / "bin" / "python")


class _Loader(yaml.SafeLoader):
    """A key that stands twice is a mistake, not the second one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"'{key.value}' stands here twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Lines:
    """Where each part of the file stands."""

    def __init__(self, file: Path) -> None:
        self.stem = file.stem
        self._lines: dict[tuple[Any, ...], int] = {}
        node = yaml.compose(file.read_text(), yaml.SafeLoader)
        if node:
            self._note(node, ())

    def _note(self, node: yaml.Node, at: tuple[Any, ...]) -> None:
        self._lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._lines[(*at, key.value)] = key.start_mark.line + 1
                self._note(value, (*at, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self._note(value, (*at, number))

    def of(self, at: tuple[Any, ...]) -> int:
        """The line of a part, or of the nearest one around it."""
        while at and at not in self._lines:
            at = at[:-1]
        return self._lines.get(at, 1)


def _mistakes(told: Any, lines: _Lines) -> list[str]:
    # Who carries a step out reads what was declared, and does not look for mistakes in it.
    import jsonschema

    schema = json.loads(resources.files(__package__).joinpath("schema.json").read_text())
    found = []
    for error in jsonschema.Draft202012Validator(schema).iter_errors(told):
        at = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            at = (*at, next(key for key in error.instance if key not in known))
        name = ".".join(str(part) for part in at)
        found.append(f"{lines.of(at)}: {name + ': ' if name else ''}{error.message}")
    if not found and "pre_train" not in told:
        found.append("1: pre_train: say which recipe, and where it is trained")
    if not found and "name" not in told and not re.fullmatch(_NAME, lines.stem):
        found.append(f"1: name: missing, and {lines.stem} is none: letters, digits and - alone")
    if not found and isinstance(told.get("sites"), dict) and (alike := _alike(list(told["sites"]))):
        at = lines.of(("sites", alike[0]))
        found.append(f"{at}: sites.{alike[0]}: too like {alike[1]}: give it another name")
    return found
