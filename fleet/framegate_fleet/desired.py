"""What a repository says each gateway should be."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from framegate_fleet.documents import Document, Where
from framegate_fleet.mistakes import Failure, Mistake
from framegate_fleet.models import Version, Wish, named
from framegate_fleet.repository import ENROLLED, MODELS
from framegate_fleet.variables import Renderer

# Folders of the repository, and by what schema their files go.
_TOPIC = {"commands": "framegate.commands", "replies": "framegate.replies", "properties": {}}
FOLDERS = {"sites": "site", "groups": "group", "templates": "template", ENROLLED: "enrolled"}


@dataclass
class Gateway:
    """One gateway as it should be."""

    name: str
    site: str
    groups: list[str]
    address: str = ""
    fingerprint: str = ""
    text: str = ""
    cameras: list[str] = field(default_factory=list)
    # Told by Kafka's topic of commands, rather than over HTTPS.
    by_topic: bool = False
    # By the name that its cameras use.
    models: dict[str, Wish] = field(default_factory=dict)
    # Those whose files it needs.
    versions: list[Version] = field(default_factory=list)
    # All that the repository has of these models, by name.
    known: dict[str, list[Version]] = field(default_factory=dict)

    @property
    def enrolled(self) -> bool:
        """Whether its address and certificate are known."""
        return bool(self.fingerprint)


@dataclass
class Fleet:
    """All gateways, and how changes go out to them."""

    name: str = ""
    waves: list[int | str] = field(default_factory=lambda: [1, "10%", "all"])
    hold: float = 30
    confirm: int = 300
    patience: int = 3
    parallel: int = 50
    timeout: float = 10
    # Seconds that an apply waits for models' files to be where they are needed.
    fetch: float = 300
    # Where `publish` writes when nothing else is said; an apply publishes there first.
    shelf: str = ""
    # The topic of commands: brokers, commands, replies, properties.
    topic: dict[str, Any] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)

    def all_by_topic(self) -> None:
        """Whatever is said of one."""
        if not self.topic:
            raise Failure("--by-topic: fleet.yaml says no `topic`: write its brokers there")
        for gateway in self.gateways.values():
            gateway.by_topic = True


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mistakes: list[Mistake] = []
        self.files: dict[str, dict[str, Document]] = {}
        # By name and number.
        self.versions: dict[tuple[str, int], Version] = {}
        # What cameras of all gateways name.
        self.used: set[str] = set()

    def document(self, file: Path, kind: str) -> Document:
        """A file, with what is wrong in it noted; its value is good for nothing then."""
        read = Document(self.folder, file)
        wrong = read.mistakes or read.held_against(kind)
        if wrong:
            self.mistakes += wrong
            read.value = None
        return read

    def read(self) -> Fleet:
        root = self.folder / "fleet.yaml"
        if not root.is_file():
            self.mistakes.append(
                Mistake("fleet.yaml", 0, "missing: `framegate-fleet init` makes one")
            )
            return Fleet()
        top = self.document(root, "fleet")
        for name, kind in FOLDERS.items():
            files = sorted((self.folder / name).glob("*.yaml"))
            self.files[name] = {f.stem: self.document(f, kind) for f in files}
            self.mistakes += [
                Mistake(str(f.relative_to(self.folder)), 0, "is not read: files here end in .yaml")
                for f in sorted((self.folder / name).glob("*"))
                if f.suffix != ".yaml" and not f.name.startswith(".")
            ]
        self.read_versions()
        own = top.value or {}
        fleet = Fleet(
            **{k: v for k, v in own.items() if k not in ("variables", "models")},
        )
        if fleet.topic:
            fleet.topic = _TOPIC | fleet.topic
        if fleet.confirm < fleet.hold + 5:
            text = (
                f"confirm: {fleet.confirm} s is less than hold and 5 s: nothing could be confirmed"
            )
            self.mistakes.append(top.mistake(("confirm",), text))
        for site in self.files["sites"].values():
            for name in (site.value or {}).get("gateways", {}):
                self.add(fleet, top, site, name)
        self.look_for_twins()
        if not self.mistakes and fleet.gateways:
            self.look_for_idle_wishes(top)
        return fleet

    def read_versions(self) -> None:
        """What there is of models."""
        for file in sorted((self.folder / MODELS).glob("*/*")):
            document = self.document(file, "version")
            if file.suffix != ".yaml" or not file.stem.isdecimal() or file.stem[0] == "0":
                text = "is not read: a version is models/NAME/NUMBER.yaml"
                self.mistakes.append(document.mistake((), text))
            elif document.value:
                files = {
                    name: (it["sha256"], it["bytes"])
                    for name, it in document.value["files"].items()
                }
                key = (file.parent.name, int(file.stem))
                self.versions[key] = Version(*key, files)

    def add(self, fleet: Fleet, top: Document, site: Document, name: str) -> None:
        """One gateway of a site."""
        at: Where = ("gateways", name)
        if name in fleet.gateways:
            text = f"gateway {name} stands in site {fleet.gateways[name].site} already"
            self.mistakes.append(site.mistake(at, text))
            return
        own = site.value["gateways"][name] or {}
        groups = self.known_groups(site, ("groups",), site.value.get("groups", []))
        groups += self.known_groups(site, (*at, "groups"), own.get("groups", []))
        gateway = Gateway(name, site.name, groups)
        fleet.gateways[name] = gateway
        # From what is said of all to what is said of one.
        layers: list[tuple[Document, Where, dict[str, Any]]] = [(top, (), top.value or {})]
        layers += [
            (self.files["groups"][g], (), self.files["groups"][g].value or {}) for g in groups
        ]
        layers += [(site, (), site.value), (site, at, own)]
        variables: dict[str, Any] = {"gateway": name, "site": site.name}
        for _, _, layer in layers:
            variables |= layer.get("variables", {})
        at_site = site.value.get("transport", "https")
        gateway.by_topic = own.get("transport", at_site) == "topic"
        if gateway.by_topic and not fleet.topic:
            text = f"{name} is told by a topic, and fleet.yaml says no `topic`: write it there"
            self.mistakes.append(site.mistake((*at, "transport"), text))
        enrolled = self.files["enrolled"].get(name)
        if enrolled and enrolled.value:
            gateway.address = enrolled.value["address"]
            gateway.fingerprint = enrolled.value["fingerprint"]
        template = self.template(site, at, own)
        if template and template.value is not None:
            cameras = self.render(gateway, template, layers, Renderer(name, variables))
            used = set(named(cameras))
            self.used |= used
            self.wish(gateway, used, layers)

    def known_groups(self, site: Document, at: Where, names: list[str]) -> list[str]:
        """Those that there are."""
        for i, name in enumerate(names):
            if name not in self.files["groups"]:
                self.mistakes.append(site.mistake((*at, i), f"there is no groups/{name}.yaml"))
        return [name for name in names if name in self.files["groups"]]

    def template(self, site: Document, at: Where, own: dict[str, Any]) -> Document | None:
        """What the gateway's configuration is made from."""
        where = (*at, "template") if "template" in own else ("template",)
        name = own.get("template", site.value.get("template"))
        if name is None:
            self.mistakes.append(site.mistake(at, f"neither {at[1]} nor its site names a template"))
        elif name not in self.files["templates"]:
            self.mistakes.append(site.mistake(where, f"there is no templates/{name}.yaml"))
        else:
            return self.files["templates"][name]
        return None

    def render(
        self,
        gateway: Gateway,
        template: Document,
        layers: list[tuple[Document, Where, dict[str, Any]]],
        renderer: Renderer,
    ) -> list[dict[str, Any]]:
        """The configuration, with the cameras of all layers; returns these."""
        body = {key: value for key, value in template.value.items() if key != "cameras"}
        config = renderer.render(template, (), body)
        config.setdefault("gateway", {}).setdefault("name", gateway.name)
        cameras: list[dict[str, Any]] = []
        for document, at, layer in [(template, (), template.value), *layers]:
            for i, camera in enumerate(layer.get("cameras", [])):
                where = (*at, "cameras", i)
                known = len(renderer.mistakes)
                made = renderer.render(document, where, camera)
                if len(renderer.mistakes) == known:
                    self.mistakes += document.held_against("camera", made, where)
                if any(made["name"] == other["name"] for other in cameras):
                    text = f"gateway {gateway.name} has a camera {made['name']} already"
                    self.mistakes.append(document.mistake(where, text))
                cameras.append(made)
        self.mistakes += renderer.mistakes
        gateway.cameras = [str(camera["name"]) for camera in cameras]
        gateway.text = yaml.safe_dump({**config, "cameras": cameras}, sort_keys=False, width=1000)
        return cameras

    def wish(
        self,
        gateway: Gateway,
        used: set[str],
        layers: list[tuple[Document, Where, dict[str, Any]]],
    ) -> None:
        """Which versions it should have of the models that its cameras name."""
        said: dict[str, dict[str, Any]] = {}
        # By model and key: the nearest one that says it.
        where: dict[str, dict[str, tuple[Document, Where]]] = {}
        for document, at, layer in layers:
            for name, keys in layer.get("models", {}).items():
                said[name] = said.get(name, {}) | keys
                nearest = where.setdefault(name, {"": (document, (*at, "models", name))})
                nearest |= {key: (document, (*at, "models", name, key)) for key in keys}
        for name in sorted(used & set(said)):
            self.wish_of_one(gateway, name, said[name], where[name])
        for key, version in sorted(self.versions.items()):
            if version.name in gateway.models:
                gateway.known.setdefault(version.name, []).append(version)
            wished = gateway.models.get(version.name)
            if (wished and wished.version == version.number) or "{}:{}".format(*key) in used:
                gateway.versions.append(version)

    def wish_of_one(
        self,
        gateway: Gateway,
        name: str,
        said: dict[str, Any],
        where: dict[str, tuple[Document, Where]],
    ) -> None:
        """One model of one gateway."""
        if "version" not in said:
            text = f"{name}: nothing says which version gateway {gateway.name} should have"
            document, at = where[""]
            self.mistakes.append(document.mistake(at, text))
            return
        version = self.versions.get((name, said["version"]))
        if not version:
            text = (
                f"there is no {MODELS}/{name}/{said['version']}.yaml: "
                f"`framegate-fleet model add {name}:{said['version']} FOLDER` makes it"
            )
            document, at = where["version"]
            self.mistakes.append(document.mistake(at, text))
            return
        wish = Wish.of(said, version.digest)
        if wish.steps != sorted(set(wish.steps)) or wish.steps[-1] != 1:
            text = f"{name}: steps grow, and the last is 100%"
            document, at = where["steps"]
            self.mistakes.append(document.mistake(at, text))
            return
        gateway.models[name] = wish

    def look_for_idle_wishes(self, top: Document) -> None:
        """Models that no camera names: a wish for one would look fulfilled everywhere."""
        places: list[tuple[Document, Where]] = [(top, ())]
        for kind in ("groups", "sites"):
            places += [(document, ()) for document in self.files[kind].values()]
        for site in self.files["sites"].values():
            places += [(site, ("gateways", name)) for name in site.value["gateways"]]
        for document, at in places:
            layer = document.value
            for key in at:
                layer = layer[key] or {}
            for name in sorted(set(layer.get("models", {})) - self.used):
                text = f"models: no camera of any gateway names {name} without a version"
                self.mistakes.append(document.mistake((*at, "models", name), text))

    def look_for_twins(self) -> None:
        """Two names for one machine."""
        for key, what in (("fingerprint", "certificate"), ("address", "address")):
            seen: dict[str, str] = {}
            for name, document in self.files["enrolled"].items():
                value = (document.value or {}).get(key)
                if value in seen:
                    text = f"the {what} is that of {seen[value]}: one machine, or a copied disk"
                    self.mistakes.append(document.mistake((key,), text))
                elif value:
                    seen[value] = name


def load(folder: Path) -> tuple[Fleet, list[Mistake]]:
    """Reads a repository's files as they lie there, with all mistakes in them, in order."""
    fleet, _, mistakes = load_versions(folder)
    return fleet, mistakes


def load_versions(folder: Path) -> tuple[Fleet, list[Version], list[Mistake]]:
    """The same, and all versions of models that the repository knows."""
    reader = _Reader(folder)
    fleet = reader.read()
    return fleet, list(reader.versions.values()), sorted(set(reader.mistakes))
