"""What a repository says each gateway should be."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from framegate_fleet.documents import Document, Where
from framegate_fleet.mistakes import Mistake
from framegate_fleet.variables import Renderer

# Folders of the repository, and by what schema their files go.
FOLDERS = {"sites": "site", "groups": "group", "templates": "template", "enrolled": "enrolled"}


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
    gateways: dict[str, Gateway] = field(default_factory=dict)


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mistakes: list[Mistake] = []
        self.files: dict[str, dict[str, Document]] = {}

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
        own = top.value or {}
        fleet = Fleet(
            **{k: v for k, v in own.items() if k != "variables"},
        )
        if fleet.confirm < fleet.hold + 5:
            text = (
                f"confirm: {fleet.confirm} s is less than hold and 5 s: nothing could be confirmed"
            )
            self.mistakes.append(top.mistake(("confirm",), text))
        for site in self.files["sites"].values():
            for name in (site.value or {}).get("gateways", {}):
                self.add(fleet, top, site, name)
        self.look_for_twins()
        return fleet

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
        enrolled = self.files["enrolled"].get(name)
        if enrolled and enrolled.value:
            gateway.address = enrolled.value["address"]
            gateway.fingerprint = enrolled.value["fingerprint"]
        template = self.template(site, at, own)
        if template and template.value is not None:
            self.render(gateway, template, layers, Renderer(name, variables))

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
    ) -> None:
        """The configuration, with the cameras of all layers."""
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
    reader = _Reader(folder)
    fleet = reader.read()
    return fleet, sorted(set(reader.mistakes))
