"""A camera that sends its packets within its RTSP connection: a program for the tests' own Python.

Ten pictures a second, cut at places that no packet or answer ends at; between them stand sender
reports, an empty line, a request of its own, and a packet on a channel that nobody set up. What
comes back of receiver reports is printed, and so is the digest of each picture that was sent whole.

`good` goes on; `liar` says a wrong length after some pictures; `babbler` sends 100 KB of nothing
then, and `leaver` closes the connection.
`secret` and `secret-udp` send what FFmpeg makes of a video, as SRTP, with its key in the
description: within the connection, or by UDP; `sealed` sends the same, and keeps the key to itself.
`identified` and `identified-udp` name their key in each packet (RFC 3711, 3.1: MKI), as the
description says; `mistaken-udp` names another one.
"""

import argparse
import base64
import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from testbed import places, rtcp, rtp_jpeg, senders
from testbed.process import Process
from testbed.rtp_jpeg import Packet, Parts, Sender

SO_RCVBUFFORCE = 33
KEY = base64.b64encode(bytes(range(100, 130))).decode()
DESCRIBED = ("secret", "secret-udp", "identified", "identified-udp", "mistaken-udp")
SECRET = (*DESCRIBED, "sealed")
TAG = 10  # bytes, of RTP and RTCP
MKI_SIZE = 4
# Which key a kind of camera says that its packets are of, and which the description says.
MKI = {"identified": 258, "identified-udp": 258, "mistaken-udp": 259}
MKI_DESCRIBED = 258
CHUNK = 777
ENOUGH = 12  # pictures until it misbehaves


