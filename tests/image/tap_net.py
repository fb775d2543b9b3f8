"""A network of cameras whose other end is a tap: an emulated machine's card is there."""

import fcntl
import os
import struct
import subprocess
import threading
from collections.abc import Callable

from image.guest import CAMERA_MAC
from testbed.netns import GATEWAY, CameraNet

# What linux/if_tun.h and sched.h call them.
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x400454CA, 0x0002, 0x1000, 0x4000
# A picture and a bit: what waits for a machine that starts is old when it is up.
_QUEUE = 256


def _in_namespace(name: str, made: Callable[[], int]) -> int:
    """Calls it where the namespace is this thread's, which nobody else has."""
    found: list[int] = []
    raised: list[BaseException] = []

    def enter() -> None:
        # Before Python 3.12 there is no os.setns().
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{name}") as space:
            try:
                if libc.setns(space.fileno(), 0x40000000) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
                found.append(made())
            except BaseException as error:
                raised.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return found[0]


class TapNet(CameraNet):
    """`tap` is the descriptor for the emulator; the card behind it is the gateway's port."""

    def _make(self) -> None:
        subprocess.run(["ip", "netns", "add", self.name], check=True, timeout=30)
        self.tap = _in_namespace(self.name, self._open)
        self.run("ip", "link", "set", self.inside, "addrgenmode", "none")
        self.run("ip", "link", "set", self.inside, "txqueuelen", str(_QUEUE))
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", self.inside, "up")
        self.run("ip", "address", "add", "10.0.0.1/24", "dev", self.inside)
        self.run(
            *("ip", "neighbour", "replace", GATEWAY, "lladdr", CAMERA_MAC),
            *("dev", self.inside, "nud", "permanent"),
        )

    def _open(self) -> int:
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR
        fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", self.inside.encode(), flags))
        return tap

    def remove(self) -> None:
        """Takes the network away, with the tap."""
        tap, self.tap = getattr(self, "tap", None), None
        if tap is not None:
            os.close(tap)
        super().remove()
