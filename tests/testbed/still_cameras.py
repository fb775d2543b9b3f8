"""Cameras that show pictures of a folder one after the other, over and over: one process for all.

    python3 -m testbed.still_cameras PLAN

PLAN is a JSON file: a list of {"source", "destination", "port", "ssrc", "folder", "rate"}, rate in
pictures a second. When the file FOLDER.next is there, the camera goes on with the folder that it
names and takes it away; RTP time goes on. It sends until it is ended. RFC 2435, type 1, tables in
the first packet.
"""

import json
import socket
import sys
import time
from pathlib import Path

from testbed import rtp_jpeg
from testbed.rtp_jpeg import Parts

_MTU = 1400
_JPEG = 26


class Camera:
    """One of them."""

    def __init__(self, told: dict[str, object], number: int, count: int) -> None:
        self._folder = self._place = Path(str(told["folder"]))
        self._files = sorted(self._folder.glob("*.jpg"))
        self._step = 1 / float(str(told["rate"]))
        self._ssrc = int(str(told["ssrc"]))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((str(told["source"]), 0))
        self._socket.connect((str(told["destination"]), int(str(told["port"]))))
        self._sequence = self._number = 0
        # They take turns, as cameras do that were not switched on together.
        self.due = time.monotonic() + self._step * number / count

    def show(self) -> None:
        """Sends the next picture."""
        self._turn_page()
        jpeg = Parts(self._files[self._number % len(self._files)].read_bytes())
        stamp = round(self.due * 90000) & 0xFFFFFFFF
        pieces = list(rtp_jpeg.fragments(jpeg.scan, _MTU - 200))
        for index, (offset, piece) in enumerate(pieces):
            payload = rtp_jpeg.header(offset, 1, 255, jpeg.size)
            payload += rtp_jpeg.quantisation(jpeg.tables) if index == 0 else b""
            self._send(payload + piece, stamp, last=index == len(pieces) - 1)
        self._number += 1
        self.due += self._step

    def _turn_page(self) -> None:
        following = self._place.with_name(f"{self._place.name}.next")
        if following.exists():
            self._folder = Path(following.read_text())
            self._files, self._number = sorted(self._folder.glob("*.jpg")), 0
            following.unlink()

    def _send(self, payload: bytes, stamp: int, last: bool) -> None:
        head = bytes([0x80, _JPEG | (0x80 if last else 0)])
        head += (self._sequence & 0xFFFF).to_bytes(2) + stamp.to_bytes(4) + self._ssrc.to_bytes(4)
        self._socket.send(head + payload)
        self._sequence += 1


def main() -> None:
    """Until it is ended."""
    told = json.loads(Path(sys.argv[1]).read_text())
    cameras = [Camera(it, number, len(told)) for number, it in enumerate(told)]
    while True:
        first = min(cameras, key=lambda it: it.due)
        time.sleep(max(first.due - time.monotonic(), 0))
        first.show()


if __name__ == "__main__":
    main()
