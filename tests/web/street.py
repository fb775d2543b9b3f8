"""A street of small cameras, each of which sends one picture again and again, and a model that
finds the spot that some of these show."""

import io
import json
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw

from testbed import netns, pcap, places, rtp_jpeg
from testbed.netns import CameraNet

SIZE = (320, 240)
SPOT = (200, 40, 260, 100)  # left, top, right, bottom
GREY, WHITE = 200, 255
PLANTED = "k7-planted-word"  # a secret of the configuration
HOSTILE = '<img src=x onerror="window.hacked=1">\'&amp;'


YAML = f"""task: detect
labels: [{json.dumps(HOSTILE)}, other]
input:
  {{tensor: in, width: 64, height: 48, channels: 1, mean: [0], scale: [0.0039215686], fit: stretch}}
detect: {{heatmap: heatmap, size: size, stride: 4, size_is: cells, shift: 0.5, threshold: 0.6}}
batch: {{max: 4, deadline_ms: 20}}
"""


def spot() -> bytes:
    """Black but for the spot, which is brightest in its middle."""
    image = Image.new("L", SIZE, 0)
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = SPOT
    draw.rectangle((left, top, right - 1, bottom - 1), GREY)
    draw.rectangle((left + 20, top + 20, right - 21, bottom - 21), WHITE)
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=90, subsampling="4:2:0")
    return out.getvalue()


def plaza() -> bytes:
    """A moment of the surveillance video."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-ss", "8", "-i", str(places.video()), "-frames:v", "1"]
        + ["-f", "image2pipe", "-c:v", "png", "-"],
        capture_output=True,
        check=True,
    )
    out = io.BytesIO()
    with Image.open(io.BytesIO(done.stdout)) as image:
        image.convert("RGB").save(out, "JPEG", quality=85, subsampling="4:2:0")
    return out.getvalue()


def _graph() -> onnx.ModelProto:
    """How bright each cell of 4 x 4 pixels is, and how large a spot is: three cells."""
    weights = [
        numpy_helper.from_array(np.array([1, 0.3], np.float32).reshape(2, 1, 1, 1), "share"),
        numpy_helper.from_array(np.zeros((2, 1, 1, 1), np.float32), "none"),
        numpy_helper.from_array(np.array([3, 3], np.float32), "three"),
    ]
    nodes = [
        helper.make_node("AveragePool", ["in"], ["cells"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Conv", ["cells", "share"], ["heatmap"]),
        helper.make_node("Conv", ["cells", "none", "three"], ["size"]),
    ]
    made = helper.make_graph(
        nodes,
        "spots",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, ["N", 1, 48, 64])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 2, 12, 16])
            for name in ("heatmap", "size")
        ],
        weights,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def write_model(repository: Path) -> None:
    """`spots`, which calls what it finds by a name that is meant to do harm, beside `objects`."""
    folder = repository / "spots" / "1"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(_graph().SerializeToString())
    (folder / "model.yaml").write_text(YAML)
    (repository / "objects").symlink_to(places.models() / "objects")


@dataclass
class Camera:
    """One that sends `jpeg` that often a second."""

    name: str
    port: int
    jpeg: bytes
    rate: float
    keys: dict[str, Any]

    def config(self) -> dict[str, Any]:
        """As the gateway is told of it."""
        place = {"source": "10.0.0.1", "destination": netns.GATEWAY, "port": self.port}
        return {"name": self.name, **place, **self.keys}


class _Stream:
    """Its packets, ready but for what counts up."""

    def __init__(self, camera: Camera, hardware: bytes) -> None:
        parts = rtp_jpeg.Parts(camera.jpeg)
        self._hardware = hardware
        self._port = camera.port
        self._parts = [
            rtp_jpeg.header(offset, 1, 255, parts.size)
            + (rtp_jpeg.quantisation(parts.tables) if offset == 0 else b"")
            + piece
            for offset, piece in rtp_jpeg.fragments(parts.scan, 1200)
        ]
        self._number = self._sequence = 0

    def next(self) -> list[bytes]:
        """The Ethernet frames of one more picture."""
        made = []
        for index, part in enumerate(self._parts):
            marker = 0x80 if index == len(self._parts) - 1 else 0
            head = struct.pack(
                ">BBHII", 0x80, 26 | marker, self._sequence & 0xFFFF, self._number * 3000, 7
            )
            frame = pcap.frame(head + part, ("10.0.0.1", 4000), (netns.GATEWAY, self._port))
            made.append(self._hardware + frame[6:])
            self._sequence += 1
        self._number += 1
        return made


class Street:
    """Sends as soon as it is made; `close` ends it."""

    def __init__(self, cameras: list[Camera]) -> None:
        self.cameras = cameras
        self.net = CameraNet()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        text = Path(f"/sys/class/net/{self.net.port}/address").read_text().strip()
        hardware = bytes.fromhex(text.replace(":", ""))
        streams = [(camera, _Stream(camera, hardware)) for camera in self.cameras]
        self._threads.append(threading.Thread(target=self._send, args=(streams,), daemon=True))
        self._threads[0].start()

    def _send(self, streams: list[tuple[Camera, _Stream]]) -> None:
        """The thread is in the cameras' namespace."""
        self.net.enter()
        out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        out.bind((self.net.inside, 0))
        begin = time.monotonic()
        # Spread over the time of a picture.
        due = [
            [begin + number / len(streams) / camera.rate, camera, stream]
            for number, (camera, stream) in enumerate(streams)
        ]
        while not self._ended.is_set():
            now = time.monotonic()
            for one in due:
                if one[0] <= now:
                    for frame in one[2].next():
                        out.send(frame)
                    one[0] = max(one[0] + 1 / one[1].rate, now - 1)
            time.sleep(0.005)
        out.close()

    def close(self) -> None:
        """Sends no more, and takes the network away."""
        self._ended.set()
        for thread in self._threads:
            thread.join(5)
        self.net.remove()
