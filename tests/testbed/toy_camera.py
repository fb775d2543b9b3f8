"""A camera that answers every RTSP request with the same, on loopback."""

import socket
import threading


def described(stream: str) -> str:
    """The answer of one whose stream is this, in SDP."""
    sdp = f"v=0\r\nm=video 0 RTP/AVP 96\r\n{stream}a=control:0\r\n"
    return (
        "RTSP/1.0 200 OK\r\nCSeq: CSEQ\r\nServer: Toy/1.0\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(sdp)}\r\n\r\n{sdp}"
    )


class ToyCamera:
    """It listens from the start; `close` ends it.

    `answer` may be changed at any time; None: it hears and says nothing. `asked` is what came.
    """

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/stream1"

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client:
            while said := client.recv(4096).decode():
                self.asked.append(said)
                number = said.lower().split("cseq:")[1].split("\r\n")[0].strip()
                if self.answer is None:
                    self._ended.wait(300)
                    return
                client.sendall(self.answer.replace("CSEQ", number).encode())

    def close(self) -> None:
        """Hears no more."""
        self._ended.set()
        # Who waits in accept() is woken by this alone.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
