"""Viewers of the grid and a scrape every second, as a process of its own beside the gateway.

    python -m bench.viewers SOCKET VIEWERS SECONDS CAMERA...

Each has one connection and asks as the page does: for the list every two seconds, for the view of
each camera once a second, unless it is still the one that it has. They stand for other machines: on
this one they take only the processor time that nobody else wants. It prints one JSON object.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter

PICTURE_S = 1.0
LIST_S = 2.0
SCRAPE_S = 1.0


def _header(head: bytes, name: bytes) -> bytes | None:
    """Of a head in small letters."""
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key == name:
            return value.strip()
    return None


class Client:
    """One connection, kept open."""

    def __init__(self, socket: str, statuses: Counter[int]) -> None:
        self._socket = socket
        self._statuses = statuses
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._tags: dict[str, bytes] = {}

    async def get(self, path: str) -> None:
        """Asks, reads all of the answer, and counts its status."""
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(self._socket, limit=1 << 20)
        reader, writer = self._streams
        known = self._tags.get(path)
        more = b"If-None-Match: " + known + b"\r\n" if known else b""
        writer.write(
            f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\n".encode() + more + b"\r\n"
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head.split(b" ", 2)[1])
        if status != 304:
            await reader.readexactly(int(_header(head, b"content-length") or 0))
        if tag := _header(head, b"etag"):
            self._tags[path] = tag
        self._statuses[status] += 1

    def close(self) -> None:
        """Leaves."""
        if self._streams is not None:
            self._streams[1].close()


async def _view(client: Client, cameras: list[str], end: float) -> None:
    begin = time.monotonic()
    paths = ["cameras", *(f"cameras/{camera}/view" for camera in cameras)]
    # Not all of them at the same moment.
    due = {path: begin + random.random() * PICTURE_S for path in paths}
    while (now := time.monotonic()) < end:
        path = min(due, key=lambda one: due[one])
        if due[path] > now:
            await asyncio.sleep(min(due[path], end) - now)
            continue
        await client.get(path)
        # One that is late begins anew: it is asked no faster for that.
        due[path] = max(due[path] + (LIST_S if path == "cameras" else PICTURE_S), now)
    client.close()


async def _scrape(client: Client, end: float) -> None:
    while (now := time.monotonic()) < end:
        await client.get("metrics")
        await asyncio.sleep(max(0.0, min(now + SCRAPE_S, end) - time.monotonic()))
    client.close()


async def _all(socket: str, viewers: int, seconds: float, cameras: list[str]) -> Counter[int]:
    statuses: Counter[int] = Counter()
    end = time.monotonic() + seconds
    await asyncio.gather(
        *(_view(Client(socket, statuses), cameras, end) for _ in range(viewers)),
        _scrape(Client(socket, statuses), end),
    )
    return statuses


def main() -> None:
    """As the module says."""
    socket, viewers, seconds, *cameras = sys.argv[1:]
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    statuses = asyncio.run(_all(socket, int(viewers), float(seconds), cameras))
    print(json.dumps({"seconds": float(seconds), "statuses": dict(statuses)}))


if __name__ == "__main__":
    main()
