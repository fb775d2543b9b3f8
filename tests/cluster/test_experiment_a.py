"""Experiment A in its quick form, and the pictures that it is made of."""

import io
import json
import os
import subprocess
import sys

from PIL import Image

from experiments import photographs, scaling
from testbed import places

LIMIT_S = 280


def test_the_photographs_are_real_and_of_the_size_that_is_said():
    made = photographs.make(40, scaling.MEAN)
    assert len(set(made)) == 40
    assert abs(sum(map(len, made)) / 40 - scaling.MEAN) < 0.05 * scaling.MEAN
    assert {Image.open(io.BytesIO(jpeg)).size for jpeg in made} == set(photographs.SIZES)


def test_every_cell_is_measured_and_told():
    for name in ("a.json", "ways.png", "wait.png"):
        (scaling.REPORT / name).unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "experiments", "a", "--quick"],
        cwd=places.ROOT / "tests",
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((scaling.REPORT / "a.json").read_text())
    plan = scaling.QUICK
    ways = {cell["way"] for cell in report["cells"]}
    assert ways == {"framegate in Ray", "Pillow + ONNX Runtime in Ray", "gwd"}
    assert len(report["cells"]) == 3 * len(plan.workers) * len(plan.batches)
    assert all(cell["rate"] > 0 for cell in report["cells"] + report["waits"])
    waits = {(cell["workers"], cell["batch"]): cell["rate"] for cell in report["waits"]}
    # A call is a wait, however many pictures it has: that much is certain on any machine.
    assert waits[1, 10] > 3 * waits[1, 1]
    assert waits[1, 1] <= 1.3 / report["wait_s"]
    for name in ("ways.png", "wait.png"):
        assert (scaling.REPORT / name).read_bytes().startswith(b"\x89PNG")
    assert "pictures/s" in done.stdout
    assert "to go" in done.stderr
