"""The declared flow: one YAML file, strict, with what it leaves out filled in."""

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from framegate_files.documents import Document, Where, unknown_key
from framegate_files.mistakes import Mistake
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
        document = Document(file)
    except OSError as error:
        raise Failure(f"{file}: cannot be read: {error}") from None
    told = document.value or {}
    mistakes = document.mistakes or _mistakes(told, document, file.stem)
    if mistakes:
        raise Failure("\n".join(str(it) for it in mistakes))
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


def _mistakes(told: Any, document: Document, stem: str) -> list[Mistake]:
    # Who carries a step out reads what was declared, and does not look for mistakes in it.
    import jsonschema

    schema = json.loads(resources.files(__package__).joinpath("schema.json").read_text())
    found = []
    for error in jsonschema.Draft202012Validator(schema).iter_errors(told):
        at = unknown_key(error, tuple(error.absolute_path))
        name = ".".join(str(part) for part in at)
        found.append(_mistake(document, at, f"{name + ': ' if name else ''}{error.message}"))
    if not found and "pre_train" not in told:
        found.append(_mistake(document, (), "pre_train: say which recipe, and where it is trained"))
    if not found and "name" not in told and not re.fullmatch(_NAME, stem):
        text = f"name: missing, and {stem} is none: letters, digits and - alone"
        found.append(_mistake(document, (), text))
    if not found and isinstance(told.get("sites"), dict) and (alike := _alike(list(told["sites"]))):
        text = f"sites.{alike[0]}: too like {alike[1]}: give it another name"
        found.append(_mistake(document, ("sites", alike[0]), text))
    return found


def _mistake(document: Document, at: Where, text: str) -> Mistake:
    # What is missing is missing at the beginning.
    return Mistake(document.file, document.line(at) or 1, text)
