"""A port of ours in a network of its own, byte by byte."""

import contextlib
import socket
import threading

from testbed.netns import CameraNet


class Relay:
    """The same port of 127.0.0.1 there; `close` shuts it."""

    def __init__(self, net: CameraNet, port: int) -> None:
        self._port = port
        self._listener = net.within(lambda: socket.create_server(("127.0.0.1", port), backlog=64))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                there = self._listener.accept()[0]
            except OSError:
                return
            try:
                here = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                there.close()
                continue
            for one, other in ((there, here), (here, there)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := one.recv(65536):
                other.sendall(said)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Lets nobody in any more."""
        # Who waits in accept() is woken by this alone.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
