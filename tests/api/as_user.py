"""Requests of somebody else on this machine: another user, in groups of his own."""

import http.client
import multiprocessing
import os
from collections.abc import Iterable
from pathlib import Path

import http_unix

NOBODY = 65534

_FORK = multiprocessing.get_context("fork")


def _child(
    path: Path, group: int, asked: list[tuple[str, str]], said: "multiprocessing.Queue[object]"
) -> None:
    os.setgroups([group])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    said.put([_status(path, method, target) for method, target in asked])


def _status(path: Path, method: str, target: str) -> int:
    try:
        return http_unix.ask(path, target, method).status
    except (PermissionError, http.client.HTTPException):
        return 0


def statuses(path: Path, group: int, asked: Iterable[tuple[str, str]]) -> list[int]:
    """What a user in that group alone is answered, 0 where he cannot even connect. As root."""
    said: multiprocessing.Queue[list[int]] = _FORK.Queue()
    child = _FORK.Process(target=_child, args=(path, group, list(asked), said))
    child.start()
    answer = said.get(timeout=120)
    child.join()
    return answer
