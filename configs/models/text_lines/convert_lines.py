#!/usr/bin/env python3
"""Adapts PP-OCRv6's recogniser of lines of text to pictures of 640x48 in batches of any size.

The published graph gives a confidence for each of 18,710 characters at each of 80 places. Only the
best one counts when a line is read, so the graph goes on to say which that is:
  image       (batch, 3, 48, 640) BGR, -1..1: one line of text, from the left
  character   (batch, 80) the number of a line of labels.txt, from 0
  confidence  (batch, 80) 0..1
The first label is the blank that separates characters: a line of text is what is left when equal
neighbours are one and blanks are none (Graves et al., 2006).
"""

import argparse
import sys
from pathlib import Path

from onnx import TensorProto, helper
from published import Published

WIDTH, HEIGHT = 640, 48
PLACES = WIDTH // 8
BLANK = "<blank>"
SPACE = " "  # is not in the published list and comes last


def published_labels(published: Published, count: int) -> list[str]:
    """Returns the label of each of the `count` values, in their order."""
    (characters,) = (it.value for it in published.model.metadata_props if it.key == "character")
    labels = [BLANK, *characters.split("\n"), SPACE]
    if len(labels) != count:
        raise ValueError(f"{len(labels)} characters for {count} values")
    return labels


def values_of(published: Published) -> int:
    """Returns how many characters the published graph tells apart."""
    (output,) = published.graph.output
    return output.type.tensor_type.shape.dim[-1].dim_value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rapidocr", type=Path, required=True, help="the published files")
    parser.add_argument("--output", type=Path, required=True, help="model.onnx to write")
    arguments = parser.parse_args()
    published = Published(arguments.rapidocr / "PP-OCRv6_rec_small.onnx")
    labels = published_labels(published, values_of(published))
    published.set_input("image", [3, HEIGHT, WIDTH])
    graph = published.graph
    (output,) = graph.output
    values = output.name
    best = helper.make_node("ArgMax", [values], ["number"], axis=2, keepdims=0)
    number = helper.make_node("Cast", ["number"], ["character"], to=TensorProto.FLOAT)
    sure = helper.make_node("ReduceMax", [values], ["confidence"], axes=[2], keepdims=0)
    graph.node.extend([best, number, sure])
    names = ("character", "confidence")
    published.set_outputs({it: it for it in names}, {it: [PLACES] for it in names})
    del published.model.metadata_props[:]
    published.save(arguments.output)
    arguments.output.with_name("labels.txt").write_text("".join(f"{it}\n" for it in labels))
    return 0


if __name__ == "__main__":
    sys.exit(main())
