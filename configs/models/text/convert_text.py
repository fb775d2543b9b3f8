#!/usr/bin/env python3
"""Adapts PP-OCRv6's text detector to pictures of 640x480 in batches of any size.

image  (batch, 3, 480, 640) BGR, -1..1
text   (batch, 1, 480, 640) confidence 0..1 that the pixel belongs to the core of a line of text
"""

import argparse
import sys
from pathlib import Path

from published import Published

WIDTH, HEIGHT = 640, 480


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rapidocr", type=Path, required=True, help="the published files")
    parser.add_argument("--output", type=Path, required=True, help="model.onnx to write")
    arguments = parser.parse_args()
    published = Published(arguments.rapidocr / "PP-OCRv6_det_small.onnx")
    published.set_input("image", [3, HEIGHT, WIDTH])
    published.set_outputs({"fetch_name_0": "text"}, {"text": [1, HEIGHT, WIDTH]})
    published.save(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
