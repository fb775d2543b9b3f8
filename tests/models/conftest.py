"""Where the models, the real data and the engine are. What `./dev models` makes may be missing."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine import Engine
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "configs" / "models"
sys.path[:0] = [str(SCRIPTS), *(str(path.parent) for path in sorted(SCRIPTS.glob("*/model.yaml")))]


def there(path: Path) -> Path:
    """Returns `path`, or skips the test with what to do."""
    if not path.exists():
        pytest.skip(f"{path} is missing: run ./dev models")
    return path


@pytest.fixture(scope="session")
def cache() -> Path:
    """The folder of downloads and models."""
    return Path(os.environ.get("FRAMEGATE_CACHE") or "~/.cache/framegate").expanduser()


@pytest.fixture(scope="session")
def digits(cache) -> Path:
    """The folder of the model `digits`."""
    return there(cache / "models" / "digits" / "1" / "model.onnx").parent


@pytest.fixture(scope="session")
def objects(cache) -> Path:
    """The folder of the model `objects`."""
    return there(cache / "models" / "objects" / "1" / "model.onnx").parent


@pytest.fixture(scope="session")
def yolo(cache) -> Path:
    """The folder of the model `yolo`."""
    return there(cache / "models" / "yolo" / "1" / "model.onnx").parent


@pytest.fixture(scope="session")
def faces(cache) -> Path:
    """The folder of the model `faces`."""
    return there(cache / "models" / "faces" / "1" / "model.onnx").parent


@pytest.fixture(scope="session")
def text(cache) -> Path:
    """The folder of the model `text`."""
    return there(cache / "models" / "text" / "1" / "model.onnx").parent


@pytest.fixture(scope="session")
def text_lines(cache) -> Path:
    """The folder of the model `text_lines`."""
    return there(cache / "models" / "text_lines" / "1" / "model.onnx").parent


@pytest.fixture(scope="session")
def resnet50(cache) -> Path:
    """The folder of the model `resnet50`."""
    return there(cache / "models" / "resnet50" / "1" / "model.onnx").parent


@pytest.fixture(scope="session")
def upscale(cache) -> Path:
    """The folder of the model `upscale`."""
    return there(cache / "models" / "upscale" / "1" / "model.onnx").parent


@pytest.fixture(scope="session")
def photograph(cache):
    """A function that gives a photograph (rows, columns, 3) by its file's name."""

    def read(name: str) -> np.ndarray:
        found = [cache / folder / name for folder in ("scikit-image", "matplotlib")]
        path = next((path for path in found if path.exists()), found[0])
        return np.asarray(Image.open(there(path)).convert("RGB"))

    return read


@pytest.fixture(scope="session")
def mnist_folder(cache) -> Path:
    """The folder of MNIST's IDX files."""
    return there(cache / "mnist" / "t10k-images-idx3-ubyte").parent


@pytest.fixture(scope="session")
def video(cache) -> Path:
    """A surveillance video: pedestrians and parked cars, 768x576, 795 pictures."""
    return there(cache / "vtest.avi")


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The C engine; it belongs to the build, so it fails the tests when it is missing."""
    build = ROOT / os.environ.get("FRAMEGATE_BUILD", "build")
    return Engine(build / "accel" / "model_run", build / "tests" / "decode_run")


@pytest.fixture(scope="session")
def gwctl() -> Path:
    """The program; it belongs to the build, so it fails the tests when it is missing."""
    program = ROOT / os.environ.get("FRAMEGATE_BUILD", "build") / "gwctl"
    assert program.is_file(), f"{program} is missing: run ./dev build"
    return program


@pytest.fixture
def check(gwctl, cache, tmp_path):
    """A function that runs the command; drawn pictures go to `drawn`."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        library = cache / "onnxruntime" / "lib" / "libonnxruntime.so"
        words = [gwctl, "model", "check", "--library", library, "--output", tmp_path / "drawn"]
        return subprocess.run(
            [*words, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def draft(gwctl):
    """A function that drafts the model.yaml beside a model, and returns it."""

    def run(folder: Path, **changes: str) -> str:
        done = subprocess.run(
            [gwctl, "model", "inspect", folder / "model.onnx"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        text = done.stdout
        for old, new in changes.items():
            text = text.replace(f"{old}:", new, 1)
        (folder / "model.yaml").write_text(text)
        return text

    return run
