"""What learn.yaml says: whose pictures are chosen, how they are labelled, and how many are kept."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framegate_learn import documents
from framegate_learn.documents import Document, Flag, Number, Section, Text, Texts, Words
from framegate_learn.gateway import USUAL_SOCKET
from framegate_learn.mistakes import Failure
from framegate_learn.picture_set import Limits
from framegate_learn.places import USUAL_STATE
from framegate_learn.truth import Known

_PART = Number(0, 1)
_KEYS = Section(
    {
        "gateway": Text("the path of the gateway's socket"),
        "state": Text("the path of a folder"),
        "model": Text("the name of a model"),
        "cameras": Texts(Text("the name of a camera")),
        "looks": Number(0.01, 5),
        "choose": Section(
            {"confidence": _PART, "disagreement": _PART, "seconds": Number(0, 86400 * 365)}
        ),
        "label": Section(
            {
                "agreement": Number(0.5, 1),
                "truth": Known(Text("the path of a file, or lines of a camera and its label")),
                "operator": Flag(),
            }
        ),
        "crops": Section(
            {
                "detectors": Texts(Text("the name of a model"), least=2, most=2),
                "labels": Words(Text("a label of the model that learns")),
                "other": Text("a label of the model that learns"),
                "sure": _PART,
                "margin": Number(0, 4),
                "smallest": Number(1, 65535, whole=True),
                "most": Number(1, 64, whole=True),
                "background": Number(0, 16, whole=True),
            },
            needed=("detectors", "labels"),
        ),
        "set": Section(
            {
                # The collector knows what each looks like: 2 KiB with those that gave way.
                "pictures": Number(100, 400_000, whole=True),
                "mib": Number(1, 10_000_000, whole=True),
                "near": Number(0.5, 1),
                "held_block": Number(0, 86400 * 7, whole=True),
            }
        ),
        "more": Section(
            {
                "flip": Flag(),
                "contrast": _PART,
                "brightness": _PART,
                "noise": Number(0, 128),
                "blur": Number(0, 16),
                "rotation": Number(0, 180),
                "crop": Number(0, 0.9),
                "invert": _PART,
                "jpeg": Number(1, 100, whole=True),
            }
        ),
    },
    needed=("model",),
)


@dataclass(frozen=True)
class Choose:
    """Which pictures are worth keeping."""

    confidence: float = 0.8  # the model is less sure than that; 0: not for that
    disagreement: float = 0.01  # an ensemble disagrees at least so much; 0: not for that
    seconds: float = 0  # the first picture of a camera after so many; 0: not for that


@dataclass(frozen=True)
class Labels:
    """Who says what they show."""

    agreement: float = 0  # all models of an ensemble agree, each at least so sure; 0: not by that
    truth: Path | dict[str, Any] | None = None  # a file, or what is known
    operator: bool = True  # what operators correct on the page


@dataclass(frozen=True)
class Crops:
    """Parts of pictures that two detectors agree about."""

    detectors: tuple[str, str]
    labels: dict[str, str]  # the detectors' label -> the learning model's
    other: str | None = None  # what everything else is; None: it is left out
    sure: float = 0.5
    margin: float = 0.0
    smallest: int = 16  # pixels of the shorter side
    most: int = 16  # of one frame
    background: int = 0  # parts of a frame in which neither found anything, as `other`


@dataclass(frozen=True)
class Config:
    """All of it. Empty `cameras`: all that the model, or the detectors, look at."""

    model: str
    gateway: Path = Path(USUAL_SOCKET)
    state: Path = Path(USUAL_STATE)
    cameras: tuple[str, ...] = ()
    looks: float = 1.0  # times a second that a camera is looked at
    choose: Choose = Choose()
    label: Labels = Labels()
    crops: Crops | None = None
    limits: Limits = field(default_factory=Limits)
    more: dict[str, Any] = field(default_factory=dict)  # framegate_learn.more: Recipe


def load(path: Path) -> Config:
    """Reads the file; Failure with one line for each mistake in it."""
    try:
        document = Document(path)
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}: --config names the file learn.yaml") from None
    said: dict[str, Any] = {}
    if not document.mistakes:
        said = _KEYS.read(document, (), document.value) or {}
        _look_further(document, said)
    if document.mistakes:
        raise Failure("\n".join(str(mistake) for mistake in sorted(document.mistakes)))
    return _made(path.parent, said)


def _look_further(document: documents.Document, said: dict[str, Any]) -> None:
    """What concerns more than one key."""
    crops = said.get("crops", {})
    if crops.get("background") and "other" not in crops:
        document.wrong(("crops", "background"), "say with `other` what label it gets")
    if crops and said.get("label", {}).get("agreement"):
        text = "is for whole pictures: of crops the two detectors' agreement says the label"
        document.wrong(("label", "agreement"), text)
    if crops and said.get("label", {}).get("truth"):
        document.wrong(("label", "truth"), "is for whole pictures, and there are `crops`")


def _made(folder: Path, said: dict[str, Any]) -> Config:
    """Paths are relative to the folder that the file is in."""
    limits = said.get("set", {})
    label = said.get("label", {})
    if isinstance(label.get("truth"), str):
        label["truth"] = folder / label["truth"]
    crops = said.get("crops")
    if crops:
        crops["detectors"] = tuple(crops["detectors"])
    default = Limits()
    return Config(
        model=said["model"],
        gateway=folder / said.get("gateway", USUAL_SOCKET),
        state=folder / said.get("state", USUAL_STATE),
        cameras=tuple(said.get("cameras", ())),
        looks=said.get("looks", 1.0),
        choose=Choose(**said.get("choose", {})),
        label=Labels(**label),
        crops=Crops(**crops) if crops else None,
        limits=Limits(
            limits.get("pictures", default.pictures),
            limits["mib"] << 20 if "mib" in limits else default.bytes,
            limits.get("near", default.near),
            limits.get("held_block", default.held_block_s),
        ),
        more=said.get("more", {}),
    )
