"""Blocks of addresses, of those that are set aside for tests of network devices (RFC 2544)."""

import itertools
import os
import socket
import subprocess

_BLOCKS = 512  # of 256 addresses each, in 198.18.0.0/15
_begin = itertools.count(os.getpid())


class Block:
    """One that no other test on this machine has, also of another process, until it is released.

    Who has it is told by the name of a socket, which the kernel takes back from a killed one.
    """

    def __init__(self, begin: int | None = None) -> None:
        """The first free one, counted from `begin`."""
        begin = next(_begin) if begin is None else begin
        used = subprocess.run(
            ["ip", "-4", "-oneline", "address"], capture_output=True, text=True, check=True
        ).stdout
        for number in (each % _BLOCKS for each in range(begin, begin + _BLOCKS)):
            self.prefix = f"198.{18 + number // 256}.{number % 256}"
            self._held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self._held.bind(f"\0framegate-test-{self.prefix}")
            except OSError:
                self._held.close()
                continue
            if f" {self.prefix}." not in used:
                return
            self._held.close()
        raise RuntimeError("no block of addresses is free")

    def release(self) -> None:
        """Somebody else may have it; may be called twice."""
        self._held.close()
