"""Many gateways that answer as one real gateway has answered: a program for the fleet's own Python.

    python stand_ins.py ANSWERS COUNT PORT FOLDER

ANSWERS is what counted.py recorded of an apply of one real gateway, and of a second one that found
nothing to do. Each stand-in has an address of 127.0.0.0/8 and a certificate of its own, and is in
one of three states, as a commit and its confirmation leave it; in each it answers a route as the
real one did in that state. What the real one was not asked then is answered 501, and said: who asks
for something new finds out. FOLDER gets the fleet's files of `enrolled/`, and tokens.
"""

import asyncio
import json
import socket
import ssl
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PLAIN, COMMITTED, CONFIRMED = "plain", "committed", "confirmed"


class Recorded:
    """The real gateway's answers by its state and what was asked."""

    def __init__(self, file: Path) -> None:
        self.answers: dict[tuple[str, str], tuple[int, str]] = {}
        self.comment = ""
        state = PLAIN
        for it in json.loads(file.read_text()):
            wish = f"{it['method']} {it['path']}"
            if wish == "POST config/commit":
                self.comment = it["body"]["comment"]
            # What answers the change of a state belongs to the one before.
            self.answers[state, wish] = (it["status"], json.dumps(it["answer"]))
            if it["status"] == 200:
                state = {"POST config/commit": COMMITTED, "POST config/confirm": CONFIRMED}.get(
                    wish, state
                )
        if state != CONFIRMED:
            raise SystemExit("the real gateway was not asked for a commit and its confirmation")


class StandIn:
    """One of them."""

    def __init__(self, recorded: Recorded, name: str) -> None:
        self._recorded = recorded
        self._name = name
        self._state = PLAIN
        self._comment = ""

    def answer(self, wish: str, body: bytes) -> tuple[int, bytes]:
        """To one request."""
        found = self._recorded.answers.get((self._state, wish))
        if found is None:
            return 501, json.dumps({"error": {"code": "x", "message": f"{wish}?"}}).encode()
        status, said = found
        if wish == "POST config/commit":
            self._comment = json.loads(body)["comment"]
            self._state = COMMITTED
        elif wish == "POST config/confirm":
            self._state = CONFIRMED
        # Its commit is known by the comment of who made it.
        return status, said.replace(self._recorded.comment, self._comment).encode()


class Server:
    """All of them, on one port of many addresses."""

    def __init__(self, recorded: Recorded, count: int, port: int, folder: Path) -> None:
        self.unknown: Counter[str] = Counter()
        self._port = port
        self._known: dict[str, tuple[StandIn, ssl.SSLContext]] = {}
        (folder / "enrolled").mkdir(parents=True, exist_ok=True)
        (folder / "tokens").mkdir(exist_ok=True)
        for number in range(1, count + 1):
            name, address = f"s{number:05}", f"127.2.{number // 250}.{number % 250 + 1}"
            context, fingerprint = _identity(folder, name)
            self._known[address] = (StandIn(recorded, name), context)
            enrolled = f"address: {address}:{port}\nfingerprint: {fingerprint}\n"
            (folder / "enrolled" / f"{name}.yaml").write_text(enrolled)
            (folder / "tokens" / f"{name}.token").write_text(f"fg_{number:064x}\n")

    async def serve(self) -> None:
        """For ever."""
        listener = socket.create_server(("0.0.0.0", self._port), backlog=1024)
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        print("serving", flush=True)
        while True:
            connection, _ = await loop.sock_accept(listener)
            known = self._known.get(connection.getsockname()[0])
            if known is None:
                connection.close()
                continue
            task = loop.create_task(self._talk(connection, *known))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _talk(self, connection: socket.socket, it: StandIn, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=4 * 1024 * 1024)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split(" ", 2)
            lines = dict(
                line.lower().split(": ", 1) for line in head.splitlines()[1:] if ": " in line
            )
            body = await reader.readexactly(int(lines.get("content-length", 0)))
            status, said = (401, b"{}")
            if lines.get("authorization", "").startswith("bearer fg_"):
                status, said = it.answer(f"{method} {path.removeprefix('/api/v1/')}", body)
            if status in (401, 501):
                self.unknown[f"{method} {path}"] += 1
                print(f"unknown: {method} {path}", flush=True)
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(said)}\r\nConnection: close\r\n\r\n".encode()
                + said
            )
            await writer.drain()
        finally:
            writer.close()


def _identity(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """A certificate as gateways make their own: ECDSA on P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    file = folder / "identity.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # As gateways do, so that the handshake is theirs.
    context.set_ecdh_curve("prime256v1")
    context.load_cert_chain(file)
    file.unlink()
    digest = made.fingerprint(hashes.SHA256()).hex().upper()
    return context, ":".join(digest[i : i + 2] for i in range(0, 64, 2))


if __name__ == "__main__":
    answers, count, port, folder = sys.argv[1:]
    asyncio.run(Server(Recorded(Path(answers)), int(count), int(port), Path(folder)).serve())