class Connection:
    """One client."""

    def __init__(self, client: socket.socket, kind: str, folder: Path) -> None:
        self.client, self.kind, self.folder = client, kind, folder
        self.heard = b""
        self.ports: tuple[int, int] | None = None
        self.left = b""

    def describe(self) -> str:
        """The SDP."""
        if self.kind not in DESCRIBED:
            return "v=0\r\nm=video 0 RTP/AVP 26\r\na=control:one\r\n"
        return (
            "v=0\r\nm=video 0 RTP/SAVP 26\r\na=control:one\r\n"
            f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31"
            + (f"|{MKI_DESCRIBED}:{MKI_SIZE}" if self.kind in MKI else "")
            + "\r\n"
        )

    def identify(self, data: bytes) -> bytes:
        """Puts the key's identifier before the tag, which does not cover it."""
        if self.kind not in MKI:
            return data
        return data[:-TAG] + MKI[self.kind].to_bytes(MKI_SIZE) + data[-TAG:]

    def transport(self, asked: str) -> str | None:
        """What is answered to SETUP; None: it is not done in that way."""
        if self.kind.endswith("-udp") and "client_port=" in asked:
            first = int(asked.partition("client_port=")[2].partition("-")[0])
            self.ports = (first, first + 1)
            return asked + ";server_port=40000-40001"
        return asked if "interleaved" in asked else None

    def answer(self, request: str) -> bool:
        """Answers; true from PLAY on."""
        lines = dict(it.split(": ", 1) for it in request.split("\r\n")[1:] if ": " in it)
        method = request.split(maxsplit=1)[0]
        status, more, body = "200 OK", "Session: 7;timeout=4\r\n", ""
        if method == "DESCRIBE":
            body = self.describe()
        elif method == "SETUP":
            transport = self.transport(lines["Transport"])
            more += f"Transport: {transport}\r\n" if transport else ""
            status = status if transport else "461 Unsupported Transport"
        print("asked:", method, flush=True)
        head = f"RTSP/1.0 {status}\r\nCSeq: {lines['CSeq']}\r\n{more}"
        self.say(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        return method == "PLAY"

    def say(self, data: bytes) -> None:
        """Sends what makes a whole piece, some bytes later than it could."""
        data = self.left + data
        cut = len(data) // CHUNK * CHUNK if self.playing else len(data)
        for at in range(0, cut, CHUNK):
            self.client.sendall(data[at : at + CHUNK] if self.playing else data)
        self.left = data[cut:] if self.playing else b""

    playing = False

    def flush(self) -> None:
        """The rest of it."""
        self.client.sendall(self.left)
        self.left = b""

    def packet(self, channel: int, data: bytes) -> bytes:
        """Within the connection."""
        return b"$" + struct.pack(">BH", channel, len(data)) + data

    def hear(self, until: float) -> bool:
        """Serves what the client says, also when it is late. True when it asked to play."""
        plays = False
        while select.select([self.client], [], [], max(until - time.monotonic(), 0))[0]:
            data = self.client.recv(65536)
            if not data:
                raise ConnectionError
            self.heard += data
            plays |= self.take()
            if plays and not self.playing:
                return True
        return plays

    def hear_the_rest(self) -> None:
        """What the client said before it left, where that was seen by a packet which did not go."""
        with contextlib.suppress(OSError, ValueError):
            self.hear(time.monotonic() + 0.1)

    def take(self) -> bool:
        """What was heard, piece by piece."""
        plays = False
        while self.heard:
            if self.heard[:1] == b"$":
                size = 4 + int.from_bytes(self.heard[2:4])
                if len(self.heard) < size:
                    break
                report = rtcp.read_report(self.heard[4:size])
                print("report:", self.heard[1], hex(report.about), report.lost, flush=True)
                self.heard = self.heard[size:]
                continue
            request, end, rest = self.heard.partition(b"\r\n\r\n")
            if not end:
                break
            self.heard = rest
            plays |= self.answer(request.decode())
            self.flush()
        return plays

    def pictures(self) -> Iterator[tuple[str, list[bytes]]]:
        """Digests, and RTP packets."""
        sender = Sender(self.folder / f"unused-{time.monotonic_ns()}.pcap")
        sender.step = 9000
        for number in range(100_000):
            jpeg = rtp_jpeg.picture(number % 50)
            parts = Parts(jpeg)
            payloads = [
                rtp_jpeg.header(at, 1, 255, parts.size)
                + (rtp_jpeg.quantisation(parts.tables) if at == 0 else b"")
                + data
                for at, data in rtp_jpeg.fragments(parts.scan)
            ]
            packets = [sender.rtp(Packet(it), marker=it is payloads[-1]) for it in payloads]
            if number % 10 == 0:
                packets[0:0] = [rtcp.sender_report(sender.ssrc, time.time(), sender.timestamp)]
            sender.timestamp += sender.step
            yield rtp_jpeg.pixels(jpeg), packets

    def play(self) -> None:
        """Until the client leaves, or as the kind is."""
        self.playing = True
        due = time.monotonic()
        for number, (digest, packets) in enumerate(self.pictures()):
            if number == ENOUGH and self.kind == "leaver":
                self.client.shutdown(socket.SHUT_RDWR)
                return
            if number == ENOUGH and self.kind == "liar":
                self.say(b"$\0\0\5too long")
            if number == ENOUGH and self.kind == "babbler":
                self.say(b"what " * 20_000)
            for packet in packets:
                self.say(self.packet(packet[1] == rtcp.SENDER, packet))
            if number % 10 == 5:
                self.say(b"\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" + self.packet(9, b"what"))
            if number % 3 == 0:
                self.flush()
            print("picture:", digest, flush=True)
            due += 0.1
            self.hear(due)

    def play_secret(self) -> None:
        """FFmpeg's packets."""
        media, control = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        media.bind(("127.0.0.1", 0))
        port = media.getsockname()[1] & ~1
        media.close()
        media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        media.bind(("127.0.0.1", port))
        control.bind(("127.0.0.1", port + 1))
        # FFmpeg goes on while this program is not given a processor.
        media.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        stream = senders.Stream("ff", "127.0.0.1", port, 10, 10_000, 7, destination="127.0.0.1")
        secret = ("SRTP_AES128_CM_HMAC_SHA1_80", KEY)
        log = self.folder / "ffmpeg.log"
        ffmpeg = senders.ffmpeg_video(Process, log, stream, places.video(), secret=secret)
        outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        outside.bind((self.client.getsockname()[0], 40000))
        try:
            while True:
                for ready in select.select([media, control, self.client], [], [])[0]:
                    if ready is self.client:
                        self.hear(time.monotonic() + 0.001)
                        continue
                    data, channel = self.identify(ready.recv(65536)), int(ready is control)
                    if self.ports:
                        outside.sendto(data, (self.client.getpeername()[0], self.ports[channel]))
                    else:
                        self.client.sendall(self.packet(channel, data))
        finally:
            ffmpeg.kill()

    def serve(self) -> None:
        """From the first request on."""
        try:
            while not self.hear(time.monotonic() + 60):
                continue
            if self.kind in SECRET:
                self.play_secret()
            else:
                self.play()
        except OSError as reason:
            self.hear_the_rest()
            print("gone:", reason, flush=True)


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, default=8554)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("kind", choices=("good", "liar", "babbler", "leaver", *SECRET))
    parser.add_argument("--tls", help="PEM: its certificate")
    parser.add_argument("--tls-key", help="PEM: the key of that")
    arguments = parser.parse_args()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if arguments.tls else None
    if tls:
        tls.load_cert_chain(arguments.tls, arguments.tls_key)
    with socket.create_server((arguments.address, arguments.port)) as listener:
        print("serving", flush=True)
        while True:
            client, _ = listener.accept()
            if tls:
                client = tls.wrap_socket(client, server_side=True)
            one = Connection(client, arguments.kind, arguments.folder)
            threading.Thread(target=one.serve, daemon=True).start()


if __name__ == "__main__":
    main()
