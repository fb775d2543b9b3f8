"""`gwd replay`: a capture in, pictures, results and statistics out."""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from testbed import places
from testbed.rtp_jpeg import Packet, Parts, Sender, fragments, header, quantisation

# Where `rtp_jpeg.Sender` sends from and to.
SENDER = {"source": "10.0.0.1", "destination": "10.0.0.2", "port": 5004}


class Replayed(NamedTuple):
    """What a replay left behind."""

    folder: Path
    frames: list[dict[str, Any]]
    stats: dict[str, Any]
    stderr: str


def accel(repository: Path | None = None) -> dict[str, str]:
    """The configuration of models that run; of our own where no other repository is named."""
    return {
        "backend": "ort",
        "library": str(places.onnxruntime()),
        "repository": str(repository or places.models()),
    }


def replay(
    folder: Path, capture: Path, cameras: list[dict[str, Any]], *prefix: str, **more: object
) -> Replayed:
    """Runs it, which must end with exit code 0; the output goes to `output` in that folder."""
    config = folder / "replay.yaml"
    config.write_text(yaml.safe_dump({"cameras": cameras, **more}, sort_keys=False))
    output = folder / "output"
    done = subprocess.run(
        [
            *(*prefix, places.gwd(), "replay", "--config", config),
            *("--input", capture, "--output", output),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = (output / "frames.jsonl").read_text().splitlines()
    stats = json.loads((output / "stats.json").read_text())
    return Replayed(output, [json.loads(line) for line in lines], stats, done.stderr)


def send_picture(sender: Sender, jpeg: bytes) -> None:
    """One picture, as RFC 2435 has it: of colour, 4:2:0, with the standard Huffman tables."""
    parts = Parts(jpeg)
    sender.send(
        [
            Packet(
                header(at, 1, 255, parts.size)
                + (quantisation(parts.tables) if at == 0 else b"")
                + data
            )
            for at, data in fragments(parts.scan, 1200)
        ]
    )


def send_file(sender: Sender, jpeg: bytes) -> None:
    """One picture as some cameras have it: the whole file, with all of its segments."""
    size = Parts(jpeg).size
    sender.send([Packet(header(at, 1, 50, size) + data) for at, data in fragments(jpeg, 1200)])
