"""Requests of somebody else on this machine: another user, in groups of his own."""

import http.client
import multiprocessing
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import http_unix

NOBODY = 65534

_FORK = multiprocessing.get_context("fork")


def _child(group: int, work: Callable[[], Any], said: "multiprocessing.Queue[object]") -> None:
    os.setgroups([group])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    try:
        said.put(work())
    except Exception as error:
        said.put(error)


def _status(path: Path, method: str, target: str) -> int:
    try:
        return http_unix.ask(path, target, method).status
    except (PermissionError, http.client.HTTPException):
        return 0


def does(group: int, work: Callable[[], Any]) -> Any:
    """What becomes of it when a user in that group alone does it. As root."""
    said: multiprocessing.Queue[Any] = _FORK.Queue()
    child = _FORK.Process(target=_child, args=(group, work, said))
    child.start()
    answer = said.get(timeout=120)
    child.join()
    if isinstance(answer, Exception):
        raise answer
    return answer


def statuses(path: Path, group: int, asked: Iterable[tuple[str, str]]) -> list[int]:
    """What a user in that group alone is answered, 0 where he cannot even connect. As root."""
    answers: list[int] = does(
        group, lambda: [_status(path, method, target) for method, target in asked]
    )
    return answers
