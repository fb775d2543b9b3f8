"""Cameras of which each has one habit that real ones have: a program for the tests' own Python.

Each kind is served on a port of its own, from --port on, ten pictures a second: within the RTSP
connection, or by UDP where the kind ends in `-udp`. Sessions time out after four seconds, so that a
sign of life is due every two. KINDS says what the habits are.
"""

import argparse
import functools
import itertools
import re
import socket
import sys
import threading
import time
from pathlib import Path

from testbed import rtp_jpeg
from testbed.rtp_jpeg import Packet, Parts, Sender
from testbed.within_server import KEY, Connection

KINDS = {
    "plain": "none of them",
    "silent": "no sign of life is answered",
    "slow": "it is answered after a second",
    "late": "it is answered after three seconds",
    "number": "its answer has another number",
    "unnumbered": "its answer has no number",
    "refused": "it is a bad request",
    "body": "its answer has a body",
    "newline": "its answer's body is a newline, a moment later",
    "unasked": "answers come that nobody has asked for",
    "garbage": "bytes that are nothing stand between two packets",
    "blank": "a blank stands before timeout=, and who misses that is left",
    "nonce": "a nonce runs out without stale=true",
    "leaves": "it closes the connection when it plays, and sends on by UDP",
    "deaf": "UDP is agreed on, and nothing comes by it",
    "bad": "UDP is a bad request (400)",
    "fails": "UDP is a failure of the server's (500)",
    "idle-key": "there is a key, and no SRTP",
    "brief": "it closes the connection after some pictures",
    "once": "a nonce is good for one request",
    "stale": "a nonce is good for two requests, and stale=true says so",
    "moved": "its stream is elsewhere on that host",
    "wordless": "its answer to SETUP does not say how it sends",
    "bare": "its answer to SETUP names no profile",
    "twice": "its base says rtsp:// twice",
    "nowhere": "its base is a host without rtsp://",
    "alone": "it plays streams alone (459)",
    "sessionless": "its session has no name",
    "lower": "its headers' names are of small letters",
    "headless": "its answers have no number from the first on",
    "web": "it is a web server",
    "bodiless": "its description begins with the stream",
    "framed": "its description has an empty line before it",
    "nul": "its description ends with a NUL, which its length counts",
    "spaced": "blanks stand behind the lines of its description",
    "lengthless": "its description comes without its length, and the connection goes on",
    "extra": "a newline stands behind its description, which its length does not count",
    "behind": "the newline comes a moment later",
    "bytewise": "what it says while it is asked to play comes byte by byte",
    "nobody": "it says that it sends from 0.0.0.0",
    "portless": "it says that it sends to port 0 from port 0",
    "reasonless": "its status lines have no words",
    "channels": "it sends on other channels than it was asked for",
    "realm": "its realm is another one with each nonce",
    "barred": "a sign of life is 401, without a challenge",
    "renamed": "PLAY has another session's name",
    "colons": "the session's name has letters that are no token's",
    "named": "its control URLs bear a user and a password",
    "twofold": "it takes two digests, in quotes, without qop, and the nonce runs out",
    "vlc": "its answer to SETUP names the port as a group's",
    "lately": "its session has no name before PLAY, and none but that one from then on",
}
TIMEOUT_S = 4
MISSED_S = 20  # a session that was silent for so long: less than who has not heard of TIMEOUT_S is
NONCE_LASTS = {"nonce": 6, "once": 1, "stale": 2, "realm": 5, "twofold": 6}  # requests


@functools.cache
def payloads(number: int) -> list[bytes]:
    """One picture's, without RTP's header."""
    parts = Parts(rtp_jpeg.picture(number))
    return [
        rtp_jpeg.header(at, 1, 255, parts.size)
        + (rtp_jpeg.quantisation(parts.tables) if at == 0 else b"")
        + data
        for at, data in rtp_jpeg.fragments(parts.scan)
    ]


