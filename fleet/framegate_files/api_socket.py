"""The UNIX socket at which the gateway of this machine answers (its `api.socket`)."""

import http.client
import socket


class Connection(http.client.HTTPConnection):
    """One to it, as to an HTTP server. It needs no token: the gateway sees who connects."""

    def __init__(self, file: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._file = file

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._file)


def why_away(file: str, error: Exception) -> str:
    """What is wrong, and what to do, when nobody answered there; in one line."""
    return f"no gateway answers at {file}: {_told(error)}"


def _told(error: Exception) -> str:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return (
            "there is no such socket: start gwd (`systemctl start framegate`), or name the socket "
            "that its `api.socket` says"
        )
    if isinstance(error, ConnectionRefusedError):
        return "gwd has ended and left its socket: start it (`systemctl start framegate`)"
    if isinstance(error, PermissionError):
        return (
            "this user may not open the socket: be gwd's own user, `User=` of its service, or join "
            "the group that owns the socket"
        )
    if isinstance(error, TimeoutError):
        return "gwd is there and says nothing in time: its log says what it does"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "gwd ended the connection without an answer: it may be starting again just now"
    if isinstance(error, (ValueError, http.client.HTTPException)):
        return (
            "what answers there does not speak gwd's API, or ended within its answer: ask again, "
            "or name the socket that gwd's `api.socket` says"
        )
    return f"{type(error).__name__}: {error}".rstrip(": ")
