"""What a repository says each gateway should be."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from framegate_fleet import cameras as camera_lines
from framegate_fleet import client, learn_yaml, reach
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
    # By model: the learn.yaml of what learns there; None: nothing does any more.
    learn: dict[str, str | None] = field(default_factory=dict)
    # What stands before programs there; None: nobody can run any from here.
    run: list[str] | None = None
    # Where gwd answers on its own machine.
    socket: str = learn_yaml.SOCKET

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
            **{k: v for k, v in own.items() if k not in ("variables", "models", "run")},
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
        self.way(gateway, layers, variables)
        template = self.template(site, at, own)
        if template and template.value is not None:
            cameras, shows = self.render(gateway, template, layers, variables)
            used = set(named(cameras))
            self.used |= used
            said, where = self.said_of_models(layers)
            self.wish(gateway, used, said, where)
            for model in sorted(used & set(said)):
                if "learn" in said[model]:
                    known = camera_lines.known_of(model, cameras, shows)
                    document, place = where[model]["learn"]
                    self.learner(gateway, model, said[model], known, document, place, variables)

    def way(
        self,
        gateway: Gateway,
        layers: list[tuple[Document, Where, dict[str, Any]]],
        variables: dict[str, Any],
    ) -> None:
        """How programs are run there."""
        said = [(document, at) for document, at, layer in layers if "run" in layer]
        if not said:
            gateway.run = None if gateway.by_topic else reach.usual(gateway.address)
            return
        document, at = said[-1]
        host = client.split(gateway.address)[0] if gateway.address else ""
        renderer = Renderer(gateway.name, {"host": host, **variables})
        words = next(layer["run"] for _, _, layer in reversed(layers) if "run" in layer)
        gateway.run = renderer.render(document, (*at, "run"), words)
        self.mistakes += renderer.mistakes

    def learner(
        self,
        gateway: Gateway,
        model: str,
        said: dict[str, Any],
        known: dict[str, Any],
        document: Document,
        at: Where,
        variables: dict[str, Any],
    ) -> None:
        """What learns there from a model's pictures."""
        renderer = Renderer(gateway.name, variables)
        keys = renderer.render(document, at, said["learn"])
        wrong = list(renderer.mistakes)
        if isinstance(keys, dict) and not wrong:
            wrong = document.held_against("learner", keys, at)
        self.mistakes += wrong
        if not wrong:
            made = learn_yaml.drafted(model, keys, {"api": {"socket": gateway.socket}}, known)
            gateway.learn[model] = learn_yaml.text(made)

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
        variables: dict[str, Any],
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The configuration, with the cameras of all layers; returns these, and what they show."""
        renderer = Renderer(gateway.name, variables)
        body = {key: value for key, value in template.value.items() if key != "cameras"}
        config = renderer.render(template, (), body)
        config.setdefault("gateway", {}).setdefault("name", gateway.name)
        self.mistakes += renderer.mistakes
        cameras: list[dict[str, Any]] = []
        shows: dict[str, Any] = {}
        for document, at, layer in [(template, (), template.value), *layers]:
            for i, said in enumerate(layer.get("cameras", [])):
                for value in camera_lines.each(said):
                    where = (*at, "cameras", i)
                    more = {} if value is None else {"each": value}
                    made = self.camera(gateway, document, where, said, {**variables, **more})
                    if any(made["name"] == other["name"] for other in cameras):
                        text = f"gateway {gateway.name} has a camera {made['name']} already"
                        self.mistakes.append(document.mistake(where, text))
                        break
                    if "shows" in made:
                        shows[made["name"]] = made.pop("shows")
                    cameras.append(made)
        gateway.cameras = [str(camera["name"]) for camera in cameras]
        gateway.socket = config.get("api", {}).get("socket", gateway.socket)
        gateway.text = yaml.safe_dump({**config, "cameras": cameras}, sort_keys=False, width=1000)
        return cameras, shows

    def camera(
        self,
        gateway: Gateway,
        document: Document,
        where: Where,
        said: dict[str, Any],
        variables: dict[str, Any],
    ) -> dict[str, Any]:
        """One of them, with `shows` where it is known."""
        renderer = Renderer(gateway.name, variables)
        keys = {key: it for key, it in said.items() if key != "each"}
        made = camera_lines.with_numbers(renderer.render(document, where, keys))
        wrong = list(renderer.mistakes)
        if not wrong:
            own = {key: it for key, it in made.items() if key != "shows"}
            wrong = document.held_against("camera", own, where)
            if "shows" in made:
                if not isinstance(made["shows"], dict):
                    made["shows"] = str(made["shows"])
                wrong += document.held_against("shows", made["shows"], (*where, "shows"))
        self.mistakes += wrong
        return made

    def said_of_models(
        self, layers: list[tuple[Document, Where, dict[str, Any]]]
    ) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, tuple[Document, Where]]]]:
        """What all layers say of each model; by model and key, the nearest one that says it."""
        said: dict[str, dict[str, Any]] = {}
        where: dict[str, dict[str, tuple[Document, Where]]] = {}
        for document, at, layer in layers:
            for name, keys in layer.get("models", {}).items():
                before = said.get(name, {})
                said[name] = before | keys
                if "learn" in keys:
                    said[name]["learn"] = learn_yaml.merged(before.get("learn"), keys["learn"])
                nearest = where.setdefault(name, {"": (document, (*at, "models", name))})
                nearest |= {key: (document, (*at, "models", name, key)) for key in keys}
        return said, where

    def wish(
        self,
        gateway: Gateway,
        used: set[str],
        said: dict[str, dict[str, Any]],
        where: dict[str, dict[str, tuple[Document, Where]]],
    ) -> None:
        """Which versions it should have of the models that its cameras name."""
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
        if set(said) == {"learn"}:
            # Whatever version is there: nobody wishes for another one.
            return
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
        wish.learn = said.get("learn", False) is not False
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
