"""What `--keep` says: the page, and lines to paste into another terminal, one command a line."""

import os
import shlex
from pathlib import Path

from demo.page import Page
from testbed import places
from testbed.gateway import DEFAULT_TOPICS, USUAL_SOCKET, Gateway

_ASKED = [
    ("top", "live: cameras, rates, drops, latency"),
    ("status", "the gateway at a glance"),
    ("camera list", "every camera: rates and frames"),
    ("drops", "why something did not arrive"),
    ("latency", "how long each stage takes"),
    ("audit", "is everything accounted for?"),
    ("model list", "which models run, and how"),
    ("certificate show", "the fingerprint that a browser shows"),
    ("sample video-a", "its next picture goes to Kafka"),
]


def _from_here(program: Path) -> str:
    """The path as one would type it in the source tree."""
    at = program.relative_to(places.ROOT) if program.is_relative_to(places.ROOT) else program
    return shlex.quote(str(at))


def lines(socket: Path, brokers: str, by_sudo: bool) -> list[str]:
    """The commands; `by_sudo` when the demo runs as root and the user is somebody else."""
    ctl = _from_here(places.gwctl())
    said = []
    if socket != USUAL_SOCKET:
        said.append(f"export FRAMEGATE_SOCKET={shlex.quote(str(socket))}")
    if by_sudo:
        ctl = f"sudo {'-E ' if said else ''}{ctl}"
    wide = max(len(f"{ctl} {words}") for words, _ in _ASKED)
    said += [f"{f'{ctl} {words}':{wide}}   # {why}" for words, why in _ASKED]
    read = f"kcat -C -q -o end -b {brokers} -t"
    said.append(f"{read} {DEFAULT_TOPICS.results}")
    said.append(f"{read} {DEFAULT_TOPICS.frames} -f '%k %h, %S bytes of JPEG\\n'")
    return said


def show(gateway: Gateway, brokers: str, page: Page, hours: int) -> None:
    """Prints them, and how to stop."""
    said = lines(gateway.socket, brokers, "SUDO_USER" in os.environ)
    print(f"\nStill running; the cameras play for {hours} hours. In another terminal, in")
    print(f"{places.ROOT}:\n")
    print("\n".join(f"  {line}" for line in said))
    print("\nIn a browser on this machine, which does not know the gateway's own certificate:\n")
    print(f"  {page.address}")
    print(f"  access token: {page.token}")
    print(f"\nThe configuration: {gateway.file}")
    print(f"The log: {gateway.folder / 'gwd.log'}")
    print(f"To stop: Ctrl-C here, or: kill {os.getpid()}", flush=True)
