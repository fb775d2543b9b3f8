"""One capture of RTP/JPEG, made picture by picture, and what `gwd replay` makes of it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from testbed import places, rtp_jpeg
from testbed.rtp_jpeg import Packet, Parts, Sender, fragments, header, quantisation

PICTURES = 8
CAMERA = {"name": "cam0", "source": "10.0.0.1", "destination": "10.0.0.2", "port": 5004}
Kind = Callable[[Parts, int], list[Packet]]


class Run:
    """One capture and what came of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sender = Sender(folder / "in.pcap")
        self.sent: list[bytes] = []

    def send(self, kind: Kind, count: int = PICTURES, **options: Any) -> None:
        """Sends that many pictures; `options` are those of the picture."""
        for number in range(count):
            self.sent.append(rtp_jpeg.picture(number, **options))
            self.sender.send(kind(Parts(self.sent[-1]), number))

    def replay(self, **camera: Any) -> dict[str, Any]:
        """Returns what the statistics say of the camera, and `pictures`: the digests."""
        self.sender.close()
        config = self._folder / "replay.yaml"
        config.write_text(yaml.safe_dump({"cameras": [{**CAMERA, **camera}]}))
        output = self._folder / "out"
        subprocess.run(
            [
                *(places.gwd(), "replay", "--config", config),
                *("--input", self._folder / "in.pcap", "--output", output),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
        lines = (output / "frames.jsonl").read_text().splitlines()
        frames = [json.loads(line) for line in lines]
        stats = json.loads((output / "stats.json").read_text())["cameras"]["cam0"]
        files = [output / frame["file"] for frame in frames]
        found = {name: count for name, count in stats["drops"].items() if count}
        return {
            "pictures": [rtp_jpeg.pixels(file) for file in files],
            "files": files,
            "frames": frames,
            "drops": found,
            "events": {name: count for name, count in stats["events"].items() if count},
        }

    def assert_exact(self, **camera: Any) -> dict[str, Any]:
        """All pictures came, in order, pixel by pixel."""
        got = self.replay(**camera)
        assert got["pictures"] == [rtp_jpeg.pixels(file) for file in self.sent]
        return got


def plain(parts: Parts, _: int, *, q: int = 255, kind: int = 1) -> list[Packet]:
    """Tables in every picture."""
    return [
        Packet(
            header(at, kind, q, parts.size)
            + (quantisation(parts.tables) if at == 0 else b"")
            + data
        )
        for at, data in fragments(parts.scan)
    ]
