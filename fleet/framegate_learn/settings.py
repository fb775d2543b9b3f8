"""What `framegate-learn train` is told: how it learns, when it accepts, how it rolls out."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framegate_learn import beside
from framegate_learn.gateway import USUAL_SOCKET
from framegate_learn.mistakes import Failure
from framegate_learn.places import USUAL_STATE

# Above so many weights a network is large: two processors learn its last layer alone.
LARGE = 1_000_000


@dataclass(frozen=True)
class Gates:
    """What must hold for a version to be accepted."""

    held: int = 50  # pictures that were kept back, at least
    margin: float = 0.01  # better by so much
    # Probability, at most, that one of all judgements on the same pictures takes luck for better.
    luck: float = 0.01
    least: float = 0.8  # right at least: labels that mean nothing are learned by nobody
    general: float = 0.02  # on the cloud's own pictures worse by so much at most


@dataclass(frozen=True)
class Wish:
    """How a version that was accepted is rolled out."""

    steps: tuple[float, ...] = (0.1, 0.5, 1.0)
    hold_s: float = 60
    patience_s: float = 3600
    gwctl: str = "gwctl"
    keep: int = 10  # versions that were learned here stay in the repository


@dataclass(frozen=True)
class Settings:
    """What the options say."""

    model: str
    members: int
    cores: int
    nice: int
    what: str
    epochs: int
    seed: int | None
    least_pictures: int
    gates: Gates
    wish: Wish
    general: Path | None
    more: dict[str, Any] = field(default_factory=dict)


def options(parser: argparse.ArgumentParser) -> None:
    """Of the command line."""
    gates, wish = Gates(), Wish()
    add = parser.add_argument
    add("--config", type=Path, metavar="FILE", help="learn.yaml: state, gateway, model, `more`")
    add("--state", type=Path, metavar="FOLDER", help=f"what `collect` keeps ({USUAL_STATE})")
    add("--model", metavar="NAME", help="the model that learns")
    add("--socket", type=Path, metavar="FILE", help=f"where the gateway answers ({USUAL_SOCKET})")
    add("--gwctl", default=wish.gwctl, metavar="FILE", help="the program (gwctl)")
    group = parser.add_argument_group("how it learns")
    add = group.add_argument
    add("--members", type=_number(1, 8), default=3, metavar="N", help="networks (3)")
    add("--cores", type=_number(1, 256), metavar="N", help="of them at a time (all processors)")
    about = f"how far it gives way, 0 to 19 ({beside.NICE})"
    add("--nice", type=_number(0, 19), default=beside.NICE, metavar="N", help=about)
    about = f"all layers, or the last one alone (auto: the last one above {LARGE:,} weights)"
    add("--layers", choices=("auto", "whole", "head"), default="auto", help=about)
    add("--epochs", type=_number(1, 10000), default=30, metavar="N", help="at most (30)")
    add("--seed", type=_number(0, 2**31 - 1), metavar="N", help="of all chance (another each time)")
    about = "with fewer pictures to learn from nothing is begun (50)"
    add("--least-pictures", type=_number(1, 10**9), default=50, metavar="N", help=about)
    group = parser.add_argument_group("when it is accepted")
    add = group.add_argument
    about = f"pictures that were kept back, at least ({gates.held})"
    add("--held", type=_number(1, 10**9), default=gates.held, metavar="N", help=about)
    about = f"right more often by so much, 0 to 1 ({gates.margin})"
    add("--margin", type=_share, default=gates.margin, metavar="SHARE", help=about)
    about = f"probability, at most, of luck in all judgements on the same pictures ({gates.luck})"
    add("--luck", type=_share, default=gates.luck, metavar="SHARE", help=about)
    about = f"right at least so often ({gates.least})"
    add("--least", type=_share, default=gates.least, metavar="SHARE", help=about)
    about = "pictures of the cloud, FOLDER/LABEL/*.jpg (STATE/general, if it is there)"
    add("--general", type=Path, metavar="FOLDER", help=about)
    about = f"on these right less often by so much at most ({gates.general})"
    add("--worse", type=_share, default=gates.general, metavar="SHARE", help=about)
    group = parser.add_argument_group("how it is rolled out")
    add = group.add_argument
    shares = ",".join(f"{100 * it:.0f}%%" for it in wish.steps)
    about = f"of the pictures, growing to 100%% ({shares})"
    add("--steps", type=_steps, default=wish.steps, metavar="SHARES", help=about)
    about = f"that a step takes at least ({wish.hold_s:.0f})"
    add("--hold", type=_seconds, default=wish.hold_s, metavar="SECONDS", help=about)
    about = f"then it is taken back ({wish.patience_s:.0f})"
    add("--patience", type=_seconds, default=wish.patience_s, metavar="SECONDS", help=about)
    about = (
        f"versions that were learned here stay in the repository, and what is used ({wish.keep})"
    )
    add("--keep", type=_number(2, 1000), default=wish.keep, metavar="N", help=about)


def read(words: argparse.Namespace) -> tuple[Settings, Path, Path]:
    """With the folder STATE and the gateway's socket; what learn.yaml says gives way to options."""
    told = None
    if words.config:
        from framegate_learn import config

        told = config.load(words.config)
    model = words.model or (told.model if told else None)
    if not model:
        raise Failure(
            "--model is missing: the name of the model that learns, or --config learn.yaml"
        )
    gates = Gates(words.held, words.margin, words.luck, words.least, words.worse)
    wish = Wish(tuple(words.steps), words.hold, words.patience, words.gwctl, words.keep)
    if wish.hold_s * len(wish.steps) >= wish.patience_s:
        raise Failure(
            f"--patience {wish.patience_s:g}: {len(wish.steps)} steps of {wish.hold_s:g} s take "
            "longer, and what is better would be taken back"
        )
    settings = Settings(
        model,
        words.members,
        words.cores or len(os.sched_getaffinity(0)),
        words.nice,
        words.layers,
        words.epochs,
        words.seed,
        words.least_pictures,
        gates,
        wish,
        words.general,
        told.more if told else {},
    )
    state = words.state or (told.state if told else Path(USUAL_STATE))
    socket = words.socket or (told.gateway if told else Path(USUAL_SOCKET))
    return settings, state, socket


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not from {low} to {high}")
        return value

    read.__name__ = "number"
    return read


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 up")
    return value


def _share(text: str) -> float:
    value = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return value


def _steps(text: str) -> tuple[float, ...]:
    shares = tuple(_share(it) for it in text.split(","))
    if shares[-1] != 1 or list(shares) != sorted(set(shares)) or shares[0] <= 0:
        raise argparse.ArgumentTypeError(f"{text}: shares grow up to 100%, as in 10%,50%,100%")
    return shares
