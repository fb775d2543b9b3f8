"""The contact sheet: labels can be read, however crowded the picture is."""

import itertools

from PIL import Image

from testbed.contact_sheet import Labels


def test_no_label_covers_another_in_a_crowd() -> None:
    labels = Labels(Image.new("RGB", (384, 288)))
    for number in range(16):
        labels.put((300 + number, 20, 330 + number, 60), f"person 0.{number:02d}", 10, "person")
    assert len(labels.taken) == 16
    for a, b in itertools.combinations(labels.taken, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    assert all(left >= 0 and top >= 0 for left, top, _, _ in labels.taken)
    assert all(right <= 384 and bottom <= 288 for _, _, right, bottom in labels.taken)
