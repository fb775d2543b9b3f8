"""An RTSP service that misbehaves, in as many lines as that takes: a program for any Python.

`silent` takes connections and never answers; `shut` closes them at once; `noise` answers with
what is no RTSP; `stuck` answers DESCRIBE and nothing after it. `sha256` asks for a digest of that
kind, and has no stream (404) for who knows the password. `busy` says that it is, a moment later,
and prints how many clients are there at each one that comes.
"""

import argparse
import contextlib
import hashlib
import re
import socket
import threading
import time

SDP = "v=0\r\nm=video 0 RTP/AVP 26\r\na=control:stream=0\r\n"


USER, REALM, NONCE, PASSWORD = "anna", "camera", "5c1e8b52", "hunter2-and-more"


def sha256(*parts: str) -> str:
    """RFC 7616's H() of KD()."""
    return hashlib.sha256(":".join(parts).encode()).hexdigest()


def digest_is_right(request: str) -> bool:
    """Whether the request proves that its sender knows the password."""
    said = dict(re.findall(r'(\w+)="?([^",\r]+)"?', request.partition("Authorization: Digest")[2]))
    if said.get("algorithm") != "SHA-256" or said.get("username") != USER:
        return False
    secret = sha256(USER, REALM, PASSWORD)
    asked = sha256(request.split()[0], said["uri"])
    middle = [NONCE, said["nc"], said["cnonce"], said["qop"]] if "qop" in said else [NONCE]
    return said["response"] == sha256(secret, *middle, asked)


def answer_digest(request: str, sequence: str) -> str:
    """404 for who may ask, 401 for the others."""
    if digest_is_right(request):
        return f"RTSP/1.0 404 Not Found\r\n{sequence}\r\n\r\n"
    return (
        f"RTSP/1.0 401 Unauthorized\r\n{sequence}\r\n"
        f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}", algorithm=SHA-256, '
        'qop="auth"\r\n\r\n'
    )


clients: set[socket.socket] = set()


def is_there(connection: socket.socket) -> bool:
    """Whether it has not left, which its thread may have had no time to see yet."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def count(connection: socket.socket) -> None:
    """One more client, until it is gone."""
    clients.add(connection)
    print("clients:", sum(map(is_there, list(clients))), flush=True)


def serve(connection: socket.socket, kind: str) -> None:
    """Treats one client."""
    with contextlib.suppress(OSError):
        treat(connection, kind)
    clients.discard(connection)


def treat(connection: socket.socket, kind: str) -> None:
    """The same, while it is there."""
    while data := connection.recv(65536):
        if kind == "noise":
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)
            connection.close()
            return
        request = data.decode(errors="replace")
        sequence = next((line for line in request.split("\r\n") if line.startswith("CSeq")), "")
        if kind == "busy":
            time.sleep(0.1)
            connection.sendall(f"RTSP/1.0 503 Busy\r\n{sequence}\r\n\r\n".encode())
        if kind == "sha256":
            connection.sendall(answer_digest(request, sequence).encode())
        if kind == "stuck" and request.startswith("DESCRIBE"):
            connection.sendall(
                f"RTSP/1.0 200 OK\r\n{sequence}\r\nContent-Type: application/sdp\r\n"
                f"Content-Length: {len(SDP)}\r\n\r\n{SDP}".encode()
            )


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, default=8554)
    parser.add_argument("kind", choices=("silent", "shut", "noise", "stuck", "sha256", "busy"))
    arguments = parser.parse_args()
    with socket.create_server((arguments.address, arguments.port), backlog=256) as listener:
        print("serving", flush=True)
        while True:
            connection, _ = listener.accept()
            if arguments.kind == "shut":
                connection.close()
            else:
                count(connection)
                threading.Thread(target=serve, args=(connection, arguments.kind)).start()


if __name__ == "__main__":
    main()
