"""`framegate-fleet`, with what its requests cost beside it: a program for the program's own Python.

    python counted.py COSTS [--record ANSWERS] WORDS...

Writes into COSTS how many requests there were by route, what TCP carried for them as the kernel has
counted it (TLS and its handshakes included), and what processor they took. With --record, also
every answer with what was asked, in order.
"""

import json
import os
import resource
import socket
import struct
import sys
import time
from collections import Counter
from pathlib import Path

from gevent import get_hub, monkey

monkey.patch_all()

from framegate_fleet import cli, client, journal  # noqa: E402

# struct tcp_info of linux/tcp.h: tcpi_bytes_acked and tcpi_bytes_received, 64 bits each.
_ACKED = 120


class Costs:
    """What is counted."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.sent = self.received = 0
        self.answers: list[dict] = []

    def watch(self) -> None:
        """Has the program's own client count."""
        ask, close = client.ask, client._Pinned.close

        def counted_ask(address, fingerprint, token, method, path, body=None, timeout=10):
            reply = ask(address, fingerprint, token, method, path, body, timeout)
            self.requests[f"{method} {path}"] += 1
            said = {"address": address, "method": method, "path": path, "body": body}
            self.answers.append({**said, "status": reply.status, "answer": reply.body})
            return reply

        def counted_close(connection):
            if connection.sock is not None:
                self.add(connection.sock)
            close(connection)

        client.ask, client._Pinned.close = counted_ask, counted_close

    def add(self, connection: socket.socket) -> None:
        """A connection that is about to be closed."""
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        acked, received = struct.unpack_from("QQ", told, _ACKED)
        self.sent += acked
        self.received += received


def main() -> int:
    """Runs one command of the program."""
    words = sys.argv[1:]
    file = Path(words.pop(0))
    record = None
    if words[0] == "--record":
        record = Path(words[1])
        del words[:2]
    journal.sync = lambda file: get_hub().threadpool.apply(os.fsync, (file,))
    costs = Costs()
    costs.watch()
    begin = time.monotonic()
    code = cli.run(words)
    used = resource.getrusage(resource.RUSAGE_SELF)
    said = {
        "seconds": time.monotonic() - begin,
        "processor_s": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
        "requests": dict(costs.requests),
        "sent": costs.sent,
        "received": costs.received,
    }
    file.write_text(json.dumps(said))
    if record:
        record.write_text(json.dumps(costs.answers))
    return code


if __name__ == "__main__":
    sys.exit(main())
