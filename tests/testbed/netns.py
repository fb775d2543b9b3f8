"""A network of cameras: a namespace, and a veth pair whose other end is the gateway's port.

The gateway's end has no address: the kernel of the host stays silent there, as on a port that DPDK
owns. Cameras find the gateway through a permanent neighbour entry.
"""

import atexit
import concurrent.futures
import contextlib
import ctypes
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TypeVar

from testbed.blocks import Block
from testbed.process import Process

GATEWAY = "10.0.0.2"
Made = TypeVar("Made")
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_PREFIX = "fgt"
_NAMES = Path("/run/netns")
_numbers = itertools.count()
_left_to_remove: dict[str, "CameraNet"] = {}


def _ip(*arguments: object) -> str:
    # In a process group of its own: a Ctrl-C of the terminal is for us, not for it.
    done = subprocess.run(
        ["ip", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        process_group=0,
    )
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def _remove_all() -> None:
    for net in list(_left_to_remove.values()):
        net.remove()


def end_well_on_signals() -> None:
    """Turns SIGTERM and SIGHUP into an ordinary exit, so that every clean-up runs."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def remove_orphans() -> None:
    """Removes the namespaces of test runs that were killed before they could clean up."""
    for name in (path.name for path in _NAMES.glob(f"{_PREFIX}*")):
        owner = name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(RuntimeError):
                _ip("netns", "delete", name)


class CameraNet:
    """One such network; `port` is the name of the gateway's end, `inside` of the cameras' end."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.name = f"{_PREFIX}{os.getpid()}-{number}"
        self.port = f"{_PREFIX}{os.getpid()}g{number}"
        self.inside = f"{_PREFIX}{os.getpid()}c{number}"
        self.switch = f"{_PREFIX}{os.getpid()}b{number}"
        self._block: Block | None = None
        remove_orphans()
        if not _left_to_remove:
            atexit.register(_remove_all)
        _left_to_remove[self.name] = self
        try:
            self._make()
        except BaseException:
            self.remove()
            raise

    def _make(self) -> None:
        _ip("netns", "add", self.name)
        _ip(
            *("link", "add", self.port, "type", "veth"),
            *("peer", "name", self.inside, "netns", self.name),
        )
        # No router solicitations: only what cameras send shall arrive.
        _ip("link", "set", self.port, "addrgenmode", "none")
        self.run("ip", "link", "set", self.inside, "addrgenmode", "none")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", self.inside, "up")
        _ip("link", "set", self.port, "up")
        # What the kernel sends over a veth carries an unfinished UDP checksum otherwise.
        self.run("ethtool", "-K", self.inside, "tx", "off")
        self.run("ip", "address", "add", "10.0.0.1/24", "dev", self.inside)
        hardware = Path(f"/sys/class/net/{self.port}/address").read_text().strip()
        self.run(
            *("ip", "neighbour", "replace", GATEWAY, "lladdr", hardware),
            *("dev", self.inside, "nud", "permanent"),
        )

    def run(self, *arguments: object) -> str:
        """Runs a short command inside the namespace and returns what it prints."""
        return _ip("netns", "exec", self.name, *arguments)

    def enter(self) -> None:
        """Moves the calling thread into the namespace, and all that it makes from now on."""
        # Before Python 3.12 there is no os.setns().
        with (_NAMES / self.name).open() as place:
            if _LIBC.setns(place.fileno(), _CLONE_NEWNET) != 0:
                number = ctypes.get_errno()
                raise OSError(number, f"setns: {os.strerror(number)}")

    def within(self, make: Callable[[], Made]) -> Made:
        """What is made inside; sockets and threads stay there."""
        with concurrent.futures.ThreadPoolExecutor(1, initializer=self.enter) as executor:
            return executor.submit(make).result()

    def pings(self, address: str) -> bool:
        """Whether it answers within a second."""
        try:
            self.run("ping", "-c", "1", "-W", "1", address)
        except RuntimeError:
            return False
        return True

    def add_camera(self, address: str) -> str:
        """Gives the cameras' side one more source address."""
        self.run("ip", "address", "replace", f"{address}/24", "dev", self.inside)
        return address

    def let_kernels_speak(self) -> tuple[str, str]:
        """Gives both ends an address of their own, as a port has behind the kernel's tap: that is
        how RTSP is spoken. Returns the gateway's and the cameras'."""
        self._block = Block()
        prefix = self._block.prefix
        _ip("address", "replace", f"{prefix}.1/24", "dev", self.port)
        self.run("ip", "address", "replace", f"{prefix}.2/24", "dev", self.inside)
        return f"{prefix}.1", f"{prefix}.2"

    def bridge(self, name: str) -> None:
        """Makes an interface of this side the cameras' neighbour, as by a switch that does not
        snoop."""
        _ip("link", "add", self.switch, "type", "bridge", "mcast_snooping", "0")
        _ip("link", "set", self.switch, "addrgenmode", "none")
        # A bridge keeps what is for its own members' addresses; the port's is behind this one.
        _ip("link", "set", name, "address", "02:00:00:00:00:fe")
        for each in (self.port, name):
            _ip("link", "set", each, "master", self.switch)
        for each in (name, self.switch):
            _ip("link", "set", each, "up")

    def raise_mtu(self, mtu: int) -> None:
        """Lets larger packets through, at both ends."""
        _ip("link", "set", self.port, "mtu", mtu)
        self.run("ip", "link", "set", self.inside, "mtu", mtu)

    def start(self, arguments: list[object], log: Path, **options: object) -> Process:
        """Starts a program inside the namespace; its id is the program's own."""
        return Process(["ip", "netns", "exec", self.name, *arguments], log, **options)

    def remove(self) -> None:
        """Takes the network away; may be called twice, and on one that was never finished."""
        for kind, name in (("link", self.port), ("link", self.switch), ("netns", self.name)):
            with contextlib.suppress(RuntimeError):
                _ip(kind, "delete", name)
        if self._block:
            self._block.release()
        _left_to_remove.pop(self.name, None)
