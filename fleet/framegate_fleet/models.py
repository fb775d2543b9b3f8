"""Which version of a model gateways should have, and what its files are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

# A rollout that stays at a share is one whose next step is so far away: gateways take no more.
STAYS = 2592000
# Files that hold no weights: a gateway's digest of a model is that of model.onnx, then of weights
# that lie elsewhere.
_NO_WEIGHTS = (".yaml", ".txt", ".json", ".md")
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")

# Keys of a wish that are a gateway's own, beside its version, steps and share.
LIMITS = ("min_pictures", "max_errors", "max_latency", "max_disagreement")


@dataclass(frozen=True)
class Version:
    """One version as the repository knows it: its files by name, each with digest and size."""

    name: str
    number: int
    files: dict[str, tuple[str, int]]

    @property
    def digest(self) -> str:
        """What gateways say of it; empty: they alone can tell, as weights lie beside the graph."""
        others = [name for name in self.files if name != "model.onnx"]
        if any(not name.endswith(_NO_WEIGHTS) for name in others):
            return ""
        return f"sha256:{self.files['model.onnx'][0]}"


@dataclass
class Wish:
    """What one gateway should have of one model."""

    version: int
    share: float = 1
    steps: list[float] = field(default_factory=lambda: [0.01, 0.1, 0.5, 1])
    hold: float = 60
    # Seconds beyond the steps' own in which pictures must come.
    wait: float = 600
    limits: dict[str, float] = field(default_factory=dict)
    digest: str = ""
    # What the site has learned from it takes its place there, and is left alone.
    learn: bool = False

    @classmethod
    def of(cls, said: dict[str, Any], digest: str) -> "Wish":
        """What files say, with shares as numbers."""
        made = cls(said["version"], digest=digest)
        made.share = share_of(said.get("share", "100%"))
        if "steps" in said:
            made.steps = [share_of(step) for step in said["steps"]]
        made.hold = said.get("hold", made.hold)
        made.wait = said.get("wait", made.wait)
        for key in LIMITS:
            if key in said:
                made.limits[key] = share_of(said[key]) if "%" in str(said[key]) else said[key]
        return made

    def body(self, begin: float = 0) -> dict[str, Any]:
        """What a gateway is asked for; `begin`: the share that this version has there already."""
        if self.share < 1:
            return {
                "version": self.version,
                "steps": [self.share, 1],
                "hold_s": STAYS,
                **self.limits,
            }
        said = {"version": self.version, "steps": self.steps, "hold_s": self.hold, **self.limits}
        if 0 < begin < 1:
            said["share"] = begin
        return said

    @property
    def longest(self) -> float:
        """Seconds after which it is over, or will not be."""
        return self.hold * (len(self.steps) if self.share == 1 else 1) + self.wait

    def __str__(self) -> str:
        return f"version {self.version}" + (f" at {percent(self.share)}" if self.share < 1 else "")


def share_of(text: str) -> float:
    """10% as 0.1."""
    found = _SHARE.fullmatch(text)
    return float(found[1]) / 100 if found else float(text)


def percent(share: float) -> str:
    """0.1 as 10 %."""
    return f"{100 * share:.4g} %"


def named(cameras: Any) -> Iterator[str]:
    """The models that cameras name, as they name them."""
    if isinstance(cameras, list):
        for it in cameras:
            yield from named(it)
    elif isinstance(cameras, dict):
        for key, it in cameras.items():
            if key == "model" and isinstance(it, str):
                yield it
            elif key == "models" and isinstance(it, list):
                yield from (name for name in it if isinstance(name, str))
            else:
                yield from named(it)


def numbered(text: str, versions: dict[str, int]) -> str:
    """A configuration whose cameras name these models with their version's number."""
    whole = yaml.safe_load(text)

    def put(name: str) -> str:
        return f"{name}:{versions[name]}" if name in versions else name

    def walk(it: Any) -> Any:
        if isinstance(it, list):
            return [walk(part) for part in it]
        if not isinstance(it, dict):
            return it
        made = {}
        for key, part in it.items():
            if key == "model" and isinstance(part, str):
                made[key] = put(part)
            elif key == "models" and isinstance(part, list):
                made[key] = [put(name) if isinstance(name, str) else name for name in part]
            else:
                made[key] = walk(part)
        return made

    whole["cameras"] = walk(whole.get("cameras", []))
    return yaml.safe_dump(whole, sort_keys=False, width=1000)
