"""The wheel of ./dev wheel, in an environment that has nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from photographs import jpeg, photograph

from testbed import places

SCRIPT = """
import json, sys
from framegate import Engine
with Engine(sys.argv[1], "objects", onnxruntime=sys.argv[2]) as engine:
    print(json.dumps(engine.run([open(sys.argv[3], "rb").read()])))
"""


@pytest.fixture
def wheel() -> Path:
    found = list((places.ROOT / "build-wheel").glob("framegate-*.whl"))
    if not found:
        pytest.skip("there is no wheel: run ./dev wheel")
    return found[0]


def test_the_wheel_is_all_that_is_needed(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    python = tmp_path / "venv" / "bin" / "python"
    words = [python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel]
    subprocess.run(words, check=True, timeout=120)
    picture = tmp_path / "person.jpg"
    picture.write_bytes(jpeg(photograph("matplotlib/grace_hopper.jpg")))
    environment = {k: v for k, v in os.environ.items() if k != "FRAMEGATE_LIBRARY"}
    words = [python, "-c", SCRIPT, places.models(), places.onnxruntime(), picture]
    said = subprocess.check_output(words, env=environment, cwd=tmp_path, timeout=60)
    (found,) = json.loads(said)
    assert found["objects"][0]["type"] == "person"
