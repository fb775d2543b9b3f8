"""What learns beside gateways: for each model a learn.yaml, brought to the learner there."""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from framegate_files.documents import Document
from framegate_fleet.desired import Gateway
from framegate_fleet.documents import schema_of_files
from framegate_fleet.learn_yaml import with_those_to_end
from framegate_fleet.mistakes import Failure
from framegate_fleet.reach import words_at

_ANSWER_S = 60
# `ssh` without a connection; a program that is not there, and one that may not be run.
_NOT_THERE = {
    255: "",
    126: "",
    127: ": is framegate-learn installed there? `fleet/install-learn.sh --service` does it",
}


class Told(NamedTuple):
    """What became of one gateway's learners: models of which they were told, and what was wrong."""

    models: list[str]
    wrong: str


def schema() -> dict[str, Any]:
    """What a model's `learn` may say."""
    return schema_of_files()["$defs"]["learner"]


def by_us(gateway: Gateway) -> bool:
    """Whether an apply tells its learners; else its agent does, or there is nothing to tell."""
    return bool(gateway.learn) and gateway.run is not None


def differences(gateway: Gateway) -> list[dict[str, Any]]:
    """What its learners would be told. Failure: they cannot be asked."""
    there = _there(gateway)
    found = []
    for model, text in with_those_to_end(gateway.learn, there).items():
        was, now = _flat(there.get(model)), _flat(text)
        for key in sorted(was.keys() | now.keys()):
            if was.get(key) != now.get(key):
                path = f"learn.{model}.{key}".rstrip(".")
                found.append(
                    {"path": path, "was": was.get(key), "is": now.get(key), "restart": False}
                )
    return found


def tell(gateway: Gateway) -> Told:
    """Has the learners there do what they should; those that do so already are left alone."""
    told: list[str] = []
    try:
        there = _there(gateway)
        for model, text in with_those_to_end(gateway.learn, there).items():
            if _flat(there.get(model)) == _flat(text):
                continue
            if text is None:
                _ask(gateway, ["take", model, "--remove"])
            else:
                _ask(gateway, ["take", model], text)
            told.append(model)
    except Failure as failure:
        return Told(told, str(failure))
    return Told(told, "")


def _there(gateway: Gateway) -> dict[str, str]:
    said = _ask(gateway, ["take", "--list", "--json"])
    try:
        return json.loads(said)["models"]
    except (ValueError, KeyError, TypeError):
        raise Failure("its learner answers no JSON: is it another version?") from None


def _flat(text: str | None, at: str = "") -> dict[str, Any]:
    """Key by key."""
    document = Document(Path("learn.yaml"), text=text or "")
    # Whatever somebody has written there.
    if document.mistakes:
        return {"": "no learn.yaml"}

    def walk(it: Any, at: str) -> dict[str, Any]:
        if not isinstance(it, dict):
            return {at: it}
        return {
            key: part
            for k, v in it.items()
            for key, part in walk(v, f"{at}.{k}".strip(".")).items()
        }

    return walk(document.value, at)


def _ask(gateway: Gateway, words: list[str], given: str = "") -> str:
    words = words_at(gateway.run, ["framegate-learn", *words])
    try:
        done = subprocess.run(
            words, input=given, capture_output=True, text=True, timeout=_ANSWER_S, check=False
        )
    except OSError as error:
        raise Failure(f"its learner: {words[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Failure(f"its learner did not answer within {_ANSWER_S} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = "; ".join(lines[-3:]).removeprefix("framegate-learn: ")
        advice = _NOT_THERE.get(done.returncode, "")
        raise Failure(f"its learner: {said or f'exit code {done.returncode}'}{advice}")
    return done.stdout