class Quirky(Connection):
    """One client."""

    def __init__(self, client: socket.socket, kind: str, folder: Path) -> None:
        super().__init__(client, kind.removesuffix("-udp"), folder)
        self.name, self.by_udp = kind, kind.endswith("-udp")
        self.nonce, self.proofs = 0, 0
        self.heard_at = time.monotonic()
        self.peer = client.getpeername()[0]
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind((client.getsockname()[0], 0))

    def tell(self, *words: object) -> None:
        """A line of the log, in one piece."""
        sys.stdout.write(" ".join(map(str, (self.name, *words))) + "\n")
        sys.stdout.flush()

    def describe(self) -> str:
        crypto = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"
        plain = "v=0\r\nm=video 0 RTP/AVP 26\r\na=control:one\r\n"
        if self.kind == "bodiless":
            plain = plain.removeprefix("v=0\r\n")
        elif self.kind == "framed":
            plain = "\r\n" + plain
        elif self.kind == "nul":
            plain += "\0"
        elif self.kind == "spaced":
            plain = plain.replace("\r\n", " \r\n")
        elif self.kind == "named":
            host = "{}:{}".format(*self.client.getsockname())
            plain = plain.replace("control:", f"control:rtsp://a:b@{host}/stream/")
        return plain + (crypto if self.kind == "idle-key" else "")

    def transport(self, asked: str) -> str | None:
        if "client_port=" not in asked:
            shifted = asked.replace("0-1", "8-9") if self.kind == "channels" else asked
            return shifted if "interleaved" in asked else None
        if not self.by_udp and self.kind != "deaf":
            return None
        first = int(asked.partition("client_port=")[2].partition("-")[0])
        self.ports = (first, first + 1)
        if self.kind == "nobody":
            return asked + ";source=0.0.0.0"
        if self.kind == "portless":
            return "RTP/AVP/UDP;unicast;client_port=0-0;server_port=0-1;ssrc=4317f"
        if self.kind == "vlc":
            return f"RTP/AVP/UDP;destination={self.peer};port={first}-{first + 1};ttl=1;mode=play"
        return asked

    def proof_is_missing(self, lines: dict[str, str]) -> bool:
        """Whether the client is asked who it is; the nonce is another one after some requests."""
        if self.kind not in NONCE_LASTS:
            return False
        nonce = f'nonce="{self.nonce}"'
        if nonce in lines.get("Authorization", "") and self.proofs < NONCE_LASTS[self.kind]:
            self.proofs += 1
            return False
        self.nonce, self.proofs = self.nonce + 1, 0
        nonce = f'nonce="{self.nonce}"' + (", stale=true" if self.kind == "stale" else "")
        realm = f"r{self.nonce}" if self.kind == "realm" else "r"
        proofs = [f'Digest realm="{realm}", {nonce}']
        if self.kind == "twofold":
            proofs = [f'{proofs[0]}, algorithm="{it}", stale="FALSE"' for it in ("SHA-256", "MD5")]
        self.say(
            f"RTSP/1.0 401 Unauthorized\r\nCSeq: {lines['CSeq']}\r\n".encode()
            + "".join(f"WWW-Authenticate: {it}\r\n" for it in proofs).encode()
            + b"\r\n"
        )
        return True

    def answer(self, request: str) -> bool:
        lines = dict(it.split(": ", 1) for it in request.split("\r\n")[1:] if ": " in it)
        method = request.split(maxsplit=1)[0]
        self.tell("asked:", method)
        self.heard_at = time.monotonic()
        if self.kind == "moved" and "/moved" not in request:
            where = request.split()[1].replace("/stream", "/moved")
            self.say(
                f"RTSP/1.0 302 Found\r\nCSeq: {lines['CSeq']}\r\nLocation: {where}\r\n\r\n".encode()
            )
        elif self.kind == "alone" and method == "PLAY" and "/one" not in request:
            self.say(f"RTSP/1.0 459 Aggregate\r\nCSeq: {lines['CSeq']}\r\n\r\n".encode())
        elif self.kind == "web":
            self.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        elif self.kind == "lately" and self.playing and lines.get("Session") != "7":
            self.say(f"RTSP/1.0 454 Session\r\nCSeq: {lines['CSeq']}\r\n\r\n".encode())
        elif method in ("GET_PARAMETER", "OPTIONS") and self.kind not in NONCE_LASTS:
            self.answer_sign(lines["CSeq"])
        elif not self.proof_is_missing(lines):
            return self.answer_well(method, lines)
        return False

    def answer_well(self, method: str, lines: dict[str, str]) -> bool:
        """Or almost."""
        between = "; " if self.kind == "blank" else ";"
        status, body = "200 OK", self.describe() if method == "DESCRIBE" else ""
        more = f"Session: 7{between}timeout={TIMEOUT_S}\r\n"
        if self.kind == "sessionless" or (self.kind == "lately" and method != "PLAY"):
            more = ""
        elif self.kind == "renamed" and method == "PLAY":
            more = more.replace("7", "8")
        elif self.kind == "colons":
            more = more.replace("7", "7:a/b==$@", 1)
        host = "{}:{}".format(*self.client.getsockname())
        bases = {"twice": f"rtsp://rtsp://{host}/stream/", "nowhere": f"{host}/stream/"}
        if method == "DESCRIBE" and self.kind in bases:
            more += f"Content-Base: {bases[self.kind]}\r\n"
        if method == "SETUP":
            transport = self.transport(lines["Transport"])
            refusals = {"bad": "400 Bad Request", "fails": "500 Internal Server Error"}
            if transport and self.kind == "bare":
                more += f"Transport: {transport.partition(';')[2]}\r\n"
            elif transport and self.kind != "wordless":
                more += f"Transport: {transport}\r\n"
            elif not transport:
                status = refusals.get(self.kind, "461 Unsupported Transport")
        number = "" if self.kind == "headless" else f"CSeq: {lines['CSeq']}\r\n"
        if self.kind == "reasonless":
            status = status[:3]
        length = f"Content-Length: {len(body)}\r\n"
        if self.kind == "lengthless" and body:
            length = ""
        head = f"RTSP/1.0 {status}\r\n{number}{more}{length}\r\n"
        if self.kind == "lower":
            head = re.sub(r"^[\w-]+(?=:)", lambda name: name[0].lower(), head, flags=re.MULTILINE)
        if self.kind == "extra" and body:
            body += "\r\n"
        if self.kind == "bytewise":
            for at in (head + body).encode():
                self.say(bytes([at]))
                time.sleep(0.001)
        else:
            self.say((head + body).encode())
        if self.kind == "behind" and body:
            time.sleep(0.005)
            self.say(b"\r\n")
        return method == "PLAY"

    def answer_sign(self, number: str) -> None:
        """To a sign of life."""
        head, end = f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n", "\r\n"
        if self.kind == "silent":
            return
        if self.kind in ("slow", "late"):
            wait = 1 if self.kind == "slow" else 3
            threading.Timer(wait, lambda: self.say((head + end).encode())).start()
            return
        if self.kind == "number":
            head = f"RTSP/1.0 200 OK\r\nCSeq: {int(number) - 1}\r\n"
        elif self.kind == "unnumbered":
            head = "RTSP/1.0 200 OK\r\n"
        elif self.kind == "barred":
            head = head.replace("200 OK", "401 Unauthorized")
        elif self.kind == "refused":
            head = head.replace("200 OK", "400 Bad Request")
        elif self.kind == "body":
            end = "Content-Length: 6\r\n\r\nx: y\r\n"
        elif self.kind == "newline":
            end = "Content-Length: 1\r\n\r\n"
        self.say((head + end).encode())
        if self.kind == "newline":
            time.sleep(0.05)
            self.say(b"\n")

    def say(self, data: bytes) -> None:
        self.client.sendall(data)

    def put(self, packet: bytes) -> None:
        """A packet of the media."""
        if self.kind == "deaf" and self.ports:
            return
        if self.ports:
            self.media.sendto(packet, (self.peer, self.ports[0]))
        else:
            self.say(self.packet(8 if self.kind == "channels" else 0, packet))

    def misbehave(self) -> None:
        """Once in a while."""
        if self.kind == "unasked":
            self.say(b"RTSP/1.0 400 Bad Request\r\nCSeq: 0\r\n\r\n")
        elif self.kind == "garbage":
            self.say(bytes([0xFF, 0x12, ord("$"), 9, 0, 1, 2, 3]) * 13)
        is_missed = time.monotonic() - self.heard_at > MISSED_S
        if self.kind == "brief" or (self.kind == "blank" and is_missed):
            raise ConnectionError

    def play(self) -> None:
        self.playing = True
        sender = Sender(self.folder / f"unused-{time.monotonic_ns()}.pcap")
        due = time.monotonic()
        for number in itertools.count():
            parts = payloads(number % 20)
            for at, part in enumerate(parts):
                self.put(sender.rtp(Packet(part), marker=part is parts[-1]))
                if number % 10 == 9 and at == 0:
                    self.misbehave()
            sender.timestamp += 9000
            due += 0.1
            if self.kind == "leaves":
                self.client.close()
                time.sleep(max(0, due - time.monotonic()))
            else:
                self.hear(due)

    def serve(self) -> None:
        super().serve()
        self.tell("left")
        self.client.close()
        self.media.close()


def listen(listener: socket.socket, kind: str, folder: Path) -> None:
    """Serves all clients of one kind."""
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=Quirky(client, kind, folder).serve, daemon=True).start()


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, default=8554)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("kinds", nargs="+", choices=[*KINDS, *(f"{kind}-udp" for kind in KINDS)])
    arguments = parser.parse_args()
    for number in range(20):
        payloads(number)
    threads = []
    for at, kind in enumerate(arguments.kinds):
        listener = socket.create_server((arguments.address, arguments.port + at))
        threads.append(threading.Thread(target=listen, args=(listener, kind, arguments.folder)))
        threads[-1].start()
    print("serving", flush=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
