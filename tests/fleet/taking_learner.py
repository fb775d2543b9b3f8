"""What speaks like `framegate-learn take`; tests/learning holds the fleet against the real one."""

import json
import os
import sys
from pathlib import Path

folder = Path(os.environ["FRAMEGATE_LEARN_WISHES"])
command, what, *more = sys.argv[1:]
assert command == "take"
if what == "--list":
    print(json.dumps({"models": {it.stem: it.read_text() for it in folder.glob("*.yaml")}}))
elif more == ["--remove"]:
    (folder / f"{what}.yaml").unlink(missing_ok=True)
else:
    folder.mkdir(exist_ok=True)
    (folder / f"{what}.yaml").write_text(sys.stdin.read())
