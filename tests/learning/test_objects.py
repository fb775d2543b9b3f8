"""Parts of a real street that two real detectors agree about become pictures with a label."""

import io
from collections import Counter

import numpy as np
from PIL import Image
from yard import Yard

from testbed import places

LEARN = """\
model: person_or_not
choose: {confidence: 0, seconds: 0.5}
crops:
  detectors: [objects, yolo]
  labels: {person: person}
  other: other
  background: 1
  sure: 0.4
  smallest: 20
"""


def test_persons_of_a_street_become_pictures(yard: Yard) -> None:
    gateway = yard.watch([{"model": "objects"}, {"model": "yolo"}], places.video(), rate=4)
    learner = yard.begin(LEARN)

    def enough() -> bool:
        assert learner.running, learner.text()
        labels = Counter(it.label for it in yard.learned())
        return labels["person"] >= 8 and labels["other"] >= 4

    gateway.wait_until(enough, 120, "too few parts are collected")
    kept = yard.learned()
    assert {it.label for it in kept} == {"person", "other"}
    assert {it.source for it in kept} == {"agreement"}
    shapes = {"person": [], "other": []}
    for it in kept:
        picture = Image.open(io.BytesIO(it.path.read_bytes()))
        assert min(picture.size) >= 20
        shapes[it.label].append(picture.size[1] / picture.size[0])
        assert (it.said == "person") == (it.label == "person")
    # Who walks is higher than wide.
    assert np.median(shapes["person"]) > 1.3
